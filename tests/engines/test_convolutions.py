"""Convolution and pooling on the native engine: against the reference over drawn geometries, fused, and the same bits for any threads."""

import numpy as np
import pytest

from yeoul import _native
from yeoul.core import engine
from yeoul.core.graph import Graph
from yeoul.core.tensor import placeholder
from yeoul.core.variable import Variable
from yeoul.graph.gradients import gradients
from yeoul.ops.registry import PRIMITIVES as P


@pytest.fixture(autouse=True)
def _restore_threads():
    count = _native.num_threads()
    yield
    _native.set_num_threads(count)


def compiled(build, arrays):
    inputs = [placeholder(a.shape, a.dtype.name) for a in arrays]
    results = build(*inputs)
    return engine.use("native").compile(Graph(inputs, results if isinstance(results, list) else [results]))


def drawn_geometry(rng):
    """Sizes, window, and attributes of a convolution that fits."""
    rank = int(rng.integers(1, 4))
    largest = {1: 60, 2: 18, 3: 7}[rank]
    while True:
        sizes, window = rng.integers(1, largest, rank), rng.integers(1, 5, rank)
        strides = rng.integers(1, 4, rank)
        dilation = np.where(rng.random(rank) < 0.4, rng.integers(1, 4, rank), 1)
        padding = rng.integers(0, 4, (rank, 2)) * int(rng.random() < 0.6)
        out = (sizes + padding.sum(1) - (window - 1) * dilation - 1) // strides + 1
        if out.min() > 0:
            break

    def as_tuple(values):
        return tuple(int(v) for v in values)

    attributes = {
        "strides": as_tuple(strides),
        "padding": tuple(map(as_tuple, padding)),
        "dilation": as_tuple(dilation),
    }
    return as_tuple(sizes), as_tuple(window), as_tuple(out), attributes


def assert_runs_as_reference(name, arrays, attributes, tolerance):
    program = compiled(lambda *inputs: P[name](*inputs, **attributes), arrays)
    assert not any("host" in line for line in program.lowered.listing)
    wide = [a.astype(np.float64) for a in arrays]
    expected = P[name].reference(*wide, **attributes)
    scale = max(1.0, float(np.nanmax(np.abs(expected), initial=0.0)))
    found = program.run(arrays)[0].astype(np.float64)
    np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=tolerance)


@pytest.mark.parametrize("seed", range(60))
def test_convolutions_are_those_of_the_reference(seed):
    rng = np.random.default_rng(seed)
    dtype, tolerance = ((np.float32, 1e-5), (np.float64, 1e-13))[seed % 2]
    sizes, window, out, attributes = drawn_geometry(rng)
    groups, channels, filters = int(rng.choice([1, 1, 1, 2, 3])), int(rng.integers(1, 40)), int(rng.integers(1, 70))
    if rng.random() < 0.25:
        groups, channels, filters = int(rng.integers(2, 40)), 1, 1
    batch = int(rng.integers(1, 5))
    x = rng.normal(size=(batch, *sizes, groups * channels)).astype(dtype)
    kernel = rng.normal(size=(*window, channels, groups * filters)).astype(dtype)
    dy = rng.normal(size=(batch, *out, groups * filters)).astype(dtype)
    attributes["groups"] = groups
    assert_runs_as_reference("conv", [x, kernel], attributes, tolerance)
    assert_runs_as_reference("conv_input_grad", [dy, kernel], {**attributes, "input_shape": x.shape}, tolerance)
    assert_runs_as_reference("conv_kernel_grad", [x, dy], {**attributes, "kernel_shape": kernel.shape}, tolerance)


