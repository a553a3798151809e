"""Image layers that mix, bend, equalize and draw from others: Keras' numbers for equal choices, the shares of chance, dicts, errors."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.recorded import arrays_of
from yeoul import function, layers, models, ops

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from given_image_cases import choices, images, labels  # noqa: E402

CASES = choices()
X = np.random.default_rng(0).uniform(0, 255, (4, 8, 10, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def golden():
    return arrays_of(HERE, "golden_given_image_layers.npz")


@pytest.mark.parametrize("case", range(len(CASES)))
def test_numbers_are_those_of_keras(case, golden):
    name, kwargs, shape, _, chosen = CASES[case]
    layer = getattr(layers, name)(**kwargs)
    chosen = {key: ops.convert_to_tensor(value) for key, value in chosen.items()}
    x = images(case, kwargs, shape)
    found = layer.vary(ops.convert_to_tensor(x), chosen)
    low, high = kwargs.get("value_range", (0, 255))
    np.testing.assert_allclose(found, golden[f"images_{case}"], rtol=1e-5, atol=2e-6 * (high - low))
    expected = golden[f"labels_{case}"] if chosen else labels()
    np.testing.assert_allclose(layer.vary_labels(labels(), chosen), expected, rtol=1e-6)


MAKERS = {
    name: getattr(layers, name)
    for name in [
        "AugMix",
        "CutMix",
        "MixUp",
        "RandAugment",
        "RandomElasticTransform",
        "RandomPerspective",
        "Solarization",
    ]
}


@pytest.mark.parametrize("name", MAKERS)
def test_compiled_calls_draw_the_numbers_of_eager_calls(name):
    eager, traced = MAKERS[name](seed=3), MAKERS[name](seed=3)
    program = function(lambda x: traced(x, training=True))
    for _ in range(3):
        np.testing.assert_allclose(program(X), eager(X, training=True), rtol=1e-4, atol=2e-3)


@pytest.mark.parametrize("name", [*MAKERS, "Equalization"])
def test_images_vary_in_training_only(name):
    layer = getattr(layers, name)()
    np.testing.assert_array_equal(layer(X, training=False), X)
    assert (np.asarray(layer(X)) != X).any()
    whole = layer(X.astype(np.uint8))
    assert whole.dtype == "float32" and whole.shape == X.shape
    assert layer(X[0]).shape == X[0].shape
    first = getattr(layers, name)(data_format="channels_first")
    assert first(X.transpose(0, 3, 1, 2)).shape == (4, 3, 8, 10)
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize("name", [*MAKERS, "ContrastLimitedAdaptiveHistogramEqualization", "Equalization"])
def test_within_a_model(name):
    layer = getattr(layers, name)()
    model = models.Sequential(
        [layers.Input((8, 10, 3)), layer, layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2)]
    )
    model.compile("adam", "mse")
    history = model.fit(X, np.zeros((4, 2)), epochs=2, batch_size=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    once = model.predict(X, verbose=0)
    np.testing.assert_array_equal(once, model.predict(X, verbose=0))


def test_labels_are_mixed_as_images_are():
    x = np.arange(1, 7, dtype=np.float32).reshape(6, 1, 1, 1).repeat(20, 1).repeat(30, 2)
    y = np.eye(6, dtype=np.int32)
    mixed = layers.MixUp(1.0, seed=1)({"images": x, "labels": y})
    np.testing.assert_allclose(
        np.asarray(mixed["images"])[:, 3, 3, 0], np.asarray(mixed["labels"]) @ np.arange(1, 7), rtol=1e-5
    )
    cut = layers.CutMix((1.0, 1.0), seed=1)({"images": x, "labels": y, "segmentation_masks": x.astype(np.uint8)})
    np.testing.assert_array_equal(cut["segmentation_masks"], cut["images"])
    assert cut["segmentation_masks"].dtype == "uint8"
    shares = np.stack([(np.asarray(cut["images"]) == i).mean((1, 2, 3)) for i in range(1, 7)], -1)
    np.testing.assert_allclose(cut["labels"], shares, atol=0.09)  # edges of rectangles are pixels
    assert (np.asarray(cut["labels"]).max(-1) < 1).any()
    np.testing.assert_array_equal(layers.MixUp()({"images": x, "labels": y}, training=False)["labels"], y)


def test_shares_of_mixtures():
    x, y = np.zeros((3000, 1, 1, 1), np.float32), np.eye(3000, dtype=np.float32)
    weights = np.diag(np.asarray(layers.MixUp(0.2, seed=1)({"images": x, "labels": y})["labels"]))
    assert abs(weights.mean() - 0.5) < 0.03 and abs(weights.var() - 0.25 / 1.4) < 0.01
    for factor in (0.5, 1.0):
        weights = np.diag(np.asarray(layers.CutMix((factor, factor), seed=1)({"images": x, "labels": y})["labels"]))
        assert abs(weights.var() - 0.25 / (2 * factor + 1)) < 0.01


def test_solarization_draws_up_to_its_factors():
    x = np.zeros((2000, 1, 1, 1), np.float32)
    added = 255 - np.asarray(layers.Solarization((0.0, 0.4), seed=1)(x))
    assert 0 <= added.min() < 1 and 101 < added.max() <= 102
    assert abs(added.mean() - 51) < 2


def test_perspective_keeps_the_top_left_corner():
    layer = layers.RandomPerspective(scale=0.4, seed=1)
    chosen = layer.choose(ops.convert_to_tensor(np.zeros((2000, 5, 9, 1), np.float32)))
    end = np.asarray(chosen["end"])
    assert (end[:, 0] == 0).all() and (end[:, 1, 1] == 0).all() and (end[:, 2, 0] == 0).all()
    assert 6.4 <= end[:, 3, 0].min() < 6.45 and 9.55 < end[:, 3, 0].max() <= 9.6
    assert 3.2 <= end[:, 2, 1].min() < 3.25 and 4.75 < end[:, 2, 1].max() <= 4.8
    assert abs(np.asarray(chosen["is_moved"]).mean() - 0.5) < 0.05


def test_masks_go_with_their_images():
    ramp = np.arange(80.0, dtype=np.float32).reshape(1, 8, 10, 1).repeat(6, 0)
    moving = [
        layers.RandomFlip(seed=1),
        layers.RandomRotation(0.3, interpolation="nearest", seed=1),
        layers.RandomCrop(5, 6, seed=1),
        layers.RandomPerspective(interpolation="nearest", seed=1),
        layers.RandomElasticTransform((1.0, 1.0), interpolation="nearest", seed=1),
        layers.RandAugment(interpolation="nearest", seed=1),
    ]
    for layer in moving:
        y = layer({"images": ramp.repeat(3, -1), "segmentation_masks": ramp.astype(np.uint8), "labels": np.arange(6)})
        assert y["segmentation_masks"].dtype == "uint8"
        np.testing.assert_array_equal(y["labels"], np.arange(6))
        if not isinstance(layer, layers.RandAugment):
            np.testing.assert_array_equal(np.asarray(y["images"])[..., :1], y["segmentation_masks"], err_msg=layer.name)
    for layer in (layers.RandomBrightness(0.3), layers.RandomErasing(), layers.AugMix()):
        y = layer({"images": ramp.repeat(3, -1), "segmentation_masks": ramp})
        np.testing.assert_array_equal(y["segmentation_masks"], ramp)
    both = {"images": ramp, "segmentation_masks": ramp.astype(np.uint8)}
    small = layers.RandomCrop(4, 5)(both, training=False)
    assert small["images"].shape == small["segmentation_masks"].shape == (6, 4, 5, 1)


def test_elastic_displacements():
    """Displacements have Keras' standard deviation and smoothness."""
    n = 120
    ramp = np.arange(n, dtype=np.float32).reshape(1, 1, n, 1).repeat(n, 1).repeat(6, 0)
    for alpha, sigma in ((20.0, 1.0), (10.0, 3.0)):
        y = np.asarray(ops.image.elastic_transform(ramp, alpha, sigma, fill_mode="nearest", seed=1))
        d = (y - ramp)[:, 30:-30, 30:-30, 0]
        assert abs(d.std() / (alpha / (2 * np.pi**0.5)) - 1) < 0.1
        near = (d[:, :, :-1] * d[:, :, 1:]).mean() / (d * d).mean()
        assert abs(near - np.exp(-1 / (4 * sigma**2))) < 0.02
        assert abs(np.corrcoef(d[0].ravel(), d[1].ravel())[0, 1]) < 0.3
    np.testing.assert_array_equal(y, ops.image.elastic_transform(ramp, 10.0, 3.0, fill_mode="nearest", seed=1))
    assert ops.image.elastic_transform(ramp[0].astype(np.uint8)).dtype == "uint8"
    assert ops.image.elastic_transform(X.transpose(0, 3, 1, 2), data_format="channels_first").shape == (4, 3, 8, 10)


