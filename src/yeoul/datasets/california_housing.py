"""California housing: 8 properties of 20,640 districts in 1990 and the median value of their houses. Pace & Barry 1997.

The columns: longitude, latitude, median age of houses, rooms, bedrooms, inhabitants, households, median income.
"""

from __future__ import annotations

from pathlib import Path

from yeoul.datasets.pickled import read_npz
from yeoul.datasets.tables import BASE_URL, Arrays, shuffled_split
from yeoul.utils.fetching import get_file

_URL = BASE_URL + "california_housing.npz"
_SHA256 = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
_SMALL = 600


def load_data(
    version: str = "large", path: str = "california_housing.npz", test_split: float = 0.2, seed: int = 113
) -> tuple[Arrays, Arrays]:
    """((x_train, y_train), (x_test, y_test)): x float64 (rows, 8), y the value in dollars.

    Args:
        version: "large" for all rows, "small" for the first 600.
        path: name in the cache.
        test_split: share of the rows that are for tests.
        seed: of the order of rows.

    Raises: OSError if the file is not there and cannot be fetched; ValueError if it is damaged or there is no such
    version.
    """
    if version not in ("small", "large"):
        raise ValueError(f"Argument `version` must be one of 'small', 'large'. Received: version={version}")
    data = read_npz(Path(get_file(path, origin=_URL, file_hash=_SHA256)))
    rows = slice(_SMALL if version == "small" else None)
    return shuffled_split(data["x"][rows], data["y"][rows], test_split, seed)
