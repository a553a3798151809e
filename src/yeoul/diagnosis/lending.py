"""Lending: a model is measured and tried, and is afterwards as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from yeoul.training.output_losses import OutputLosses


@contextmanager
def lent(model: Any) -> Iterator[Any]:
    """Within it weights, random states and metrics of the built `model` may change; afterwards all are as before, to the bit. Its
    compiled losses are replaced by fresh ones meanwhile, so that looking at them builds none of the model's.
    """
    variables = {id(v): v for v in [*model.variables, *model.metrics_variables]}
    values = {key: np.array(v.array) for key, v in variables.items()}
    losses = {id(layer): (layer, layer._call_losses) for layer in model._flatten_layers()}
    held = model._compile_loss
    if held is not None:
        model._untracked("_compile_loss", OutputLosses(held.user_loss, held.user_weights, held.output_names))

    def restore() -> None:
        for key, v in variables.items():
            v.assign(values[key])

    try:
        yield restore
    finally:
        restore()
        model._untracked("_compile_loss", held)
        for layer, found in losses.values():
            layer._call_losses = found
