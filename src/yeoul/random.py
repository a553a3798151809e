"""Random numbers from counters: the same bits on every engine, resumable by writing down one state."""

from __future__ import annotations

import itertools
import math
import random as python_random
from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core import config, dtypes, trace
from yeoul.core.tensor import Tensor, from_array
from yeoul.core.variable import Variable

__all__ = [
    "SeedGenerator",
    "categorical",
    "dropout",
    "normal",
    "randint",
    "set_random_seed",
    "shuffle",
    "truncated_normal",
    "uniform",
]

_fresh = np.random.SeedSequence().generate_state(1)[0]
_root = int(_fresh)
_given = itertools.count(1)


def set_random_seed(seed: int) -> None:
    """Makes all randomness that follows repeatable: yeoul's, NumPy's and Python's.

    Raises: ValueError if `seed` is no integer.
    """
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
        self.name = name
        self.seed = next_seed() if seed is None else int(seed)
        state = np.array([self.seed & 0xFFFFFFFF, 0], np.uint32)
        self.state = Variable(state, dtype="uint32", trainable=False, name="seed_generator_state")

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
    return from_array(np.array([int(seed) & 0xFFFFFFFF, 0], np.uint32))


def _shape(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(s) for s in shape)


def _unit(shape: tuple[int, ...], state: Tensor, is_open: bool = False) -> Tensor:
    """Uniform on [0, 1) with 24 bits; on (0, 1] if `is_open`."""
    bits = ops.right_shift(ops.random_bits(state, shape=shape), 8)
    u = ops.cast(bits, "float32")
    return (u + 1.0) * 2.0**-24 if is_open else u * 2.0**-24


def _result(x: Tensor, dtype: Any) -> Tensor:
    return ops.cast(x, dtypes.name_of(dtype) if dtype is not None else config.floatx())


def uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Uniform on [minval, maxval); integers if `dtype` is one."""
    if dtype is not None and dtypes.is_integer(dtypes.name_of(dtype)):
        return randint(shape, minval, maxval, dtype, seed)
    u = _unit(_shape(shape), _state(seed))
    return _result(u * (maxval - minval) + minval, dtype)


def normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Normal with the given mean and standard deviation. Source: Box & Muller 1958."""
    shape = _shape(shape)
    bits = _state(seed)
    pair = ops.random_bits(bits, shape=(2, *shape))
    u = ops.cast(ops.right_shift(pair, 8), "float32")
    radius = ops.sqrt(ops.log((u[0] + 1.0) * 2.0**-24) * -2.0)
    z = radius * ops.cos(u[1] * (2.0 * math.pi * 2.0**-24))
    return _result(z * stddev + mean, dtype)


def truncated_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Normal within two standard deviations of the mean, by the inverse of the distribution function."""
    reach = math.erf(2.0 / math.sqrt(2.0))
    u = (_unit(_shape(shape), _state(seed)) + 2.0**-25) * (2.0 * reach) - reach
    return _result(ops.clip(ops.erfinv(u) * math.sqrt(2.0), -2.0, 2.0) * stddev + mean, dtype)


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Integers from minval to before maxval."""
    span = int(maxval) - int(minval)
    if span <= 0:
        raise ValueError(f"randint: maxval must be greater than minval, and got {minval} and {maxval}.")
    bits = ops.cast(ops.random_bits(_state(seed), shape=_shape(shape)), "int64")
    return ops.cast(ops.mod(bits, span) + int(minval), dtypes.name_of(dtype))


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Classes drawn by their logits: (batch, classes) -> (batch, num_samples). Source: the Gumbel-max trick."""
    logits = ops.convert_to_tensor(logits)
    u = _unit((logits.shape[0], num_samples, logits.shape[1]), _state(seed), is_open=True)  # type: ignore[arg-type]
    gumbel = -ops.log(-ops.log(u * (1.0 - 2.0**-23) + 2.0**-24))
    return ops.cast(ops.argmax(ops.expand_dims(logits, 1) + gumbel, -1), dtypes.name_of(dtype))


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Tensor:
    """`inputs` with a share `rate` of the elements set to 0 and the others divided by 1 - rate."""
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
