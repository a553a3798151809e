"""What losses refuse, how they are named, found and written down, and what masks and weights do."""

import numpy as np
import pytest

import yeoul
from yeoul import losses, ops
from yeoul.core.masks import get_keras_mask
from yeoul.losses.registry import ALIASES, CLASSES

ONES = np.ones((3, 2), np.float32)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.Huber(reduction="average"), r"Huber: reduction must be one of 'sum', .*got 'average'"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(q=1.5), r"q must be between 0 and 1, and got 1.5"),
        (
            lambda: losses.categorical_crossentropy([0, 1, 1], ONES),
            r"needs one-hot targets of shape \(3, 2\), and got \(3,\)",
        ),
        (
            lambda: losses.categorical_focal_crossentropy([0, 1, 1], ONES),
            r"categorical_focal_crossentropy needs one-hot",
        ),
        (lambda: losses.sparse_categorical_crossentropy(ONES, ONES), r"needs integer labels of shape \(3,\)"),
        (lambda: losses.get("hubert"), r"Unknown loss 'hubert'. Did you mean 'huber'\?"),
        (lambda: losses.get(3), r"Cannot use 3 as loss"),
        (lambda: losses.Loss()(ONES, ONES), r"Loss is a loss, and implements call\(self, y_true, y_pred\)"),
    ],
)
def test_refusals(make, message):
    with pytest.raises((ValueError, NotImplementedError), match=message):
        make()


def test_names_give_functions_and_class_names_objects():
    assert losses.get("huber") is losses.huber
    assert isinstance(losses.get("Huber"), losses.Huber)
    assert losses.get(losses.Huber).name == "huber_loss"
    assert losses.get(None) is None
    assert losses.get({"class_name": "function", "config": "huber"}) is losses.huber
    for alias, function in ALIASES.items():
        assert losses.get(alias) is losses.get(alias.upper()) is function
    for function, cls in CLASSES.items():
        assert losses.get(function.__name__) is function
        assert type(losses.get({"class_name": cls.__name__, "config": {}})) is cls


def test_own_function_round_trip():
    @yeoul.utils.register_keras_serializable()
    def cubes(y_true, y_pred, factor=1.0):
        return ops.mean((y_true - y_pred) ** 3, axis=-1) * factor

    loss = losses.LossFunctionWrapper(cubes, name="cubed", factor=2.0)
    again = losses.deserialize(losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    assert float(again(ONES * 0, -ONES)) == 2.0
    assert losses.deserialize("cubes", custom_objects={"cubes": cubes}) is cubes


def test_dtype_of_the_loss():
    assert losses.MeanSquaredError(dtype="float64")(ONES, ONES).dtype == "float64"
    assert losses.MeanSquaredError()(ONES.astype("float64"), ONES.astype("float64")).dtype == "float32"
    assert losses.MeanSquaredError(dtype="float16").get_config()["dtype"] == "float16"
    assert "dtype" not in losses.MeanSquaredError().get_config()


def test_logits_survive_a_change_of_dtype():
    logits = np.array([[200.0, -200.0, 0.0]], np.float32)
    p = yeoul.activations.softmax(ops.convert_to_tensor(logits))
    for dtype in (None, "float64"):
        value = losses.CategoricalCrossentropy(dtype=dtype)([[0.0, 1.0, 0.0]], p)
        assert float(value) == pytest.approx(400)


def test_masks_of_predictions_and_of_the_loss_are_combined():
    y_true = np.array([0, 1, -1, 0])
    y_pred = ops.convert_to_tensor(np.full((4, 2), 0.5, np.float32))
    values = losses.sparse_categorical_crossentropy(y_true, y_pred, ignore_class=-1)
    assert get_keras_mask(values).numpy().tolist() == [True, True, False, True]
    y_pred.tags = {"mask": ops.convert_to_tensor([True, False, True, True])}
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    assert float(loss(y_true, y_pred)) == pytest.approx(np.log(2))
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1, reduction="sum")
    assert float(loss(y_true, y_pred)) == pytest.approx(2 * np.log(2))


def test_a_mask_without_a_true_entry_gives_zero():
    y_pred = ops.convert_to_tensor(ONES)
    y_pred.tags = {"mask": ops.convert_to_tensor([False, False, False])}
    for reduction in ("sum", "mean", "sum_over_batch_size", "mean_with_sample_weight"):
        assert float(losses.MeanSquaredError(reduction=reduction)(ONES * 0, y_pred)) == 0


def test_weights_of_samples_spread_over_steps_under_a_mask():
    y_pred = ops.convert_to_tensor(np.ones((2, 3, 4), np.float32))
    y_pred.tags = {"mask": ops.convert_to_tensor([[True, True, False], [True, False, False]])}
    for weight in ([2.0, 5.0], [[2.0], [5.0]], [[2.0, 2.0, 2.0], [5.0, 5.0, 5.0]]):
        loss = losses.MeanSquaredError(reduction="sum")
        assert float(loss(np.zeros((2, 3, 4)), y_pred, sample_weight=np.array(weight))) == 9


def test_mean_over_a_batch_of_unknown_size():
    a, b = yeoul.layers.Input((2,)), yeoul.layers.Input((2,))
    model = yeoul.Model([a, b], losses.MeanSquaredError()(a, b) + a * 0)
    assert model([ONES * 3, ONES]).numpy().tolist() == (ONES * 4).tolist()


def test_ctc_says_which_shapes_it_takes():
    logits = np.zeros((2, 6, 4), np.float32)
    with pytest.raises(ValueError, match=r"y_true must have the shape \(batch, longest\), and has \(2,\)"):
        losses.ctc(np.ones(2), logits)
    with pytest.raises(ValueError, match=r"y_pred must have the shape \(batch, steps, classes\), and has \(6, 4\)"):
        losses.ctc(np.ones((2, 3)), logits[0])


@pytest.mark.parametrize(
    ("op", "units", "loss", "labels"),
    [
        (ops.softmax, 3, "sparse_categorical_crossentropy", [0, 1]),
        (ops.softmax, 3, "categorical_crossentropy", [[1, 0, 0], [0, 1, 0]]),
        (ops.sigmoid, 1, "binary_crossentropy", [[0], [1]]),
    ],
)
def test_crossentropies_of_an_op_see_its_logits(op, units, loss, labels):
    class Net(yeoul.Model):
        def __init__(self):
            super().__init__()
            self.scores = yeoul.layers.Dense(units, kernel_initializer="identity")

        def call(self, x):
            return op(self.scores(x))

    x = np.array([[-300.0, 0, 300], [300, 0, 0]], np.float32)
    x = x if units == 3 else np.array([[300.0], [-300]], np.float32)
    net = Net()
    net.compile("sgd", loss)
    expected = np.mean([600, 300]) if units == 3 else 300
    np.testing.assert_allclose(net.train_on_batch(x, np.array(labels)), expected)
    x_in = yeoul.Input((units,))
    model = yeoul.Model(x_in, op(x_in))
    model.compile("sgd", loss)
    np.testing.assert_allclose(model.test_on_batch(x, np.array(labels)), expected)