def test_augmix_of_no_layers_and_randaugment_of_one():
    layer = layers.AugMix(seed=1)
    x = ops.convert_to_tensor(X)
    chosen = layer.choose(x)
    assert len(layer.steps) == 11 and len(layers.AugMix(all_ops=False).steps) == 7
    chosen["which"] = ops.full((3, 3), 11)
    np.testing.assert_allclose(layer.vary(x, chosen), X, rtol=1e-5)
    layer = layers.RandAugment(num_ops=1)
    chosen = layer.choose(x)
    names = [type(step).__name__ for step in layer.steps]
    chosen["which"] = ops.convert_to_tensor([names.index("AutoContrast")])
    np.testing.assert_allclose(layer.vary(x, chosen), layers.AutoContrast()(X), rtol=1e-6)
    drawn = np.concatenate([np.asarray(layer.choose(x)["which"]) for _ in range(300)])
    assert set(drawn) == set(range(11))


def test_a_pipeline_is_its_layers():
    layer = layers.Pipeline([layers.RandomFlip(seed=1), layers.Rescaling(2.0)], name="pipeline")
    np.testing.assert_allclose(layer(X), np.asarray(layers.RandomFlip(seed=1)(X)) * 2.0)
    np.testing.assert_array_equal(layers.Pipeline([layers.RandomFlip()])(X, training=False), X)
    assert list(layer.get_config()) == ["layers", "name"]
    again = layers.Pipeline.from_config(layer.get_config())
    assert [type(part) for part in again.layers] == [type(part) for part in layer.layers] and again.name == "pipeline"
    mixed = layers.Pipeline([layers.RandomFlip(), layers.MixUp()])({"images": X, "labels": np.eye(4)})
    assert mixed["labels"].shape == (4, 4)
    with pytest.raises(TypeError, match="Pipeline 'p' is made of layers, and got 'flip'"):
        layers.Pipeline(["flip"], name="p")


