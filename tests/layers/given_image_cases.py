"""Image layers that are told what to do, since what is drawn can not equal Keras' draws: the same choices in both's terms."""

import numpy as np


def choices():
    """(layer, keyword arguments, shape of the images, Keras' transformation, what yeoul's layer has chosen) of every case."""
    found = []
    rng = np.random.default_rng(7)
    factors = rng.uniform(0, 1, (3, 1, 1, 1)).astype(np.float32)
    for value_range in ((0, 255), (0, 1), (-1, 3)):
        add, threshold = 90 * factors, 160 * factors[::-1].copy()
        given, chosen = {"additions": add, "thresholds": threshold}, {"addition": add, "threshold": threshold}
        found.append(("Solarization", {"value_range": value_range}, (3, 5, 4, 3), given, chosen))
        for bins in (4, 16, 256):
            found.append(("Equalization", {"value_range": value_range, "bins": bins}, (3, 9, 8, 2), None, {}))
        name = "ContrastLimitedAdaptiveHistogramEqualization"
        for shape, grid, limit in (((3, 12, 8, 2), (3, 2), 4.0), ((3, 7, 9, 2), (3, 2), 40.0), ((3, 5, 6, 1), 8, 0.0)):
            kwargs = {
                "value_range": value_range,
                "tile_grid_size": (grid, grid) if grid == 8 else grid,
                "clip_limit": limit,
            }
            found.append((name, kwargs, shape, None, {}))
    order = np.array([2, 0, 1], np.int32)
    weight = factors.reshape(3)
    both = {"order": order, "weight": weight}
    found.append(("MixUp", {}, (3, 5, 4, 3), {"permutation_order": order, "mix_weight": weight}, both))
    covered = np.zeros((3, 5, 4, 1), bool)
    covered[0, 1:3, 2:], covered[1, 3:, :2] = True, True
    given = {"permutation_order": order, "mix_weight": factors, "batch_masks": covered}
    found.append(("CutMix", {}, (3, 5, 4, 3), given, {**both, "covered": covered}))
    start = np.array([[0, 0], [8, 0], [0, 6], [8, 6]], np.float32)[None].repeat(3, 0)
    end = start * rng.uniform(0.6, 1.4, start.shape).astype(np.float32)
    moved = np.array([True, False, True])
    for method in ("bilinear", "nearest"):
        given = {"apply_perspective": moved, "start_points": start, "end_points": end, "input_shape": (3, 7, 9, 2)}
        chosen = {"start": start, "end": end, "is_moved": moved.reshape(3, 1, 1, 1)}
        kwargs = {"interpolation": method, "fill_value": 20.0}
        found.append(("RandomPerspective", kwargs, (3, 7, 9, 2), given, chosen))
    return found


def images(case, kwargs, shape):
    """The images of case `case`: whole levels for every other one, a little beyond the value range, one channel constant."""
    low, high = kwargs.get("value_range", (0, 255))
    x = np.random.default_rng(case).uniform(-0.05, 1.05, shape)
    x = np.round(x * 255) / 255 if case % 2 else x
    x[0, ..., 0] = 0.3
    return (x * (high - low) + low).astype(np.float32)


def labels():
    return np.eye(3, dtype=np.float32)
