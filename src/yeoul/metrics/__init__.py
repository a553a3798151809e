"""What is reported beside the loss: sums kept in variables, so that they run inside the compiled loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yeoul import initializers, losses, ops
from yeoul.core import config, dtypes, naming
from yeoul.core.masks import get_keras_mask
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable
from yeoul.serialization import resolve


class Metric:
    """Base of metrics: `update_state` adds a batch, `result` gives the value so far, `reset_state` starts again.

    Args:
        dtype: of the sums; floatx if not given.
        name: under which the value stands in logs and history.
    """

    def __init__(self, dtype: Any = None, name: str | None = None):
        self.name = name or naming.unique_name(naming.to_snake_case(type(self).__name__))
        self._dtype = dtypes.name_of(dtype) if dtype is not None else config.floatx()
        self._own: list[Variable] = []

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Variable) and "_own" in self.__dict__ and not any(value is v for v in self._own):
            self._own.append(value)
        object.__setattr__(self, name, value)

    @property
    def dtype(self) -> str:
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        found = list(self._own)
        for value in self.__dict__.values():
            for part in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(part, Metric):
                    found.extend(part.variables)
        return found

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """A variable of the metric, zeros if not told otherwise."""
        variable = Variable(
            initializers.get(initializer or "zeros"), tuple(shape), dtype or self._dtype, trainable=False, name=name
        )
        if not any(variable is v for v in self._own):
            self._own.append(variable)
        return variable

    add_variable = add_weight

    def reset_state(self) -> None:
        for v in self.variables:
            v.assign(ops.zeros(v.shape, v.dtype))

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("A metric implements update_state(self, y_true, y_pred, sample_weight=None).")

    def result(self) -> Any:
        raise NotImplementedError("A metric implements result(self).")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self._dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def _weighted(values: Any, sample_weight: Any, dtype: str) -> tuple[Tensor, Tensor]:
    """(sum of weighted values, sum of weights)."""
    values = ops.cast(ops.convert_to_tensor(values), dtype)
    if sample_weight is None:
        return ops.sum(values), ops.convert_to_tensor(float(values.size or 0), dtype)
    weight = ops.cast(ops.convert_to_tensor(sample_weight), dtype)
    if weight.ndim == values.ndim + 1 and weight.shape[-1] == 1:
        weight = ops.squeeze(weight, -1)
    if weight.ndim < values.ndim:
        values = ops.mean(values, axis=list(range(weight.ndim, values.ndim)))
    return ops.sum(values * weight), ops.sum(ops.broadcast_to(weight, values.shape))


class Mean(Metric):
    """Weighted mean of values."""

    def __init__(self, name: str = "mean", dtype: Any = None):
        super().__init__(dtype, name)
        self.total = self.add_weight(name="total")
        self.count = self.add_weight(name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        total, count = _weighted(values, sample_weight, self._dtype)
        self.total.assign_add(total)
        self.count.assign_add(count)

    def result(self) -> Tensor:
        count = self.count.value
        return ops.where(ops.equal(count, 0), 0.0, self.total.value / ops.where(ops.equal(count, 0), 1.0, count))


class Sum(Metric):
    """Weighted sum of values."""

    def __init__(self, name: str = "sum", dtype: Any = None):
        super().__init__(dtype, name)
        self.total = self.add_weight(name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        self.total.assign_add(_weighted(values, sample_weight, self._dtype)[0])

    def result(self) -> Tensor:
        return self.total.value


class MeanMetricWrapper(Mean):
    """Mean of fn(y_true, y_pred)."""

    def __init__(self, fn: Callable, name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(name or getattr(fn, "__name__", "metric"), dtype)  # type: ignore[arg-type]
        self._fn, self._kwargs = fn, kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        values = ops.convert_to_tensor(self._fn(y_true, y_pred, **self._kwargs))
        mask = get_keras_mask(y_pred)
        if mask is not None:
            sample_weight = losses.masked_weight(mask, sample_weight, self._dtype, "sum")
        super().update_state(values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._kwargs}


# -- functions ------------------------------------------------------------------------------------------------------------
def accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the prediction equals the label."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true, y_pred = losses._same_rank(ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype), y_pred)
    return ops.cast(ops.equal(y_true, y_pred), config.floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    """Share of outputs on the right side of the threshold, per sample."""
    y_true, y_pred = losses._pair(y_true, y_pred)
    hit = ops.equal(y_true, ops.cast(ops.greater(y_pred, threshold), y_true.dtype))
    return ops.mean(ops.cast(hit, config.floatx()), axis=-1)


def categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the largest output stands at the 1 of the one-hot label."""
    return ops.cast(ops.equal(ops.argmax(y_true, -1), ops.argmax(y_pred, -1)), config.floatx())


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the largest output stands at the label."""
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    best = ops.argmax(y_pred, -1)
    return ops.cast(ops.equal(ops.cast(y_true, best.dtype), best), config.floatx())


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """1 where the label's output is among the k largest."""
    return ops.cast(ops.in_top_k(ops.argmax(y_true, -1), y_pred, k), config.floatx())


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """1 where the label's output is among the k largest."""
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if y_true.ndim == y_pred.ndim:
        y_true = ops.squeeze(y_true, -1)
    return ops.cast(ops.in_top_k(y_true, y_pred, k), config.floatx())


