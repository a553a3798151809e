"""Images as models expect them, and what predictions mean, for models trained on ImageNet."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core import config
from yeoul.core.config import standardize_data_format
from yeoul.core.tensor import Tensor
from yeoul.utils.fetching import get_file

__all__ = ["decode_predictions", "preprocess_input"]

#: Means and standard deviations of ImageNet's colours, red, green and blue, of 1.
MEANS = (0.485, 0.456, 0.406)
DEVIATIONS = (0.229, 0.224, 0.225)
#: Means of blue, green and red, of 255, that Caffe's models take away.
_CAFFE_MEANS = (103.939, 116.779, 123.68)
_NAMES = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Images with colours 0 to 255 as a model expects them.

    Args:
        x: (batch, height, width, 3) or (height, width, 3); an array gives an array, a tensor a tensor. Not changed.
        data_format: where the axis of colours is.
        mode: "tf": -1 to 1; "torch": 0 to 1, then normalised by ImageNet's means and deviations; "caffe": blue, green,
            red, less their means.

    Raises: ValueError for another mode.
    """
    if mode not in ("caffe", "tf", "torch"):
        raise ValueError(f"Expected mode to be one of `caffe`, `tf` or `torch`. Received: mode={mode}")
    form = standardize_data_format(data_format)
    if isinstance(x, Tensor):
        images: Any = ops.cast(x, config.floatx()) if "float" not in x.dtype else x
    else:
        images = np.asarray(x)
        images = images.astype(config.floatx()) if images.dtype.kind != "f" else images
    if mode == "tf":
        return images / 127.5 - 1.0
    axis = len(images.shape) - (1 if form == "channels_last" else 3)
    shape = [3 if i == axis else 1 for i in range(len(images.shape))]

    def along(numbers: tuple[float, ...]) -> Any:
        return np.asarray(numbers, dtype="float32").reshape(shape)

    if mode == "torch":
        scaled = (images / 255.0 - along(MEANS)) / along(DEVIATIONS)
    else:
        flipped = ops.flip(images, axis=axis) if isinstance(images, Tensor) else np.flip(images, axis)
        scaled = flipped - along(_CAFFE_MEANS)
    return scaled if isinstance(images, Tensor) else np.ascontiguousarray(scaled, dtype=images.dtype)


def preparing(mode: str | None) -> Callable[..., Any]:
    """`preprocess_input` of a module whose models expect `mode`; None for models that prepare images themselves."""

    def preprocess(x: Any, data_format: str | None = None) -> Any:
        return x if mode is None else preprocess_input(x, data_format=data_format, mode=mode)

    meaning = {
        "tf": "Colours from 0..255 to -1..1.",
        "torch": "Colours from 0..255 to 0..1, normalised by ImageNet's means and deviations.",
        "caffe": "Colours from 0..255 to blue, green, red, less their means.",
        None: "Images as they are: the models of this module have the layers that prepare them.",
    }
    preprocess.__name__ = preprocess.__qualname__ = "preprocess_input"
    preprocess.__doc__ = meaning[mode]
    return preprocess


@functools.cache
def _class_names() -> dict[str, list[str]]:
    path = get_file(
        "imagenet_class_index.json",
        _NAMES,
        cache_subdir="models",
        file_hash="c2c37ea517e94d9795004a39431a14cb",
    )
    return json.loads(Path(path).read_text())


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """The likeliest classes of every image: (WordNet number, name, probability), the likeliest first.

    Args:
        preds: (samples, 1000).
        top: classes an image.

    Raises: ValueError for another shape; OSError if the names of the classes cannot be fetched.
    """
    scores = np.asarray(preds)
    if scores.ndim != 2 or scores.shape[1] != 1000:
        raise ValueError(
            "`decode_predictions` expects a batch of predictions (i.e. a 2D array of shape (samples, 1000)). "
            f"Received array with shape: {scores.shape}"
        )
    names = _class_names()
    best = np.argsort(scores, axis=1, kind="stable")[:, ::-1][:, :top]
    return [[(*names[str(i)], row[i]) for i in order] for order, row in zip(best, scores, strict=True)]
