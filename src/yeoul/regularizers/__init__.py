"""Penalties on the size of weights, added to the loss."""

from __future__ import annotations

from typing import Any

from yeoul import ops
from yeoul.core.tensor import Tensor
from yeoul.serialization import resolve


class Regularizer:
    """A function of a weight that gives its penalty."""

    def __call__(self, x: Any) -> Tensor:
        raise NotImplementedError("A regularizer implements __call__(self, x).")

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Regularizer:
        return cls(**config)


class L1L2(Regularizer):
    """l1 sum |w| + l2 sum w^2."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        for name, value in (("l1", l1), ("l2", l2)):
            if value is not None and value < 0:
                raise ValueError(f"The factor {name} must not be negative, and got {value}.")
        self.l1, self.l2 = l1 or 0.0, l2 or 0.0

    def __call__(self, x: Any) -> Tensor:
        total = ops.convert_to_tensor(0.0, ops.convert_to_tensor(x).dtype)
        if self.l1:
            total = total + ops.sum(ops.absolute(x)) * self.l1
        if self.l2:
            total = total + ops.sum(ops.square(x)) * self.l2
        return total

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class L1(L1L2):
    """l1 sum |w|."""

    def __init__(self, l1: float = 0.01):
        super().__init__(l1=l1)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(L1L2):
    """l2 sum w^2."""

    def __init__(self, l2: float = 0.01):
        super().__init__(l2=l2)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """factor times the mean |cosine| between different rows (or columns)."""

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        if mode not in ("rows", "columns"):
            raise ValueError(f"OrthogonalRegularizer: mode must be 'rows' or 'columns', and got {mode!r}.")
        self.factor, self.mode = factor, mode

    def __call__(self, x: Any) -> Tensor:
        x = ops.convert_to_tensor(x)
        rows = ops.normalize(x if self.mode == "rows" else ops.transpose(x), axis=1)
        n = rows.shape[0]
        cosines = ops.matmul(rows, ops.transpose(rows)) * (1.0 - ops.eye(n, dtype=rows.dtype))
        return ops.sum(ops.absolute(cosines)) * (0.5 * self.factor / max(n * (n - 1) / 2.0, 1.0))

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


def l1(l1: float = 0.01) -> L1:
    return L1(l1)


def l2(l2: float = 0.01) -> L2:
    return L2(l2)


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    return L1L2(l1, l2)


ALL: dict[str, Any] = {"l1": L1, "l2": L2, "l1l2": L1L2, "l1_l2": L1L2, "orthogonal_regularizer": OrthogonalRegularizer}


def get(identifier: Any) -> Any:
    """The regularizer behind a name, config, object or function."""
    return resolve(identifier, ALL, "regularizer")
