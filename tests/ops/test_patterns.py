"""Axes rearranged by patterns: unknown sizes, and what errors say."""

import numpy as np
import pytest

import yeoul
from yeoul import ops

X = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)


def test_rearrange_with_an_unknown_batch():
    x = yeoul.Input((4, 6))
    assert ops.rearrange(x, "b (h s) c -> b h (s c)", s=2).shape == (None, 2, 12)
    assert ops.rearrange(X, "a b -> b 1 a").shape == (3, 1, 4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ops.rearrange(X, "a b"), ValueError, "needs an arrow"),
        (lambda: ops.rearrange(X, "a b -> a"), ValueError, "must name the same axes"),
        (lambda: ops.rearrange(X, "a b c -> a b c"), ValueError, "names 3 axes, and the tensor has shape"),
        (lambda: ops.rearrange(X, "(a c) b -> a b c"), ValueError, "give the sizes of all but one of"),
        (lambda: ops.rearrange(X, "(a c) b -> a b c", c=3), ValueError, "an axis of size 4 cannot be split into"),
        (lambda: ops.rearrange(X, "a ... -> ... a"), ValueError, "may hold names, 1 and parentheses"),
    ],
)  # fmt: skip
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