def test_adaptive_equalization_is_the_same_in_predictions():
    layer = layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=2)
    np.testing.assert_array_equal(layer(X, training=False), layer(X, training=True))
    model = models.Sequential([layers.Input((8, 10, 3)), layer])
    np.testing.assert_allclose(model.predict(X, verbose=0), layer(X), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: layers.Solarization(2.0),
            r"Solarization: addition_factor must be a number or a pair of numbers within",
        ),
        (lambda: layers.Solarization(value_range=3), r"Solarization: value_range must be a pair \(smallest, largest\)"),
        (lambda: layers.Equalization(bins=0), "Equalization: bins must be a positive integer"),
        (
            lambda: layers.ContrastLimitedAdaptiveHistogramEqualization(clip_limit=-1),
            "clip_limit must be a number of 0 or more, and got -1",
        ),
        (lambda: layers.RandomPerspective(scale=3), r"RandomPerspective: scale must be a number within \[0, 1\]"),
        (lambda: layers.RandomPerspective(interpolation="cubic"), "interpolation must be 'nearest' or 'bilinear'"),
        (lambda: layers.RandomElasticTransform(scale=3), "RandomElasticTransform: scale must be"),
        (lambda: layers.RandomElasticTransform(fill_mode="mirror"), "fill_mode must be one of constant, nearest, wrap"),
        (lambda: layers.MixUp(0), "MixUp: alpha must be a positive number, and got 0"),
        (lambda: layers.CutMix(3), "CutMix: factor must be a number or a pair"),
        (lambda: layers.RandAugment(num_ops=0), "RandAugment: num_ops must be a positive integer"),
        (lambda: layers.RandAugment(factor=2), "RandAugment: factor must be"),
        (lambda: layers.AugMix(num_chains=0), "AugMix: num_chains must be a positive integer"),
        (lambda: layers.AugMix(alpha=-1), "AugMix: alpha must be a positive number"),
        (
            lambda: layers.RandomFlip(name="f")({"labels": X}),
            r"RandomFlip 'f': a dict must hold 'images', and has 'labels'",
        ),
        (
            lambda: layers.MixUp(name="m")({"images": X, "bounding_boxes": X}),
            "MixUp 'm': bounding boxes are not moved with their images here",
        ),
        (lambda: ops.image.elastic_transform(X, fill_mode="mirror"), "elastic_transform: fill_mode must be one of"),
        (lambda: ops.image.elastic_transform(X[0, 0]), "elastic_transform takes one image"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
