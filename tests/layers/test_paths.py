"""Where layers and weights stand: the paths that real Keras gives to the same models."""

import numpy as np
import pytest

from yeoul import Input, Model, Sequential, layers, optimizers

X = np.ones((4, 3), np.float32)


class Inner(layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], 2), name="kernel")
        self.deep = layers.Dense(2, name="deep")
        self.deep.build((None, 2))

    def call(self, x):
        return self.deep(x @ self.kernel)


class Outer(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = Inner(name="inner")
        self.stack = Sequential([layers.Dense(1, name="last")], name="stack")
        self.listed = [layers.Dense(2, name="first"), layers.Dense(2, name="second")]

    def call(self, x):
        x = self.inner(x)
        for layer in self.listed:
            x = layer(x)
        return self.stack(x)


OUTER = [
    "outer/inner/kernel",
    "outer/inner/deep/kernel",
    "outer/inner/deep/bias",
    "outer/stack/last/kernel",
    "outer/stack/last/bias",
    "outer/first/kernel",
    "outer/first/bias",
    "outer/second/kernel",
    "outer/second/bias",
]


def paths(layer):
    return [v.path for v in layer.variables]


def test_layers_within_layers():
    outer = Outer(name="outer")
    assert outer.path is None
    outer(X)
    assert paths(outer) == OUTER
    assert (outer.path, outer.inner.path, outer.inner.deep.path) == ("outer", "outer/inner", "outer/inner/deep")


def test_models():
    stack = Sequential([Input((3,)), Outer(name="outer"), layers.BatchNormalization(name="bn")], name="model")
    norm = ["gamma", "beta", "moving_mean", "moving_variance"]
    assert paths(stack) == [f"model/{path}" for path in [*OUTER, *(f"bn/{name}" for name in norm)]]
    assert (stack.path, stack.layers[0].inner.path) == ("model", "model/outer/inner")
    inputs = Input((3,))
    functional = Model(inputs, Outer(name="outer")(inputs), name="functional")
    functional(X)
    assert paths(functional) == OUTER and functional.path == "functional"

    class Own(Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.outer = Outer(name="outer")

        def call(self, x):
            return self.outer(x)

    own = Own(name="own")
    own(X)
    assert paths(own) == [f"own/{path}" for path in OUTER]


def test_the_first_place_counts():
    shared = layers.Dense(3, name="shared")
    first = Sequential([Input((3,)), shared], name="first")
    Sequential([Input((3,)), shared], name="second")(X)
    assert paths(first) == ["first/shared/kernel", "first/shared/bias"] and shared.path == "first/shared"
    late = Sequential([layers.Dense(2, name="a")], name="late")
    assert late.path is None
    late(X)
    assert paths(late) == ["late/a/kernel", "late/a/bias"]
    inside = Sequential([Input((3,)), Sequential([Input((3,)), layers.Dense(2, name="a")], name="in")], name="out")
    assert paths(inside) == ["in/a/kernel", "in/a/bias"]


def test_weights_made_before_the_layer_is_built():
    class Early(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.scale = self.add_weight((), name="scale")

        def call(self, x):
            return x * self.scale

    model = Sequential([Input((3,)), Early(name="early")], name="model")
    assert paths(model) == ["early/scale"] and model.layers[0].path == "model/early"


def test_a_weight_of_another_layer_keeps_its_path():
    first, second = layers.Dense(3, name="first"), layers.Dense(3, name="second")
    first(X)
    second.kernel = first.kernel
    assert first.kernel.path == "first/kernel"


def test_an_error_while_building_leaves_no_trace():
    broken = Sequential([layers.Dense(2, name="dense"), layers.Reshape((7,))], name="broken")
    with pytest.raises(ValueError):
        broken(X)
    layer = layers.Dense(2, name="after")
    layer(X)
    assert layer.path == "after"


def test_slots_and_random_states():
    model = Sequential([Input((3,)), layers.Dense(1, name="d"), layers.Dropout(0.5, seed=1)], name="model")
    optimizer = optimizers.Adam(name="adam")
    optimizer.build(model.trainable_variables)
    assert [v.path for v in optimizer.variables][2:4] == [
        "adam/model_d_kernel_momentum",
        "adam/model_d_kernel_velocity",
    ]
    assert model.variables[-1].path.endswith("/seed_generator_state")
