"""Metric: sums kept in variables, so that they run inside the compiled loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from yeoul import initializers, ops
from yeoul.core import config, dtypes, naming, trace
from yeoul.core.arguments import KnownArguments
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable


class Metric(KnownArguments):
    """Base of metrics: `update_state` adds a batch, `result` gives the value so far, `reset_state` starts again.

    Args:
        dtype: of the sums; floatx if not given.
        name: under which the value stands in logs and history; the class's name in snake case if not given.
    """

    def __init__(self, dtype: Any = None, name: str | None = None):
        self.name = name or naming.unique_name(naming.to_snake_case(type(self).__name__))
        self._dtype = config.floatx() if dtype is None else dtypes.name_of(getattr(dtype, "compute_dtype", dtype))
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
        """The variables of the metric and of metrics that are its attributes."""
        found = list(self._own)
        for value in self.__dict__.values():
            for part in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(part, Metric):
                    found.extend(part.variables)
        return found

    def add_variable(
        self,
        shape: Any = (),
        initializer: Any = None,
        dtype: Any = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """A variable of the metric, zeros if not told otherwise."""
        variable = Variable(
            initializers.get(initializer or "zeros"), tuple(shape), dtype or self._dtype, trainable=False, name=name
        )
        variable.path = f"{self.name}/{variable.name}"
        self._own.append(variable)
        return variable

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """A variable of the metric, zeros if not told otherwise."""
        return self.add_variable(shape, initializer, dtype, name=name)

    def reset_state(self) -> None:
        """Sets all variables to zero."""
        for v in self.variables:
            v.assign(ops.zeros(v.shape, v.dtype))

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} is a metric, and implements update_state(self, y_true, y_pred, sample_weight=None)."
        )

    def result(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} is a metric, and implements result(self).")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.update_state(*args, **kwargs)
        return self.result()

    # -- without state: variables are given and returned ------------------------------------------------------------------
    def _given(self, metric_variables: Sequence[Any]) -> trace.Trace:
        lists = {"metric_variables": (self.variables, metric_variables)}
        return trace.holding(f"Metric {self.name!r}", lists)

    def stateless_update_state(self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any) -> list[Tensor]:
        """The variables' values after a batch, given those before; the metric itself does not change."""
        state = self._given(metric_variables)
        with trace.tracing(state):
            self.update_state(*args, **kwargs)
        return [state.read(variable) for variable in self.variables]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """The result for the given values of the variables."""
        with trace.tracing(self._given(metric_variables)):
            return self.result()

    def stateless_reset_state(self) -> list[Tensor]:
        """The variables' values before any batch."""
        return [ops.zeros(variable.shape, variable.dtype) for variable in self.variables]

    # -- configuration ----------------------------------------------------------------------------------------------------
    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self._dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def ratio(a: Any, b: Any) -> Tensor:
    """a / b, and 0 where b is 0."""
    is_empty = ops.equal(b, 0)
    return ops.where(is_empty, 0.0, a / ops.where(is_empty, 1.0, b))
