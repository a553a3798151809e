"""Finding and Diagnosis: what was found, and how it is shown."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Any

#: From what makes training impossible to what is worth a look.
SEVERITIES = ("error", "warning", "hint")
_MARKS = {"error": "✗", "warning": "!", "hint": "·"}
_COLORS = {"error": "#b3261e", "warning": "#d55e00", "hint": "#2563a8"}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and what shows it.

    Args:
        name: what it is, a few words.
        severity: "error" (training can not work), "warning" (it will work badly) or "hint".
        evidence: the measurement, in a sentence with numbers.
        change: what to try.
        numbers: the measured numbers by name.
    """

    name: str
    severity: str
    evidence: str
    change: str
    numbers: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{_MARKS[self.severity]} {self.name} ({self.severity})\n  {self.evidence}\n  Try: {self.change}"

    def _repr_html_(self) -> str:
        color = _COLORS[self.severity]
        return (
            f'<div style="border-left:4px solid {color};padding:2px 12px;margin:8px 0">'
            f'<div><b>{escape(self.name)}</b> <span style="color:{color}">{self.severity}</span></div>'
            f"<div>{escape(self.evidence)}</div><div><b>Try:</b> {escape(self.change)}</div></div>"
        )


class Diagnosis(list[Finding]):
    """A list of findings, the gravest first. Prints itself, in notebooks as HTML.

    Args:
        findings: the findings in any order.
        model_name: whose they are.
        looked_at: what was measured.
        skipped: what could not be measured -> why.
    """

    def __init__(
        self,
        findings: Iterable[Finding] = (),
        model_name: str = "",
        looked_at: Iterable[str] = (),
        skipped: dict[str, str] | None = None,
    ):
        super().__init__(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
        self.model_name = model_name
        self.looked_at = list(looked_at)
        self.skipped = dict(skipped or {})

    @property
    def names(self) -> list[str]:
        return [finding.name for finding in self]

    def _headline(self) -> str:
        if not self:
            return f"Diagnosis of {self.model_name!r}: nothing found."
        counts = [(severity, sum(f.severity == severity for f in self)) for severity in SEVERITIES]
        return f"Diagnosis of {self.model_name!r}: " + ", ".join(
            f"{count} {severity}{'s' if count > 1 else ''}" for severity, count in counts if count
        )

    def _footer(self) -> list[str]:
        lines = [f"Looked at: {', '.join(self.looked_at)}."] if self.looked_at else []
        return lines + [f"Not looked at: {what}, because {why}." for what, why in self.skipped.items()]

    def __str__(self) -> str:
        width = min(shutil.get_terminal_size().columns, 100)

        def filled(text: str, first: str, rest: str) -> str:
            return textwrap.fill(text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False)

        blocks = [self._headline()]
        for f in self:
            blocks.append(
                "\n".join(
                    (
                        f"{_MARKS[f.severity]} {f.name} ({f.severity})",
                        filled(f.evidence, "  ", "  "),
                        filled(f.change, "  Try: ", "       "),
                    )
                )
            )
        footer = self._footer()
        if footer:
            blocks.append("\n".join(filled(line, "", "  ") for line in footer))
        return "\n\n".join(blocks)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [f"<div><b>{escape(self._headline())}</b></div>", *(f._repr_html_() for f in self)]
        parts += [f'<div style="opacity:0.7">{escape(line)}</div>' for line in self._footer()]
        return "<div>" + "".join(parts) + "</div>"
