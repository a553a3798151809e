"""Who is told whether this is training: what is said at the outermost call, else each layer's own default."""

from contextlib import nullcontext

import numpy as np
import pytest

from yeoul import Input, Model, Sequential, layers

X = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
IMAGES = np.random.default_rng(0).normal(size=(8, 8, 8, 3)).astype(np.float32)


class Probe(layers.Layer):
    """Writes down what it is told."""

    def __init__(self, seen):
        super().__init__()
        self.seen = [seen]

    def call(self, x, training="unsaid"):
        self.seen[0].append(training)
        return x


class ProbeNone(Probe):
    def call(self, x, training=None):
        return super().call(x, training)


class ProbeFalse(Probe):
    def call(self, x, training=False):
        return super().call(x, training)


class ProbeTrue(Probe):
    def call(self, x, training=True):
        return super().call(x, training)


def probes(seen):
    return [ProbeNone(seen), ProbeTrue(seen), ProbeFalse(seen), ProbeNone(seen)]


def sequential(seen):
    return Sequential(probes(seen))


def functional(seen):
    x = h = Input((3,))
    for probe in probes(seen):
        h = probe(h)
    return Model(x, h)


def nested(seen):
    x = Input((3,))
    return Model(x, Sequential([functional(seen)])(x))


def subclass(seen):
    class Mine(Model):
        def __init__(self):
            super().__init__()
            self.parts = probes(seen)

        def call(self, x):
            for part in self.parts:
                x = part(x)
            return x

    return Mine()


@pytest.mark.parametrize("make", [sequential, functional, nested, subclass])
def test_each_layer_has_its_own_default(make):
    seen = []
    model = make(seen)
    model(X)
    for training, expected in ((None, [None, True, False, None]), (True, [True] * 4), (False, [False] * 4)):
        seen.clear()
        model(X) if training is None else model(X, training=training)
        assert seen == expected


@pytest.mark.parametrize("make", [sequential, functional, nested, subclass])
@pytest.mark.parametrize("run_eagerly", [False, True])
def test_fit_evaluate_and_predict_say_it(make, run_eagerly):
    seen = []
    model = make(seen)
    model(X)
    model.compile("sgd", "mse", run_eagerly=run_eagerly)
    for call, expected in (
        (lambda: model.fit(X, X, verbose=0), True),
        (lambda: model.evaluate(X, X, verbose=0), False),
        (lambda: model.predict(X, verbose=0), False),
    ):
        seen.clear()
        with pytest.warns(UserWarning, match="any trainable weights") if expected else nullcontext():
            call()
        assert seen and set(seen) == {expected}


@pytest.mark.parametrize(
    ("default", "expected"), [(False, [False] * 4), (True, [True] * 4), (None, [None, True, False, None])]
)
def test_default_of_an_outer_layer_is_that_of_the_layers_within(default, expected):
    seen = []

    class Outer(layers.Layer):
        def __init__(self):
            super().__init__()
            self.parts = probes(seen)

        def call(self, x, training=default):
            for part in self.parts:
                x = part(x)
            return x

    Outer()(X)
    assert seen == expected


def test_said_where_a_layer_is_called():
    seen = []
    inner = sequential(seen)
    x = Input((3,))
    model = Model(x, inner(x, training=True))
    seen.clear()
    model(X, training=False)
    assert seen == [True] * 4


@pytest.mark.parametrize(
    "make", [lambda layer: Sequential([layer]), lambda layer: Sequential([Sequential([Input((8, 8, 3)), layer])])]
)
def test_augmentation_varies_and_dropout_does_not(make):
    model = make(layers.RandomTranslation(0.5, 0.5, seed=1))
    assert not np.allclose(model(IMAGES), model(IMAGES))
    np.testing.assert_array_equal(model(IMAGES, training=False), IMAGES)
    np.testing.assert_array_equal(model.predict(IMAGES, verbose=0), IMAGES)
    model = make(layers.Dropout(0.5))
    np.testing.assert_array_equal(model(IMAGES), IMAGES)
    assert not np.allclose(model(IMAGES, training=True), IMAGES)
    model = make(layers.BatchNormalization())
    model(IMAGES)
    assert np.all(np.asarray(model.non_trainable_weights[0]) == 0)
