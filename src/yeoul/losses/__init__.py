"""What training minimises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yeoul import ops
from yeoul.core import config, dtypes, naming
from yeoul.core.masks import get_keras_mask
from yeoul.core.tensor import Tensor
from yeoul.serialization import resolve


# -- functions: values per sample ------------------------------------------------------------------------------------------
def _pair(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    y_pred = ops.convert_to_tensor(y_pred)
    if not dtypes.is_float(y_pred.dtype):
        y_pred = ops.cast(y_pred, config.floatx())
    y_true = ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype)
    return _same_rank(y_true, y_pred)


def _same_rank(y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
    """Adds or drops a last axis of size 1 where the ranks differ by one, as Keras does."""
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1) if y_pred.ndim else y_true
    elif y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
        y_true = ops.expand_dims(y_true, -1)
    return y_true, y_pred


def _logits_of(y_pred: Any, from_logits: bool) -> tuple[Tensor, bool]:
    """The logits that an activation left with its output: cross-entropies of them are exact where probabilities underflow."""
    y_pred = ops.convert_to_tensor(y_pred)
    if not from_logits and y_pred.tags is not None and "logits" in y_pred.tags:
        return y_pred.tags["logits"], True
    return y_pred, from_logits


def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """mean((y_true - y_pred)^2) over the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """mean(|y_true - y_pred|) over the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    return ops.mean(ops.absolute(y_true - y_pred), axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """100 mean(|y_true - y_pred| / max(|y_true|, epsilon)) over the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    return (
        ops.mean(ops.absolute((y_true - y_pred) / ops.maximum(ops.absolute(y_true), config.epsilon())), axis=-1) * 100.0
    )


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """mean((log(1 + y_true) - log(1 + y_pred))^2) over the last axis, negative values taken as 0."""
    y_true, y_pred = _pair(y_true, y_pred)
    epsilon = config.epsilon()
    return ops.mean(
        ops.square(ops.log(ops.maximum(y_pred, epsilon) + 1.0) - ops.log(ops.maximum(y_true, epsilon) + 1.0)), axis=-1
    )


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """Squared within delta, linear beyond. Source: Huber 1964."""
    y_true, y_pred = _pair(y_true, y_pred)
    error = ops.absolute(y_pred - y_true)
    return ops.mean(ops.where(error <= delta, ops.square(error) * 0.5, error * delta - 0.5 * delta * delta), axis=-1)


