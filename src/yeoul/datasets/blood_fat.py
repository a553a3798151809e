"""Blood fat: weight (kg), age (years) and blood fat of 25 people, the table that regression lessons start with."""

from __future__ import annotations

import numpy as np

_ROWS = (
    (84, 46, 354), (73, 20, 190), (65, 52, 405), (70, 30, 263), (76, 57, 451), (69, 25, 302), (63, 28, 288), (72, 36, 385), (79, 57, 402),
    (75, 44, 365), (27, 24, 209), (89, 31, 290), (65, 52, 346), (57, 23, 254), (59, 60, 395), (69, 48, 434), (60, 34, 220), (79, 51, 374),
    (75, 50, 308), (82, 34, 220), (59, 46, 311), (67, 23, 181), (85, 37, 274), (55, 40, 303), (63, 30, 244),
)  # fmt: skip


def load_data() -> tuple[np.ndarray, np.ndarray]:
    """(x, y): float32 (25, 2) with weight and age, and float32 (25,) with blood fat."""
    table = np.array(_ROWS, np.float32)
    return np.ascontiguousarray(table[:, :2]), np.ascontiguousarray(table[:, 2])
