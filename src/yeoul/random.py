"""Random numbers from counters: the same bits on every engine, resumable by writing down one state."""

from __future__ import annotations

import itertools
import math
import os
from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core import config, dtypes, naming, trace
from yeoul.core.tensor import Tensor, from_array
from yeoul.core.variable import Variable
from yeoul.ops.binomial import binomial_draws

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "set_random_seed",
    "shuffle",
    "truncated_normal",
    "uniform",
]

_root = int.from_bytes(os.urandom(4), "little")  # other numbers in every run, until a seed is set
_given = itertools.count(1)


def set_random_seed(seed: int) -> None:
    """Makes all randomness that follows repeatable: yeoul's, NumPy's and Python's.

    Raises: ValueError if `seed` is no integer.
    """
    import random as python_random  # only here: few programs need it otherwise

    global _root, _given
    if not isinstance(seed, (int, np.integer)):
        raise ValueError(f"The seed must be an integer, and got {seed!r}.")
    _root = int(seed) & 0xFFFFFFFF
    _given = itertools.count(1)
    _default.reset()
    python_random.seed(int(seed))
    np.random.seed(int(seed) & 0xFFFFFFFF)


def next_seed() -> int:
    """A seed of its own for whoever did not get one: derived from the global seed and how many were drawn before."""
    mixed = (_root * 0x9E3779B97F4A7C15 + next(_given) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
    mixed ^= mixed >> 31
    return (mixed * 0x94D049BB133111EB & (2**64 - 1)) >> 33


class SeedGenerator:
    """A stream of random states, counted by a variable so that compiled programs advance it.

    Args:
        seed: integer; drawn from the global seed if None.
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs: Any):
        if seed is not None and not isinstance(seed, (int, np.integer)):
            raise ValueError(f"SeedGenerator: seed must be an integer or None, and got {seed!r}.")
        self.name = name or naming.unique_name("seed_generator")
        self.seed = next_seed() if seed is None else int(seed)
        state = np.array([self.seed & 0xFFFFFFFF, 0], np.uint32)
        self.state = Variable(state, dtype="uint32", trainable=False, name="seed_generator_state")
        self.state.path = f"{self.name}/{self.state.name}"

    def next(self, ordered: bool = True) -> Tensor:
        """The current state, uint32 (seed, counter); the counter goes up by one."""
        if trace.current() is None:
            current = from_array(self.state.array.copy())
            self.state.array[1] += np.uint32(1)
            return current
        value = self.state.value
        self.state.assign(ops.add(value, np.array([0, 1], np.uint32)))
        return value

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}

    @classmethod
    def from_config(cls, values: dict[str, Any]) -> SeedGenerator:
        return cls(**values)


class _Default:
    """The generator behind calls without a seed, made when first needed."""

    def __init__(self) -> None:
        self.generator: SeedGenerator | None = None

    def reset(self) -> None:
        self.generator = None

    def get(self) -> SeedGenerator:
        if self.generator is None:
            with trace.concretely():
                self.generator = SeedGenerator()
        return self.generator


_default = _Default()


def _state(seed: Any) -> Tensor:
    if seed is None:
        return _default.get().next()
    if hasattr(seed, "next") and hasattr(seed, "state"):
        return seed.next()
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise ValueError(
            "Argument `seed` must be either an integer or an instance of `SeedGenerator`. "
            f"Received: seed={seed} (of type {type(seed)})"
        )
    return from_array(np.array([int(seed) & 0xFFFFFFFF, 0], np.uint32))


def _shape(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(s) for s in shape)


def _unit(shape: tuple[int, ...], state: Tensor, is_open: bool = False, dtype: str = "float32") -> Tensor:
    """Uniform on [0, 1) with 24 bits, or 53 in float64; on (0, 1] if `is_open`."""
    if dtype == "float64":
        words = ops.random_bits(state, shape=(2, *shape))
        high = ops.cast(ops.right_shift(words[0], 5), "float64")
        u, step = high * 2.0**26 + ops.cast(ops.right_shift(words[1], 6), "float64"), 2.0**-53
    else:
        u, step = ops.cast(ops.right_shift(ops.random_bits(state, shape=shape), 8), "float32"), 2.0**-24
    return (u + 1.0) * step if is_open else u * step


def _float_dtype(dtype: Any, name: str) -> str:
    """The result's dtype: floatx if None. Raises ValueError for integers."""
    known = config.floatx() if dtype is None else dtypes.name_of(dtype)
    if not dtypes.is_float(known):
        raise ValueError(f"`random.{name}` requires a floating point `dtype`. Received: dtype={dtype}")
    return known


def _working(dtype: str) -> str:
    return "float64" if dtype == "float64" else "float32"


def uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Uniform on [minval, maxval), with 24 random bits, or 53 in float64.

    Raises: ValueError if `dtype` is no float; randint draws integers.
    """
    dtype = _float_dtype(dtype, "uniform")
    u = _unit(_shape(shape), _state(seed), dtype=_working(dtype))
    return ops.cast(u * (maxval - minval) + minval, dtype)


def normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Normal with the given mean and standard deviation. Source: Box & Muller 1958."""
    dtype = _float_dtype(dtype, "normal")
    pair = _unit((2, *_shape(shape)), _state(seed), dtype=_working(dtype))
    return ops.cast(_box_muller(pair[0], pair[1]) * stddev + mean, dtype)


def _box_muller(u: Tensor, v: Tensor) -> Tensor:
    """A standard normal from two uniforms on [0, 1)."""
    return ops.sqrt(ops.log(u + _step(u)) * -2.0) * ops.cos(v * (2.0 * math.pi))


def _step(u: Tensor) -> float:
    """The distance of neighbouring uniforms."""
    return 2.0**-53 if u.dtype == "float64" else 2.0**-24


def truncated_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Normal within two standard deviations of the mean, by the inverse of the distribution function."""
    dtype = _float_dtype(dtype, "truncated_normal")
    reach = math.erf(2.0 / math.sqrt(2.0))
    u = _unit(_shape(shape), _state(seed), dtype=_working(dtype))
    inner = (u + _step(u) / 2) * (2.0 * reach) - reach
    return ops.cast(ops.clip(ops.erfinv(inner) * math.sqrt(2.0), -2.0, 2.0) * stddev + mean, dtype)


# -- gamma, beta, binomial ----------------------------------------------------------------------------------------------
_ROUNDS = 8  # of which each accepts with 0.95 or more: all fail once in 10^10 draws
_UNIFORMS = 3 * _ROUNDS + 1


def _gamma_and_log(alpha: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    """Samples of Gamma(alpha, 1) and their logarithms, from `_UNIFORMS` uniforms on [0, 1) each.

    Source: Marsaglia & Tsang 2000, "A simple method for generating gamma variables"; below 1 by its section 6. The rounds of
    the rejection are all computed and the first that accepts is taken, so that compiled programs have no loop.
    """
    is_small = alpha < 1.0
    d = ops.where(is_small, alpha + 1.0, alpha) - 1.0 / 3.0
    c = ops.rsqrt(d * 9.0)
    sample = d
    for i in reversed(range(_ROUNDS)):
        x = _box_muller(u[3 * i], u[3 * i + 1])
        t = c * x + 1.0
        is_positive = t > 0
        v = ops.where(is_positive, t * t * t, 1.0)
        bound = x * x * 0.5 + d - d * v + d * ops.log(v)
        accepts = ops.logical_and(is_positive, ops.log(u[3 * i + 2] + _step(u)) < bound)
        sample = ops.where(accepts, d * v, sample)
    boost = ops.log(u[_UNIFORMS - 1] + _step(u)) / ops.where(is_small, alpha, 1.0)
    logs = ops.log(sample) + ops.where(is_small, boost, 0.0)
    return ops.where(is_small, ops.exp(logs), sample), logs


def _parameter(value: Any, dtype: str) -> Tensor:
    return ops.stop_gradient(ops.convert_to_tensor(value, dtype))


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Gamma distribution of shape `alpha` and scale 1, without a gradient for `alpha`.

    Args:
        alpha: positive; a number, or a tensor that broadcasts to `shape`.
    """
    dtype = _float_dtype(dtype, "gamma")
    u = _unit((_UNIFORMS, *_shape(shape)), _state(seed), dtype=_working(dtype))
    return ops.cast(_gamma_and_log(_parameter(alpha, u.dtype), u)[0], dtype)


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Beta distribution: a / (a + b) for a of Gamma(alpha) and b of Gamma(beta), without a gradient for the two.

    Args:
        alpha, beta: positive; numbers, or tensors that broadcast to `shape`.
    """
    dtype = _float_dtype(dtype, "beta")
    u = _unit((2 * _UNIFORMS, *_shape(shape)), _state(seed), dtype=_working(dtype))
    _, log_a = _gamma_and_log(_parameter(alpha, u.dtype), u[:_UNIFORMS])
    _, log_b = _gamma_and_log(_parameter(beta, u.dtype), u[_UNIFORMS:])
    return ops.cast(ops.sigmoid(log_a - log_b), dtype)


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """How many of `counts` trials succeed, each with its probability.

    Args:
        counts, probabilities: numbers, or tensors that broadcast to `shape`.
    """
    counts, probabilities = (ops.convert_to_tensor(v, "float64") for v in (counts, probabilities))
    drawn = binomial_draws(_state(seed), counts, probabilities, shape=_shape(shape))
    return ops.cast(drawn, dtypes.name_of(dtype) if dtype is not None else config.floatx())


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Integers from minval to before maxval.

    Raises: ValueError if `dtype` is no integer, or there is no integer to draw.
    """
    if not dtypes.is_integer(dtypes.name_of(dtype)):
        raise ValueError(f"`random.randint` requires an integer `dtype`. Received: dtype={dtype}")
    span = int(maxval) - int(minval)
    if span <= 0:
        raise ValueError(f"randint: maxval must be greater than minval, and got {minval} and {maxval}.")
    bits = ops.cast(ops.random_bits(_state(seed), shape=_shape(shape)), "int64")
    return ops.cast(ops.mod(bits, span) + int(minval), dtypes.name_of(dtype))


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Classes drawn by their logits: (batch, classes) -> (batch, num_samples). Source: the Gumbel-max trick."""
    logits = ops.convert_to_tensor(logits)
    if logits.ndim != 2:
        raise ValueError(
            f"`logits` should be a 2-D tensor with shape [batch_size, num_classes]. Received: logits={logits}"
        )
    u = _unit((logits.shape[0], num_samples, logits.shape[1]), _state(seed), is_open=True)  # type: ignore[arg-type]
    gumbel = -ops.log(-ops.log(u * (1.0 - 2.0**-23) + 2.0**-24))
    return ops.cast(ops.argmax(ops.expand_dims(logits, 1) + gumbel, -1), dtypes.name_of(dtype))


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Tensor:
    """`inputs` with a share `rate` of the elements set to 0 and the others divided by 1 - rate."""
    if not isinstance(rate, Tensor) and not 0 <= rate < 1:
        raise ValueError(f"`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate={rate}")
    x = ops.convert_to_tensor(inputs)
    given = (
        x.shape
        if noise_shape is None
        else tuple(s if s is not None else d for s, d in zip(noise_shape, x.shape, strict=True))
    )
    if None in given:  # only the shape matters while sizes are unknown
        return x * 1.0
    bits = ops.right_shift(ops.random_bits(_state(seed), shape=tuple(given)), 8)
    keep = ops.greater_equal(bits, np.uint32(round(rate * 2**24)))
    return ops.where(keep, x * (1.0 / (1.0 - rate)), 0)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Tensor:
    """`x` with its elements along `axis` in random order."""
    x = ops.convert_to_tensor(x)
    order = ops.argsort(_unit((x.shape[axis],), _state(seed)))  # type: ignore[arg-type]
    return ops.take(x, order, axis)