@pytest.mark.parametrize("seed", range(24))
def test_windows_of_3x3_are_those_of_the_reference(seed):
    """Winograd's way: tiles at edges, few and many tiles, with what follows it; the same bits for any threads."""
    rng = np.random.default_rng(seed)
    height, width = (int(n) for n in rng.integers(6, 22, 2))
    if seed % 4 == 3:  # few tiles, many filters
        height, width = (int(n) for n in rng.integers(6, 9, 2))
    channels = int(rng.integers(1, 6)) * 16
    filters = int(rng.integers(1, 6)) * 16 if seed % 4 else int(rng.integers(16, 20)) * 16
    batch = int(rng.integers(2, 6))
    padding = tuple((int(low), int(high)) for low, high in rng.integers(0, 4, (2, 2)))
    out = tuple(n + sum(pads) - 2 for n, pads in zip((height, width), padding, strict=True))
    x = rng.normal(size=(batch, height, width, channels)).astype(np.float32)
    kernel = rng.normal(size=(3, 3, channels, filters)).astype(np.float32)
    dy = rng.normal(size=(batch, *out, filters)).astype(np.float32)
    more = rng.normal(size=filters).astype(np.float32)
    geometry = {"strides": (1, 1), "padding": padding, "dilation": (1, 1), "groups": 1}

    def layer(x, kernel, more):
        return (
            P["abs"](P["add"](P["conv"](x, kernel, **geometry), more)) if seed % 2 else P["conv"](x, kernel, **geometry)
        )

    def all_three(x, kernel, dy, more):
        to_input = P["conv_input_grad"](dy, kernel, **geometry, input_shape=x.shape)
        to_kernel = P["conv_kernel_grad"](x, dy, **geometry, kernel_shape=kernel.shape)
        return [layer(x, kernel, more), P["neg"](to_input), P["square"](to_kernel)]

    arrays = [x, kernel, dy, more]
    program = compiled(all_three, arrays)
    assert not any("host" in line for line in program.lowered.listing)
    wide = [a.astype(np.float64) for a in arrays]
    expected = compiled(all_three, wide).run(wide)
    results = []
    for threads in (1, 2, 4):
        _native.set_num_threads(threads)
        results.append(program.run(arrays))
    for found, exact in zip(results[0], expected, strict=True):
        np.testing.assert_allclose(found / np.abs(exact).max(), exact / np.abs(exact).max(), rtol=0, atol=1e-5)
    for other in results[1:]:
        for found, again in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(found, again)


