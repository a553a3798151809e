"""Every illness is found in a model that has it, and not in its healthy twin; and the patient is as it was."""

import numpy as np
import pytest

import yeoul
from yeoul import Input, Model, Sequential, layers, losses, optimizers, utils
from yeoul.diagnosis import Diagnosis

Dense = layers.Dense
MATCH = "Last activation and loss do not match"


@pytest.fixture(autouse=True)
def seed():
    utils.set_random_seed(3)


def blobs(samples=200, features=4, classes=2, seed=0):
    """Clouds around different points: scaled features, balanced classes in random order."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(samples) % classes)
    centres = 1.2 * np.random.default_rng(7).normal(size=(classes, features))
    x = centres[y] + 0.6 * rng.normal(size=(samples, features))
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), y


def rings(samples=300, seed=0):
    """Classes that no line parts."""
    x = np.random.default_rng(seed).normal(size=(samples, 4)).astype("float32")
    return x, (np.sin(2 * x[:, 0]) + x[:, 1] ** 2 > 0.8).astype(int)


def curve(samples=200, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, 3)).astype("float32")
    return x, (x @ [1.0, -2.0, 0.5] + 0.1 * rng.normal(size=samples)).astype("float32")


def binary(*hidden, features=4, activation="sigmoid", loss="binary_crossentropy", optimizer="adam", units=1):
    model = Sequential(
        [Input((features,)), *(hidden or (Dense(16, "relu"),)), Dense(units, activation)], name="patient"
    )
    model.compile(optimizer, loss)
    return model


def many(activation="softmax", loss="sparse_categorical_crossentropy", units=3):
    return binary(activation=activation, loss=loss, units=units)


def regression(activation=None, loss="mse"):
    return binary(features=3, activation=activation, loss=loss)


def only(diagnosis, name):
    """The finding, which must be the only one of its name."""
    found = [f for f in diagnosis if f.name == name]
    assert len(found) == 1, diagnosis
    assert found[0].evidence and found[0].change
    return found[0]


# -- health ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("epochs", [0, 30])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("task", ["binary", "classes", "one_hot", "regression"])
def test_the_healthy_have_no_findings(task, optimizer, epochs):
    if task == "regression":
        (x, y), model = curve(), binary(features=3, activation=None, loss="mse", optimizer=optimizer)
    else:
        x, y = blobs(classes=2 if task == "binary" else 3)
        y = utils.to_categorical(y) if task == "one_hot" else y
        loss = {"binary": "binary", "classes": "sparse_categorical", "one_hot": "categorical"}[task] + "_crossentropy"
        model = binary(
            activation="sigmoid" if task == "binary" else "softmax",
            units=1 if task == "binary" else 3,
            loss=loss,
            optimizer=optimizer,
        )
    history = model.fit(x, y, epochs=epochs, verbose=0, validation_split=0.2) if epochs else None
    diagnosis = model.diagnose(x, y, history)
    assert [f for f in diagnosis if f.name != "Training stopped early"] == [], diagnosis
    assert not diagnosis.skipped


def test_healthy_models_of_other_kinds():
    x, y = blobs()
    a, b = Input((4,), name="a"), Input((4,), name="b")
    h = layers.Concatenate()([Dense(8, "relu")(a), layers.BatchNormalization()(b)])
    h = layers.Dropout(0.3)(h)
    model = Model([a, b], [Dense(1, "sigmoid", name="yes")(h), Dense(1, name="size")(h)])
    model.compile("adam", ["binary_crossentropy", "mse"], loss_weights=[1.0, 0.5])
    assert model.diagnose([x, x[::-1].copy()], [y, x[:, 0]]) == []

    class Own(Model):
        def __init__(self):
            super().__init__()
            self.first, self.last = Dense(8, "tanh"), Dense(1)

        def call(self, x):
            return self.last(self.first(x))

    own = Own()
    own.compile("adam", losses.BinaryCrossentropy(from_logits=True))
    assert own.diagnose(x, y) == []

    tokens = Sequential([Input((5,), dtype="int32"), layers.Embedding(100, 4), layers.Flatten(), Dense(1, "sigmoid")])
    tokens.compile("adam", "binary_crossentropy")
    rng = np.random.default_rng(0)
    assert (
        "Features are not scaled" not in tokens.diagnose(rng.integers(0, 100, (200, 5)), rng.integers(0, 2, 200)).names
    )


# -- the patient is as it was -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_trained", [False, True])
def test_the_model_is_as_it_was(is_trained):
    x, y = blobs()

    def patient():
        utils.set_random_seed(5)
        model = binary(Dense(16, "relu"), layers.BatchNormalization(), layers.Dropout(0.2))
        if is_trained:
            model.fit(x, y, epochs=2, verbose=0)
        return model

    looked_at = patient()
    before = [np.array(v.array) for v in looked_at.variables]
    slots = [np.array(v.array) for v in looked_at.optimizer.variables]
    random_state = np.random.get_state()[1].copy()
    looked_at.diagnose(x, y)
    assert all(np.array_equal(a, v.array) for a, v in zip(before, looked_at.variables, strict=True))
    assert all(np.array_equal(a, v.array) for a, v in zip(slots, looked_at.optimizer.variables, strict=True))
    assert looked_at.optimizer.built == is_trained
    assert np.array_equal(random_state, np.random.get_state()[1])
    assert not any("call" in layer.__dict__ for layer in looked_at.layers)
    first = looked_at.fit(x, y, epochs=3, verbose=0).history
    # All random numbers come from the seed in `patient`: a look draws none of them.
    twin = patient()
    second = twin.fit(x, y, epochs=3, verbose=0).history
    assert first == second
    assert all(np.array_equal(a, b) for a, b in zip(looked_at.get_weights(), twin.get_weights(), strict=True))


def test_the_model_is_as_it_was_after_an_error(monkeypatch):
    x, y = blobs()
    model = binary()
    before = model.get_weights()
    monkeypatch.setattr("yeoul.diagnosis.flow.check_gradients", lambda measured: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        model.diagnose(x, y)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert model._compile_loss.built is False


def test_two_looks_see_the_same():
    x, y = blobs()
    model = binary(optimizer=optimizers.SGD(1e-7))
    assert str(model.diagnose(x, y)) == str(model.diagnose(x, y))


# -- data --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "spoil",
    [lambda x: x * 300 + 1000, lambda x: x * [1, 1, 1, 1e-3], lambda x: x * 1e-4],
    ids=["large", "apart", "tiny"],
)
def test_features_that_are_not_scaled(spoil):
    x, y = blobs()
    finding = only(binary().diagnose(spoil(x), y), "Features are not scaled")
    assert finding.severity == "warning"
    assert "Dense" in finding.evidence
    assert "Features are not scaled" not in binary().diagnose(x, y).names


def test_a_layer_that_scales_is_a_cure():
    x, y = blobs()
    scaled = binary(layers.BatchNormalization(), Dense(16, "relu"))
    assert "Features are not scaled" not in scaled.diagnose(x * 300 + 1000, y).names


def test_pixels_to_255():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (60, 6, 6, 1)).astype("uint8")
    y = rng.integers(0, 2, 60)

    def model(*first):
        model = Sequential([Input((6, 6, 1)), *first, layers.Flatten(), Dense(8, "relu"), Dense(1, "sigmoid")])
        model.compile("adam", "binary_crossentropy")
        return model

    assert "divide the pixels by 255" in only(model().diagnose(x, y), "Features are not scaled").change
    assert "Features are not scaled" not in model(layers.Rescaling(1 / 255)).diagnose(x, y).names
    assert "Features are not scaled" not in model().diagnose(x / 255, y).names


def test_rare_one_hot_columns_are_no_fault():
    x, y = blobs(2000)
    x[:, 3] = 0
    x[0, 3] = 1
    assert "Features are not scaled" not in binary().diagnose(x, y).names


def test_nan_in_the_data():
    x, y = blobs()
    sick = x.copy()
    sick[[7, 9], 2] = np.nan, np.inf
    finding = only(binary().diagnose(sick, y), "Values that are no numbers")
    assert finding.numbers == {"rows": 2, "first_row": 7}
    assert "Values that are no numbers" not in binary().diagnose(x, y).names


def test_data_without_a_finite_row():
    x, y = blobs()
    diagnosis = binary().diagnose(np.full_like(x, np.nan), y)
    assert diagnosis.names == ["Values that are no numbers"]
    assert diagnosis.skipped == {"layers, loss and learning rate": "no row of the data is finite"}


def test_lost_weights():
    x, y = blobs()
    model = binary()
    weights = model.get_weights()
    weights[1][3] = np.nan
    model.set_weights(weights)
    diagnosis = model.diagnose(x, y)
    assert only(diagnosis, "Weights that are no numbers").numbers == {"weights": 1}
    assert diagnosis.skipped == {"layers, loss and learning rate": "its weights are lost"}


def test_shared_rows():
    x, y = blobs(300)
    sick = only(
        binary().diagnose(x[:200], y[:200], validation_data=(x[150:250], y[150:250])),
        "Validation rows are training rows",
    )
    assert (sick.numbers["rows"], sick.numbers["share"]) == (50, 0.5)
    assert binary().diagnose(x[:200], y[:200], validation_data=(x[200:], y[200:])) == []
    # Rows that repeat everywhere, because the features have few values, are no leak.
    few = np.random.default_rng(0).integers(0, 3, (400, 4)).astype("float32")
    names = binary().diagnose(few[:300], few[:300, 0] > 1, validation_data=(few[300:], few[300:, 0] > 1)).names
    assert "Validation rows are training rows" not in names


# -- targets -----------------------------------------------------------------------------------------------------------
def test_probabilities_without_an_activation():
    x, y = blobs()
    assert only(binary(activation=None).diagnose(x, y), MATCH).severity == "error"
    assert binary(activation=None, loss=losses.BinaryCrossentropy(from_logits=True)).diagnose(x, y) == []
    x, y = blobs(classes=3)
    assert "softmax" in only(many(None).diagnose(x, y), MATCH).change
    assert only(many("sigmoid").diagnose(x, y), MATCH).numbers["largest_sum"] > 1.1
    assert many().diagnose(x, y) == []


def test_an_activation_twice():
    x, y = blobs()
    sick = binary(loss=losses.BinaryCrossentropy(from_logits=True))
    assert "from_logits" in only(sick.diagnose(x, y), MATCH).change


def test_an_activation_as_a_layer_counts():
    x, y = blobs(classes=3)
    model = Sequential([Input((4,)), Dense(3), layers.Softmax()])
    model.compile("adam", "sparse_categorical_crossentropy")
    assert MATCH not in model.diagnose(x, y).names


def test_squared_error_of_a_sigmoid_is_worth_a_hint():
    x, y = blobs()
    finding = only(binary(loss="mse").diagnose(x, y), MATCH)
    assert finding.severity == "hint"
    assert finding.numbers["factor"] == pytest.approx(0.2, abs=0.06)


def test_targets_out_of_reach():
    x, y = curve()
    sick = only(regression("sigmoid").diagnose(x, y), "Last activation and targets do not match")
    assert sick.numbers["share"] > 0.5
    assert only(regression("relu").diagnose(x, y), "Last activation and targets do not match").severity == "error"
    assert regression().diagnose(x, y) == []
    assert "Last activation and targets do not match" not in regression("relu").diagnose(x, np.abs(y)).names


def test_softmax_over_one_unit():
    x, y = blobs()
    assert "Softmax over one unit" in binary(activation="softmax").diagnose(x, y).names
    assert "Softmax over one unit" not in binary().diagnose(x, y).names


@pytest.mark.parametrize(
    ("loss", "spoil"),
    [
        ("sparse_categorical_crossentropy", lambda y: y + 1),
        ("sparse_categorical_crossentropy", lambda y: y - 0.5),
        ("sparse_categorical_crossentropy", lambda y: np.eye(3)[y]),
        ("categorical_crossentropy", lambda y: y),
        ("categorical_crossentropy", lambda y: np.eye(3)[y] + np.eye(3)[(y + 1) % 3]),
    ],
    ids=["from 1", "fractions", "one-hot", "numbers", "two of three"],
)
def test_labels_that_the_loss_does_not_take(loss, spoil):
    x, y = blobs(classes=3)
    diagnosis = many(loss=loss).diagnose(x, spoil(y))
    assert only(diagnosis, "Labels and loss do not match").severity == "error"
    assert diagnosis.skipped == {"gradients and learning rate": "the loss can not be computed as it stands"}
    healthy = np.eye(3)[y] if loss[0] == "c" else y
    assert many(loss=loss).diagnose(x, healthy) == []


def test_labels_of_minus_one_for_a_sigmoid():
    x, y = blobs()
    finding = only(binary().diagnose(x, 2 * y - 1), "Labels and loss do not match")
    assert (finding.numbers["lowest"], finding.numbers["highest"]) == (-1, 1)


def test_classes_out_of_balance():
    x, y = blobs(400)
    rows = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:10]])
    finding = only(binary().diagnose(x[rows], y[rows]), "Classes out of balance")
    assert finding.numbers["ratio"] == 20
    assert "class_weight={0: 0.53, 1: 10.5}" in finding.change
    assert "Classes out of balance" not in binary().diagnose(x, y).names
    assert only(binary().diagnose(x, np.zeros(400)), "Classes out of balance").severity == "error"


def test_classes_without_samples():
    x, y = blobs(classes=3)
    assert only(many(units=5).diagnose(x, y), "Classes out of balance").numbers == {"missing": 2}


def test_sorted_data_that_are_split():
    x, y = blobs(classes=3)
    order = np.argsort(y)
    history = {"loss": [1.0], "val_loss": [1.0]}
    assert only(many().diagnose(x[order], y[order], history), "Data sorted by class").numbers["classes"] == 3
    assert "Data sorted by class" not in many().diagnose(x, y, history).names
    assert "Data sorted by class" not in many().diagnose(x[order], y[order]).names


# -- layers ------------------------------------------------------------------------------------------------------------
def test_dead_units():
    x, y = blobs()
    model = binary(Dense(16, "relu", name="hidden"))
    assert "Dead ReLU units" not in model.diagnose(x, y).names
    kernel, bias, *rest = model.get_weights()
    model.set_weights([kernel, bias - 50, *rest])
    finding = only(model.diagnose(x, y), "Dead ReLU units")
    assert finding.numbers == {"layer": "hidden", "dead": 16, "units": 16}
    assert finding.severity == "error"


def test_dead_units_of_a_relu_layer():
    x, y = blobs()
    model = binary(Dense(8), layers.ReLU(name="gate"))
    kernel, bias, *rest = model.get_weights()
    bias[:6] = -50
    model.set_weights([kernel, bias, *rest])
    assert only(model.diagnose(x, y), "Dead ReLU units").numbers == {"layer": "gate", "dead": 6, "units": 8}
    leaky = binary(Dense(8), layers.LeakyReLU())
    leaky.set_weights(model.get_weights())
    assert "Dead ReLU units" not in leaky.diagnose(x, y).names


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturated_units(activation):
    x, y = blobs()
    wide = Dense(16, activation, kernel_initializer=yeoul.initializers.RandomNormal(stddev=40.0))
    assert only(binary(wide).diagnose(x, y), "Saturated activations").numbers["share"] > 0.8
    assert "Saturated activations" not in binary(Dense(16, activation)).diagnose(x, y).names


def test_a_sure_last_sigmoid_is_not_saturated():
    x, y = blobs()
    model = binary(optimizer=optimizers.Adam(0.05))
    model.fit(x, y, epochs=60, verbose=0)
    assert "Saturated activations" not in model.diagnose(x, y).names


def test_vanishing_gradients():
    x, y = blobs()
    sick = binary(*(Dense(16, "sigmoid") for _ in range(10)))
    finding = only(sick.diagnose(x, y), "Vanishing gradients")
    assert finding.numbers["first"] < finding.numbers["last"] / 1000
    healthy = binary(*(Dense(16, "relu", kernel_initializer="he_normal") for _ in range(10)))
    assert "Vanishing gradients" not in healthy.diagnose(x, y).names


def test_exploding_gradients():
    x, y = blobs()
    wild = yeoul.initializers.RandomNormal(stddev=2.0)
    sick = binary(*(Dense(32, "relu", kernel_initializer=wild) for _ in range(8)))
    assert only(sick.diagnose(x, y), "Exploding gradients").numbers["layers"] == 8
    healthy = binary(*(Dense(32, "relu", kernel_initializer="he_normal") for _ in range(8)))
    assert "Exploding gradients" not in healthy.diagnose(x, y).names


# -- learning rate -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("optimizer", "high", "low", "good"),
    [(optimizers.Adam, 10.0, 1e-7, 1e-2), (optimizers.SGD, 200.0, 1e-6, 0.1), (optimizers.RMSprop, 10.0, 1e-7, 1e-2)],
)
def test_learning_rates(optimizer, high, low, good):
    x, y = rings()
    too_high = only(binary(optimizer=optimizer(high)).diagnose(x, y), "Learning rate too high")
    assert too_high.numbers["better_rate"] < high
    assert too_high.numbers["after_better"] < 0.7 * too_high.numbers["after"]
    too_low = only(binary(optimizer=optimizer(low)).diagnose(x, y), "Learning rate too low")
    assert too_low.numbers["better_rate"] > low
    assert binary(optimizer=optimizer(good)).diagnose(x, y) == []


def test_a_loss_that_is_lost_by_the_rate():
    x, y = curve()
    finding = only(
        binary(features=3, activation=None, loss="mse", optimizer=optimizers.SGD(1e4)).diagnose(x, y),
        "Learning rate too high",
    )
    assert finding.severity == "error"
    assert "infinity or NaN" in finding.evidence


def test_a_schedule_is_read_at_its_step():
    x, y = blobs()
    rate = optimizers.schedules.ExponentialDecay(100.0, 10, 0.5)
    finding = only(binary(optimizer=optimizers.SGD(rate)).diagnose(x, y), "Learning rate too high")
    assert "at 100 take the loss" in finding.evidence


def test_a_train_step_of_its_own_is_not_tried():
    class Own(Sequential):
        def train_step(self, data):
            return super().train_step(data)

    model = Own([Input((4,)), Dense(1, "sigmoid")])
    model.compile(optimizers.SGD(1e6), "binary_crossentropy")
    x, y = blobs()
    assert model.diagnose(x, y).skipped == {"learning rate": "the model has a train_step of its own"}


# -- histories ---------------------------------------------------------------------------------------------------------
def test_overfitting():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(60, 20)).astype("float32"), rng.integers(0, 2, 60)

    def trained(x, y, *hidden):
        model = binary(*hidden, features=20, optimizer=optimizers.Adam(0.01))
        return model, model.fit(x, y, epochs=60, verbose=0, validation_split=0.3)

    model, history = trained(x, y, Dense(64, "relu"), Dense(64, "relu"))
    finding = only(model.diagnose(x, y, history), "Overfitting")
    assert finding.numbers["last"] > finding.numbers["best"]
    x, y = blobs(600, 20)
    model, history = trained(x, y, Dense(8, "relu"))
    assert "Overfitting" not in model.diagnose(x, y, history).names


def test_underfitting():
    x, y = blobs()
    noise = np.random.default_rng(5).normal(size=x.shape).astype("float32")
    model = binary(Dense(1))
    finding = only(model.diagnose(noise, y, model.fit(noise, y, epochs=30, verbose=0)), "Underfitting")
    assert finding.numbers["constant"] == pytest.approx(np.log(2), abs=1e-4)
    model = binary()
    assert "Underfitting" not in model.diagnose(x, y, model.fit(x, y, epochs=60, verbose=0)).names


def test_training_that_stopped_early_and_a_loss_that_was_lost():
    x, y = blobs()
    falling = {"loss": [0.7**i + 0.05 for i in range(8)]}
    assert only(binary().diagnose(x, y, falling), "Training stopped early").severity == "hint"
    assert "Training stopped early" not in binary().diagnose(x, y, {"loss": [0.5, 0.3, 0.21, 0.2, 0.2, 0.2]}).names
    lost = {"loss": [0.5, 2.0, float("nan"), float("nan")]}
    assert only(binary().diagnose(x, y, lost), "Loss became NaN or infinite").numbers == {"epoch": 3}


# -- use ---------------------------------------------------------------------------------------------------------------
def test_it_is_a_list_that_prints():
    x, y = blobs()
    diagnosis = binary().diagnose(x, y)
    assert isinstance(diagnosis, Diagnosis) and isinstance(diagnosis, list)
    assert str(diagnosis).startswith("Diagnosis of 'patient': nothing found.")
    assert "learning rate" in diagnosis.looked_at


def test_a_model_that_is_not_built_is_built():
    x, y = blobs()
    model = Sequential([Dense(8, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    assert model.diagnose(x, y) == []


def test_without_targets_layers_are_looked_at():
    x, _ = blobs()
    diagnosis = binary().diagnose(x * 1000)
    assert "Features are not scaled" in diagnosis.names
    assert diagnosis.skipped == {"gradients and learning rate": "there are no targets or no loss"}


def test_errors():
    x, y = blobs()
    with pytest.raises(ValueError, match=r"You must call `compile\(\)` before calling `diagnose\(\)`"):
        Sequential([Input((4,)), Dense(1)]).diagnose(x, y)
    with pytest.raises(ValueError, match="diagnose takes arrays, and x is a source of batches"):
        binary().diagnose(iter([(x, y)]))
