"""Sums and means of values, weighted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.losses.loss import named_function
from yeoul.losses.masking import entries, mask_of, masked_weight, trailing_axes
from yeoul.losses.registry import FUNCTIONS
from yeoul.metrics.metric import Metric, ratio
from yeoul.serialization import resolve, serialize_keras_object


def _weight_for(values: Tensor, sample_weight: Any, mask: Any, dtype: str) -> Tensor:
    weight = ops.cast(ops.convert_to_tensor(masked_weight(mask, sample_weight, dtype)), dtype)
    if weight.ndim == values.ndim + 1 and weight.shape[-1] == 1:
        weight = ops.squeeze(weight, -1)
    if weight.ndim > values.ndim:
        raise ValueError(
            f"sample_weight of shape {tuple(weight.shape)} has more axes than the values that it weighs, of shape "
            f"{tuple(values.shape)}. Give one weight a sample."
        )
    return weight


def weighted_samples(values: Any, sample_weight: Any, dtype: str) -> tuple[Tensor, Any]:
    """(sum of weighted values, sum of weights), a sample of several values counting once with their mean.

    A mask that values carry makes weights 0, if there are weights.
    """
    mask = mask_of(values)
    values = ops.cast(ops.convert_to_tensor(values), dtype)
    if sample_weight is None:
        count = values.shape[0] if values.ndim else 1
        if count is None or values.size is None:
            values = ops.mean(values, axis=list(range(1, values.ndim))) if values.ndim > 1 else values
            return ops.sum(values), ops.cast(entries(values), dtype)
        inner = values.size // count if count else 1
        total = ops.sum(values)
        return (total if inner == 1 else total / float(inner)), ops.convert_to_tensor(float(count), dtype)
    weight = _weight_for(values, sample_weight, mask, dtype)
    if weight.ndim < values.ndim:
        values = ops.mean(values, axis=list(range(weight.ndim, values.ndim)))
    values = values * weight
    if values.ndim > 1:
        values, weight = (ops.mean(x, axis=list(range(1, x.ndim))) for x in (values, weight))
    return ops.sum(values), ops.sum(weight)


class Sum(Metric):
    """The weighted sum of values.

    Args:
        name: in logs.
        dtype: of the sum.
    """

    def __init__(self, name: str = "sum", dtype: Any = None):
        super().__init__(dtype, name)
        self.total = self.add_weight(name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        mask = mask_of(values)
        values = ops.cast(ops.convert_to_tensor(values), self._dtype)
        if sample_weight is not None:
            values = values * trailing_axes(_weight_for(values, sample_weight, mask, self._dtype), values.ndim)
        self.total.assign_add(ops.sum(values))

    def result(self) -> Tensor:
        return self.total.value


class Mean(Metric):
    """The weighted mean of values; 0 before the first.

    Args:
        name: in logs.
        dtype: of the sums.
    """

    def __init__(self, name: str = "mean", dtype: Any = None):
        super().__init__(dtype, name)
        self.total = self.add_weight(name="total")
        self.count = self.add_weight(name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        total, count = weighted_samples(values, sample_weight, self._dtype)
        self.total.assign_add(total)
        self.count.assign_add(count)

    def result(self) -> Tensor:
        return ratio(self.total.value, self.count.value)


class MeanMetricWrapper(Mean):
    """The mean of fn(y_true, y_pred) over samples, those that a mask of the predictions leaves out not counting.

    Args:
        fn: gives values per sample.
        name: in logs.
        dtype: of the sums.
        kwargs: further arguments of `fn`.
    """

    def __init__(self, fn: Callable, name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(name, dtype)  # type: ignore[arg-type]
        self._fn, self._fn_kwargs = fn, kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        super().update_state(values, masked_weight(mask_of(y_pred), sample_weight, self._dtype))

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), **self._fn_kwargs}
        return {**config, "fn": serialize_keras_object(self._fn)} if type(self) is MeanMetricWrapper else config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        if "fn" in config:
            config = {**config, "fn": resolve(named_function(config["fn"]), FUNCTIONS, "metric function")}
        return cls(**config)
