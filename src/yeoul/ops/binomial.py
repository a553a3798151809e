"""Draws of the binomial distribution, on the host."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yeoul.core.shapes import Shape
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.random_bits import philox
from yeoul.ops.registry import Primitive, primitive

_log_factorial = np.vectorize(lambda n: math.lgamma(n + 1.0), otypes=[np.float64])


@primitive
class _Binomial(Primitive):
    """Draws of `shape`, float64, from a state (seed, counter), numbers of trials and probabilities, which broadcast to it.

    By inversion, searching outwards from the most probable number: as many steps as the distribution is wide.
    Source: Kemp 1986, "A modal method for generating binomial variables".
    """

    name = "binomial"

    def infer(self, state: Any, counts: Any, probabilities: Any, *, shape: Shape) -> Spec:
        return Spec(tuple(shape), "float64")

    def reference(
        self, state: np.ndarray, counts: np.ndarray, probabilities: np.ndarray, *, shape: Shape
    ) -> np.ndarray:
        size = int(np.prod(shape, dtype=np.int64))
        words = philox(int(state[0]), int(state[1]), 2 * size).astype(np.float64)
        u = (np.floor(words[:size] / 32) * 2.0**26 + np.floor(words[size:] / 64)) * 2.0**-53
        n, p = np.broadcast_arrays(np.maximum(np.floor(counts), 0), np.clip(probabilities, 0.0, 1.0))
        q = np.minimum(p, 1 - p)
        mode = np.floor((n + 1) * q)
        with np.errstate(all="ignore"):
            logs = np.where(mode > 0, mode * np.log(q), 0) + (n - mode) * np.log1p(-q)
            peak = np.exp(_log_factorial(n) - _log_factorial(mode) - _log_factorial(n - mode) + logs)
        drawn = _search(u, *(np.broadcast_to(v, shape).reshape(-1) for v in (n, q, mode, peak))).reshape(shape)
        return np.where(p > 0.5, n - drawn, drawn)

    def gradient(self, g: Tensor, *inputs_then_output: Tensor, shape: Shape) -> tuple:
        return None, None, None


def _search(u: np.ndarray, n: np.ndarray, q: np.ndarray, mode: np.ndarray, peak: np.ndarray) -> np.ndarray:
    """The k at which probabilities, added in the order mode, mode + 1, mode - 1, mode + 2, ..., exceed u."""
    drawn = mode.copy()
    left = u - peak
    at = np.flatnonzero(left >= 0)
    above, below, p_above, p_below, left, n, q = (v[at] for v in (mode, mode, peak, peak, left, n, q))
    odds = q / (1 - q)
    while at.size:
        above = above + 1
        p_above = p_above * np.maximum(n - above + 1, 0) / above * odds
        found_above = left < p_above
        drawn[at[found_above]] = above[found_above]
        left = left - p_above
        p_below = np.where(below > 0, p_below * below / (n - below + 1) / np.where(below > 0, odds, 1), 0)
        below = below - 1
        found_below = ~found_above & (left < p_below)
        drawn[at[found_below]] = below[found_below]
        left = left - p_below
        # What is left of u when both tails have no probability any more is rounding: the mode stands.
        goes_on = ~(found_above | found_below) & ((p_above > 0) | (p_below > 0))
        at, n, odds, left = at[goes_on], n[goes_on], odds[goes_on], left[goes_on]
        above, below, p_above, p_below = (v[goes_on] for v in (above, below, p_above, p_below))
    return drawn


binomial_draws: Any = _Binomial
