"""Image layers: the numbers of Keras where no chance is left, the shares of chance elsewhere, models, errors."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.recorded import arrays_of
from yeoul import layers, models, utils

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from image_layer_cases import cases, images  # noqa: E402

CASES = cases()
MANY = np.arange(48.0, dtype=np.float32).reshape(1, 6, 8, 1).repeat(400, 0)


@pytest.fixture(scope="module")
def golden():
    return arrays_of(HERE, "golden_image_layers.npz")


@pytest.mark.parametrize("name", sorted({name for name, _, _ in CASES}))
def test_numbers_are_those_of_keras(name, golden):
    for case, (kind, kwargs, shape) in enumerate(CASES):
        if kind == name:
            found = getattr(layers, name)(**kwargs)(images(case, shape), training=True)
            np.testing.assert_allclose(found, golden[str(case)], rtol=1e-4, atol=2e-5, err_msg=f"{kind} {kwargs}")


@pytest.mark.parametrize(("mode", "corner"), [("horizontal", 7), ("vertical", 40), ("horizontal_and_vertical", 47)])
def test_half_of_the_images_are_flipped(mode, corner):
    y = np.asarray(layers.RandomFlip(mode, seed=1)(MANY, training=True))
    assert set(np.unique(y[:, 0, 0, 0])) == {0, corner}
    assert 0.4 < (y[:, 0, 0, 0] == corner).mean() < 0.6


def test_crops_are_parts_from_everywhere():
    layer = layers.RandomCrop(3, 4, seed=1)
    corners = set()
    for _ in range(200):
        y = np.asarray(layer(MANY[:2], training=True))
        assert y.shape == (2, 3, 4, 1)
        corner = int(y[0, 0, 0, 0])
        np.testing.assert_array_equal(y[1, :, :, 0], MANY[0, corner // 8 :, corner % 8 :, 0][:3, :4])
        corners.add(corner)
    assert corners == {8 * row + column for row in range(4) for column in range(5)}
    assert layer(MANY[:2], training=False).shape == (2, 3, 4, 1)
    assert layers.RandomCrop(12, 20)(MANY[:2], training=True).shape == (2, 12, 20, 1)


def test_contrast_and_brightness_draw_from_their_ranges():
    rng = np.random.default_rng(0)
    x = rng.uniform(100, 150, (400, 4, 4, 2)).astype(np.float32)
    mean = x.mean((1, 2), keepdims=True)
    y = np.asarray(layers.RandomContrast((0.2, 0.6), seed=1)(x, training=True))
    factors = ((y - mean) / (x - mean)).mean((1, 2, 3))
    assert 0.8 <= factors.min() < 0.85 and 1.55 < factors.max() <= 1.6 + 1e-3
    moved = (np.asarray(layers.RandomBrightness(0.2, seed=1)(x, training=True)) - x).mean((1, 2, 3))
    assert -51.01 <= moved.min() < -45 and 45 < moved.max() <= 51.01
    bright = layers.RandomBrightness((0.9, 1.0))(np.full((1, 2, 2, 1), 200, np.uint8), training=True)
    np.testing.assert_array_equal(bright, np.full((1, 2, 2, 1), 255.0))


def test_probabilities_and_signs():
    x = np.random.default_rng(0).uniform(0, 255, (600, 4, 5, 3)).astype(np.float32)

    def changed(layer):
        return np.abs(np.asarray(layer(x, training=True)) - x).max((1, 2, 3)) > 0

    assert 0.1 < changed(layers.RandomInvert(0.3, seed=1)).mean() < 0.2
    assert 0.25 < changed(layers.RandomGrayscale(0.3, seed=1)).mean() < 0.35
    ramp = np.arange(20.0, dtype=np.float32).reshape(1, 1, 20, 1).repeat(20, 1).repeat(600, 0)
    y = np.asarray(layers.RandomShear(0.4, fill_mode="nearest", seed=1)(ramp, training=True))
    slants = y[:, 9, 9, 0] - y[:, 8, 9, 0]
    assert -0.4 <= slants.min() < -0.35 and 0.35 < slants.max() <= 0.4 + 1e-5 and abs(slants.mean()) < 0.03
    hues = layers.RandomHue((0.2, 0.2), seed=1)(
        np.array([[[[255.0, 0.0, 0.0]]]], np.float32).repeat(200, 0), training=True
    )
    assert len(np.unique(np.asarray(hues).round(1)[:, 0, 0], axis=0)) == 2
    levels = np.asarray(layers.RandomPosterization(3, seed=1)(x, training=True))
    assert {len(np.unique(image)) for image in levels} <= {2, 4}


def test_erased_rectangles():
    x = np.full((400, 20, 30, 1), 9, np.float32)
    y = np.asarray(layers.RandomErasing((1.0, 1.0), (0.1, 0.2), fill_value=0.0, seed=1)(x, training=True))
    rows, columns = (y == 0).any(2)[..., 0].sum(1), (y == 0).any(1)[..., 0].sum(1)
    np.testing.assert_array_equal((y == 0).sum((1, 2, 3)), rows * columns)
    assert set(rows) == {6, 7, 8} and set(columns) == {9, 10, 11, 12, 13}
    assert (y == 0).any(0).all()
    noise = np.asarray(layers.RandomErasing((1.0, 1.0), (0.5, 0.5), value_range=(0, 1), seed=1)(x, training=True))
    inside = noise[noise != 9]
    assert 0 <= inside.min() < 0.01 and 0.99 < inside.max() < 1
    assert 0.4 < (np.asarray(layers.RandomErasing(seed=1)(x, training=True)) != 9).any((1, 2, 3)).mean() < 0.6


def test_images_vary_in_training_only_and_the_same_way_for_one_seed():
    layer = layers.RandomRotation(0.2, seed=3)
    np.testing.assert_array_equal(layer(MANY[:4], training=False), MANY[:4])
    first = np.asarray(layer(MANY[:4]))
    assert (first != MANY[:4]).any() and (first[0] != first[1]).any()
    np.testing.assert_array_equal(first, layers.RandomRotation(0.2, seed=3)(MANY[:4], training=True))
    assert (np.asarray(layer(MANY[:4])) != first).any()


@pytest.mark.parametrize("is_functional", [False, True])
def test_within_models(is_functional):
    utils.set_random_seed(0)
    stack = [
        layers.RandomFlip(),
        layers.RandomRotation(0.1),
        layers.RandomZoom(0.1, 0.2),
        layers.RandomTranslation(0.1, 0.1, fill_mode="nearest"),
        layers.RandomContrast(0.1),
        layers.RandomBrightness(0.1),
        layers.RandomCrop(5, 6),
        layers.Resizing(4, 4),
        layers.CenterCrop(3, 3),
        layers.Flatten(),
        layers.Dense(2),
    ]
    inputs = layers.Input((6, 8, 1))
    if is_functional:
        x = inputs
        for layer in stack:
            x = layer(x)
        model = models.Model(inputs, x)
    else:
        model = models.Sequential([inputs, *stack])
    assert model.output_shape == (None, 2)
    model.compile("adam", "mse")
    history = model.fit(MANY[:20] / 48, np.zeros((20, 2)), epochs=2, batch_size=8, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    once = model.predict(MANY[:3] / 48, verbose=0)
    np.testing.assert_array_equal(once, model.predict(MANY[:3] / 48, verbose=0))
    np.testing.assert_allclose(once[0], once[1], rtol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        layers.RandomColorJitter(
            brightness_factor=0.2,
            contrast_factor=0.2,
            saturation_factor=0.6,
            hue_factor=0.3,
            value_range=(0, 1),
            seed=1,
        ),
        layers.RandomGaussianBlur(value_range=(0, 1), seed=1),
        layers.RandomErasing(value_range=(0, 1), seed=1),
        layers.RandomShear(0.3, 0.2, seed=1),
        layers.RandomPosterization(5, value_range=(0, 1), seed=1),
        layers.RandomFlip(seed=1),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_compiled_programs_draw_the_numbers_of_eager_calls(layer):
    """One step of training on the layer's output equals one step on images that an equal layer varied before."""
    x = images(0, (6, 5, 7, 3))
    again = type(layer).from_config(layer.get_config())
    varied = np.asarray(again(x, training=True))
    found = []
    for start, data in ((layer, x), (layers.Identity(), varied)):
        model = models.Sequential([layers.Input((5, 7, 3)), start, layers.Flatten(), layers.Dense(2)])
        model.layers[-1].set_weights([np.full((105, 2), 0.01, np.float32), np.zeros(2, np.float32)])
        model.compile("sgd", "mse")
        model.fit(data, np.ones((6, 2)), batch_size=6, shuffle=False, verbose=0)
        found.append(model.layers[-1].get_weights()[0])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5, atol=1e-6)


