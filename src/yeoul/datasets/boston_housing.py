"""Boston housing: 13 properties of 506 districts of Boston in 1978 and their median prices. Harrison & Rubinfeld 1978.

One of its columns is made from the share of Black residents, with an assumption that does not hold up: use
`california_housing` for anything but comparing with older results.
"""

from __future__ import annotations

from pathlib import Path

from yeoul.datasets.pickled import read_npz
from yeoul.datasets.tables import BASE_URL, Arrays, shuffled_split
from yeoul.utils.fetching import get_file

_URL = BASE_URL + "boston_housing.npz"
_SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> tuple[Arrays, Arrays]:
    """((x_train, y_train), (x_test, y_test)): float64 (404, 13) and (102, 13), prices in thousands of dollars.

    Args:
        path: name in the cache.
        test_split: share of the rows that are for tests.
        seed: of the order of rows.

    Raises: OSError if the file is not there and cannot be fetched; ValueError if it is damaged.
    """
    data = read_npz(Path(get_file(path, origin=_URL, file_hash=_SHA256)))
    return shuffled_split(data["x"], data["y"], test_split, seed)
