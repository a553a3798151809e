"""Connectionist temporal classification: the loss and its decoders, on the host.

Source: Graves, Fernandez, Gomez & Schmidhuber 2006, "Connectionist temporal classification".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from yeoul.core import dtypes
from yeoul.core.tensor import Spec, Tensor
from yeoul.ops.layout import reshape_primitive
from yeoul.ops.neural import log_softmax
from yeoul.ops.registry import Primitive, cast, convert, primitive

__all__ = ["ctc_decode", "ctc_loss"]

_NEVER = -np.inf
_LEAST = float(np.log(np.finfo(np.float64).tiny))  # log-likelihood of labels that no path of this length can spell


class _Lattice:
    """Paths through blank, label, blank, label, ..., blank: states s of a batch, with their log-probabilities over time."""

    def __init__(self, logs: np.ndarray, rest: tuple, blank: int):
        labels, label_length, length = rest
        batch, self.steps, classes = logs.shape
        self.states = np.full((batch, 2 * labels.shape[1] + 1), blank, np.int64)
        self.states[:, 1::2] = np.clip(labels, 0, classes - 1)
        self.length = np.asarray(length)
        emitted = np.take_along_axis(logs, self.states[:, None, :], 2)
        self.emitted = np.moveaxis(np.asarray(emitted, np.float64), 1, 0)  # (steps, batch, states)
        # A path may leave out the blank between two different labels.
        self.may_skip = np.zeros(self.states.shape, bool)
        self.may_skip[:, 2:] = (self.states[:, 2:] != blank) & (self.states[:, 2:] != self.states[:, :-2])
        ends = 2 * np.asarray(label_length)[:, None]
        place = np.arange(self.states.shape[1])
        self.is_last = (place == ends) | (place == ends - 1)

    def forward(self) -> np.ndarray:
        """alpha[t, b, s]: log-probability of all beginnings of paths that are in state s after step t."""
        alpha = np.full(self.emitted.shape, _NEVER)
        alpha[0, :, :2] = self.emitted[0, :, :2]
        for t in range(1, self.steps):
            alpha[t] = self._arrive(alpha[t - 1]) + self.emitted[t]
        return alpha

    def _arrive(self, alpha: np.ndarray) -> np.ndarray:
        y = alpha.copy()
        y[:, 1:] = np.logaddexp(y[:, 1:], alpha[:, :-1])
        y[:, 2:] = np.logaddexp(y[:, 2:], np.where(self.may_skip[:, 2:], alpha[:, :-2], _NEVER))
        return y

    def likelihood(self, alpha: np.ndarray) -> np.ndarray:
        """log p(labels) of each sample."""
        batch = np.arange(alpha.shape[1])
        final = alpha[np.maximum(self.length - 1, 0), batch]
        with np.errstate(all="ignore"):
            return np.logaddexp.reduce(np.where(self.is_last, final, _NEVER), 1)

    def backward(self) -> np.ndarray:
        """beta[t, b, s]: log-probability of all ends of paths that were in state s at step t."""
        beta = np.full(self.emitted.shape, _NEVER)
        ahead = beta[0]
        for t in range(self.steps - 1, -1, -1):
            y = ahead.copy()
            y[:, :-1] = np.logaddexp(y[:, :-1], ahead[:, 1:])
            y[:, :-2] = np.logaddexp(y[:, :-2], np.where(self.may_skip[:, 2:], ahead[:, 2:], _NEVER))
            ends_here = (self.length - 1 == t)[:, None]
            beta[t] = np.where(ends_here & self.is_last, 0.0, np.where(ends_here, _NEVER, y))
            ahead = beta[t] + self.emitted[t]
        return beta


@primitive
class _CTC(Primitive):
    """-log p(labels): the sum over all paths that spell the labels. Inputs: log-probabilities, labels, their lengths, lengths."""

    name = "ctc"

    def infer(self, logs: Any, labels: Any, label_length: Any, length: Any, *, blank: int) -> Spec:
        return Spec(logs.shape[:1], logs.dtype)

    def reference(self, logs: np.ndarray, *rest: np.ndarray, blank: int) -> np.ndarray:
        lattice = _Lattice(logs, rest, blank)
        return np.asarray(-np.maximum(lattice.likelihood(lattice.forward()), _LEAST), logs.dtype)

    def gradient(self, g: Tensor, logs: Tensor, *rest: Tensor, blank: int) -> tuple:
        occupancy = ctc_occupancy_primitive(logs, *rest[:-1], blank=blank)
        return -occupancy * reshape_primitive(g, shape=(g.shape[0], 1, 1)), None, None, None


@primitive
class _CTCOccupancy(Primitive):
    """The expected number of visits to each class at each step, among paths that spell the labels: -gradient of `ctc`."""

    name = "ctc_occupancy"

    def infer(self, logs: Any, labels: Any, label_length: Any, length: Any, *, blank: int) -> Spec:
        return Spec(logs.shape, logs.dtype)

    def reference(self, logs: np.ndarray, *rest: np.ndarray, blank: int) -> np.ndarray:
        lattice = _Lattice(logs, rest, blank)
        alpha = lattice.forward()
        total = lattice.likelihood(alpha)[:, None]
        shares = np.exp(alpha + lattice.backward() - np.where(total == _NEVER, 0, total))  # (steps, batch, states)
        one_hot = lattice.states[:, :, None] == np.arange(logs.shape[2])
        return np.asarray(np.matmul(np.moveaxis(shares, 0, 1), one_hot), logs.dtype)

    def gradient(self, g: Tensor, *inputs_then_output: Tensor, blank: int) -> tuple:
        raise NotImplementedError("ctc_loss has no second derivative.")


ctc_primitive: Any = _CTC
ctc_occupancy_primitive: Any = _CTCOccupancy


def ctc_loss(target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0) -> Tensor:
    """-log of the probability of the targets under all alignments: (batch,).

    Args:
        target: (batch, labels), integers.
        output: (batch, steps, classes), logits.
        target_length, output_length: (batch,), how many labels and steps of each sample count.
        mask_index: the class that stands for "no label".
    Raises: ValueError if ranks or batch sizes differ from these.
    """
    target, output = cast(target, "int32"), convert(output)
    if not dtypes.is_float(output.dtype):
        output = cast(output, "float32")
    lengths = cast(target_length, "int32"), cast(output_length, "int32")
    if target.ndim != 2 or output.ndim != 3 or target.shape[0] != output.shape[0]:
        raise ValueError(
            "ctc_loss needs a target of shape (batch, labels) and an output of shape (batch, steps, classes), "
            f"and got {target.shape} and {output.shape}."
        )
    return ctc_primitive(log_softmax(output), target, *lengths, blank=int(mask_index))


# -- decoding -----------------------------------------------------------------------------------------------------------
@primitive
class _CTCDecode(Primitive):
    """(paths, scores): label sequences filled up with -1, best first, int32, and their scores."""

    name = "ctc_decode"

    def infer(self, inputs: Any, lengths: Any, **options: Any) -> list[Spec]:
        batch, steps, _ = inputs.shape
        paths = options["top_paths"]
        return [Spec((paths, batch, steps), "int32"), Spec((batch, paths), inputs.dtype)]

    def reference(
        self,
        inputs: np.ndarray,
        lengths: np.ndarray,
        *,
        beam_width: int,
        top_paths: int,
        merge_repeated: bool,
        blank: int,
    ) -> tuple:
        batch, steps, classes = inputs.shape
        blank = blank % classes
        paths = np.full((top_paths, batch, steps), -1, np.int32)
        scores = np.full((batch, top_paths), _NEVER)
        for b in range(batch):
            frames = np.asarray(inputs[b, : lengths[b]], np.float64)
            found = _greedy(frames, merge_repeated, blank) if beam_width == 0 else _beams(frames, beam_width, blank)
            for i, (labels, score) in enumerate(found[:top_paths]):
                paths[i, b, : len(labels)] = labels
                scores[b, i] = score
        return paths, np.asarray(scores, inputs.dtype)

    def gradient(self, g: Any, *inputs_then_output: Tensor, **options: Any) -> tuple:
        return None, None


def _greedy(frames: np.ndarray, merge_repeated: bool, blank: int) -> list:
    best = frames.argmax(1)
    is_kept = best != blank
    if merge_repeated:
        is_kept[1:] &= best[1:] != best[:-1]
    return [(best[is_kept], -frames.max(1, initial=_NEVER).sum())]


def _beams(frames: np.ndarray, width: int, blank: int) -> list:
    """Prefixes with the log-probabilities of their paths that end in a blank and in a label, the best `width` at each step."""
    logs = frames - np.logaddexp.reduce(frames, 1, keepdims=True)
    beams: dict[tuple, tuple[float, float]] = {(): (0.0, _NEVER)}
    add = np.logaddexp
    for frame in logs:
        following: dict[tuple, tuple[float, float]] = {}
        for prefix, (in_blank, in_label) in beams.items():
            total = add(in_blank, in_label)
            held = following.get(prefix, (_NEVER, _NEVER))
            again = in_label + frame[prefix[-1]] if prefix else _NEVER
            following[prefix] = (add(held[0], total + frame[blank]), add(held[1], again))
            for c in range(len(frame)):
                if c == blank:
                    continue
                start = in_blank if prefix and prefix[-1] == c else total
                longer = (*prefix, c)
                held = following.get(longer, (_NEVER, _NEVER))
                following[longer] = (held[0], add(held[1], start + frame[c]))
        ranked = sorted(following.items(), key=lambda item: -add(*item[1]))
        beams = dict(ranked[:width])
    return [(prefix, add(*parts)) for prefix, parts in beams.items()]


ctc_decode_primitive: Any = _CTCDecode


def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int | None = 0,
) -> tuple[Tensor, Tensor]:
    """The labels that the outputs of a CTC model spell: (paths, batch, steps), filled up with -1, and their scores.

    Args:
        inputs: (batch, steps, classes), logits.
        sequence_lengths: (batch,), how many steps of each sample count.
        strategy: "greedy" (the best class of each step; the score, (batch, 1), is minus the sum of its logits) or
            "beam_search" (the scores, (batch, top_paths), are log-probabilities).
        beam_width: prefixes kept at each step.
        top_paths: sequences wanted of beam search.
        merge_repeated: whether repeated classes are one label, in greedy decoding; beam search always merges.
        mask_index: the class that stands for "no label"; the last one if None.
    Raises: ValueError for another strategy.
    """
    if strategy not in ("greedy", "beam_search"):
        raise ValueError(f"Invalid strategy {strategy}. Supported values are 'greedy' and 'beam_search'.")
    x = convert(inputs)
    x = x if dtypes.is_float(x.dtype) else cast(x, "float32")
    if x.ndim != 3:
        raise ValueError(f"ctc_decode needs inputs of shape (batch, steps, classes), and got {x.shape}.")
    is_greedy = strategy == "greedy"
    paths, scores = ctc_decode_primitive(
        x,
        cast(sequence_lengths, "int32"),
        beam_width=0 if is_greedy else int(beam_width),
        top_paths=1 if is_greedy else int(top_paths),
        merge_repeated=bool(merge_repeated),
        blank=-1 if mask_index is None else int(mask_index),
    )
    return paths, scores
