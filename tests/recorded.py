"""Arrays recorded from Keras."""

from pathlib import Path

import numpy as np


def arrays_of(folder: Path, *names: str) -> dict[str, np.ndarray]:
    """The arrays of .npz files that stand beside a test."""
    found: dict[str, np.ndarray] = {}
    for name in names:
        with np.load(folder / name) as stored:
            found.update(stored)
    return found
