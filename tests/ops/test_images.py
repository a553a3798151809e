"""Images: the numbers of Keras, gradients, dtypes, errors."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.recorded import arrays_of
from yeoul import GradientTape, Variable, layers, models, ops

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from image_cases import cases  # noqa: E402

CASES = cases()


@pytest.fixture(scope="module")
def golden():
    return arrays_of(HERE, "golden_images.npz", "golden_filters.npz")


@pytest.mark.parametrize("function", sorted({function for function, _, _ in CASES}))
def test_numbers_are_those_of_keras(function, golden):
    for number, (name, operands, kwargs) in enumerate(CASES):
        if name != function:
            continue
        found = getattr(ops.image, function)(*operands, **kwargs)
        said = {k: v for k, v in kwargs.items() if k not in ("scale", "translation")}
        np.testing.assert_allclose(found, golden[str(number)], rtol=1e-5, atol=1e-5, err_msg=f"{function} {said}")


@pytest.mark.parametrize("number", range(0, len(CASES), 3))
def test_batch_may_be_unknown(number):
    function, operands, kwargs = CASES[number]
    if function in ("map_coordinates", "scale_and_translate") or operands[0].ndim < 4:
        pytest.skip("has no batch")
    inputs = [layers.Input(x.shape[1:]) for x in operands]
    y = getattr(ops.image, function)(*inputs, **kwargs)
    expected = getattr(ops.image, function)(*operands, **kwargs)
    assert y.shape == (None, *expected.shape[1:])
    found = models.Model(inputs, y).predict(list(operands), verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_one_transform_serves_all_images():
    x = np.random.default_rng(0).normal(size=(2, 5, 7, 2)).astype(np.float32)
    transform = [1.1, 0.2, -0.7, -0.1, 0.9, 0.3, 0, 0]
    np.testing.assert_array_equal(
        ops.image.affine_transform(x, transform), ops.image.affine_transform(x, [transform, transform])
    )


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.image.resize(x, (3, 5), "bicubic", antialias=True),
        lambda x: ops.image.affine_transform(x, [1.1, 0.2, -0.7, -0.1, 0.9, 0.3, 0.01, 0.0], fill_mode="reflect"),
        lambda x: ops.image.extract_patches(x, 2, strides=1, padding="same"),
        lambda x: ops.image.gaussian_blur(x),
        lambda x: ops.image.rgb_to_hsv(x),
        lambda x: ops.image.hsv_to_rgb(x),
    ],
)
def test_gradients_are_central_differences(function):
    rng = np.random.default_rng(0)
    x = rng.uniform(0.1, 0.9, (1, 4, 4, 3))
    weights = rng.normal(size=function(x).shape)
    variable = Variable(x, dtype="float64")
    with GradientTape() as tape:
        loss = ops.sum(function(variable) * weights)
    found = np.asarray(tape.gradient(loss, variable))
    for place in [(0, 0, 0, 0), (0, 1, 2, 1), (0, 3, 3, 2), (0, 2, 0, 1)]:
        sums = []
        for step in (1e-6, -1e-6):
            moved = x.copy()
            moved[place] += step
            sums.append(float((np.asarray(function(moved)) * weights).sum()))
        np.testing.assert_allclose(found[place], (sums[0] - sums[1]) / 2e-6, rtol=1e-5, atol=1e-6)


def test_integers_stay_integers():
    x = np.array([0, 50, 100, 150, 200], np.uint8).reshape(1, 1, 5, 1)
    for method, expected in {
        "bilinear": [0, 22, 53, 84, 116, 147, 178, 200],
        "bicubic": [0, 17, 53, 84, 116, 147, 183, 204],
    }.items():
        y = ops.image.resize(x, (1, 8), method)
        assert y.dtype == "uint8"
        np.testing.assert_array_equal(np.asarray(y).ravel(), expected)
    grey = ops.image.rgb_to_grayscale(np.full((1, 1, 3), 200, np.uint8))
    assert grey.dtype == "uint8"


def test_perspective_of_one_transform_for_all():
    """A projective transform reads at the quotients of its formula."""
    x = np.arange(20.0).reshape(1, 4, 5, 1)
    y = np.asarray(ops.image.affine_transform(x, [1.1, 0.2, 0.0, 0.1, 0.9, 0.3, 0.01, 0.02]))
    k = 0.01 * 1 + 0.02 * 2 + 1
    column, row = (1.1 * 1 + 0.2 * 2) / k, (0.1 * 1 + 0.9 * 2 + 0.3) / k
    np.testing.assert_allclose(y[0, 2, 1, 0], 5 * row + column, rtol=1e-6)


X = np.zeros((1, 4, 5, 3), np.float32)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda i: i.resize(X, (2, 3), interpolation="area"), "interpolation must be one of nearest, bilinear"),
        (lambda i: i.resize(X, (0, 3)), r"size must be \(height, width\), both positive"),
        (lambda i: i.resize(X, (2, 2), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True), "only one of crop_to"),
        (
            lambda i: i.resize(X[0, 0], (2, 2)),
            r"one image \(rank 3\) or a batch of images \(rank 4\), and got shape \(5, 3\)",
        ),
        (lambda i: i.rgb_to_hsv(X.astype(np.uint8)), "takes floats from 0 to 1, and got uint8"),
        (lambda i: i.rgb_to_grayscale(X[..., :2]), "images of 1 or 3 channels, and got 2"),
        (lambda i: i.pad_images(X, 1, 2), "needs exactly two of top_padding, bottom_padding, target_height"),
        (
            lambda i: i.crop_images(X, 1, 2, target_height=9, target_width=2),
            "bottom_cropping must be 0 or more, and is -6",
        ),
        (lambda i: i.map_coordinates(X[0, :, :, 0], np.zeros((2, 3)), 2), "order must be 0"),
        (lambda i: i.map_coordinates(X[0, :, :, 0], np.zeros((3, 3)), 1), "one row for each axis"),
        (lambda i: i.crop_images(X, 3, 0, 9, 0), "leave nothing of images of size"),
        (lambda i: i.affine_transform(X, np.zeros((7, 8))), "there are 7 transforms for"),
        (lambda i: i.affine_transform(X, np.zeros((1, 6))), r"shape \(8,\) or \(batch, 8\), and got \(1, 6\)"),
        (
            lambda i: i.affine_transform(X, np.zeros(8), fill_mode="mirror"),
            "fill_mode must be one of constant, nearest, wrap",
        ),
        (
            lambda i: i.perspective_transform(X, np.zeros((3, 2)), np.zeros((4, 2))),
            r"start_points must have shape \(4, 2\)",
        ),
        (lambda i: i.extract_patches(X, 6), "extract_patches: a window that reaches over"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call(ops.image)
