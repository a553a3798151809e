"""Tables in lines of text."""

from __future__ import annotations

import re


def readable_size(bytes_: float) -> str:
    """392.00 B, 1.38 KB, ..."""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if bytes_ < 1024:
            return f"{bytes_:.2f} {unit}"
        bytes_ /= 1024
    return f"{bytes_:.2f} PB"


def fitted_widths(columns: list[int], width: int) -> list[int]:
    """Widths of the columns' text in a table of `width`: what lines and padding need is taken from all columns
    evenly, as rich does.
    """
    excess = sum(columns) + 2 * len(columns) + len(columns) + 1 - width
    if excess <= 0:
        return columns
    return [max(c - e, 1) for c, e in zip(columns, _share(excess, [1] * len(columns)), strict=True)]


def _share(total: int, ratios: list[int]) -> list[int]:
    """`total` in whole parts in proportion to `ratios`."""
    parts, left, weight = [], total, sum(ratios)
    for ratio in ratios:
        part = round(ratio * left / weight) if weight else 0
        parts.append(part)
        left -= part
        weight -= ratio
    return parts


def _wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` characters, broken at spaces; a longer word is cut and ends with an ellipsis."""
    lines: list[str] = []
    current = ""
    lead = re.match(r" *", text).group()  # type: ignore[union-attr]
    for word in text[len(lead) :].split(" "):
        candidate = f"{current} {word}" if current else (lead + word if not lines else word)
        if len(candidate) <= width:
            current = candidate
            continue
        if current:
            lines.append(current)
        current = word
        if len(word) > width:
            current = word[: width - 1] + "…"
    lines.append(current)
    return lines


def draw_table(header: list[str], rows: list[list[str]], widths: list[int], alignment: list[str]) -> list[str]:
    """The lines of a table; `alignment` has "<", "^" or ">" for each column."""

    def rule(left: str, line: str, cross: str, right: str) -> str:
        return left + cross.join(line * (w + 2) for w in widths) + right

    def row(cells: list[str], bar: str) -> list[str]:
        wrapped = [_wrap(cell, w) for cell, w in zip(cells, widths, strict=True)]
        lines = []
        for i in range(max(len(w) for w in wrapped)):
            parts = [
                f" {(w[i] if i < len(w) else ''):{align}{width}} "
                for w, align, width in zip(wrapped, alignment, widths, strict=True)
            ]
            lines.append(bar + bar.join(parts) + bar)
        return lines

    lines = [rule("┏", "━", "┳", "┓"), *row(header, "┃"), rule("┡", "━", "╇", "┩")]
    for i, cells in enumerate(rows):
        if i:
            lines.append(rule("├", "─", "┼", "┤"))
        lines.extend(row(cells, "│"))
    lines.append(rule("└", "─", "┴", "┘"))
    return lines
