"""What the golden numbers of images are about: the function, its operands, its arguments."""

import itertools

import numpy as np


def cases():
    """(function, operands, keyword arguments) of every case; the operands are arrays."""
    rng = np.random.default_rng(0)
    found = []

    def images(*shape):
        return rng.uniform(0, 1, shape).astype(np.float32)

    def add(function, *operands, **kwargs):
        found.append((function, operands, kwargs))

    x = images(2, 5, 7, 2)
    for method, antialias, size in itertools.product(
        ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
        (False, True),
        ((3, 4), (8, 9), (5, 3), (12, 2), (1, 1)),
    ):
        add("resize", x, size=size, interpolation=method, antialias=antialias)
    add("resize", x[0], size=(3, 4))
    for size in ((3, 3), (2, 6), (4, 5)):
        add("resize", x, size=size, crop_to_aspect_ratio=True)
        add("resize", x, size=size, pad_to_aspect_ratio=True, fill_value=-1.0)
    add("resize", images(1, 2, 5, 7), size=(4, 4), data_format="channels_first")
    for method, antialias in itertools.product(("linear", "cubic", "lanczos3", "lanczos5"), (False, True)):
        scale, move = np.array([1.5, 0.6], np.float32), np.array([0.3, -0.4], np.float32)
        add("scale_and_translate", x[:1], output_shape=(1, 7, 5, 2), scale=scale, translation=move, spatial_dims=(1, 2), method=method, antialias=antialias)  # fmt: skip
    at = rng.uniform(-7, 12, (2, 30)).astype(np.float32)
    for order, mode in itertools.product((0, 1), ("constant", "nearest", "wrap", "mirror", "reflect")):
        if not (order == 0 and mode == "mirror"):  # where an index is rounded before it is mirrored differs there
            add("map_coordinates", x[0, :, :, 0], at, order=order, fill_mode=mode, fill_value=0.5)
    transforms = np.array([[1.1, 0.2, -0.7, -0.1, 0.9, 0.3, 0, 0], [0.6, -0.5, 2.7, 0.4, 0.8, -1.6, 0, 0]], np.float32)
    for method, mode in itertools.product(("nearest", "bilinear"), ("constant", "nearest", "wrap", "reflect")):
        add("affine_transform", x, transforms, interpolation=method, fill_mode=mode, fill_value=0.25)
    add("affine_transform", x[0], transforms[1])
    corners = np.array([[[0, 0], [6, 0], [0, 4], [6, 4]]], np.float32).repeat(2, 0)
    moved = corners + rng.uniform(-1, 1, (2, 4, 2)).astype(np.float32)
    for method in ("nearest", "bilinear"):
        add("perspective_transform", x, corners, moved, interpolation=method, fill_value=0.5)
    add("perspective_transform", x[0], moved[0], corners[0])
    for padding, (size, strides, dilation) in itertools.product(
        ("valid", "same"), ((2, None, 1), ((3, 2), None, 1), (2, 1, 1), ((2, 3), (2, 1), 1), (2, 1, 2))
    ):
        add("extract_patches", x, size=size, strides=strides, dilation_rate=dilation, padding=padding)
    add("extract_patches", x[0], size=(2, 3))
    volumes = images(1, 4, 3, 5, 2)
    add("extract_patches_3d", volumes, size=2)
    add("extract_patches_3d", volumes, size=(2, 1, 3), strides=1, padding="same")
    add("pad_images", x, top_padding=1, left_padding=2, bottom_padding=0, right_padding=3)
    add("pad_images", x, bottom_padding=1, left_padding=2, target_height=9, target_width=10)
    add("crop_images", x, top_cropping=1, left_cropping=2, bottom_cropping=0, right_cropping=3)
    add("crop_images", x, bottom_cropping=1, left_cropping=2, target_height=3, target_width=4)
    colors = images(1, 4, 5, 3)
    colors[0, 0] = [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0.5, 0.5, 0], [0, 0.25, 1]]
    for function in ("rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb"):
        add(function, colors)
        add(function, colors[0])
        add(function, np.moveaxis(colors, -1, 1), data_format="channels_first")
    add("gaussian_blur", x)
    add("gaussian_blur", x, kernel_size=(5, 5), sigma=(1.0, 2.0))
    add("gaussian_blur", x[0], kernel_size=(3, 3), sigma=(0.5, 0.5))
    add("sobel_edges", x)
    add("ssim", images(2, 12, 13, 2), images(2, 12, 13, 2))
    add("ssim", images(2, 6, 7, 1), images(2, 6, 7, 1), filter_size=3, filter_sigma=1.0, max_val=2.0)
    return found
