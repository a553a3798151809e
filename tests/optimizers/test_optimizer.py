"""What optimizers share: learning rates, state, configuration, errors."""

import pickle

import numpy as np
import pytest

import yeoul
from yeoul import function, optimizers
from yeoul.optimizers import schedules

ONE = np.ones(2, np.float32)


def weight(value=(1.0, 2.0), name="kernel"):
    return yeoul.Variable(np.array(value, np.float32), name=name)


def plain(name):
    if name == "lossscaleoptimizer":
        return optimizers.LossScaleOptimizer(optimizers.SGD(0.1))
    if name == "multioptimizer":
        return optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizers.SGD(0.1), {"k.*": optimizers.Adam(0.1)}))
    return optimizers.ALL[name]()


@pytest.mark.parametrize("name", sorted(optimizers.ALL))
def test_configuration_makes_the_same_optimizer(name):
    made = plain(name)
    config = optimizers.serialize(made)
    again = optimizers.deserialize(config)
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()
    assert config["module"] == "keras.optimizers"


def test_configuration_of_a_schedule_inside():
    made = optimizers.Adam(schedules.ExponentialDecay(0.1, 5, 0.5))
    config = optimizers.serialize(made)
    assert config["config"]["learning_rate"] == {
        "module": "keras.optimizers.schedules",
        "class_name": "ExponentialDecay",
        "config": {
            "initial_learning_rate": 0.1,
            "decay_steps": 5,
            "decay_rate": 0.5,
            "staircase": False,
            "name": "ExponentialDecay",
        },
        "registered_name": None,
    }
    again = optimizers.get(config)
    again.build([weight()])
    assert float(again.learning_rate) == pytest.approx(0.1)


def test_configuration_has_keras_keys_in_order():
    assert list(optimizers.Adam().get_config()) == [
        "name",
        "learning_rate",
        "weight_decay",
        "clipnorm",
        "global_clipnorm",
        "clipvalue",
        "use_ema",
        "ema_momentum",
        "ema_overwrite_frequency",
        "loss_scale_factor",
        "gradient_accumulation_steps",
        "beta_1",
        "beta_2",
        "epsilon",
        "amsgrad",
    ]


@pytest.mark.parametrize(
    ("name", "options", "paths"),
    [
        ("SGD", {"momentum": 0.9}, ["kernel_momentum", "bias_momentum"]),
        ("RMSprop", {"momentum": 0.9, "centered": True},
         ["kernel_velocity", "bias_velocity", "kernel_momentum", "bias_momentum", "kernel_average_gradient", "bias_average_gradient"]),
        ("Adam", {"amsgrad": True},
         ["kernel_momentum", "kernel_velocity", "bias_momentum", "bias_velocity", "kernel_velocity_hat", "bias_velocity_hat"]),
        ("Adadelta", {}, ["kernel_accumulated_grad", "kernel_accumulated_delta_var", "bias_accumulated_grad", "bias_accumulated_delta_var"]),
        ("Ftrl", {}, ["kernel_accumulator", "kernel_linear", "bias_accumulator", "bias_linear"]),
        ("Muon", {}, ["kernel_momentum", "bias_momentum", "bias_velocity"]),
        ("SGD", {"use_ema": True, "gradient_accumulation_steps": 2},
         ["kernel_average", "bias_average", "kernel_gradient_accumulator", "bias_gradient_accumulator"]),
    ],
)  # fmt: skip
def test_variables_are_those_of_keras(name, options, paths):
    made = getattr(optimizers, name)(name="it", **options)
    made.build([weight(np.ones((2, 3))), weight(name="bias")])
    assert [v.path for v in made.variables] == ["it/iteration", "it/learning_rate", *(f"it/{path}" for path in paths)]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: optimizers.SGD(0.1, 0.5, True, 0.01, 1.0), {"momentum": 0.5, "nesterov": True, "weight_decay": 0.01, "clipnorm": 1.0}),
        (lambda: optimizers.Adam(0.1, 0.8, 0.9, 1e-5, True, None, None, 2.0), {"amsgrad": True, "clipnorm": None, "clipvalue": 2.0}),
        (lambda: optimizers.AdamW(0.1, 0.02, 0.8, 0.9, 1e-5, True, 3.0), {"weight_decay": 0.02, "beta_1": 0.8, "clipnorm": 3.0}),
        (lambda: optimizers.RMSprop(0.1, 0.8, 0.5, 1e-5, True, 0.01, None, None, 4.0), {"centered": True, "global_clipnorm": 4.0}),
    ],
)  # fmt: skip
def test_arguments_have_keras_order(make, expected):
    config = make().get_config()
    assert {name: config[name] for name in expected} == expected


