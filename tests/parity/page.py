"""The page that says what of Keras is there."""

from __future__ import annotations

from itertools import groupby

from tests.lessons.pages import DOCS
from tests.parity.accepted import DIFFERENT, reason_for_method, reason_for_missing
from tests.parity.comparing import Row, compare, keras_api

PAGE = DOCS / "parity.md"

_HEAD = """# What of Keras is there

Every public name of Keras {version} and whether yeoul has it, by module. *The same* means: the same arguments, in the same order, with the same defaults;
further optional arguments may follow, and methods by which Keras' own classes do
their work do not count. That numbers agree too is tested elsewhere. This page is written by `docs/make_parity.py` from the signatures of
both.
"""


def parity_page() -> str:
    """The text of the page, from what is there now."""
    modules = {module: list(rows) for module, rows in groupby(compare(), key=lambda row: row.module)}
    lines = [
        _HEAD.format(version=keras_api()["version"]),
        "| module | the same | different | missing |",
        "|---|---:|---:|---:|",
    ]
    totals = [0, 0, 0]
    for module, rows in modules.items():
        counts = [len(part) for part in _parts(rows)]
        totals = [a + b for a, b in zip(totals, counts, strict=True)]
        if any(counts):
            lines.append(
                f"| [{_title(module)}](#{_anchor(module)}) | {' | '.join(str(count or '') for count in counts)} |"
            )
    lines += [f"| **all** | {' | '.join(f'**{count:,}**' for count in totals)} |", ""]
    for module, rows in modules.items():
        if rows:
            lines += _section(module, rows)
    return "\n".join(lines).rstrip("\n") + "\n"


def _parts(rows: list[Row]) -> tuple[list[Row], list[Row], list[Row]]:
    there = [row for row in rows if row.is_there]
    same = [row for row in there if not row.differences]
    return same, [row for row in there if row.differences], [row for row in rows if not row.is_there]


def _title(module: str) -> str:
    return f"keras{module}"


def _anchor(module: str) -> str:
    return _title(module).replace(".", "-")


def _section(module: str, rows: list[Row]) -> list[str]:
    same, different, missing = _parts(rows)
    lines = [f"## {_title(module)} {{ #{_anchor(module)} }}", ""]
    if same:
        lines += [f"The same: {_names(same)}.", ""]
    if different:
        lines += ["| different | how |", "|---|---|"]
        alike: dict[str, list[Row]] = {}
        for row in different:
            alike.setdefault(_how(row), []).append(row)
        lines += [f"| {_names(group)} | {how} |" for how, group in alike.items()] + [""]
    by_reason: dict[str, list[Row]] = {}
    for row in missing:
        by_reason.setdefault(reason_for_missing(row.path), []).append(row)
    for reason, group in sorted(by_reason.items()):
        lines += [f"Missing{f' ({reason})' if reason else ''}: {_names(group)}.", ""]
    return lines


def _names(rows: list[Row]) -> str:
    return ", ".join(f"`{row.name}`" for row in rows)


def _how(row: Row) -> str:
    told = []
    without: dict[str, list[str]] = {}
    for method, difference in row.differences.items():
        path = f"{row.path}.{method}".rstrip(".")
        if path in DIFFERENT:
            shown = f"`{method}` " if method else ""
            told.append(f"{shown}{difference}: {DIFFERENT[path]}")
        else:
            without.setdefault(reason_for_method(method) or "not there yet", []).append(method)
    for reason, names in without.items():
        told.append(f"without {', '.join(f'`{name}`' for name in names)} ({reason})")
    return "; ".join(told).replace("|", "\\|")
