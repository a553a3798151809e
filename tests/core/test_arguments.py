"""Arguments that a constructor does not know, and warnings that point at the caller."""

import copy
import inspect
import pickle
import warnings

import pytest

from yeoul import Input, Model, Sequential, constraints, initializers, layers, losses, metrics, optimizers, regularizers


@pytest.mark.parametrize(
    ("make", "cls", "wrong", "meant"),
    [
        (lambda: layers.Dense(3, activatoin="relu"), "Dense", "activatoin", "activation"),
        (lambda: layers.Dense(unit=3), "Dense", "unit", "units"),
        (lambda: layers.Add(nam="a"), "Add", "nam", "name"),
        (lambda: layers.Conv2D(3, 3, pading="same"), "Conv2D", "pading", "padding"),
        (lambda: Sequential([], nam="a"), "Sequential", "nam", "name"),
        (lambda: Model(*[Input((3,))] * 2, nam="a"), "Functional", "nam", "name"),
        (lambda: optimizers.Adam(learning_rat=1), "Adam", "learning_rat", "learning_rate"),
        (lambda: optimizers.SGD(0.1, momentm=1), "SGD", "momentm", "momentum"),
        (lambda: optimizers.schedules.ExponentialDecay(0.1, 10, decay_rat=0.5), "ExponentialDecay", "decay_rat", "decay_rate"),
        (lambda: losses.Huber(delt=2), "Huber", "delt", "delta"),
        (lambda: losses.MeanSquaredError(reductio="sum"), "MeanSquaredError", "reductio", "reduction"),
        (lambda: metrics.AUC(num_threshold=3), "AUC", "num_threshold", "num_thresholds"),
        (lambda: metrics.Mean(nme="a"), "Mean", "nme", "name"),
        (lambda: initializers.RandomNormal(stdev=1), "RandomNormal", "stdev", "stddev"),
        (lambda: regularizers.L2(l=1), "L2", "l", "l2"),
        (lambda: constraints.MaxNorm(max_valu=1), "MaxNorm", "max_valu", "max_value"),
    ],
)  # fmt: skip
def test_closest_spelling(make, cls, wrong, meant):
    with pytest.raises(
        TypeError, match=rf"^{cls} does not know the argument\(s\) '{wrong}'\. Did you mean '{meant}'\?"
    ):
        make()


def test_all_arguments_where_none_is_close():
    with pytest.raises(
        TypeError,
        match=r"Dropout does not know the argument\(s\) 'colour'. Its arguments are: rate, noise_shape, seed, ",
    ):
        layers.Dropout(0.5, colour=1)


def test_classes_of_ones_own_take_what_they_like():
    class Mine(layers.Layer):
        def __init__(self, **kwargs):
            self_units = kwargs.pop("units")
            super().__init__(**kwargs)
            self.units = self_units

    layer = Mine(units=3, name="mine")
    assert layer.units == 3
    assert copy.deepcopy(layer).units == 3
    assert pickle.loads(pickle.dumps(layers.Dense(4))).units == 4
    with pytest.raises(TypeError, match=r"Mine does not know the argument\(s\) 'nam'. Did you mean 'name'"):
        Mine(units=3, nam="mine")


class Wide(layers.Dense):
    def __init__(self, **kwargs):
        super().__init__(100, **kwargs)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Dense(3, input_shape=(4,)),
        lambda: layers.Dense(3, input_dim=4),
        lambda: layers.Conv2D(3, 3, input_shape=(4, 4, 1)),
        lambda: layers.Conv1D(3, 3, input_shape=(4, 1)),
        lambda: layers.RandomFlip(input_shape=(4, 4, 1)),
        lambda: layers.Embedding(3, 3, input_shape=(4,)),
        lambda: optimizers.Adam(lr=0.1),
        lambda: optimizers.SGD(lr=0.1),
    ],
)
def test_older_arguments_warn_at_the_line_of_the_caller(make):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make()
    assert [w.category for w in caught] == [DeprecationWarning]
    assert caught[0].filename == __file__
    assert caught[0].lineno == make.__code__.co_firstlineno


def test_a_class_of_ones_own_is_a_caller():
    with pytest.warns(DeprecationWarning, match="input_shape") as caught:
        Wide(input_shape=(4,))
    lines, first = inspect.getsourcelines(Wide)
    assert caught[0].filename == __file__ and first < caught[0].lineno < first + len(lines)
