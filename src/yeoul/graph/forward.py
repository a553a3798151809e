"""Forward derivatives from backward ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yeoul.core import tree
from yeoul.core.recording import Recorder
from yeoul.graph.gradients import gradients, ones_like, zeros_like
from yeoul.ops.registry import cast, convert


def jvp(fun: Callable, primals: Any, tangents: Any, has_aux: bool = False) -> tuple:
    """See `yeoul.ops.jvp`. Source: Townsend 2017, "A new trick for calculating Jacobian vector products"."""
    if len(primals) != len(tangents):
        raise ValueError(
            f"jvp needs one tangent per primal, and got {len(primals)} primals and {len(tangents)} tangents."
        )
    points = tree.map_structure(lambda x: convert(x) * 1, tuple(primals))
    leaves = tree.flatten(points)
    directions = [cast(convert(t), x.dtype) for t, x in zip(tree.flatten(tuple(tangents)), leaves, strict=True)]
    recorder = Recorder()
    recorder.open()
    try:
        result = fun(*points)
        value, extra = result if has_aux else (result, None)
        outputs = [convert(y) for y in tree.flatten(value)]
        seeds = [ones_like(y) for y in outputs]
        back = gradients(outputs, leaves, seeds)
        reached = [(g, t) for g, t in zip(back, directions, strict=True) if g is not None]
        forward = gradients([g for g, _ in reached], seeds, [t for _, t in reached])
    finally:
        recorder.close()
        recorder.release()
    derivatives = [zeros_like(y) if d is None else d for d, y in zip(forward, outputs, strict=True)]
    packed = tree.pack_sequence_as(value, derivatives)
    return (value, packed, extra) if has_aux else (value, packed)
