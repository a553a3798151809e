"""DTypePolicyMap: different policies for different layers of one model."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from yeoul import dtype_policies
from yeoul.dtype_policies.policy import DTypePolicy
from yeoul.serialization import serialize_keras_object


class DTypePolicyMap(DTypePolicy, MutableMapping):
    """Policies by regular expressions that the whole name of a layer must match.

    Args:
        default_policy: for layers that no expression matches; the global policy if None.
        policy_map: {expression: policy}.

    Raises: TypeError if the map is no dict; ValueError if an expression is given twice, or two match one layer.
    """

    def __init__(self, default_policy: Any = None, policy_map: dict[str, Any] | None = None):
        if policy_map is not None and not isinstance(policy_map, dict):
            raise TypeError(f"DTypePolicyMap: policy_map must be a dict, and got {policy_map!r}.")
        self._given_default = None if default_policy is None else dtype_policies.get(default_policy)
        self._policies: dict[str, DTypePolicy] = {}
        for pattern, policy in (policy_map or {}).items():
            self[pattern] = policy

    @property
    def default_policy(self) -> DTypePolicy:
        return self._given_default or dtype_policies.dtype_policy()

    @property
    def name(self) -> str:
        return f"map_{self.default_policy.name}"

    @property
    def compute_dtype(self) -> str:
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        return self.default_policy.variable_dtype

    def __getitem__(self, name: str) -> DTypePolicy:
        if name in self._policies:
            return self._policies[name]
        found = [pattern for pattern in self._policies if re.fullmatch(pattern, name)]
        if len(found) > 1:
            raise ValueError(f"DTypePolicyMap: {name!r} matches several expressions: {', '.join(map(repr, found))}.")
        return self._policies[found[0]] if found else self.default_policy

    def __setitem__(self, pattern: str, policy: Any) -> None:
        if pattern in self._policies:
            raise ValueError(f"DTypePolicyMap: {pattern!r} has a policy already. Delete it first.")
        self._policies[pattern] = dtype_policies.get(policy)

    def __delitem__(self, pattern: str) -> None:
        del self._policies[pattern]

    def __contains__(self, pattern: object) -> bool:
        return pattern in self._policies

    def __len__(self) -> int:
        return len(self._policies)

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def get_config(self) -> dict[str, Any]:
        return {
            "default_policy": serialize_keras_object(self._given_default),
            "policy_map": {pattern: serialize_keras_object(policy) for pattern, policy in self._policies.items()},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DTypePolicyMap:
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, DTypePolicyMap)
            and other._given_default == self._given_default
            and other._policies == self._policies
        )

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        pairs = [(pattern, policy.name) for pattern, policy in self._policies.items()]
        return f"<DTypePolicyMap default_policy={self.default_policy.name}, mapping={pairs}>"
