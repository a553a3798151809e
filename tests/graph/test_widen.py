"""Half precision compiled: the same bits as the reference, with no step on the host."""

import numpy as np
import pytest

from yeoul import activations, ops
from yeoul.core import trace
from yeoul.core.graph import Graph
from yeoul.core.tensor import placeholder
from yeoul.engines.native.engine import NativeEngine
from yeoul.engines.native.lowering import lower
from yeoul.engines.reference.engine import ReferenceEngine
from yeoul.graph.gradients import gradients
from yeoul.graph.widen import HALF, widen

PROGRAMS = {
    "arithmetic": lambda x, y: (x + y) * x - y / (ops.absolute(x) + 1.0),
    "comparison": lambda x, y: ops.where(x > y, x, -y),
    "product": lambda x, y: ops.matmul(x, ops.transpose(y)),
    "sums": lambda x, y: ops.sum(x, axis=0) + ops.mean(y, axis=0) + ops.max(x),
    "argmax": lambda x, y: ops.argmax(x, axis=-1) + ops.argmin(y, axis=-1),
    "layout": lambda x, y: ops.concatenate([ops.reshape(x, (-1,)), ops.ravel(ops.transpose(y))[3:]]),
    "dense": lambda x, y: activations.gelu(ops.matmul(x, ops.transpose(y)) + 0.5),
    "softmax": lambda x, y: ops.softmax(x) * ops.log(ops.absolute(y) + 1.0),
    "sorted": lambda x, y: ops.sort(x * 2.0, axis=-1) + y,
    "casts": lambda x, y: ops.cast(x, "float32") + ops.cast(ops.cast(y, "int32"), "float32"),
}


def arrays(dtype):
    rng = np.random.default_rng(0)
    return [ops.cast(rng.normal(size=(7, 9)) * 3, dtype).numpy() for _ in range(2)]


def graph_of(program, dtype, with_gradient=False):
    inputs = [placeholder((7, 9), dtype) for _ in range(2)]
    with trace.tracing():
        y = program(*inputs)
        outputs = gradients([ops.sum(ops.cast(y, "float32"))], inputs) if with_gradient else [y]
    return Graph(inputs, [g for g in outputs if g is not None])


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("name", sorted(PROGRAMS))
@pytest.mark.parametrize("with_gradient", [False, True])
def test_engines_agree(name, dtype, with_gradient):
    graph = graph_of(PROGRAMS[name], dtype, with_gradient and name not in ("argmax", "sorted"))
    native = NativeEngine().compile(graph).run(arrays(dtype))
    reference = ReferenceEngine().compile(graph).run(arrays(dtype))
    unit = {"float16": 2.0**-10, "bfloat16": 2.0**-7}[dtype]
    for a, b in zip(native, reference, strict=True):
        assert a.dtype == b.dtype
        # Equal up to one rounding, where a sum or a transcendental function ends near the middle of two halves.
        np.testing.assert_allclose(a.astype(np.float64), b.astype(np.float64), rtol=2 * unit, atol=2 * unit)
        if name in ("arithmetic", "comparison", "layout", "casts") and not with_gradient:
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("name", ["arithmetic", "product", "dense", "softmax", "sums", "argmax"])
def test_nothing_runs_on_the_host(name, dtype):
    listing = "\n".join(lower(graph_of(PROGRAMS[name], dtype)).listing)
    assert "host" not in listing


def test_graphs_without_halves_stay_as_they_are():
    graph = graph_of(PROGRAMS["dense"], "float32")
    assert widen(graph) is graph
