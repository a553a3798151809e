"""Layers' outputs and gradients against numbers recorded from real Keras."""

from pathlib import Path

import numpy as np
import pytest

from tests.layers.record_golden import CASES, case_id, coefficients, run
from yeoul import GradientTape, layers, ops

GOLDEN = np.load(Path(__file__).with_name("golden_layers.npz"))


def differentiate(layer, arrays, call, weights):
    xs = [ops.convert_to_tensor(a) for a in arrays]
    with GradientTape() as tape:
        for x in xs:
            tape.watch(x)
        y = layer(xs if len(xs) > 1 else xs[0], **call)
        total = ops.sum(y * coefficients(y.shape))
    grads = tape.gradient(total, [*xs, *weights])
    zeros = [np.zeros(v.shape, np.float32) for v in [*xs, *weights]]
    found = [z if g is None else np.asarray(g) for g, z in zip(grads, zeros, strict=True)]
    return [np.asarray(y), *[np.asarray(v) for v in layer.losses], *found]


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("index", range(len(CASES)), ids=[case_id(c) for c in CASES])
def test_layer(index, training):
    found = run(layers, CASES[index], training, differentiate)
    expected = GOLDEN[f"{index}_{int(training)}"]
    np.testing.assert_allclose(np.concatenate([a.ravel() for a in found]), expected, rtol=2e-4, atol=2e-5)
