"""The memory that a model's steps take, from the shapes of a batch and no data."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import config, dtypes, engine, tree
from yeoul.core.engine import ProgramMemory
from yeoul.training import step_graph
from yeoul.training.adapters import pack_x_y_sample_weight, unpack_x_y_sample_weight
from yeoul.training.checks import takes_class_numbers
from yeoul.training.output_losses import resolve_loss
from yeoul.training.outputs import per_output, split_outputs


def steps_memory(model: Any, batch_size: int) -> tuple[ProgramMemory | None, ProgramMemory]:
    """What a step of training (None if the model is not compiled) and one of `predict` take.

    Raises: ValueError if the model is not built or runs eagerly, if a shape is not known, or if the engine plans no memory.
    """
    if model.run_eagerly:
        raise ValueError(
            f"Model {model.name!r} runs eagerly, and op by op there is no plan of memory. Compile it without run_eagerly=True."
        )
    data = _seen_batch(model, batch_size)
    x, y, sample_weight = (
        unpack_x_y_sample_weight(data) if data is not None else (_inputs(model, batch_size), None, None)
    )
    leaves, structure = tree.disassemble(pack_x_y_sample_weight(x))
    predicting = step_graph.trace_predict(model, structure, _specs(leaves))
    predict_memory = engine.current().memory_of(predicting.graph)
    if not model.compiled:
        return None, predict_memory
    if data is None or y is None:
        y = _targets(model, tree.assemble(predicting.outputs, predicting.graph.outputs))
    leaves, structure = tree.disassemble(pack_x_y_sample_weight(x, y, sample_weight))
    try:
        traced = model._step_graph("train", structure, _specs(leaves))
    except (ValueError, TypeError) as error:
        if data is not None:
            raise
        raise ValueError(
            f"Targets of shape {_shapes(y)} do not fit how model {model.name!r} was compiled: {error} Train it on one batch with "
            "train_on_batch(x, y), and the plan takes the shapes from there."
        ) from error
    return engine.current().memory_of(traced.graph), predict_memory


def _array(shape: tuple, dtype: Any) -> np.ndarray:
    """An array that has a shape and takes no memory."""
    return np.broadcast_to(np.zeros((), dtype), shape)


def _specs(leaves: list[np.ndarray]) -> step_graph.Specs:
    return tuple((a.shape, dtypes.name_of(a.dtype)) for a in leaves)


def _shapes(value: Any) -> Any:
    return tree.map_structure(lambda a: None if a is None else a.shape, value)


def _seen_batch(model: Any, batch_size: int) -> Any:
    """A batch like the last one that the model was trained on, or predicted; None if it has seen none."""
    cache = model._cache
    trained = [key[2:4] for key in cache.steps if key[:2] == ("graph", "train")]
    predicted = [(structure, tuple((s, dtypes.name_of(d)) for s, d in specs)) for structure, specs, _ in cache.predict]
    if not trained and not predicted:
        return None
    structure, specs = (trained or predicted)[-1]
    return tree.assemble(structure, [_array((batch_size, *shape[1:]), dtypes.to_numpy(d)) for shape, d in specs])


def _inputs(model: Any, batch_size: int) -> Any:
    """A batch of the inputs that the model is made for."""
    graph = getattr(model, "_graph", None)
    if graph is not None:
        return tree.map_structure(lambda t: _input(model, t.shape, t.dtype, batch_size), graph.input_structure)
    shape = model.__dict__.get("built_shape")
    if not model.built or shape is None:
        raise ValueError(
            f"Model {model.name!r} {'does not know the shapes of its inputs' if model.built else 'is not built'}, so its memory can "
            "not be planned. Start it with Input(shape), call build(input_shape), or train or predict one batch first."
        )
    if isinstance(shape, (list, dict)):
        raise ValueError(
            f"Model {model.name!r} has several inputs and has seen no data yet. Train or predict one batch first."
        )
    return _input(model, tuple(shape), config.floatx(), batch_size)


def _input(model: Any, shape: tuple, dtype: str, batch_size: int) -> np.ndarray:
    whole = (batch_size if shape[0] is None else shape[0], *shape[1:])
    if None in whole:
        raise ValueError(
            f"Model {model.name!r} takes inputs of shape {shape}, whose size is open, so its memory can not be planned. Train or "
            "predict one batch first: the plan takes its shapes."
        )
    return _array(whole, dtypes.to_numpy(dtype))


def _targets(model: Any, outputs: Any) -> Any:
    """Targets that the losses of `compile` would take for these outputs: class numbers, or what looks like the output."""
    compiled = model._compile_loss
    if compiled is None:
        return None
    flat, names = split_outputs(outputs, compiled.output_names)
    found = []
    for loss, output in zip(per_output(compiled.user_loss, names, "loss", is_shared=True), flat, strict=True):
        if loss is None:
            continue
        rows = _array(tuple(output.shape[:-1]), np.int32)
        is_class_number = takes_class_numbers(resolve_loss(loss, rows, output))
        found.append(rows if is_class_number else _array(tuple(output.shape), dtypes.to_numpy(output.dtype)))
    return found[0] if len(found) == 1 else found
