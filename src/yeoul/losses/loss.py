"""Loss: values per sample, weighted and reduced to one number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yeoul import ops
from yeoul.core import config, dtypes, naming
from yeoul.core.arguments import KnownArguments
from yeoul.core.masks import get_keras_mask
from yeoul.core.tensor import Tensor
from yeoul.losses.alignment import same_rank
from yeoul.losses.masking import entries, masked_weight, trailing_axes
from yeoul.serialization import resolve, serialize_keras_object

REDUCTIONS = ("sum", "sum_over_batch_size", "mean", "mean_with_sample_weight", "none", None)


class Loss(KnownArguments):
    """Base of losses: `call(y_true, y_pred)` gives values per sample, calling the object weights and reduces them.

    Args:
        name: the class's name in snake case if not given.
        reduction: "sum_over_batch_size" or "mean" (sum of weighted values / number of values), "sum",
            "mean_with_sample_weight" (sum of weighted values / sum of weights), "none" or None (values as they are).
        dtype: that targets and predictions are brought to; floatx if not given.

    A mask that predictions carry gives weight 0 to entries where it is False; means are then over the others.

    Raises: ValueError for another reduction.
    """

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None):
        reduction = "sum_over_batch_size" if reduction == "auto" else reduction
        if reduction not in REDUCTIONS:
            raise ValueError(
                f"{type(self).__name__}: reduction must be one of {', '.join(map(repr, REDUCTIONS))}, and got {reduction!r}."
            )
        self.name = name or naming.to_snake_case(type(self).__name__)
        self.reduction = reduction
        self._given_dtype = None if dtype is None else dtypes.name_of(getattr(dtype, "compute_dtype", dtype))

    @property
    def dtype(self) -> str:
        return self._given_dtype or config.floatx()

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} is a loss, and implements call(self, y_true, y_pred).")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        mask = get_keras_mask(y_pred)
        values = ops.convert_to_tensor(self.call(_as_dtype(y_true, self.dtype), _as_dtype(y_pred, self.dtype)))
        own = get_keras_mask(values)
        if own is not None:
            mask = own if mask is None else ops.logical_and(mask, own)
        weight = masked_weight(mask, sample_weight, values.dtype, self.reduction)
        return reduce_weighted(values, weight, self.reduction)

    def get_config(self) -> dict[str, Any]:
        given = {} if self._given_dtype is None else {"dtype": self._given_dtype}
        return {"name": self.name, "reduction": self.reduction, **given}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        return cls(**config)


def _as_dtype(value: Any, dtype: str) -> Any:
    """`value` as a tensor of `dtype`, with what layers left for it."""
    if value is None or isinstance(value, (dict, tuple)):  # structures that a loss of one's own takes
        return value
    before = ops.convert_to_tensor(value)
    after = ops.cast(before, dtype)
    if after is not before and before.tags:
        tags = dict(before.tags)
        for name in {"logits", "softmax_of"} & set(tags):
            tags[name] = ops.cast(tags[name], dtype)
        after.tags = tags
    return after


def reduce_weighted(values: Tensor, sample_weight: Any = None, reduction: str | None = "sum_over_batch_size") -> Tensor:
    """Values per sample, weighted and reduced. Weights of lower rank belong to the leading axes."""
    weights: Any = None
    if sample_weight is not None:
        weight = ops.cast(ops.convert_to_tensor(sample_weight), values.dtype)
        weights = ops.sum(weight)
        values, weight = same_rank(values, weight)
        values = values * trailing_axes(weight, values.ndim)
    if reduction in ("none", None) or (values.ndim == 0 and reduction != "mean_with_sample_weight"):
        return values
    total = ops.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and weights is not None:
        is_empty = ops.equal(weights, 0)
        return ops.where(is_empty, 0.0, total / ops.where(is_empty, 1.0, weights))
    count = entries(values)
    return total / (max(count, 1.0) if isinstance(count, float) else count)


#: Losses that are functions, by name; filled by the registry, which knows them all.
FUNCTIONS: dict[str, Callable] = {}


class LossFunctionWrapper(Loss):
    """A function of (y_true, y_pred) as a loss object.

    Args:
        fn: gives values per sample.
        reduction, name, dtype: as for `Loss`.
        kwargs: further arguments of `fn`.
    """

    def __init__(
        self,
        fn: Callable,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(name or getattr(fn, "__name__", None), reduction, dtype)
        self.fn, self._fn_kwargs = fn, kwargs

    def call(self, y_true: Any, y_pred: Any) -> Tensor:
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), **self._fn_kwargs}
        return {**config, "fn": serialize_keras_object(self.fn)} if type(self) is LossFunctionWrapper else config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        if "fn" in config:
            config = {**config, "fn": resolve(named_function(config["fn"]), FUNCTIONS, "loss")}
        return cls(**config)

    def __repr__(self) -> str:
        return f"<LossFunctionWrapper({self.fn}, kwargs={self._fn_kwargs})>"


def named_function(identifier: Any) -> Any:
    """The name in the configuration of a function, as Keras writes it; anything else as it is."""
    is_function = isinstance(identifier, dict) and isinstance(identifier.get("config"), str)
    return identifier["config"] if is_function else identifier