def test_images_of_any_size():
    inputs = layers.Input((None, None, 3))
    model = models.Model(inputs, layers.CenterCrop(4, 4)(layers.Resizing(8, 6)(layers.RandomFlip()(inputs))))
    assert model.output_shape == (None, 4, 4, 3)
    assert model.predict(np.ones((2, 5, 9, 3), np.float32), verbose=0).shape == (2, 4, 4, 3)


@pytest.mark.parametrize("case", range(0, len(CASES), 5))
def test_config_makes_the_same_layer(case):
    name, kwargs, _ = CASES[case]
    layer = getattr(layers, name)(**kwargs)
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layers.RandomFlip("sideways"), "mode must be 'horizontal', 'vertical' or"),
        (
            lambda: layers.RandomRotation(3),
            r"RandomRotation: factor must be a number or a pair of numbers within \[-1.0, 1.0\]",
        ),
        (
            lambda: layers.RandomZoom(0.1, fill_mode="mirror"),
            "fill_mode must be one of constant, nearest, wrap, reflect",
        ),
        (
            lambda: layers.RandomTranslation(0.1, 0.1, interpolation="cubic"),
            "interpolation must be 'nearest' or 'bilinear'",
        ),
        (lambda: layers.RandomContrast(-0.1), r"factor must be a number or a pair of numbers within \[0.0, 1.0\]"),
        (lambda: layers.RandomBrightness(0.1, value_range=3), r"value_range must be a pair \(smallest, largest\)"),
        (lambda: layers.RandomCrop(0, 3), "RandomCrop: height must be a positive integer"),
        (lambda: layers.RandomFlip(name="f")(np.ones((2, 3))), r"RandomFlip 'f' takes one image \(rank 3\)"),
        (lambda: layers.Resizing(2, 2, interpolation="area")(MANY), "interpolation must be one of nearest, bilinear"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
