"""DTypePolicy: in which dtype a layer keeps its weights and in which it computes."""

from __future__ import annotations

from typing import Any

from yeoul.core import config, dtypes
from yeoul.core.tensor import Tensor, operators

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


class DTypePolicy:
    """The dtypes of a layer.

    Args:
        name: "mixed_float16" or "mixed_bfloat16" (weights in float32, computation in half precision), or the name of a dtype for both;
            floatx if not given.

    Sums inside an op are taken in float32 whatever the policy; what an op stores has the compute dtype.

    Raises: TypeError if `name` is no string; ValueError for an unknown one.
    """

    quantization_mode: str | None = None

    def __init__(self, name: str | None = None):
        name = config.floatx() if name is None else name
        if not isinstance(name, str):
            raise TypeError(f"A dtype policy is named by a string, such as 'mixed_float16', and got {name!r}.")
        if name not in _MIXED and name not in dtypes.NUMPY_DTYPES:
            raise ValueError(
                f"Unknown dtype policy {name!r}. Use 'mixed_float16', 'mixed_bfloat16', or the name of a dtype such as 'float32'."
            )
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    @property
    def compute_dtype(self) -> str:
        return _MIXED.get(self._name, self._name)

    @property
    def variable_dtype(self) -> str:
        return "float32" if self._name in _MIXED else self._name

    def convert_input(self, x: Any, autocast: bool, dtype: str) -> Any:
        """`x` as a tensor of `dtype`, if `autocast` and it is a float; anything that is no tensor or array stays as it is."""
        if not isinstance(x, Tensor):
            if not hasattr(x, "__array__"):
                return x
            x = operators["convert"](x)
        is_cast = autocast and dtypes.is_float(dtype) and dtypes.is_float(x.dtype)
        return operators["cast"](x, dtype) if is_cast else x

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DTypePolicy:
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other._name == self._name

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self._name}">'
