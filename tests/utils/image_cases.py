"""A folder of images, and ways to read it."""

import numpy as np

SETTINGS = {
    "bilinear": {},
    "nearest": {"interpolation": "nearest"},
    "bicubic": {"interpolation": "bicubic"},
    "area": {"interpolation": "area"},
    "lanczos3": {"interpolation": "lanczos3"},
    "lanczos5": {"interpolation": "lanczos5"},
    "gaussian": {"interpolation": "gaussian"},
    "mitchellcubic": {"interpolation": "mitchellcubic"},
    "crop": {"crop_to_aspect_ratio": True},
    "pad": {"pad_to_aspect_ratio": True},
    "grayscale": {"color_mode": "grayscale"},
    "rgba": {"color_mode": "rgba"},
    "channels_first": {"data_format": "channels_first"},
    "larger": {"image_size": (41, 50), "interpolation": "bicubic"},
    "categorical": {"label_mode": "categorical"},
    "binary": {"label_mode": "binary", "class_names": ["dog", "cat"]},
}


def write(folder):
    """Two classes of two images of different size."""
    from PIL import Image

    for number, name in enumerate(("cat", "dog")):
        (folder / name).mkdir(parents=True)
        for i in range(2):
            pixels = np.random.RandomState(2 * number + i).randint(0, 256, (19 + 14 * i, 30 - 9 * number, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{i}.png")


def read(make, folder, name):
    dataset = make(folder, **{"image_size": (7, 9), "shuffle": False, "verbose": False, **SETTINGS[name]})
    x, y = next(iter(dataset))
    return np.asarray(x, np.float32), np.asarray(y)
