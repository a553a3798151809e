"""What the golden numbers of image layers are about: layers whose range of chance is a single number, and those without chance."""

import itertools

import numpy as np


def cases():
    """(layer, keyword arguments, shape of the images) of every case."""
    found = []

    def add(layer, shape=(2, 6, 9, 2), **kwargs):
        found.append((layer, kwargs, shape))

    for mode, method in itertools.product(("constant", "nearest", "reflect"), ("bilinear", "nearest")):
        how = {"fill_mode": mode, "interpolation": method, "fill_value": 0.5}
        for turn in (0.07, -0.21, 0.9):
            add("RandomRotation", factor=(turn, turn), **how)
        for zoom in (0.3, -0.4):
            add("RandomZoom", height_factor=(zoom, zoom), **how)
            add("RandomZoom", height_factor=(zoom, zoom), width_factor=(0.15, 0.15), **how)
        for down, right in ((0.2, -0.37), (-0.41, 0.13)):
            add("RandomTranslation", height_factor=(down, down), width_factor=(right, right), **how)
    add("RandomRotation", (9, 6, 2), factor=(0.1, 0.1))
    add("RandomRotation", (2, 2, 9, 6), factor=(0.1, 0.1), data_format="channels_first")
    for share in (0.25, -0.3):
        add("RandomBrightness", factor=(share, share), value_range=(0, 1))
    for height, width in ((3, 4), (6, 9), (4, 12), (8, 3), (10, 10)):
        add("CenterCrop", height=height, width=width)
        add("Resizing", height=height, width=width)
        add("Resizing", height=height, width=width, crop_to_aspect_ratio=True, antialias=True)
        add("Resizing", height=height, width=width, pad_to_aspect_ratio=True, fill_value=1.0, interpolation="lanczos3")
    add("CenterCrop", (5, 7, 1), height=3, width=3)
    add("Resizing", (5, 7, 1), height=3, width=3, interpolation="nearest")
    for name, share in itertools.product(
        ("RandomColorDegeneration", "RandomSharpness", "RandomSaturation"), (0.0, 0.2, 0.5)
    ):
        add(name, (2, 5, 4, 3), factor=(share, share), value_range=(0, 1))
    add("RandomSharpness", (2, 5, 4, 2), factor=(1.0, 1.0), value_range=(0, 1))
    add("RandomHue", (2, 5, 4, 3), factor=(0.0, 0.0), value_range=(0, 1))
    add("RandomHue", (2, 3, 5, 4), factor=(1.0, 1.0), value_range=(0, 1), data_format="channels_first")
    add("RandomInvert", (5, 4, 3), factor=(1.0, 1.0), value_range=(0, 1))
    add("RandomGrayscale", (2, 5, 4, 3), factor=1.0)
    add("AutoContrast", (2, 5, 4, 3), value_range=(0, 1))
    add("RandomGaussianBlur", (2, 5, 4, 3), factor=(1.0, 1.0), sigma=(0.8, 0.8), value_range=(0, 1))
    add("RandomGaussianBlur", (2, 3, 5, 4), factor=(1.0, 1.0), kernel_size=5, sigma=(1.0, 1.0), value_range=(0, 1), data_format="channels_first")  # fmt: skip
    add("RandomColorJitter", (2, 5, 4, 3), value_range=(0, 1), brightness_factor=(0.2, 0.2), saturation_factor=(0.3, 0.3), hue_factor=(1.0, 1.0))  # fmt: skip
    add(
        "RandomColorJitter",
        (2, 5, 4, 3),
        value_range=(0, 1),
        brightness_factor=(-0.2, -0.2),
        contrast_factor=(0.0, 0.0),
    )
    for bits in (1, 3, 8):
        add("RandomPosterization", (2, 5, 4, 3), factor=(bits, bits), value_range=(0, 1))
    return found


def images(case, shape):
    """The images of case `case`."""
    return np.random.default_rng(case).uniform(0, 1, shape).astype(np.float32)
