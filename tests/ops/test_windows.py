"""The primitives of convolution and pooling against their definitions, element by element."""

import itertools

import numpy as np
import pytest

from yeoul.core import engine
from yeoul.core.graph import Graph
from yeoul.core.tensor import from_array, placeholder
from yeoul.graph.gradients import gradients
from yeoul.ops.registry import PRIMITIVES

RNG = np.random.default_rng(0)
conv, conv_input_grad, conv_kernel_grad = (PRIMITIVES[n] for n in ("conv", "conv_input_grad", "conv_kernel_grad"))
max_pool, sum_pool = PRIMITIVES["max_pool"], PRIMITIVES["sum_pool"]


def defined(x, kernel, strides, padding, dilation, groups):
    """The sum of the module's docstring, term by term."""
    window, (channels, filters) = kernel.shape[:-2], kernel.shape[-2:]
    out = conv.infer(
        from_array(x), from_array(kernel), strides=strides, padding=padding, dilation=dilation, groups=groups
    ).shape
    y = np.zeros(out)
    for place in itertools.product(*map(range, out[1:-1])):
        for k in itertools.product(*map(range, window)):
            at = [o * s + j * d - p[0] for o, s, j, d, p in zip(place, strides, k, dilation, padding, strict=True)]
            if all(0 <= a < n for a, n in zip(at, x.shape[1:-1], strict=True)):
                for f in range(filters):
                    g = f // (filters // groups)
                    group = x[(slice(None), *at)][:, g * channels : (g + 1) * channels]
                    y[(slice(None), *place, f)] += group @ kernel[(*k, slice(None), f)]
    return y


@pytest.mark.parametrize(
    ("x", "kernel", "strides", "padding", "dilation", "groups"),
    [
        ((2, 8, 3), (3, 3, 4), (1,), ((0, 0),), (1,), 1),
        ((2, 9, 4), (2, 1, 8), (3,), ((2, 0),), (3,), 4),
        ((1, 5, 4, 2), (3, 2, 2, 3), (2, 1), ((1, 1), (0, 3)), (1, 2), 1),
        ((2, 4, 4, 6), (2, 2, 3, 4), (1, 2), ((0, 1), (1, 0)), (2, 1), 2),
        ((1, 3, 4, 3, 2), (2, 2, 3, 1, 2), (1, 2, 1), ((0, 1), (0, 0), (1, 1)), (1, 1, 1), 2),
    ],
)
def test_conv_is_its_definition(x, kernel, strides, padding, dilation, groups):
    x, kernel = RNG.normal(size=x), RNG.normal(size=kernel)
    found = conv.reference(x, kernel, strides=strides, padding=padding, dilation=dilation, groups=groups)
    np.testing.assert_allclose(found, defined(x, kernel, strides, padding, dilation, groups), atol=1e-12)


def test_first_of_equal_elements_gets_the_gradient_and_padding_gets_none():
    geometry = {"window": (2, 2), "strides": (2, 2), "padding": ((1, 0), (1, 0))}
    x = np.full((1, 3, 3, 1), -np.inf)
    y = max_pool.reference(x, **geometry)
    dx = PRIMITIVES["max_pool_grad"].reference(x, y, np.ones_like(y), **geometry)
    np.testing.assert_array_equal(dx[0, ..., 0], [[1, 1, 0], [1, 1, 0], [0, 0, 0]])


def test_pooling_of_integers_and_nan():
    x = np.array([[-5, -7, -9]], np.int8).reshape(1, 3, 1)
    geometry = {"window": (2,), "strides": (2,), "padding": ((0, 1),)}
    np.testing.assert_array_equal(max_pool.reference(x, **geometry).ravel(), [-5, -9])
    x = np.array([1.0, np.nan, 3.0]).reshape(1, 3, 1)
    np.testing.assert_array_equal(max_pool.reference(x, **geometry).ravel(), [np.nan, 3])


