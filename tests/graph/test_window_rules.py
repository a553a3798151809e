"""Gradients of convolutions and around max pooling are computed where there is less to compute."""

import numpy as np
import pytest

from yeoul import ops
from yeoul.core import engine
from yeoul.core.graph import Graph, topological
from yeoul.core.tensor import placeholder
from yeoul.graph.gradients import gradients
from yeoul.graph.simplify import simplify


def images(shape, seed=0):
    """Numbers with ties, zeros, whole windows below zero, and a NaN."""
    rng = np.random.default_rng(seed)
    x = np.round(rng.standard_normal(shape) * 3, 0).astype("f")
    x[0, :4, :4] = -np.abs(x[0, :4, :4]) - 1
    x[-1, 5, 5, 0] = np.nan
    return x


def pooled_gradients(activation, size, strides, padding, shape=(2, 9, 8, 3)):
    """The graph of d(loss) / dx and of its sums for loss = sum of w max_pool(activation(x)); what to feed it."""
    x = placeholder(shape, "float32")
    y = ops.max_pool(activation(x), size, strides, padding)
    w = placeholder(y.shape, "float32")
    (dx,) = gradients([ops.sum(y * w)], [x])
    outputs = [dx, ops.sum(dx, axis=(0, 1, 2)), ops.sum(dx, axis=(1, 2)), ops.sum(dx, axis=(2, 3))]
    arrays = [images(shape), np.random.default_rng(1).standard_normal(y.shape).astype("f")]
    return Graph([x, w], outputs), arrays


def by_definition(graph, arrays):
    """What the graph computes as it stands, node by node."""
    known = {id(x): array for x, array in zip(graph.inputs, arrays, strict=True)}
    for t in topological(graph.outputs):
        if t.array is not None:
            known[id(t)] = t.array
        elif t.node is not None:
            known[id(t)] = t.node.op.reference(*[known[id(x)] for x in t.node.inputs], **t.node.attributes)
    return [known[id(t)] for t in graph.outputs]


@pytest.mark.parametrize("activation", [ops.relu, ops.relu6])
@pytest.mark.parametrize("geometry", [(2, 2, "valid"), (3, 2, "same"), (2, 1, "valid"), ((3, 2), (1, 2), "same")])
def test_relu_before_max_pooling_is_differentiated_after_it(activation, geometry):
    graph, arrays = pooled_gradients(activation, *geometry)
    simple = simplify(graph)
    dx = simple.outputs[0]
    assert dx.node.op.name == "max_pool_grad"
    assert not any(id(dx) == id(x) for t in topological(simple.outputs[1:3]) if t.node for x in t.node.inputs)
    for name in ("native", "reference"):
        results = engine.use(name).compile(graph).run(arrays)
        for result, expected in zip(results, by_definition(graph, arrays), strict=True):
            np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "activation", [lambda x: ops.leaky_relu(x, 0.2), ops.tanh, lambda x: x * ops.cast(x > 1, "float32")]
)
def test_other_activations_keep_their_gradients(activation):
    graph, arrays = pooled_gradients(activation, 2, 2, "valid")
    for result, expected in zip(
        engine.use("native").compile(graph).run(arrays), by_definition(graph, arrays), strict=True
    ):
        np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)


def test_a_mask_of_something_else_stays():
    shape = (2, 4, 4, 3)
    x, other = placeholder(shape, "float32"), placeholder(shape, "float32")
    y = ops.max_pool(x, 2)
    (dx,) = gradients([ops.sum(y)], [x])
    masked = ops.where(other > 0, dx, 0.0)
    assert simplify(Graph([x, other], [masked])).outputs[0].node.op.name == "select"
    without_zero = ops.where(x > 0, dx, 1.0)
    assert simplify(Graph([x], [without_zero])).outputs[0].node.op.name == "select"


@pytest.mark.parametrize("filters", [1, 3])
@pytest.mark.parametrize(
    "sizes, window, padding, dilation",
    [
        ((9, 8), (3, 3), "same", 1),
        ((9, 8), (2, 3), "valid", 1),
        ((9, 8), (4, 1), "same", 1),
        ((11, 9), (3, 3), "same", (2, 1)),
        ((11,), (5,), "causal", 2),
        ((5, 6, 4), (3, 2, 2), "same", 1),
    ],
)
def test_the_gradient_of_a_kernel_with_few_filters_is_turned_round(filters, sizes, window, padding, dilation):
    x, kernel = placeholder((3, *sizes, 16), "float32"), placeholder((*window, 16, filters), "float32")
    y = ops.conv(x, kernel, padding=padding, dilation_rate=dilation)
    w = placeholder(y.shape, "float32")
    (dkernel,) = gradients([ops.sum(y * w)], [kernel])
    graph = Graph([x, kernel, w], [dkernel])
    rng = np.random.default_rng(2)
    arrays = [rng.standard_normal(t.shape).astype("f") for t in graph.inputs]
    nodes = [t.node for t in topological(simplify(graph).outputs) if t.node and t.node.op.name == "conv_kernel_grad"]
    assert [node.attributes["kernel_shape"] for node in nodes] == [(*window, filters, 16)]
    for name in ("native", "reference"):
        result = engine.use(name).compile(graph).run(arrays)[0]
        np.testing.assert_allclose(result, by_definition(graph, arrays)[0], rtol=1e-4, atol=1e-4)
