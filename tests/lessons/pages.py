"""Pages of the documentation as programs: the Python blocks of a page run in order and share their names, and a `text` block after one
shows what it printed.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs"
PICTURES = DOCS / "pictures"
LANGUAGES = ("en", "ko")

_BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"[-+]?\d[\d,]*\.?\d*(?:[eE][-+]?\d+)?")


@dataclass
class Step:
    """A block of code, and the output that the page shows for it (None if it shows none)."""

    code: str
    line: int
    shown: str | None = None
    shown_at: tuple[int, int] | None = None


def lesson_pages(language: str) -> list[Path]:
    return sorted((DOCS / "lessons" / language).glob("*.md"))


def in_both_languages() -> list[tuple[Path, Path]]:
    """The English and the Korean page of everything that is in both languages."""
    lessons = [(path, DOCS / "lessons" / "ko" / path.name) for path in lesson_pages("en")]
    return [(DOCS / "index.md", DOCS / "ko.md"), *lessons]


def how_to_pages() -> list[Path]:
    return sorted((DOCS / "howto").glob("*.md"))


def pages_with_code() -> list[Path]:
    """Every page that runs: the first one, lessons in English (the Korean ones share their code), and the how-to pages."""
    return [DOCS / "index.md", *lesson_pages("en"), *how_to_pages()]


def read_steps(text: str) -> list[Step]:
    """The Python blocks of a page. A `text` block belongs to the block before it if nothing but spaces is between them."""
    steps: list[Step] = []
    end = -1
    for match in _BLOCK.finditer(text):
        kind, body = match.groups()
        if kind == "python":
            steps.append(Step(body, text.count("\n", 0, match.start()) + 2))
        elif steps and not text[end : match.start()].strip():
            steps[-1].shown = body
            steps[-1].shown_at = match.span(2)
        end = match.end()
    return steps


def optional_packages(text: str) -> set[str]:
    """The packages that a page needs beside yeoul and NumPy; matplotlib always, for pictures."""
    code = "".join(step.code for step in read_steps(text))
    imported = set(re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE))
    return (imported | {"matplotlib"}) - set(sys.stdlib_module_names) - {"numpy", "yeoul"}


def run_page(path: Path, folder: Path) -> list[str]:
    """Runs a page in `folder`, where it writes its pictures. Returns what every block printed."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = path.stem
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = []
    before = Path.cwd()
    os.chdir(folder)
    try:
        for step in read_steps(path.read_text(encoding="utf-8")):
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile("\n" * (step.line - 1) + step.code, str(path), "exec"), names)
            printed.append(out.getvalue())
    finally:
        os.chdir(before)
    return printed


def with_outputs(text: str, printed: list[str]) -> str:
    """The page with its `text` blocks filled with what was printed."""
    for step, output in reversed(list(zip(read_steps(text), printed, strict=True))):
        if step.shown_at is not None:
            start, end = step.shown_at
            lines = [line.rstrip() for line in output.strip("\n").splitlines()]
            text = text[:start] + "\n".join(lines) + "\n" + text[end:]
    return text


def differences(shown: str, printed: str, relative: float = 0.15, absolute: float = 0.05) -> list[str]:
    """Where the output that a page shows differs from what was printed: words must be equal, numbers close, since processors round
    differently.
    """
    if _NUMBER.sub("#", shown).split() != _NUMBER.sub("#", printed).split():
        return [f"shown:\n{shown}\nprinted:\n{printed}"]
    pairs = zip(_NUMBER.findall(shown), _NUMBER.findall(printed), strict=True)
    return [
        f"shown {a}, printed {b}"
        for a, b in pairs
        if abs(_value(a) - _value(b)) > absolute + relative * max(abs(_value(a)), abs(_value(b)))
    ]


def _value(number: str) -> float:
    return float(number.replace(",", ""))
