"""FeatureSpace: a table's columns as one row of numbers, each column by a recipe of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from yeoul import ops
from yeoul.core import naming
from yeoul.core.tensor import KerasTensor, Tensor, from_array
from yeoul.layers.adapting import as_host_array, batches_of
from yeoul.layers.core import Identity, Input
from yeoul.layers.describing import deserialize, serialize
from yeoul.layers.discretization import Discretization
from yeoul.layers.encoding import CategoryEncoding, encode
from yeoul.layers.hashing import HashedCrossing, Hashing
from yeoul.layers.host_layer import WAY_OUT
from yeoul.layers.layer import Layer
from yeoul.layers.lookup import IndexLookup, IntegerLookup, StringLookup
from yeoul.layers.normalization import Normalization, Rescaling


class Cross:
    """Features whose combinations are hashed into `crossing_dim` buckets.

    Raises: ValueError if output_mode is neither "int" nor "one_hot".
    """

    def __init__(self, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot"):
        if output_mode not in ("int", "one_hot"):
            raise ValueError(f"Cross: output_mode must be 'int' or 'one_hot', and got {output_mode!r}.")
        self.feature_names, self.crossing_dim, self.output_mode = tuple(feature_names), crossing_dim, output_mode

    @property
    def name(self) -> str:
        return "_X_".join(self.feature_names)

    def get_config(self) -> dict[str, Any]:
        return {
            "feature_names": self.feature_names,
            "crossing_dim": self.crossing_dim,
            "output_mode": self.output_mode,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Cross:
        return cls(**config)


class Feature:
    """How one column becomes numbers.

    Args:
        dtype: of the column: "float32", "int32", "int64" or "string".
        preprocessor: a layer, or the configuration of one.
        output_mode: "float", "int" or "one_hot".
    """

    def __init__(self, dtype: str, preprocessor: Any, output_mode: str):
        if output_mode not in ("int", "one_hot", "float"):
            raise ValueError(f"Feature: output_mode must be 'int', 'one_hot' or 'float', and got {output_mode!r}.")
        self.dtype, self.preprocessor, self.output_mode = dtype, deserialize(preprocessor), output_mode

    def get_config(self) -> dict[str, Any]:
        return {
            "dtype": self.dtype,
            "preprocessor": serialize(self.preprocessor),
            "output_mode": self.output_mode,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Feature:
        return cls(**config)


class FeatureSpace(Layer):
    """Columns of a table as numbers, ready for a model.

    Args:
        features: {column: recipe}; a recipe is one of the class methods' results, as `FeatureSpace.float_normalized()`, or the
            name of such a method.
        output_mode: "concat" for one row (batch, width), columns sorted by name and then crosses; "dict" for {column: rows}.
        crosses: tuples of columns, or results of `FeatureSpace.cross`, whose combinations are features too.
        crossing_dim, hashing_dim, num_discretization_bins: sizes for recipes that are given by name.

    `adapt(table)` learns vocabularies, means and bins; then `space(table)` gives numbers for a dict of columns (lists, arrays or a
    DataFrame's series), eagerly, in a data pipeline or before `fit`. `get_encoded_features()` is where a model of these numbers
    begins.

    Raises: ValueError for unknown recipes, columns that a cross names and the table does not have, and calls before `adapt`.
    """

    def __init__(
        self,
        features: dict[str, Any],
        output_mode: str = "concat",
        crosses: Any = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ):
        super().__init__(name=name or naming.unique_name("feature_space"))
        if not features:
            raise ValueError("FeatureSpace: features, a dict of columns and their recipes, must not be None or empty.")
        if output_mode not in ("dict", "concat"):
            raise ValueError(f"FeatureSpace: output_mode must be 'dict' or 'concat', and got {output_mode!r}.")
        self.crossing_dim, self.hashing_dim, self.num_discretization_bins = (
            crossing_dim,
            hashing_dim,
            num_discretization_bins,
        )
        self.output_mode = output_mode
        self.features = {key: self._standard_feature(key, value) for key, value in features.items()}
        self.crosses = [self._standard_cross(cross) for cross in crosses or []]
        self.preprocessors = {key: feature.preprocessor for key, feature in self.features.items()}
        self.crossers = {cross.name: HashedCrossing(cross.crossing_dim, name=cross.name) for cross in self.crosses}
        self.built = True
        self._is_adapted = not self._adaptable()
        self._inputs: dict[str, KerasTensor] | None = None
        self._encoded: Any = None

    # -- recipes ------------------------------------------------------------------------------------------------------
    @classmethod
    def feature(cls, dtype: str, preprocessor: Any, output_mode: str) -> Feature:
        """A recipe of your own: any layer as preprocessor."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def cross(cls, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot") -> Cross:
        """Combinations of columns as a feature."""
        return Cross(feature_names, crossing_dim, output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """A number as it is."""
        name = name or naming.unique_name("float")
        return Feature("float32", Identity(dtype="float32", name=f"{name}_preprocessor"), "float")

    @classmethod
    def float_rescaled(cls, scale: Any = 1.0, offset: Any = 0.0, name: str | None = None) -> Feature:
        """x scale + offset."""
        name = name or naming.unique_name("float_rescaled")
        return Feature("float32", Rescaling(scale, offset, name=f"{name}_preprocessor"), "float")

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """(x - mean) / deviation, as found by `adapt`."""
        name = name or naming.unique_name("float_normalized")
        return Feature("float32", Normalization(axis=-1, name=f"{name}_preprocessor"), "float")

    @classmethod
    def float_discretized(
        cls, num_bins: int, bin_boundaries: Any = None, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """The bin a number falls into; bins as given, or with equal shares of the data of `adapt`."""
        name = f"{name or naming.unique_name('float_discretized')}_preprocessor"
        if bin_boundaries is None:
            return Feature("float32", Discretization(num_bins=num_bins, name=name), output_mode)
        return Feature("float32", Discretization(bin_boundaries, name=name), output_mode)

    @classmethod
    def integer_categorical(
        cls, max_tokens: int | None = None, num_oov_indices: int = 1, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:  # fmt: skip
        """Integers as categories that `adapt` finds."""
        name = f"{name or naming.unique_name('integer_categorical')}_preprocessor"
        return Feature("int32", IntegerLookup(max_tokens, num_oov_indices, name=name), output_mode)

    @classmethod
    def string_categorical(
        cls, max_tokens: int | None = None, num_oov_indices: int = 1, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:  # fmt: skip
        """Strings as categories that `adapt` finds."""
        name = f"{name or naming.unique_name('string_categorical')}_preprocessor"
        return Feature("string", StringLookup(max_tokens, num_oov_indices, name=name), output_mode)

    @classmethod
    def string_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Strings as hash buckets."""
        name = f"{name or naming.unique_name('string_hashed')}_preprocessor"
        return Feature("string", Hashing(num_bins, name=name), output_mode)

    @classmethod
    def integer_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Integers as hash buckets."""
        name = f"{name or naming.unique_name('integer_hashed')}_preprocessor"
        return Feature("int32", Hashing(num_bins, name=name), output_mode)

    def _standard_feature(self, name: str, value: Any) -> Feature:
        if isinstance(value, Feature):
            return value
        if isinstance(value, dict) and "config" in value:
            return Feature.from_config(value["config"])
        recipes: dict[str, Any] = {
            "float": self.float,
            "float_normalized": self.float_normalized,
            "float_rescaled": self.float_rescaled,
            "float_discretized": lambda name: self.float_discretized(self.num_discretization_bins, name=name),
            "integer_categorical": self.integer_categorical,
            "string_categorical": self.string_categorical,
            "integer_hashed": lambda name: self.integer_hashed(self.hashing_dim, name=name),
            "string_hashed": lambda name: self.string_hashed(self.hashing_dim, name=name),
        }
        if value not in recipes:
            raise ValueError(
                f"FeatureSpace: invalid feature type {value!r} of {name!r}. Use one of {', '.join(recipes)}, or a result of "
                "FeatureSpace.feature() and its like."
            )
        return recipes[value](name=name)

    def _standard_cross(self, cross: Any) -> Cross:
        if isinstance(cross, dict):
            cross = Cross.from_config(cross["config"])
        if not isinstance(cross, Cross):
            cross = Cross(cross, self.crossing_dim)
        unknown = [name for name in cross.feature_names if name not in self.features]
        if unknown:
            raise ValueError(
                f"FeatureSpace: the cross {cross.feature_names} names {unknown}, and the features are {sorted(self.features)}."
            )
        return cross

    # -- adapt --------------------------------------------------------------------------------------------------------
    def _adaptable(self) -> dict[str, Any]:
        def is_learner(layer: Any) -> bool:
            if isinstance(layer, Normalization):
                return layer.input_mean is None
            if isinstance(layer, Discretization):
                return layer.input_bin_boundaries is None
            if isinstance(layer, IndexLookup):
                return layer.input_vocabulary is None
            return hasattr(layer, "adapt")

        return {name: layer for name, layer in self.preprocessors.items() if is_learner(layer)}

    def adapt(self, dataset: Any) -> None:
        """Lets every preprocessor learn from its column.

        Args:
            dataset: a dict of columns, a DataFrame, or a generator, other iterable or PyDataset of batches of them.

        Raises: ValueError if data are no dicts, or a column is missing.
        """
        batches = [self._columns(batch) for batch in _tables(dataset)]
        for name, layer in self._adaptable().items():
            layer.adapt(batch[name] for batch in batches)
        self._is_adapted = True
        self._inputs = self._encoded = None

    def _columns(self, data: Any) -> dict[str, np.ndarray]:
        """Every feature's column, (batch, 1)."""
        columns = {}
        for name in self.features:
            if name not in data:
                raise ValueError(
                    f"FeatureSpace {self.name!r} has the features {sorted(self.features)}, and {name!r} is missing: the data have "
                    f"{sorted(map(str, data))}."
                )
            array = as_host_array(data[name])
            columns[name] = array.reshape(-1, 1) if array.ndim < 2 else array
        return columns

    # -- call ---------------------------------------------------------------------------------------------------------
    def __call__(self, data: Any, **kwargs: Any) -> Any:
        self._require_adapted()
        if isinstance(data, Mapping) or hasattr(data, "iloc"):
            first = data.get(next(iter(self.features)))
            is_single = first is not None and np.ndim(first) == 0
            result = self._encode(self._columns(data))
            if not is_single:
                return result
            return {key: value[0] for key, value in result.items()} if isinstance(result, dict) else result[0]
        raise ValueError(
            f"FeatureSpace {self.name!r} takes a dict of columns, and got {type(data).__name__}. {WAY_OUT if _is_symbolic(data) else ''}"
        )

    def _require_adapted(self) -> None:
        if not self._is_adapted:
            raise ValueError(
                f"You need to call adapt(dataset) on the FeatureSpace {self.name!r} before you can use it."
            )

    def _encode(self, columns: dict[str, Any]) -> Any:
        values: dict[str, Any] = {}
        for name, feature in self.features.items():
            column = columns[name]
            if feature.output_mode == "float" and isinstance(column, np.ndarray):
                column = column.astype(np.float32)
            values[name] = self.preprocessors[name](column)
        crossed = {
            cross.name: self.crossers[cross.name]([values[name] for name in cross.feature_names])
            for cross in self.crosses
        }
        rows = {name: self._one_hot(name, feature, values[name]) for name, feature in self.features.items()}
        for cross in self.crosses:
            is_row = cross.output_mode == "one_hot"
            found = crossed[cross.name]
            rows[cross.name] = encode(found, "one_hot", cross.crossing_dim, "float32") if is_row else found
        if self.output_mode == "dict":
            return rows
        ordered = [*sorted(self.features), *sorted(self.crossers)]
        for name in ordered:
            if not rows[name].dtype.startswith(("float", "bfloat")):
                raise ValueError(
                    f"FeatureSpace {self.name!r} can not concatenate: {name!r} has not been encoded (it has dtype "
                    f"{rows[name].dtype}). Use output_mode='dict', or output_mode='one_hot' for the feature."
                )
        return ops.concatenate([rows[name] for name in ordered], axis=-1)

    def _one_hot(self, name: str, feature: Feature, value: Any) -> Any:
        if feature.output_mode != "one_hot" or isinstance(feature.preprocessor, CategoryEncoding):
            return value
        if not isinstance(value, Tensor):
            value = from_array(np.asarray(value))
        if value.dtype.startswith(("float", "bfloat")):
            return value  # encoded by the preprocessor already
        return encode(value, "one_hot", self._cardinality(name, feature.preprocessor), "float32")

    def _cardinality(self, name: str, layer: Any) -> int:
        if isinstance(layer, IndexLookup):
            return layer.vocabulary_size()
        if isinstance(layer, Discretization):
            return len(layer.bin_boundaries or []) + 1
        if isinstance(layer, (Hashing, HashedCrossing)):
            return layer.num_bins
        raise ValueError(
            f"FeatureSpace {self.name!r}: feature {name!r} has output_mode 'one_hot', and the number of categories of its "
            f"preprocessor {type(layer).__name__} is not known. Use a layer that tells, or encode in the preprocessor."
        )

    # -- models -------------------------------------------------------------------------------------------------------
    def get_inputs(self) -> dict[str, KerasTensor]:
        """An `Input` for every column, for a model that encodes by itself.

        Raises: ValueError if a column holds strings.
        """
        self._require_adapted()
        strings = [name for name, feature in self.features.items() if feature.dtype == "string"]
        if strings:
            raise ValueError(
                f"FeatureSpace {self.name!r}: {', '.join(map(repr, strings))} hold strings, which never enter a compiled model. Call "
                "the space on the data, space(table), and begin the model with space.get_encoded_features()."
            )
        if self._inputs is None:
            self._inputs = {name: Input((1,), dtype=f.dtype, name=name) for name, f in self.features.items()}
        return self._inputs

    def get_encoded_features(self) -> Any:
        """The symbolic tensor (or dict of them) that a model of the encoded columns begins with.

        It depends on `get_inputs()` where a graph can hold the encoding (no strings, hashes and crosses); otherwise it is an
        `Input` of its own.
        """
        self._require_adapted()
        if self._encoded is None:
            hosted = (StringLookup, Hashing, HashedCrossing)
            is_traceable = not self.crosses and not any(isinstance(p, hosted) for p in self.preprocessors.values())
            self._encoded = self._encode(self.get_inputs()) if is_traceable else self._encoded_inputs()
        return self._encoded

    def _encoded_inputs(self) -> Any:
        sample = {name: np.array([_example(feature)]) for name, feature in self.features.items()}
        example = self._encode(self._columns(sample))
        if isinstance(example, dict):
            return {name: Input(value.shape[1:], dtype=value.dtype, name=name) for name, value in example.items()}
        return Input(example.shape[1:], dtype=example.dtype, name=f"{self.name}_encoded")

    def get_config(self) -> dict[str, Any]:
        return {
            "features": {name: _described(feature) for name, feature in self.features.items()},
            "output_mode": self.output_mode,
            "crosses": [_described(cross) for cross in self.crosses],
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> FeatureSpace:
        return cls(**config)


def _described(thing: Any) -> dict[str, Any]:
    name = type(thing).__name__
    return {"module": "keras.utils", "class_name": name, "config": thing.get_config(), "registered_name": name}


def _example(feature: Feature) -> Any:
    if feature.dtype == "string":
        known = getattr(feature.preprocessor, "_tokens", None)
        return known[0] if known else ""
    known = getattr(feature.preprocessor, "_tokens", None)
    return known[0] if known else np.zeros((), feature.dtype)


def _is_symbolic(data: Any) -> bool:
    return isinstance(data, Tensor) and data.is_symbolic


def _tables(dataset: Any) -> Any:
    if isinstance(dataset, Mapping) or hasattr(dataset, "iloc"):
        yield dataset
        return
    for batch in batches_of(dataset):
        if not isinstance(batch, Mapping):
            raise ValueError(
                f"FeatureSpace.adapt takes a dict of columns, a DataFrame, or batches of dicts, and got {type(batch).__name__}."
            )
        yield batch