def test_names_count_up():
    yeoul.utils.clear_session()
    assert [optimizers.RMSprop().name, optimizers.RMSprop().name, optimizers.AdamW().name] == [
        "rm_sprop",
        "rm_sprop_1",
        "adam_w",
    ]


def test_learning_rate_is_set():
    made = optimizers.SGD(0.5)
    made.learning_rate = 0.25
    assert float(made.learning_rate) == 0.25
    made.lr = 0.125
    assert float(made.lr) == 0.125
    made.learning_rate = lambda: 2.0
    assert made.learning_rate == 2.0


def test_learning_rate_of_a_schedule_is_not_set():
    made = optimizers.SGD(schedules.CosineDecay(0.1, 10))
    with pytest.raises(TypeError, match=r"SGD: the learning rate is governed by a CosineDecay and cannot be set\."):
        made.learning_rate = 0.1


def test_older_arguments():
    with pytest.warns(DeprecationWarning, match="write learning_rate= instead"):
        assert float(optimizers.SGD(lr=0.5).learning_rate) == 0.5
    made = optimizers.SGD(1.0, decay=0.5)
    w = weight()
    for _ in range(2):
        made.apply([ONE], [w])
    np.testing.assert_allclose(w.numpy(), [1 - 1 - 1 / 1.5, 2 - 1 - 1 / 1.5], rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optimizers.SGD(foo=1), r"SGD does not know the argument\(s\) 'foo'"),
        (lambda: optimizers.SGD("x"), r"SGD: learning_rate must be a number, a LearningRateSchedule or a function"),
        (lambda: optimizers.SGD(-1.0), r"the learning rate must not be negative, and got -1\.0"),
        (lambda: optimizers.SGD(momentum=2), r"SGD: momentum must be between 0 and 1, and got 2"),
        (lambda: optimizers.Adam(clipnorm=1, clipvalue=1), r"Only one of clipnorm, clipvalue and global_clipnorm can be set on Adam"),
        (lambda: optimizers.Adam(use_ema=True, ema_momentum=2), r"ema_momentum must be between 0 and 1, and got 2"),
        (lambda: optimizers.Adam(use_ema=True, ema_overwrite_frequency=1.5), r"ema_overwrite_frequency must be an integer of 1 or more"),
        (lambda: optimizers.Adam(gradient_accumulation_steps=1), r"gradient_accumulation_steps must be an integer of 2 or more, and got 1"),
        (lambda: optimizers.AdamW(weight_decay=None), r"AdamW: weight_decay must be a number"),
        (lambda: optimizers.Lion(beta_1=0), r"Lion: beta_1 must be above 0"),
        (lambda: optimizers.Ftrl(learning_rate_power=1), r"Ftrl: learning_rate_power must be negative or zero, and got 1"),
        (lambda: optimizers.Ftrl(l1_regularization_strength=-1), r"Ftrl: l1_regularization_strength must not be negative"),
        (lambda: optimizers.LossScaleOptimizer("adam"), r"inner_optimizer must be an Optimizer, and got 'adam'"),
        (lambda: optimizers.LossScaleOptimizer(optimizers.SGD(), clipnorm=1), r"does not take clipnorm: set it on the inner optimizer"),
        (lambda: optimizers.OptimizerMap(3), r"default_optimizer must be an Optimizer, and got 3"),
        (lambda: optimizers.OptimizerMap(optimizers.SGD(), {"a": 3}), r"'a' must stand for an Optimizer, and got 3"),
        (lambda: optimizers.MultiOptimizer(optimizers.SGD()), r"optimizer_map must be an OptimizerMap or a function"),
        (lambda: optimizers.MultiOptimizer(lambda v: 3).build([weight()]), r"the optimizer of 'kernel' must be an Optimizer, and is 3"),
        (lambda: optimizers.get("adm"), r"Unknown optimizer 'adm'\. Did you mean 'adam'\?"),
        (lambda: optimizers.get(abs), r"it has no apply\(gradients, weights\)"),
        (lambda: schedules.deserialize({"class_name": "CosinDecay"}), r"Unknown learning rate schedule 'CosinDecay'"),
        (lambda: schedules.ExponentialDecay(0.1, 0, 0.5), r"ExponentialDecay: decay_steps must be greater than 0, and got 0"),
        (lambda: schedules.CosineDecayRestarts(0.1, 0), r"CosineDecayRestarts: first_decay_steps must be greater than 0"),
        (lambda: schedules.PiecewiseConstantDecay([1], [1]), r"needs one value more than boundaries, and got 1 and 1"),
    ],
)  # fmt: skip
def test_errors_of_construction(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


def test_errors_of_apply():
    made, w = optimizers.SGD(), weight()
    with pytest.raises(ValueError, match=r"SGD: apply\(gradients\) without weights needs build\(weights\) before"):
        made.apply([ONE])
    made.build([w])
    with pytest.raises(ValueError, match="No gradient reached any weight"):
        made.apply([None])
    with pytest.raises(ValueError, match=r"SGD: got 2 gradient\(s\) for 1 weight\(s\)"):
        made.apply([ONE, ONE])
    with pytest.raises(ValueError, match="was built for other weights and does not know 'kernel'"):
        made.apply([ONE], [weight()])


def test_a_missing_gradient_is_told():
    made, a, b = optimizers.SGD(1.0), weight(), weight(name="bias")
    with pytest.warns(UserWarning, match=r"Gradients do not exist for variables \['bias'\]"):
        made.apply([ONE, None], [a, b])
    np.testing.assert_array_equal(a.numpy(), [0, 1])
    np.testing.assert_array_equal(b.numpy(), [1, 2])


def test_a_weight_may_take_its_gradient_as_value():
    made, a, b = optimizers.Adam(1.0), weight(), weight(name="bias")
    a.overwrite_with_gradient = True
    made.build([a, b])
    assert len(made.variables) == 4
    made.apply([ONE * 5, ONE], [a, b])
    np.testing.assert_array_equal(a.numpy(), [5, 5])


def test_exclude_from_weight_decay_by_object():
    made, a, b = optimizers.SGD(0.1, weight_decay=0.5), weight(), weight(name="bias")
    made.exclude_from_weight_decay(var_list=[a])
    made.apply([ONE * 0, ONE * 0], [a, b])
    np.testing.assert_allclose(a.numpy(), [1, 2])
    np.testing.assert_allclose(b.numpy(), [0.95, 1.9])


@pytest.mark.parametrize("name", sorted(optimizers.ALL))
def test_stateless_apply_equals_apply(name):
    made, w = plain(name), weight()
    made.build([w])
    before = [v.numpy() for v in made.variables]
    for _ in range(2):
        made.apply([ONE * 0.5], [w])
    values, state = [np.array([1.0, 2.0], np.float32)], before
    for _ in range(2):
        values, state = made.stateless_apply(state, [ONE * 0.5], values)
    np.testing.assert_allclose(values[0].numpy(), w.numpy(), rtol=1e-6)
    for v, value in zip(made.variables, state, strict=True):
        np.testing.assert_allclose(value.numpy(), v.numpy(), rtol=1e-6)


def test_errors_of_stateless_apply():
    made, w = optimizers.SGD(), weight()
    with pytest.raises(ValueError, match=r"call build\(weights\) before stateless_apply"):
        made.stateless_apply([], [ONE], [w.numpy()])
    made.build([w])
    with pytest.raises(ValueError, match=r"optimizer_variables must hold 2 value\(s\), and got 0"):
        made.stateless_apply([], [ONE], [w.numpy()])


@pytest.mark.parametrize("name", sorted(optimizers.ALL))
def test_state_is_saved_and_loaded(name):
    first, second, w = plain(name), plain(name), weight()
    first.build([w])
    first.apply([ONE], [w])
    store = {}
    first.save_own_variables(store)
    second.build([w])
    second.load_own_variables(store)
    for a, b in zip(first.variables, second.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    third = plain(name)
    third.build([w])
    third.set_weights([v.numpy() for v in first.variables])
    np.testing.assert_array_equal(third.variables[-1].numpy(), first.variables[-1].numpy())


def test_state_of_other_weights_is_left_alone():
    made = optimizers.Adam()
    made.build([weight()])
    with pytest.warns(UserWarning, match="has 4 variables and the file has 1: they are not loaded"):
        made.load_own_variables({"0": np.ones(())})
    with pytest.raises(ValueError, match=r"has 4 variables, and got 1"):
        made.set_weights([np.ones(())])
    with pytest.raises(ValueError, match=r"kernel_velocity' has shape \(2,\), and got \(3,\)"):
        made.set_weights([np.ones(()), np.ones(()), ONE, np.ones(3)])


def test_scale_loss():
    assert optimizers.SGD().scale_loss(3.0) == 3.0
    assert optimizers.SGD(loss_scale_factor=4.0).scale_loss(2.0) == 8.0


def test_apply_gradients_counts():
    made, w = optimizers.SGD(1.0), weight()
    assert int(made.apply_gradients([(ONE, w)])) == 1
    assert made.iterations.path == f"{made.name}/iteration"


def test_assign_casts():
    made, w = optimizers.SGD(), weight()
    made.assign(w, np.array([1, 2], np.int32))
    made.assign_add(w, np.float64([1, 1]))
    made.assign_sub(w, 0.5 * ONE)
    np.testing.assert_array_equal(w.numpy(), [1.5, 2.5])


def test_accumulation_counts_updates_and_schedules_count_steps():
    # Recorded from Keras.
    rates = schedules.PiecewiseConstantDecay([1, 2, 3, 4, 5], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    made, w = optimizers.SGD(rates, gradient_accumulation_steps=2), weight((0.0,))
    found = []
    for _ in range(6):
        made.apply([np.ones(1, np.float32)], [w])
        found.append((float(w.numpy()[0]), int(made.iterations), float(made.learning_rate)))
    assert found == [(0, 0, 1), (-1, 1, 2), (-1, 1, 3), (-4, 2, 4), (-4, 2, 5), (-9, 3, 6)]


@pytest.mark.parametrize("name", sorted(set(optimizers.ALL) - {"multioptimizer"}))
def test_an_optimizer_that_was_pickled_goes_on(name):
    made, w = plain(name), weight(np.ones((2, 2)))
    made.build([w])
    gradient = np.full((2, 2), 0.5, np.float32)
    made.apply([gradient], [w])
    again, other = pickle.loads(pickle.dumps((made, w)))
    made.apply([gradient], [w])
    again.apply([gradient], [other])
    np.testing.assert_array_equal(w.numpy(), other.numpy())


class Harmonic(schedules.LearningRateSchedule):
    """A schedule of a user's own."""

    def __init__(self, top):
        self.top = top

    def __call__(self, step):
        return self.top / (step + 1)


def test_a_schedule_of_a_users_own():
    made = optimizers.SGD(Harmonic(1.0))
    w = weight((3.0, 3.0))
    for _ in range(2):
        made.apply([ONE], [w])
    np.testing.assert_allclose(w.numpy(), [1.5, 1.5])
    config = optimizers.serialize(made)
    assert config["config"]["learning_rate"]["class_name"] == "Harmonic"
    again = optimizers.deserialize(config, {"Harmonic": Harmonic})
    assert again._learning_rate.top == 1.0


def test_a_class_made_in_a_script_has_a_configuration():
    made = type("Own", (optimizers.SGD,), {"__module__": "__main__"})()
    config = optimizers.serialize(made)
    assert (config["module"], config["registered_name"]) == (None, "Own")
    assert type(optimizers.deserialize(config, {"Own": type(made)})) is type(made)


class Halving(optimizers.Optimizer):
    """A rule of a user's own."""

    def build(self, variables):
        super().build(variables)
        self.seen = self.add_variable(shape=(), initializer="zeros", dtype="int32", name="seen")

    def update_step(self, gradient, variable, learning_rate):
        self.assign_add(self.seen, 1)
        self.assign_sub(variable, variable * 0.5)


def test_a_rule_of_a_users_own():
    made, w = Halving(0.1), weight()
    made.apply([ONE], [w])
    np.testing.assert_array_equal(w.numpy(), [0.5, 1.0])
    assert int(made.seen) == 1


# -- LossScaleOptimizer -------------------------------------------------------------------------------------------------
# Recorded from Keras: weight, scale, counter and updates after gradients with overflows among them.
GRADIENTS = [8.0, 8.0, 8.0, np.inf, 8.0, 8.0, np.nan, 8.0, 8.0, 8.0, 8.0]
PLAIN = [
    (-1.0, 8, 1, 1), (-2.5, 8, 2, 2), (-4.25, 16, 0, 3), (-4.25, 8, 0, 3), (-6.125, 8, 1, 4), (-8.0625, 8, 2, 5), (-8.0625, 4, 0, 5),
    (-11.03125, 4, 1, 6), (-14.515625, 4, 2, 7), (-18.2578125, 8, 0, 8), (-21.12890625, 8, 1, 9),
]  # fmt: skip
ACCUMULATED = [
    (0.0, 8, 1, 0), (-1.0, 8, 2, 1), (-1.0, 16, 0, 1), (-1.0, 8, 0, 1), (-2.5, 8, 1, 2), (-2.5, 8, 2, 2), (-2.5, 4, 0, 2),
    (-4.75, 4, 1, 3), (-4.75, 4, 2, 3), (-7.875, 8, 0, 4), (-7.875, 8, 1, 4),
]  # fmt: skip


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("options", "expected"), [({}, PLAIN), ({"gradient_accumulation_steps": 2}, ACCUMULATED)])
def test_dynamic_loss_scale(options, expected, compiled):
    inner = optimizers.SGD(1.0, momentum=0.5, **options)
    made = optimizers.LossScaleOptimizer(inner, initial_scale=8.0, dynamic_growth_steps=3)
    w = weight((0.0,))
    made.build([w])

    def apply(g):
        made.apply([g], [w])
        return 0

    step = function(apply) if compiled else apply
    found = []
    for g in GRADIENTS:
        step(np.array([g], np.float32))
        found.append((float(w.numpy()[0]), float(made.dynamic_scale), int(made.step_counter), int(made.iterations)))
    assert found == expected


def test_loss_scale_optimizer_hands_the_rate_on():
    made = optimizers.LossScaleOptimizer(optimizers.SGD(0.5), name="outer")
    made.learning_rate = 0.25
    assert float(made.inner_optimizer.learning_rate) == 0.25
    assert float(made.scale_loss(2.0)) == 2.0**16
    made.build([weight()])
    inner = made.inner_optimizer.name
    assert [v.path for v in made.variables] == [
        *(["outer/iteration", "outer/learning_rate", "outer/step_counter", "outer/dynamic_scale"]),
        f"{inner}/iteration",
        f"{inner}/learning_rate",
    ]


# -- MultiOptimizer -----------------------------------------------------------------------------------------------------
def test_each_weight_has_its_optimizer():
    chosen = optimizers.OptimizerMap(optimizers.SGD(1.0), {"k.*": optimizers.SGD(2.0, use_ema=True, ema_momentum=0.5)})
    made = optimizers.MultiOptimizer(chosen)
    a, b = weight((1.0, 1.0)), weight((1.0, 1.0), "bias")
    b.constraint = yeoul.constraints.NonNeg()
    for _ in range(3):
        made.apply([ONE * 0.7, ONE * 0.7], [a, b])
    np.testing.assert_allclose(a.numpy(), [-3.2, -3.2], rtol=1e-6)
    np.testing.assert_array_equal(b.numpy(), [0, 0])
    assert [int(part.iterations) for part in made.optimizers] == [3, 3]
    assert int(made.iterations) == 3
    made.finalize_variable_values([a, b])
    np.testing.assert_allclose(a.numpy(), [-2.15, -2.15], rtol=1e-6)  # the moving average, as Keras has it


def test_loss_scale_of_a_multi_optimizer_is_its_own():
    made = optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizers.SGD(1.0, loss_scale_factor=3.0)), 2.0)
    w = weight((1.0, 1.0))
    made.apply([ONE], [w])
    np.testing.assert_array_equal(w.numpy(), [0.5, 0.5])
    assert made.scale_loss(1.0) == 2.0


