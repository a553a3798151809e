"""Chains of sums and products with weights, folded."""

import numpy as np
import pytest

from yeoul.core import engine
from yeoul.core.graph import Graph, topological
from yeoul.core.tensor import from_array, placeholder
from yeoul.core.variable import Variable
from yeoul.graph.affine import fold_affine
from yeoul.ops.registry import PRIMITIVES as P


def chain(steps):
    """A graph of x changed by weights one after the other, and the expected result."""
    rng = np.random.default_rng(0)
    array = rng.standard_normal((40, 5)).astype("f")
    x, variables, expected = placeholder((40, 5), "float32"), [], array.astype(float)
    y = x
    for name in steps:
        value = rng.standard_normal(5).astype("f")
        weight = placeholder((5,), "float32")
        variables.append((Variable(value), weight))
        y = P[name](y, weight)
        expected = {"add": np.add, "sub": np.subtract, "mul": np.multiply}[name](expected, value)
    return Graph([x], [y], variables), array, expected


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ("add sub mul add", 2), ("sub mul", 2), ("add add", 1), ("mul mul", 1), ("mul add mul sub", 2),
        ("mul add", 2), ("mul", 1), ("sub", 1), ("mul sub", 2),
    ],
)  # fmt: skip
def test_chains_become_a_product_and_a_sum(steps, left):
    graph, array, expected = chain(steps.split())
    folded = fold_affine(graph)
    large = [t for t in topological(folded.outputs) if t.node is not None and t.shape == (40, 5)]
    assert len(large) == left
    assert (folded is graph) == (steps in ("mul add", "mul", "sub", "mul sub"))
    np.testing.assert_allclose(engine.use("native").compile(graph).run([array])[0], expected, rtol=1e-4, atol=1e-4)


def test_statistics_of_the_batch_keep_their_place():
    x, scale = placeholder((40, 5), "float32"), placeholder((5,), "float32")
    mean = P["sum"](x, axes=(0,))
    graph = Graph([x], [P["mul"](P["sub"](x, mean), scale)], [(Variable(np.ones(5, "f")), scale)])
    assert fold_affine(graph) is graph


def test_what_others_read_is_not_computed_twice():
    x, bias = placeholder((40, 5), "float32"), placeholder((5,), "float32")
    y = P["add"](x, bias)
    graph = Graph([x], [y, P["mul"](y, bias)], [(Variable(np.ones(5, "f")), bias)])
    assert fold_affine(graph) is graph


def test_weights_as_large_as_their_tensor_keep_their_place():
    x, two = placeholder((5,), "float32"), from_array(np.full(5, 2.0, "f"))
    graph = Graph([x], [P["mul"](P["add"](x, two), two)])
    assert fold_affine(graph) is graph
