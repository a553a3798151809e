"""Weights from files of Keras: `.weights.h5`, `.keras`, and the older `.h5` that its published models come in."""

from __future__ import annotations

import io
import os
import zipfile
from collections import Counter
from typing import Any

import numpy as np

from yeoul.applications.checksums import MD5
from yeoul.core.naming import to_snake_case
from yeoul.layers import Layer
from yeoul.models import Model
from yeoul.utils.fetching import get_file

_SHARED = "https://storage.googleapis.com/tensorflow/keras-applications"
_OTHER = "https://storage.googleapis.com/keras-applications"


def origin_of(name: str, folder: str) -> str:
    """Where a file of Keras' published weights is."""
    return f"{_SHARED}/{folder}/{name}" if folder else f"{_OTHER}/{name}"


def file_with(name: str, folder: str) -> str:
    """The path of a file of Keras' published weights, from the cache or the network.

    Raises: OSError if it is in neither.
    """
    return get_file(name, origin_of(name, folder), cache_subdir="models", file_hash=MD5.get(name))


def load_weights(model: Any, path: Any) -> None:
    """Sets the weights of a model to those of a file.

    In a `.weights.h5`, alone or in a `.keras`, a layer is found by its class and its place among the layers of that class. In the older `.h5`
    it is found by its name if the file has the names of the model, otherwise by its place among the layers with weights.

    Raises: ImportError without h5py; ValueError, before anything is set, if the file is of another model.
    """
    try:
        import h5py
    except ImportError:
        raise ImportError('Weight files need h5py. Install it with: pip install "yeoul[hdf5]"') from None
    path = os.fspath(path)
    try:
        file = h5py.File(_contents(path), "r")
    except OSError as error:
        raise ValueError(f"{path} is no HDF5 file: {error}") from None
    with file:
        if "layer_names" in file.attrs or "model_weights" in file or "layer_names0" in file.attrs:
            found = _from_legacy(model, file.get("model_weights", file), path)
        elif "layers" in file:
            found = list(_from_groups(model, file, path))
        else:
            raise ValueError(f"{path} holds no weights of Keras: it has neither `layers` nor `layer_names`.")
        values = [(layer, [np.asarray(v) for v in arrays]) for layer, arrays in found]
    for layer, arrays in values:
        _check(layer, arrays, path)
    for layer, arrays in values:
        for variable, array in zip(_weights(layer), arrays, strict=True):
            variable.assign(array.astype(variable.dtype) if variable.dtype != "bfloat16" else array)


def _contents(path: str) -> Any:
    """What holds the weights: the file itself, or `model.weights.h5` in a `.keras` file, which is a zip."""
    if not zipfile.is_zipfile(path):
        return path
    with zipfile.ZipFile(path) as archive:
        if "model.weights.h5" not in archive.namelist():
            raise ValueError(f"{path} holds no weights of Keras: there is no model.weights.h5 in it.")
        return io.BytesIO(archive.read("model.weights.h5"))


def _weights(layer: Layer) -> list[Any]:
    """Those that a file stores: all but the states of random generators."""
    return [v for v in layer.weights if v.dtype != "uint32"]


def _check(layer: Layer, arrays: list[np.ndarray], path: str) -> None:
    expected = [tuple(v.shape) for v in _weights(layer)]
    got = [a.shape for a in arrays]
    if expected != got:
        raise ValueError(
            f"{path} does not fit the model: layer {layer.name!r} has weights of shapes {expected}, the file has "
            f"{got}. Make the model with the arguments (classes, include_top, alpha, ...) that the file was saved with."
        )


def _from_groups(model: Any, group: Any, path: str) -> Any:
    """(layer, arrays) of a `.weights.h5`."""
    seen: Counter[str] = Counter()
    known = group["layers"]
    for layer in model.layers:
        kind = to_snake_case(type(layer).__name__)
        name = f"{kind}_{seen[kind]}" if seen[kind] else kind
        seen[kind] += 1
        if isinstance(layer, Model):
            if name not in known:
                raise ValueError(f"{path} does not fit the model: it has no {name!r}, for {layer.name!r}.")
            yield from _from_groups(layer, known[name], path)
            continue
        count = len(_weights(layer))
        stored = known[name]["vars"] if name in known and "vars" in known[name] else {}
        if len(stored) != count:
            raise ValueError(
                f"{path} does not fit the model: layer {layer.name!r} has {count} weights, and the file has "
                f"{len(stored)} for {name!r}."
            )
        if count:
            yield layer, [stored[str(i)] for i in range(count)]


def _texts(attributes: Any, name: str) -> list[str]:
    """A list of texts, which long ones are stored in pieces."""
    if name in attributes:
        found = list(attributes[name])
    else:
        found, piece = [], 0
        while f"{name}{piece}" in attributes:
            found.extend(attributes[f"{name}{piece}"])
            piece += 1
    return [text.decode() if isinstance(text, bytes) else str(text) for text in found]


def _from_legacy(model: Any, group: Any, path: str) -> list[tuple[Layer, list[Any]]]:
    """(layer, arrays) of an older `.h5`."""
    stored: dict[str, list[Any]] = {}
    for name in _texts(group.attrs, "layer_names"):
        weights = _texts(group[name].attrs, "weight_names")
        if weights:
            stored[name] = [group[name][weight] for weight in weights]
    layers = [layer for layer in model.layers if _weights(layer)]
    if len(layers) != len(stored):
        raise ValueError(
            f"Layer count mismatch when loading weights from file. Model expected {len(layers)} layers, found "
            f"{len(stored)} saved layers. The file is {path}."
        )
    if {layer.name for layer in layers} == set(stored):
        return [(layer, stored[layer.name]) for layer in layers]
    return list(zip(layers, stored.values(), strict=True))