def test_optimizer_map():
    default, a, b = optimizers.SGD(), optimizers.SGD(), optimizers.SGD()
    chosen = optimizers.OptimizerMap(default, {"enc": a, "enc/k.*": b})
    assert [chosen[path] for path in ("enc", "enc/kernel", "xenc/kernel", "enc/bias")] == [a, b, default, default]
    assert list(chosen) == ["enc", "enc/k.*"]
    with pytest.raises(ValueError, match="'enc' has an optimizer already"):
        chosen["enc"] = b
    chosen[".*l"] = a
    with pytest.raises(ValueError, match=r"'enc/kernel' matches several expressions: 'enc/k\.\*', '\.\*l'"):
        chosen["enc/kernel"]
    del chosen[".*l"]
    assert len(chosen) == 2


def test_a_multi_optimizer_has_no_rate():
    made = optimizers.MultiOptimizer(lambda v: optimizers.SGD())
    with pytest.raises(AttributeError, match="has no learning rate: read and set those of its `optimizers`"):
        made.learning_rate = 1.0
    with pytest.raises(AttributeError, match="has no learning rate"):
        _ = made.learning_rate


def test_legacy_names():
    assert optimizers.legacy.Adam is optimizers.Adam


def test_shared_arguments_are_named_and_taken_in_this_order():
    import inspect

    names = list(inspect.signature(optimizers.SGD).parameters)
    assert names[:6] == ["learning_rate", "momentum", "nesterov", "weight_decay", "clipnorm", "clipvalue"]
    given = optimizers.AdamW(0.001, 0.004, 0.9, 0.999, 1e-7, False, 1.5, name="mine")
    assert given.clipnorm == 1.5
    assert given.name == "mine"
