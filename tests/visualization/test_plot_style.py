"""One look for all pictures: colours that everyone tells apart, figures that pyplot never hears of."""

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from yeoul.visualization import style

# Viénot, Brettel & Mollon 1999: what people without red or green cones see, in linear RGB.
DICHROMATS = {
    "everyone": np.eye(3),
    "protanopia": np.array([[0.1124, 0.8876, 0], [0.1124, 0.8876, 0], [0.0040, -0.0040, 1]]),
    "deuteranopia": np.array([[0.2928, 0.7072, 0], [0.2928, 0.7072, 0], [-0.0223, 0.0223, 1]]),
}


def lab(color, view):
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(
        view @ linear, 0, 1
    )
    f = np.cbrt(np.maximum(xyz / [0.9505, 1, 1.089], 1e-6))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("view", DICHROMATS)
def test_colours_differ_for_all_eyes(view):
    distances = {
        pair: np.linalg.norm(lab(pair[0], DICHROMATS[view]) - lab(pair[1], DICHROMATS[view]))
        for pair in combinations(style.CYCLE, 2)
    }
    assert min(distances.values()) > 11, min(distances, key=distances.get)
    assert distances[style.BLUE, style.ORANGE] > 60


def test_figures_show_themselves_and_pyplot_is_never_imported():
    program = """
import sys
from yeoul import visualization
figure = visualization.plot_history({"loss": [2.0, 1.0]})
assert figure._repr_png_().startswith(b"\\x89PNG")
assert "matplotlib.pyplot" not in sys.modules
print("good")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "good\n", done.stderr


def test_without_matplotlib_pictures_say_what_they_need():
    program = """
import sys
sys.modules["matplotlib"] = None
from yeoul import visualization
try:
    visualization.plot_history({"loss": [2.0, 1.0]})
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == 'Pictures need matplotlib. Install it with: pip install "yeoul[plot]"\n', done.stderr
