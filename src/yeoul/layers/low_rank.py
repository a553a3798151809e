"""LowRank: what a layer needs to be tuned by two thin matrices instead of its kernel."""

from __future__ import annotations

from typing import Any

from yeoul import initializers, ops
from yeoul.core.tensor import Tensor
from yeoul.core.variable import Variable


class LowRank:
    """For layers whose kernel W may be frozen and replaced by W + lora_alpha / lora_rank A B. Source: Hu et al. 2021.

    Shapes: W (..., n), A (..., rank), B (rank, n).
    """

    lora_enabled = False
    lora_rank: int | None = None
    lora_alpha: float | None = None
    _lora_weight = "kernel"  # the attribute that holds W

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freezes the kernel and adds A and B to train in its place.

        Args:
            rank: columns of A.
            lora_alpha: factor of A B, times 1 / rank; rank if None.

        Raises: ValueError if the layer is not built, its kernel has a constraint, or this was done before.
        """
        layer: Any = self
        weight: Variable | None = getattr(layer, self._lora_weight)
        where = f"{type(layer).__name__} {layer.name!r}"
        if weight is None:
            raise ValueError(f"{where} is not built yet: call it on data, or build(input_shape), before enable_lora().")
        if self.lora_enabled:
            raise ValueError(f"{where}: lora is already enabled. This can be done once per layer.")
        if weight.constraint is not None:
            raise ValueError(f"{where}: lora is incompatible with a constraint of the {self._lora_weight}.")
        self.lora_enabled, self.lora_rank = True, rank
        self.lora_alpha = rank if lora_alpha is None else lora_alpha
        name = f"lora_{self._lora_weight}"
        shapes = ((*weight.shape[:-1], rank), (rank, weight.shape[-1]))
        for letter, shape, initializer in zip("ab", shapes, (a_initializer, b_initializer), strict=True):
            added = layer.add_weight(shape, initializers.get(initializer), name=f"{name}_{letter}")
            setattr(layer, f"{name}_{letter}", added)
        weight.trainable = False

    def _enable_wanted_lora(self) -> None:
        """At the end of `build`: enables it if the constructor was told to."""
        if self.lora_rank and not self.lora_enabled:
            self.enable_lora(self.lora_rank, self.lora_alpha)

    def _tuned(self, weight: Variable) -> Variable | Tensor:
        """The kernel to compute with."""
        if not self.lora_enabled:
            return weight
        name = f"lora_{self._lora_weight}"
        product = ops.matmul(getattr(self, f"{name}_a"), getattr(self, f"{name}_b"))
        return weight + product * (self.lora_alpha / self.lora_rank)  # type: ignore[operator]

    def _lora_config(self) -> dict[str, Any]:
        return {"lora_rank": self.lora_rank, "lora_alpha": self.lora_alpha} if self.lora_rank else {}