def _cosine(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    return -losses.cosine_similarity(y_true, y_pred, axis)


def _metric_class(class_name: str, function: Callable, default_name: str, **defaults: Any) -> type[MeanMetricWrapper]:
    def __init__(self: Any, *args: Any, name: str = default_name, dtype: Any = None, **kwargs: Any) -> None:
        values = dict(defaults)
        for i, value in enumerate(args):
            # Keras puts the name first, except before k and threshold.
            if i == 0 and isinstance(value, str):
                name = value
            else:
                values[list(defaults)[i]] = value
        for key, value in kwargs.items():
            if key not in defaults:
                raise TypeError(f"{type(self).__name__} does not know the argument {key!r}.")
            values[key] = value
        MeanMetricWrapper.__init__(self, function, name, dtype, **values)

    return type(
        class_name, (MeanMetricWrapper,), {"__init__": __init__, "__doc__": function.__doc__, "__module__": __name__}
    )


Accuracy = _metric_class("Accuracy", accuracy, "accuracy")
BinaryAccuracy = _metric_class("BinaryAccuracy", binary_accuracy, "binary_accuracy", threshold=0.5)
CategoricalAccuracy = _metric_class("CategoricalAccuracy", categorical_accuracy, "categorical_accuracy")
SparseCategoricalAccuracy = _metric_class(
    "SparseCategoricalAccuracy", sparse_categorical_accuracy, "sparse_categorical_accuracy"
)
TopKCategoricalAccuracy = _metric_class(
    "TopKCategoricalAccuracy", top_k_categorical_accuracy, "top_k_categorical_accuracy", k=5
)
SparseTopKCategoricalAccuracy = _metric_class(
    "SparseTopKCategoricalAccuracy", sparse_top_k_categorical_accuracy, "sparse_top_k_categorical_accuracy", k=5
)
MeanSquaredError = _metric_class("MeanSquaredError", losses.mean_squared_error, "mean_squared_error")
MeanAbsoluteError = _metric_class("MeanAbsoluteError", losses.mean_absolute_error, "mean_absolute_error")
MeanAbsolutePercentageError = _metric_class(
    "MeanAbsolutePercentageError", losses.mean_absolute_percentage_error, "mean_absolute_percentage_error"
)
MeanSquaredLogarithmicError = _metric_class(
    "MeanSquaredLogarithmicError", losses.mean_squared_logarithmic_error, "mean_squared_logarithmic_error"
)
LogCoshError = _metric_class("LogCoshError", losses.log_cosh, "logcosh")
CosineSimilarity = _metric_class("CosineSimilarity", _cosine, "cosine_similarity", axis=-1)
Hinge = _metric_class("Hinge", losses.hinge, "hinge")
SquaredHinge = _metric_class("SquaredHinge", losses.squared_hinge, "squared_hinge")
CategoricalHinge = _metric_class("CategoricalHinge", losses.categorical_hinge, "categorical_hinge")
KLDivergence = _metric_class("KLDivergence", losses.kl_divergence, "kl_divergence")
Poisson = _metric_class("Poisson", losses.poisson, "poisson")
BinaryCrossentropy = _metric_class(
    "BinaryCrossentropy", losses.binary_crossentropy, "binary_crossentropy", from_logits=False, label_smoothing=0
)
CategoricalCrossentropy = _metric_class(
    "CategoricalCrossentropy",
    losses.categorical_crossentropy,
    "categorical_crossentropy",
    from_logits=False,
    label_smoothing=0,
    axis=-1,
)
SparseCategoricalCrossentropy = _metric_class(
    "SparseCategoricalCrossentropy",
    losses.sparse_categorical_crossentropy,
    "sparse_categorical_crossentropy",
    from_logits=False,
    axis=-1,
)


class RootMeanSquaredError(Mean):
    """sqrt(mean((y_true - y_pred)^2))."""

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None):
        super().__init__(name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = losses._pair(y_true, y_pred)
        super().update_state(ops.square(y_true - y_pred), sample_weight)

    def result(self) -> Tensor:
        return ops.sqrt(super().result())


class _Counts(Metric):
    """Counts of the four outcomes at one threshold."""

    def __init__(self, thresholds: Any = None, class_id: int | None = None, name: str | None = None, dtype: Any = None):
        super().__init__(dtype, name)
        self.threshold = 0.5 if thresholds is None else float(thresholds)
        self.class_id = class_id
        self.true_positives = self.add_weight(name="true_positives")
        self.false_positives = self.add_weight(name="false_positives")
        self.false_negatives = self.add_weight(name="false_negatives")
        self.true_negatives = self.add_weight(name="true_negatives")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = losses._pair(y_true, y_pred)
        if self.class_id is not None:
            y_true, y_pred = y_true[..., self.class_id], y_pred[..., self.class_id]
        positive, predicted = ops.cast(y_true, "bool"), ops.greater(y_pred, self.threshold)
        weight: Any = 1.0
        if sample_weight is not None:
            weight = ops.cast(ops.convert_to_tensor(sample_weight), self._dtype)
            while weight.ndim < y_pred.ndim:
                weight = ops.expand_dims(weight, -1)
        for variable, both in (
            (self.true_positives, ops.logical_and(positive, predicted)),
            (self.false_positives, ops.logical_and(ops.logical_not(positive), predicted)),
            (self.false_negatives, ops.logical_and(positive, ops.logical_not(predicted))),
            (self.true_negatives, ops.logical_and(ops.logical_not(positive), ops.logical_not(predicted))),
        ):
            variable.assign_add(ops.sum(ops.cast(both, self._dtype) * weight))


def _ratio(a: Any, b: Any) -> Tensor:
    return ops.where(ops.equal(b, 0), 0.0, a / ops.where(ops.equal(b, 0), 1.0, b))


class Precision(_Counts):
    """True positives among predicted positives."""

    def __init__(
        self,
        thresholds: Any = None,
        top_k: Any = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        return _ratio(self.true_positives.value, self.true_positives.value + self.false_positives.value)


class Recall(_Counts):
    """True positives among all positives."""

    def __init__(
        self,
        thresholds: Any = None,
        top_k: Any = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(thresholds, class_id, name, dtype)

    def result(self) -> Tensor:
        return _ratio(self.true_positives.value, self.true_positives.value + self.false_negatives.value)


ALL: dict[str, Any] = {
    naming.to_snake_case(cls.__name__): cls
    for cls in (
        Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy, TopKCategoricalAccuracy, SparseTopKCategoricalAccuracy,
        MeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredLogarithmicError, RootMeanSquaredError, LogCoshError,
        CosineSimilarity, Hinge, SquaredHinge, CategoricalHinge, KLDivergence, Poisson, BinaryCrossentropy, CategoricalCrossentropy,
        SparseCategoricalCrossentropy, Precision, Recall, Mean, Sum,
    )
}  # fmt: skip
_SHORT = {
    "mse": MeanSquaredError, "mae": MeanAbsoluteError, "mape": MeanAbsolutePercentageError, "msle": MeanSquaredLogarithmicError,
    "rmse": RootMeanSquaredError, "bce": BinaryCrossentropy,
}  # fmt: skip


def get(identifier: Any) -> Any:
    """The metric behind a name, config, object or function; short names give metrics of that name, as in Keras.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    if isinstance(identifier, str) and identifier.lower() in _SHORT:
        return _SHORT[identifier.lower()](name=identifier.lower())
    found = resolve(identifier, ALL, "metric")
    return found if isinstance(found, Metric) or not callable(found) else MeanMetricWrapper(found)