def test_second_derivatives():
    """The gradient of |d sum(conv(x, k)^2) / dx|^2 by the kernel, against central differences."""
    geometry = {"strides": (2,), "padding": ((1, 1),), "dilation": (1,), "groups": 1}
    arrays = [RNG.normal(size=(1, 5, 2)), RNG.normal(size=(3, 2, 2))]
    x, kernel = (placeholder(a.shape, "float64") for a in arrays)
    y = conv(x, kernel, **geometry)
    slope = gradients([y * y], [x])[0]
    found = gradients([slope * slope], [kernel])[0]
    run = engine.use("native").compile(Graph([x, kernel], [found, slope])).run
    value = run(arrays)[0]
    for place in np.ndindex(*value.shape):
        sums = []
        for step in (1e-6, -1e-6):
            moved = arrays[1].copy()
            moved[place] += step
            sums.append((np.asarray(run([arrays[0], moved])[1]) ** 2).sum())
        np.testing.assert_allclose(value[place], (sums[0] - sums[1]) / 2e-6, rtol=1e-5, atol=1e-5)


def test_batch_may_be_unknown():
    geometry = {"strides": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    x, kernel = placeholder((None, 8, None, 3), "float32"), placeholder((3, 3, 3, 5), "float32")
    assert conv(x, kernel, **geometry).shape == (None, 6, None, 5)
    dy = placeholder((None, 6, 6, 5), "float32")
    assert conv_input_grad(dy, kernel, input_shape=(None, 8, 8, 3), **geometry).shape == (None, 8, 8, 3)


def test_half_precision_is_summed_in_float32():
    x, kernel = np.full((1, 4096, 1), 1, np.float16), np.full((4096, 1, 1), 1, np.float16)
    y = conv.reference(x, kernel, strides=(1,), padding=((0, 0),), dilation=(1,), groups=1)
    assert y.dtype == np.float16 and y.item() == 4096


def test_errors():
    plain = {"strides": (1,), "padding": ((0, 0),), "dilation": (1,)}
    with pytest.raises(
        ValueError, match=r"reaches over \(5,\) elements does not fit into an input of spatial size \(4,\)"
    ):
        conv(np.ones((1, 4, 1)), np.ones((5, 1, 1)), groups=1, **plain)
    with pytest.raises(ValueError, match="an input of 3 channels in 1 group"):
        conv(np.ones((1, 4, 3)), np.ones((2, 2, 1)), groups=1, **plain)
    with pytest.raises(ValueError, match="the number of filters, 3, must be a multiple of groups, 2"):
        conv(np.ones((1, 4, 2)), np.ones((2, 1, 3)), groups=2, **plain)
    with pytest.raises(ValueError, match="must be smaller than its window"):
        sum_pool(np.ones((1, 4, 1)), window=(2,), strides=(1,), padding=((2, 0),))


@pytest.mark.parametrize("members", [2, 4])
@pytest.mark.parametrize(
    ("sizes", "window", "strides", "padding", "dilation"),
    [
        ((15, 9), (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1)),
        ((8, 21), (3, 3), (2, 2), ((0, 1), (0, 1)), (1, 1)),
        ((6, 13), (2, 5), (1, 1), ((0, 0), (2, 2)), (1, 1)),
        ((9, 12), (3, 3), (1, 1), ((2, 2), (2, 2)), (2, 2)),
        ((7, 7), (1, 1), (2, 1), ((0, 0), (0, 0)), (1, 1)),
        ((11, 10), (4, 7), (1, 3), ((1, 2), (3, 3)), (1, 1)),
        ((4, 5, 9), (2, 3, 3), (1, 2, 1), ((0, 1), (1, 1), (1, 1)), (1, 1, 1)),
        ((3, 300, 40), (1, 3, 3), (1, 1, 1), ((0, 0), (1, 1), (1, 1)), (1, 1, 1)),
    ],
)
def test_small_groups_are_computed_side_by_side(members, sizes, window, strides, padding, dilation):
    channels = 48 if members == 4 else 16
    geometry = {"strides": strides, "padding": padding, "dilation": dilation, "groups": channels // members}
    x, kernel = placeholder((2, *sizes, channels), "float32"), placeholder((*window, members, channels), "float32")
    y = conv(x, kernel, **geometry)
    dy = placeholder(y.shape, "float32")
    graph = Graph(
        [x, kernel, dy],
        [
            y,
            conv_input_grad(dy, kernel, input_shape=x.shape, **geometry),
            conv_kernel_grad(x, dy, kernel_shape=kernel.shape, **geometry),
        ],
    )
    rng = np.random.default_rng(3)
    arrays = [rng.standard_normal(t.shape).astype("f") for t in graph.inputs]
    found, expected = (engine.use(name).compile(graph).run(arrays) for name in ("native", "reference"))
    for result, of_definition in zip(found, expected, strict=True):
        np.testing.assert_allclose(result, of_definition, rtol=2e-4, atol=2e-3)
