"""What `memory_plan` says, against bytes counted by hand and programs that ran."""

import dataclasses

import numpy as np
import pytest

from yeoul import Input, Model, Sequential, _native, applications, config, layers, ops, optimizers, utils
from yeoul.models import MemoryPlan

RNG = np.random.default_rng(0)


def dense(units=7, **options):
    model = Sequential([Input((5,)), layers.Dense(units, activation="relu"), layers.Dense(3, activation="softmax")])
    if options:
        model.compile(**options)
    return model


def pictures():
    model = Sequential(
        [
            Input((12, 12, 3)),
            layers.Conv2D(8, 3, use_bias=False, name="first"),
            layers.BatchNormalization(name="normal"),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Dropout(0.2),
            layers.Conv2D(16, 3, activation="relu", name="second"),
            layers.Flatten(),
            layers.Dense(4, activation="softmax", name="last"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_parameters_optimizer_and_batch_are_counted():
    plan = dense(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"]).memory_plan(10)
    weights = (5 * 7 + 7 + 7 * 3 + 3) * 4
    assert plan.trainable == plan.parameters == weights and plan.non_trainable == 0
    assert plan.optimizer == 2 * weights + 4 + 4  # two moments, the number of steps, the rate
    assert plan.metrics == 4 * 4  # sum and count of loss and accuracy
    assert plan.training.batch == 10 * (5 * 4 + 4)
    assert plan.predict.batch == 10 * (5 + 3) * 4
    assert plan.total == weights + plan.optimizer + plan.metrics + plan.training.total
    assert plan.predict_total == weights + plan.predict.total


def test_a_model_that_is_not_compiled_has_a_plan_for_predict_alone():
    plan = dense().memory_plan()
    assert plan.training is None and plan.optimizer == plan.metrics == 0 and plan.batch_size == 32
    assert plan.total == plan.predict_total
    assert "Training" not in str(plan) and "Optimizer" not in str(plan) and "Predict" in str(plan)


def test_non_trainable_parameters_are_those_of_frozen_layers():
    model = dense()
    model.layers[0].trainable = False
    plan = model.memory_plan()
    assert (plan.trainable, plan.non_trainable) == ((7 * 3 + 3) * 4, (5 * 7 + 7) * 4)


def test_the_arena_is_that_of_the_program_that_trains():
    model = pictures()
    plan = model.memory_plan(16)
    model.fit(RNG.random((32, 12, 12, 3)), RNG.integers(0, 4, 32, np.int32), batch_size=16, verbose=0)
    (traced,) = (held for key, held in model._cache.steps.items() if key[:2] == ("graph", "train"))
    (program,) = traced.graph.programs.values()
    assert plan.training.activations == program.arena_bytes
    assert plan.training.saved == plan.training.unshared - plan.training.activations > 0
    assert dataclasses.replace(plan) == model.memory_plan(16)  # training has changed nothing in it


def test_every_thread_has_workspace_of_its_own():
    threads, found = _native.num_threads(), []
    try:
        for count in (1, 2, 3):
            _native.set_num_threads(count)
            found.append(pictures().memory_plan(8).training.workspace)
    finally:
        _native.set_num_threads(threads)
    assert 0 < found[1] - found[0] == found[2] - found[1]


def test_more_samples_take_more_activations_and_the_same_parameters():
    model = pictures()
    few, many = model.memory_plan(4), model.memory_plan(64)
    assert 12 < many.training.activations / few.training.activations < 20
    assert (few.parameters, few.optimizer) == (many.parameters, many.optimizer)


def test_the_largest_values_say_where_they_come_from():
    values = pictures().memory_plan(8).training.largest
    assert 1 <= len(values) <= 5
    assert [v.bytes for v in values] == sorted((v.bytes for v in values), reverse=True)
    assert values[0].shape == (8, 10, 10, 8) and values[0].dtype == "float32" and values[0].bytes == 8 * 10 * 10 * 8 * 4
    assert values[0].layer in ("first", "normal")
    assert sum(v.bytes for v in values) <= pictures().memory_plan(8).training.activations


def test_it_leaves_training_as_it_is():
    x, y = RNG.random((40, 12, 12, 3)), RNG.integers(0, 4, 40)
    losses = []
    for looks in (False, True):
        utils.set_random_seed(3)
        model = pictures()
        if looks:
            model.memory_plan(8)
        losses.append(model.fit(x, y, epochs=2, batch_size=8, verbose=0).history["loss"])
    assert losses[0] == losses[1]


def test_shapes_are_those_that_the_model_was_trained_with():
    model = Sequential([layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(2)])
    model.compile("sgd", lambda y, p: ops.mean(ops.square(ops.concatenate([y, y], 1) - p)))
    model.train_on_batch(RNG.random((2, 9, 6, 3)), RNG.random((2, 1)))
    plan = model.memory_plan(4)
    assert plan.training.batch == 4 * (9 * 6 * 3 + 1) * 4
    assert any(value.shape == (4, 7, 4, 4) for value in plan.training.largest)


def test_open_sizes_are_those_that_were_predicted():
    model = applications.MobileNetV2(weights=None, include_top=False, alpha=0.35)
    with pytest.raises(
        ValueError, match=r"inputs of shape \(None, None, None, 3\), whose size is open.*Train or predict"
    ):
        model.memory_plan()
    model.predict(RNG.random((1, 32, 32, 3)), verbose=0)
    assert model.memory_plan(1).predict.batch == (32 * 32 * 3 + 1280) * 4


def test_several_inputs_and_outputs():
    a, b = Input((4,), name="a"), Input((2,), name="b")
    x = layers.Concatenate()([a, b])
    model = Model(
        {"a": a, "b": b}, [layers.Dense(3, activation="softmax", name="kind")(x), layers.Dense(1, name="size")(x)]
    )
    model.compile("sgd", {"kind": "sparse_categorical_crossentropy", "size": "mse"})
    assert model.memory_plan(10).training.batch == 10 * (4 + 2 + 1 + 1) * 4


def test_a_subclass_is_known_by_the_shape_it_was_built_with():
    class Doubled(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(6)

        def call(self, x):
            return self.dense(x) * 2

    model = Doubled()
    with pytest.raises(
        ValueError, match=r"is not built, so its memory can not be planned. Start it with Input\(shape\)"
    ):
        model.memory_plan()
    model.build((None, 3))
    assert model.memory_plan(2).predict.batch == 2 * (3 + 6) * 4


def test_it_is_shown_as_a_table():
    utils.clear_session()
    plan = pictures().memory_plan(8)
    lines = str(plan).splitlines()
    assert isinstance(plan, MemoryPlan) and repr(plan) == str(plan)
    assert lines[0] == 'Memory of model "sequential", batches of 8'
    assert lines[2].split() == ["┃", "Memory", "┃", "Training", "┃", "Predict", "┃"]
    assert [line.strip("│ ").split(" │")[0].strip() for line in lines[4:20:2]] == [
        "Trainable parameters",
        "Non-trainable parameters",
        "Optimizer",
        "Metrics",
        "Batch: inputs, targets, outputs",
        "Activations",
        "Workspace of threads",
        "Constants",
    ]
    assert len({len(line) for line in lines[1:22]}) == 1
    assert "without sharing, activations would take" in str(plan) and "(8, 10, 10, 8)" in str(plan)
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.trainable = 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sequential([layers.Dense(2)]), "is not built, so its memory can not be planned"),
        (lambda: dense(optimizer="sgd", loss="mse", run_eagerly=True), "runs eagerly, and op by op there is no plan"),
        (
            lambda: dense(optimizer=optimizers.SGD(), loss=lambda y, p: ops.matmul(y, p)),
            r"Targets of shape \(32, 3\) do not fit how model 'sequential\w*' was compiled: .*train_on_batch",
        ),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make().memory_plan()


def test_batch_size_must_be_a_number_of_samples():
    with pytest.raises(ValueError, match="batch_size must be an integer of at least 1, and is 0"):
        dense().memory_plan(0)


def test_the_reference_engine_has_no_plan():
    config.set_engine("reference")
    with pytest.raises(ValueError, match=r"plans no memory: .*yeoul.config.set_engine\('native'\)"):
        dense().memory_plan()
