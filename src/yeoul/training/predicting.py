"""predict: the outputs for all samples, batch by batch."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from yeoul.core import dtypes, engine, tree
from yeoul.ops.registry import convert
from yeoul.training import adapters, step_graph
from yeoul.training.adapters import ArrayData, Stream, array_data, pack_x_y_sample_weight
from yeoul.training.checks import warn_of_missing_batches
from yeoul.training.evaluating import callback_list
from yeoul.training.phases import TIME_SLICE, checked_batch_size


def _predict_program(
    model: Any, leaves: list[np.ndarray], structure: tree.Structure
) -> tuple[step_graph.StepGraph, Any]:
    key = (structure, tuple((a.shape, a.dtype) for a in leaves), engine.current().name)
    held = model._cache.predict.get(key)
    if held is None:
        specs = tuple((a.shape, dtypes.name_of(a.dtype)) for a in leaves)
        traced = step_graph.trace_predict(model, structure, specs)
        held = (traced, engine.current().compile(traced.graph))
        model._cache.predict[key] = held
    return held


def predict_batch(model: Any, x: Any) -> Any:
    """The outputs for the one batch `x`, nested arrays."""
    _require_built(model)
    data = pack_x_y_sample_weight(x)
    if model.run_eagerly:
        return tree.map_structure(
            lambda t: np.asarray(t),
            model.predict_step(tree.map_structure(lambda a: None if a is None else convert(a), data)),
        )
    leaves, structure = tree.disassemble(data)
    traced, program = _predict_program(model, leaves, structure)
    return tree.assemble(traced.outputs, program.run(leaves))


def _require_built(model: Any) -> None:
    if not model.built and not model._can_build_from_data():
        raise ValueError(
            f"Model {model.name!r} has not been built: it has no layers to predict with. Add layers, or train it "
            f"first with fit()."
        )


def predict(model: Any, x: Any, batch_size: int | None, verbose: Any, steps: int | None, callbacks: Any) -> Any:
    """See `Trainer.predict`."""
    size = checked_batch_size(batch_size)
    source: ArrayData | Stream
    if adapters.is_stream(x):
        source = adapters.stream(x)
        count = source.length if steps is None else steps
    else:
        data = array_data(x)
        if steps is None and data.samples <= size and verbose == 0 and callbacks is None:
            outputs = predict_batch(model, data.dense().x)
            if type(x) is np.ndarray and isinstance(outputs, np.ndarray) and not model.run_eagerly:
                _remember(model, x, data.x, batch_size)
            return outputs
        count = -(-data.samples // size) if steps is None else steps
        source = adapters.stream_of_arrays(data, size)
    run = callback_list(model, callbacks, verbose, count)
    is_watched = run.needs_predict_batches()
    model.stop_predicting = False
    run.on_predict_begin()
    collected: list[list[np.ndarray]] = []
    structure: tree.Structure | None = None
    step = 0
    drawn = time.perf_counter()
    for batch, _, _ in source.batches(steps):
        if is_watched:
            run.on_predict_batch_begin(step)
        outputs = predict_batch(model, batch)
        leaves, structure = tree.disassemble(outputs)
        collected.append(leaves)
        step += 1
        if is_watched:
            run.on_predict_batch_end(step - 1, {"outputs": outputs})
        elif run.shows_progress and time.perf_counter() - drawn > TIME_SLICE:
            run.show_progress(step, {})
            drawn = time.perf_counter()
        if model.stop_predicting:
            break
    if steps is not None and step < steps and not model.stop_predicting:
        warn_of_missing_batches()
    if structure is None:
        raise ValueError("`x` gave no batches: there is nothing to predict.")
    if run._progbar is not None:
        run._progbar.seen = step
    run.on_predict_end()
    return tree.assemble(
        structure, [parts[0] if len(parts) == 1 else np.concatenate(parts) for parts in zip(*collected, strict=True)]
    )


def _remember(model: Any, x: np.ndarray, converted: Any, batch_size: int | None) -> None:
    """Lets the next `predict` of such an array go straight to its program."""
    leaves, structure = tree.disassemble(pack_x_y_sample_weight(converted))
    _, program = _predict_program(model, leaves, structure)
    cast = leaves[0].dtype if leaves[0].dtype != x.dtype else None
    model._cache.fast_predict[(x.shape, x.dtype, batch_size)] = (program, cast)
