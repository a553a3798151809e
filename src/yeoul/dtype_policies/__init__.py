"""In which dtypes layers keep weights and compute, and what they do if nobody says: the global policy."""

from __future__ import annotations

from typing import Any

from yeoul.core import dtypes
from yeoul.dtype_policies.policy import DTypePolicy
from yeoul.serialization import custom_object_scope, lookup_custom, serialize_keras_object

__all__ = [
    "DTypePolicy",
    "DTypePolicyMap",
    "FloatDTypePolicy",
    "deserialize",
    "dtype_policy",
    "get",
    "serialize",
    "set_dtype_policy",
]

FloatDTypePolicy = DTypePolicy

_global: DTypePolicy | None = None


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are made without one: floatx unless set."""
    return DTypePolicy() if _global is None else _global


def set_dtype_policy(policy: Any) -> None:
    """Sets the policy of layers that are made without one; None for floatx again.

    Args:
        policy: a name, such as "mixed_float16", or a `DTypePolicy`.

    Raises: ValueError for what is neither.
    """
    global _global
    if policy is not None and not isinstance(policy, (str, DTypePolicy)):
        raise ValueError(f"A dtype policy is a name, such as 'mixed_float16', or a DTypePolicy, and got {policy!r}.")
    _global = None if policy is None else get(policy)


def get(identifier: Any) -> DTypePolicy:
    """The policy behind a name, configuration, dtype or object; the global one for None.

    Raises: ValueError for what is none of them.
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return DTypePolicy(identifier)
    try:
        return DTypePolicy(dtypes.name_of(identifier))
    except ValueError:
        raise ValueError(
            f"Cannot use {identifier!r} as dtype: expected a name, such as 'float32', a dtype, or a DTypePolicy."
        ) from None


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """The configuration of a policy."""
    return {
        "module": "keras",
        "class_name": type(dtype_policy).__name__,
        "config": dtype_policy.get_config(),
        "registered_name": serialize_keras_object(dtype_policy)["registered_name"],
    }


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> DTypePolicy:
    """The policy of a configuration.

    Raises: ValueError for an unknown class.
    """
    name = config["class_name"]
    known: dict[str, Any] = {
        "DTypePolicy": DTypePolicy,
        "FloatDTypePolicy": DTypePolicy,
        "DTypePolicyMap": DTypePolicyMap,
    }
    with custom_object_scope(custom_objects or {}):
        cls: Any = lookup_custom(config.get("registered_name") or name) or known.get(name)
    if cls is None:
        raise ValueError(f"Unknown dtype policy class {name!r}. Use one of: {', '.join(known)}.")
    return cls.from_config(config["config"])


from yeoul.dtype_policies.policy_map import DTypePolicyMap  # noqa: E402  (it asks this module for policies)