def log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    """mean(log(cosh(y_pred - y_true))) over the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    d = y_pred - y_true
    return ops.mean(d + ops.softplus(d * -2.0) - 0.6931471805599453, axis=-1)


def _signed(y_true: Tensor) -> Tensor:
    is_binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    return ops.where(is_binary, y_true * 2.0 - 1.0, y_true)


def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """mean(max(1 - y_true y_pred, 0)); labels 0 and 1 are taken as -1 and 1."""
    y_true, y_pred = _pair(y_true, y_pred)
    return ops.mean(ops.maximum(1.0 - _signed(y_true) * y_pred, 0.0), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """mean(max(1 - y_true y_pred, 0)^2)."""
    y_true, y_pred = _pair(y_true, y_pred)
    return ops.mean(ops.square(ops.maximum(1.0 - _signed(y_true) * y_pred, 0.0)), axis=-1)


def categorical_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """max(largest wrong score - right score + 1, 0)."""
    y_true, y_pred = _pair(y_true, y_pred)
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)


def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """sum(y_true log(y_true / y_pred)) over the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    y_true, y_pred = ops.clip(y_true, config.epsilon(), 1), ops.clip(y_pred, config.epsilon(), 1)
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """mean(y_pred - y_true log(y_pred)) over the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + config.epsilon()), axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Tensor:
    """-cos of the angle between y_true and y_pred: -1 for the same direction."""
    y_true, y_pred = _pair(y_true, y_pred)
    return -ops.sum(ops.normalize(y_true, axis) * ops.normalize(y_pred, axis), axis=axis)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """mean(-(t log(p) + (1 - t) log(1 - p))) over `axis`."""
    scores, from_logits = _logits_of(y_pred, from_logits)
    y_true, y_pred = _pair(y_true, scores)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits), axis=axis)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """-sum(t log(p)) over `axis`, for one-hot targets."""
    scores, from_logits = _logits_of(y_pred, from_logits)
    y_true = ops.cast(ops.convert_to_tensor(y_true), scores.dtype)
    if y_true.shape[-1] != scores.shape[-1] or y_true.ndim != scores.ndim:
        raise ValueError(
            f"categorical_crossentropy needs one-hot targets of shape {tuple(scores.shape)}, and got {tuple(y_true.shape)}. For integer labels "
            "use loss='sparse_categorical_crossentropy', or utils.to_categorical(y)."
        )
    if label_smoothing:
        classes: Any = y_true.shape[-1]
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / classes
    return ops.categorical_crossentropy(y_true, scores, from_logits, axis)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Tensor:
    """-log(p[y_true]), for integer targets."""
    scores, from_logits = _logits_of(y_pred, from_logits)
    y_true = ops.convert_to_tensor(y_true)
    if y_true.ndim == scores.ndim and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    if y_true.ndim != scores.ndim - 1:
        raise ValueError(
            f"sparse_categorical_crossentropy needs integer labels of shape {tuple(scores.shape[:-1])}, and got {tuple(y_true.shape)}. For one-hot "
            "targets use loss='categorical_crossentropy'."
        )
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, scores, from_logits, axis)
    valid = ops.not_equal(y_true, ignore_class)
    values = ops.sparse_categorical_crossentropy(ops.where(valid, y_true, 0), scores, from_logits, axis)
    return ops.where(valid, values, 0.0)


def binary_focal_crossentropy(
    y_true: Any, y_pred: Any, apply_class_balancing: bool = False, alpha: float = 0.25, gamma: float = 2.0,
    from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1,
) -> Tensor:  # fmt: skip
    """Binary cross-entropy times (1 - p of the right class)^gamma. Source: Lin et al. 2017."""
    y_true, y_pred = _pair(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    p = ops.sigmoid(y_pred) if from_logits else y_pred
    values = ops.binary_crossentropy(y_true, p)
    right = y_true * p + (1.0 - y_true) * (1.0 - p)
    values = (1.0 - right) ** gamma * values
    if apply_class_balancing:
        values = (y_true * alpha + (1.0 - y_true) * (1.0 - alpha)) * values
    return ops.mean(values, axis=axis)


# -- classes: reduced -----------------------------------------------------------------------------------------------------
_REDUCTIONS = ("sum", "sum_over_batch_size", "mean", "mean_with_sample_weight", "none", None)


class Loss:
    """Base of losses: `call(y_true, y_pred)` gives values per sample, calling the object reduces them.

    Args:
        reduction: "sum_over_batch_size" (the mean), "sum", "mean_with_sample_weight" or "none".
    """

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None):
        reduction = {"auto": "sum_over_batch_size"}.get(reduction, reduction)  # type: ignore[arg-type]
        if reduction not in _REDUCTIONS:
            raise ValueError(f"reduction must be one of {_REDUCTIONS}, and got {reduction!r}.")
        self.name = name or naming.to_snake_case(type(self).__name__)
        self.reduction = reduction

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        raise NotImplementedError("A loss implements call(self, y_true, y_pred).")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        values = ops.convert_to_tensor(self.call(y_true, y_pred))
        mask = get_keras_mask(y_pred)
        if mask is not None:
            sample_weight = masked_weight(mask, sample_weight, values.dtype, self.reduction)
        return reduce_weighted(values, sample_weight, self.reduction)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        return cls(**config)


def masked_weight(mask: Any, sample_weight: Any, dtype: str, reduction: str | None) -> Tensor:
    """Sample weights that are 0 where `mask` is False.

    For a mean over all values they grow by total / number of True entries, so that it becomes one over those that count.
    """
    weight = ops.cast(mask, dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        weight = weight * (float(weight.size or 1) / ops.maximum(ops.sum(weight), config.epsilon()))
    if sample_weight is None:
        return weight
    given = ops.cast(ops.convert_to_tensor(sample_weight), dtype)
    if given.ndim == weight.ndim + 1 and given.shape[-1] == 1:
        given = ops.squeeze(given, -1)
    while given.ndim < weight.ndim:
        given = ops.expand_dims(given, -1)
    return given * weight


def reduce_weighted(values: Tensor, sample_weight: Any = None, reduction: str | None = "sum_over_batch_size") -> Tensor:
    """Values per sample, weighted and reduced."""
    weight = None
    if sample_weight is not None:
        weight = ops.cast(ops.convert_to_tensor(sample_weight), values.dtype)
        if weight.ndim == values.ndim + 1 and weight.shape[-1] == 1:
            weight = ops.squeeze(weight, -1)
        while weight.ndim < values.ndim:
            weight = ops.expand_dims(weight, -1)
        values = values * weight
    if reduction in ("none", None) or (values.ndim == 0 and reduction != "sum"):
        return values
    total = ops.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and weight is not None:
        weights = ops.sum(ops.broadcast_to(weight, values.shape))
        return ops.where(ops.equal(weights, 0), 0.0, total / ops.where(ops.equal(weights, 0), 1.0, weights))
    return total / float(max(values.size or 1, 1))


class LossFunctionWrapper(Loss):
    """A function of (y_true, y_pred) as a loss object."""

    def __init__(
        self,
        fn: Callable,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(name or getattr(fn, "__name__", None), reduction)
        self.fn, self.kwargs = fn, kwargs

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return self.fn(y_true, y_pred, **self.kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.kwargs}


def _loss_class(name: str, function: Callable, **defaults: Any) -> type[LossFunctionWrapper]:
    def __init__(
        self: Any,
        *args: Any,
        reduction: str | None = "sum_over_batch_size",
        name: str = function.__name__,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        values = dict(defaults)
        for key, value in zip(defaults, args, strict=False):
            values[key] = value
        if len(args) > len(defaults):
            reduction = args[len(defaults)]
        for key, value in kwargs.items():
            if key not in defaults:
                raise TypeError(f"{type(self).__name__} does not know the argument {key!r}.")
            values[key] = value
        LossFunctionWrapper.__init__(self, function, reduction, name, dtype, **values)

    return type(
        name, (LossFunctionWrapper,), {"__init__": __init__, "__doc__": function.__doc__, "__module__": __name__}
    )


MeanSquaredError = _loss_class("MeanSquaredError", mean_squared_error)
MeanAbsoluteError = _loss_class("MeanAbsoluteError", mean_absolute_error)
MeanAbsolutePercentageError = _loss_class("MeanAbsolutePercentageError", mean_absolute_percentage_error)
MeanSquaredLogarithmicError = _loss_class("MeanSquaredLogarithmicError", mean_squared_logarithmic_error)
Huber = _loss_class("Huber", huber, delta=1.0)
LogCosh = _loss_class("LogCosh", log_cosh)
Hinge = _loss_class("Hinge", hinge)
SquaredHinge = _loss_class("SquaredHinge", squared_hinge)
CategoricalHinge = _loss_class("CategoricalHinge", categorical_hinge)
KLDivergence = _loss_class("KLDivergence", kl_divergence)
Poisson = _loss_class("Poisson", poisson)
CosineSimilarity = _loss_class("CosineSimilarity", cosine_similarity, axis=-1)
BinaryCrossentropy = _loss_class(
    "BinaryCrossentropy", binary_crossentropy, from_logits=False, label_smoothing=0.0, axis=-1
)
CategoricalCrossentropy = _loss_class(
    "CategoricalCrossentropy", categorical_crossentropy, from_logits=False, label_smoothing=0.0, axis=-1
)
SparseCategoricalCrossentropy = _loss_class(
    "SparseCategoricalCrossentropy", sparse_categorical_crossentropy, from_logits=False, ignore_class=None
)
BinaryFocalCrossentropy = _loss_class(
    "BinaryFocalCrossentropy", binary_focal_crossentropy,
    apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1,
)  # fmt: skip

_CLASSES: dict[Callable, Any] = {
    mean_squared_error: MeanSquaredError, mean_absolute_error: MeanAbsoluteError, huber: Huber, log_cosh: LogCosh, hinge: Hinge,
    mean_absolute_percentage_error: MeanAbsolutePercentageError, mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
    squared_hinge: SquaredHinge, categorical_hinge: CategoricalHinge, kl_divergence: KLDivergence, poisson: Poisson,
    cosine_similarity: CosineSimilarity, binary_crossentropy: BinaryCrossentropy, categorical_crossentropy: CategoricalCrossentropy,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy, binary_focal_crossentropy: BinaryFocalCrossentropy,
}  # fmt: skip
FUNCTIONS: dict[str, Any] = {f.__name__: f for f in _CLASSES}
FUNCTIONS.update(
    {
        "mse": mean_squared_error, "mae": mean_absolute_error, "mape": mean_absolute_percentage_error,
        "msle": mean_squared_logarithmic_error, "bce": binary_crossentropy, "kld": kl_divergence, "logcosh": log_cosh,
        "kullback_leibler_divergence": kl_divergence,
    }
)  # fmt: skip
FUNCTIONS.update({naming.to_snake_case(cls.__name__): f for f, cls in _CLASSES.items()})


def get(identifier: Any) -> Any:
    """The loss behind a name, config, object or function.

    Raises: ValueError for an unknown name, with the closest spelling.
    """
    return resolve(identifier, FUNCTIONS, "loss")
