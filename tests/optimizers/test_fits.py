"""Every optimizer inside the compiled training loop: both engines reach the same numbers."""

import numpy as np
import pytest

import yeoul
from yeoul import layers, optimizers
from yeoul.config import engine, set_engine

TOGETHER = {
    "weight_decay": 0.01,
    "global_clipnorm": 1.0,
    "use_ema": True,
    "ema_momentum": 0.5,
    "ema_overwrite_frequency": 3,
}
CASES = [
    *[(name, {}) for name in sorted(optimizers.ALL)],
    *[(name, TOGETHER) for name in sorted(optimizers.ALL)],
    *[(name, {"gradient_accumulation_steps": 2, "loss_scale_factor": 4.0}) for name in sorted(optimizers.ALL)],
    ("rmsprop", {"momentum": 0.5, "centered": True}),
    ("adam", {"amsgrad": True, "clipnorm": 0.5}),
    ("sgd", {"momentum": 0.9, "nesterov": True, "clipvalue": 0.1}),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _same_engine_afterwards():
    before = engine()
    yield
    set_engine(before)


def compiled_with(name, options):
    if name == "lossscaleoptimizer":
        return optimizers.LossScaleOptimizer(
            optimizers.Adam(0.01, **options), initial_scale=64.0, dynamic_growth_steps=4
        )
    if name == "multioptimizer":
        others = optimizers.OptimizerMap(optimizers.SGD(0.01, **options), {".*bias": optimizers.Adam(0.01, **options)})
        return optimizers.MultiOptimizer(others)
    return optimizers.ALL[name](learning_rate=0.01, **options)


def fitted(name, options, engine_name):
    set_engine(engine_name)
    yeoul.utils.clear_session()
    yeoul.random.set_random_seed(3)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(36, 4)).astype(np.float32)
    y = (x @ rng.normal(size=(4, 2)) + 0.5).astype(np.float32)
    model = yeoul.Sequential(
        [
            layers.Dense(6, activation="tanh", kernel_constraint="max_norm", kernel_regularizer="l2"),
            layers.Dense(2, kernel_initializer="random_normal"),
        ]
    )
    made = compiled_with(name, options)
    model.compile(made, "mse")
    history = model.fit(x, y, batch_size=8, epochs=3, verbose=0)
    return model.get_weights(), [v.numpy() for v in made.variables], history.history["loss"]


@pytest.mark.parametrize(("name", "options"), CASES)
def test_engines_agree(name, options):
    weights, state, losses = fitted(name, options, "native")
    others, other_state, other_losses = fitted(name, options, "reference")
    np.testing.assert_allclose(losses, other_losses, rtol=1e-4)
    for a, b in zip(weights, others, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-4)
    for a, b in zip(state, other_state, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=5e-4)
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


def test_loss_scale_is_part_of_the_loop():
    _, state, _ = fitted("lossscaleoptimizer", {}, "native")
    assert int(state[2]) == 15 % 4
    assert float(state[3]) == 64.0 * 2**3