@pytest.mark.parametrize(("size", "channels", "filters"), [(7, 70, 420), (9, 200, 130), (6, 128, 250)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_kernels_larger_than_their_image(size, channels, filters, dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, size, size, channels)).astype(dtype)
    kernel = rng.normal(size=(3, 3, channels, filters)).astype(dtype)
    geometry = {"strides": (1, 1), "padding": ((1, 1), (0, 2)), "dilation": (1, 1), "groups": 1}
    assert_runs_as_reference("conv", [x, kernel], geometry, 1e-5 if dtype == np.float32 else 1e-13)


@pytest.mark.parametrize("groups", [1, 3])
def test_strides_of_single_elements_choose_them_before_the_product(groups):
    rng = np.random.default_rng(0)
    geometry = {"strides": (2, 3), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": groups}
    x, dy = rng.normal(size=(2, 9, 8, 6)).astype("f"), rng.normal(size=(2, 5, 3, 9)).astype("f")
    kernel = rng.normal(size=(1, 1, 6 // groups, 9)).astype("f")
    listing = compiled(lambda a, b: P["conv"](a, b, **geometry), [x, kernel]).lowered.listing
    assert [line.split()[0] for line in listing] == ["copy", "gemm" if groups == 1 else "conv"]
    assert_runs_as_reference("conv", [x, kernel], geometry, 1e-5)
    assert_runs_as_reference("conv_input_grad", [dy, kernel], {**geometry, "input_shape": x.shape}, 1e-5)
    assert_runs_as_reference("conv_kernel_grad", [x, dy], {**geometry, "kernel_shape": kernel.shape}, 1e-5)


def test_gradients_of_two_strided_products_meet_before_zeros_are_put_between():
    rng = np.random.default_rng(0)
    geometry = {
        "strides": (2, 2),
        "padding": ((0, 0),) * 2,
        "dilation": (1, 1),
        "groups": 1,
        "input_shape": (2, 7, 7, 5),
    }
    arrays = [rng.normal(size=shape).astype("f") for shape in ((2, 4, 4, 3), (1, 1, 5, 3), (2, 4, 4, 6), (1, 1, 5, 6))]
    program = compiled(
        lambda a, k, b, h: P["add"](P["conv_input_grad"](a, k, **geometry), P["conv_input_grad"](b, h, **geometry)),
        arrays,
    )
    assert sum(line.startswith("fill") for line in program.lowered.listing) == 1
    expected = sum(P["conv_input_grad"].reference(a, k, **geometry) for a, k in (arrays[:2], arrays[2:]))
    np.testing.assert_allclose(program.run(arrays)[0], expected, atol=1e-5)


def test_zeros_around_an_image_are_not_copied():
    rng = np.random.default_rng(0)
    geometry = {"strides": (2, 1), "padding": ((1, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    widths = ((0, 0), (0, 1), (4, 2), (0, 0))
    x, kernel = rng.normal(size=(2, 6, 7, 5)).astype("f"), rng.normal(size=(3, 2, 5, 4)).astype("f")

    def build(x, kernel):
        wide = P["pad"](x, widths=widths, value=0.0)
        y = P["conv"](wide, kernel, **geometry)
        return [y, P["conv_kernel_grad"](wide, y, **geometry, kernel_shape=kernel.shape)]

    program = compiled(build, [x, kernel])
    assert [line.split()[0] for line in program.lowered.listing] == ["conv", "conv"]
    wide = np.pad(x, widths)
    y = P["conv"].reference(wide, kernel, **geometry)
    expected = [y, P["conv_kernel_grad"].reference(wide, y, **geometry, kernel_shape=kernel.shape)]
    for found, wanted in zip(program.run([x, kernel]), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-3)


@pytest.mark.parametrize("seed", range(40))
def test_pooling_is_that_of_the_reference(seed):
    rng = np.random.default_rng(seed)
    dtype, tolerance = ((np.float32, 1e-5), (np.float64, 1e-13))[seed % 2]
    sizes, window, _, attributes = drawn_geometry(rng)
    padding = tuple((min(a, k - 1), min(b, k - 1)) for (a, b), k in zip(attributes["padding"], window, strict=True))
    windows = {"window": window, "strides": attributes["strides"], "padding": padding}
    if any(s + a + b < k for s, k, (a, b) in zip(sizes, window, padding, strict=True)):
        windows["padding"] = tuple((k - 1, k - 1) for k in window)
    x = np.round(rng.normal(size=(int(rng.integers(1, 4)), *sizes, int(rng.integers(1, 40)))), 1).astype(dtype)
    if seed % 3 == 0:
        x.flat[int(rng.integers(x.size))] = np.nan
    y = P["max_pool"].reference(x, **windows)
    dy = rng.normal(size=y.shape).astype(dtype)
    whole = np.nan_to_num(x)
    assert_runs_as_reference("max_pool", [x], windows, 0.0)
    assert_runs_as_reference("max_pool_grad", [x, y, dy], windows, tolerance)
    assert_runs_as_reference("max_pool_pick", [x, y, whole], windows, 0.0)
    assert_runs_as_reference("sum_pool", [whole], windows, tolerance)
    assert_runs_as_reference("sum_pool_grad", [dy], {**windows, "input_shape": x.shape}, tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 14, 29])
@pytest.mark.parametrize(
    ("window", "stride", "dilation", "padding"),
    [
        ((3, 3), 1, 1, (1, 1)),
        ((3, 3), 1, 1, (0, 0)),
        ((3, 3), 1, 1, (4, 5)),  # targets that meet no element
        ((3, 3), 2, 1, (0, 1)),
        ((3, 3), 2, 1, (1, 1)),
        ((3, 3), 2, 2, (2, 2)),
        ((3, 3), 1, 2, (2, 2)),
        ((3, 3), 3, 1, (1, 1)),
        ((5, 5), 1, 1, (2, 2)),
        ((5, 5), 2, 1, (1, 2)),
        ((2, 7), 1, 1, (3, 3)),
        ((1, 4), 1, 1, (2, 1)),
    ],
)
def test_depthwise_strips_and_their_edges(window, stride, dilation, padding, size, dtype):
    rng = np.random.default_rng(size)
    sizes = (max(size - 1, 1), size)
    out = tuple((s + sum(padding) - (k - 1) * dilation - 1) // stride + 1 for s, k in zip(sizes, window, strict=True))
    if min(out) < 1 or any(s + sum(padding) < (k - 1) * dilation + 1 for s, k in zip(sizes, window, strict=True)):
        return
    batch, channels = 1 + size % 2, (8, 19, 5)[size % 3]
    x = rng.normal(size=(batch, *sizes, channels)).astype(dtype)
    kernel = rng.normal(size=(*window, 1, channels)).astype(dtype)
    dy = rng.normal(size=(batch, *out, channels)).astype(dtype)
    geometry = {"strides": (stride,) * 2, "padding": (padding,) * 2, "dilation": (dilation,) * 2, "groups": channels}
    tolerance = 1e-5 if dtype == "float32" else 1e-14
    assert_runs_as_reference("conv", [x, kernel], geometry, tolerance)
    assert_runs_as_reference("conv_input_grad", [dy, kernel], {**geometry, "input_shape": x.shape}, tolerance)
    assert_runs_as_reference("conv_kernel_grad", [x, dy], {**geometry, "kernel_shape": kernel.shape}, tolerance)


@pytest.mark.parametrize(("stride", "padding"), [(1, (1, 1)), (2, (0, 1)), (2, (1, 1))])
def test_depthwise_of_images_that_outgrow_the_cache(stride, padding):
    rng = np.random.default_rng(stride)
    batch, size, channels = 4 - stride, 57 * stride, 168  # more than 12 MB
    x = rng.normal(size=(batch, size, size, channels)).astype(np.float32)
    kernel = rng.normal(size=(3, 3, 1, channels)).astype(np.float32)
    geometry = {"strides": (stride,) * 2, "padding": (padding,) * 2, "dilation": (1, 1), "groups": channels}
    dy = rng.normal(size=P["conv"].reference(x, kernel, **geometry).shape).astype(np.float32)
    assert_runs_as_reference("conv", [x, kernel], geometry, 1e-5)
    assert_runs_as_reference("conv_input_grad", [dy, kernel], {**geometry, "input_shape": x.shape}, 1e-5)
    assert_runs_as_reference("conv_kernel_grad", [x, dy], {**geometry, "kernel_shape": kernel.shape}, 1e-3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", [(12, 8), (45, 13), (3, 30, 7), (5, 4)])
@pytest.mark.parametrize(
    ("window", "stride", "padding"),
    [
        (2, 2, (0, 0)),
        (2, 2, (1, 1)),
        (3, 2, (1, 1)),
        (3, 2, (0, 0)),
        (3, 2, (0, 1)),
        (3, 2, (2, 2)),
        (3, 1, (1, 1)),
        (3, 3, (0, 0)),
        (2, 3, (1, 1)),
    ],
)
def test_gradients_of_pooling_in_strips_and_bands(sizes, window, stride, padding, dtype):
    rng = np.random.default_rng(0)
    rank = len(sizes)
    geometry = {"window": (window,) * rank, "strides": (stride,) * rank, "padding": (padding,) * rank}
    x = np.round(rng.normal(size=(1, *sizes, 21)), 1).astype(dtype)  # rounded: with equal elements
    x.flat[17] = np.nan
    y = P["max_pool"].reference(x, **geometry)
    dy = rng.normal(size=y.shape).astype(dtype)
    tolerance = 1e-5 if dtype == "float32" else 1e-14
    assert_runs_as_reference("max_pool_grad", [x, y, dy], geometry, tolerance)
    assert_runs_as_reference("sum_pool_grad", [dy], {**geometry, "input_shape": x.shape}, tolerance)


@pytest.mark.parametrize("name", ["max_pool_grad", "sum_pool_grad"])
def test_the_gradient_of_one_large_image_has_the_same_bits_for_any_number_of_threads(name):
    rng = np.random.default_rng(0)
    geometry = {"window": (3, 3), "strides": (2, 2), "padding": ((0, 1), (0, 1))}
    x = rng.normal(size=(1, 64, 64, 32)).astype(np.float32)
    y = P["max_pool"].reference(x, **geometry)
    arrays, more = ([x, y, y], {}) if name == "max_pool_grad" else ([y], {"input_shape": x.shape})
    program = compiled(lambda *inputs: P[name](*inputs, **geometry, **more), arrays)
    found = []
    for threads in (1, 2, 4):
        _native.set_num_threads(threads)
        found.append(program.run(arrays)[0].tobytes())
    assert found[0] == found[1] == found[2]
    expected = P[name].reference(*arrays, **geometry, **more)
    np.testing.assert_allclose(program.run(arrays)[0], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(0, 5, 2), (2, 5, 0)])
def test_empty_operands(shape):
    geometry = {"strides": (1,), "padding": ((1, 1),), "dilation": (1,), "groups": 1}
    x, kernel = np.ones(shape, np.float32), np.ones((3, shape[-1], 4), np.float32)
    y = compiled(lambda a, b: P["conv"](a, b, **geometry), [x, kernel]).run([x, kernel])[0]
    np.testing.assert_array_equal(y, np.zeros((shape[0], 5, 4)))
    attributes = {**geometry, "kernel_shape": kernel.shape}
    dkernel = compiled(lambda a, b: P["conv_kernel_grad"](a, b, **attributes), [x, y]).run([x, y])[0]
    np.testing.assert_array_equal(dkernel, np.zeros(kernel.shape))


SAME = {"strides": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
LAYERS = {
    "same": ((4, 14, 14, 24), (3, 3, 24, 40), SAME),
    "strided": ((3, 15, 13, 16), (3, 3, 16, 24), {**SAME, "strides": (2, 2)}),
    "many_strided_images": ((19, 16, 16, 16), (3, 3, 16, 32), {**SAME, "strides": (2, 2), "padding": ((0, 1), (0, 1))}),
    "first": ((9, 27, 26, 1), (3, 3, 1, 32), {**SAME, "padding": ((0, 0), (0, 0))}),
    "first_of_colours": ((12, 24, 25, 3), (3, 3, 3, 16), SAME),
    "large_window": ((3, 30, 29, 3), (7, 7, 3, 40), {**SAME, "strides": (2, 2), "padding": ((3, 2), (3, 3))}),
    "narrow_groups": ((5, 12, 11, 12), (3, 3, 6, 8), {**SAME, "groups": 2}),
    "wide": ((1, 7, 7, 64), (3, 3, 64, 320), SAME),
    "depthwise": ((4, 17, 16, 44), (3, 3, 1, 44), {**SAME, "groups": 44}),
    "wide_depthwise": ((2, 31, 53, 12), (3, 3, 1, 12), {**SAME, "groups": 12}),
    "strided_depthwise": ((2, 60, 57, 24), (3, 4, 1, 24), {**SAME, "strides": (2, 2), "groups": 24}),
    "depthwise_of_one_image": ((1, 7, 7, 72), (3, 3, 1, 72), {**SAME, "groups": 72}),
    "dilated_depthwise": (
        (1, 40, 9),
        (3, 1, 9),
        {"strides": (1,), "padding": ((4, 0),), "dilation": (2,), "groups": 9},
    ),
    "many_channels": ((2, 6, 6, 200), (3, 3, 200, 24), SAME),
    "one_element": ((4, 9, 9, 32), (1, 1, 32, 48), {**SAME, "padding": ((0, 0), (0, 0))}),
    "one_window": ((16, 5, 4, 12), (5, 4, 12, 30), {**SAME, "padding": ((0, 0), (0, 0))}),
}


def training_step(x, kernel, bias, geometry):
    """relu(conv + bias), pooled, its gradients, and a new kernel: what a layer does in a step."""
    y = P["max"](P["conv"](x, kernel, **geometry) + bias, 0.0)
    rank = len(geometry["strides"])
    window = {"window": (1,) * rank, "strides": (1,) * rank, "padding": ((0, 0),) * rank}
    loss = P["max_pool"](y, **window) * y
    dx, dkernel, dbias = gradients([loss], [x, kernel, bias])
    return [y, dx, kernel - dkernel * 0.125, dbias]


@pytest.mark.parametrize("layer", LAYERS)
def test_epilogues_and_the_same_bits_for_any_number_of_threads(layer):
    rng = np.random.default_rng(3)
    x_shape, kernel_shape, geometry = LAYERS[layer]
    shapes = [x_shape, kernel_shape, kernel_shape[-1:]]
    arrays = [(rng.normal(size=shape) / 4).astype(np.float32) for shape in shapes]
    program = compiled(lambda *inputs: training_step(*inputs, geometry), arrays)
    assert not any("host" in line for line in program.lowered.listing)
    found = []
    for threads in (1, 2, 4):
        _native.set_num_threads(threads)
        found.append([a.tobytes() for a in program.run(arrays)])
    assert found[0] == found[1] == found[2]
    wide = [a.astype(np.float64) for a in arrays]
    inputs = [placeholder(a.shape, "float64") for a in wide]
    reference = engine.use("reference").compile(Graph(inputs, training_step(*inputs, geometry)))
    engine.use("native")
    for own, expected in zip(program.run(arrays), reference.run(wide), strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-4 * float(np.abs(expected).max()))


def test_a_kernel_is_updated_in_place_behind_its_gradient():
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 6, 6, 3)), rng.normal(size=(2, 6, 6, 5))
    kernel = Variable(rng.normal(size=(3, 3, 3, 5)), dtype="float64")
    before = kernel.array.copy()
    places = [placeholder(a.shape, "float64") for a in (x, dy, before)]
    dkernel = P["conv_kernel_grad"](*places[:2], kernel_shape=before.shape, **SAME)
    graph = Graph(places[:2], [], [(kernel, places[2])], [(kernel, places[2] - dkernel * 0.5)])
    program = engine.use("native").compile(graph)
    assert len(program.lowered.listing) == 1
    program.run([x, dy])
    step = P["conv_kernel_grad"].reference(x, dy, kernel_shape=before.shape, **SAME)
    np.testing.assert_allclose(kernel.array, before - step * 0.5, atol=1e-12)
