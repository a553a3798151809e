"""Outputs of a model by name, and what `compile` and data say about each of them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from yeoul.core import tree


def split_outputs(y_pred: Any, output_names: Sequence[str] | None) -> tuple[list[Any], list[str | None]]:
    """The outputs in order, and their names (None where there is none)."""
    if isinstance(y_pred, dict) and not any(tree.is_nested(part) for part in y_pred.values()):
        names = list(output_names) if output_names and set(output_names) == set(y_pred) else sorted(y_pred)
        return [y_pred[name] for name in names], list(names)
    flat = tree.flatten(y_pred)
    if output_names is not None and len(output_names) == len(flat):
        return flat, list(output_names)
    return flat, [None] * len(flat)


def per_output(value: Any, names: Sequence[str | None], argument: str, is_shared: bool = False) -> list[Any]:
    """`value` for every output.

    Args:
        value: None, one value, a list with one entry an output, or a dict by name.
        names: names of the outputs.
        argument: what `value` is called in error messages.
        is_shared: whether one value stands for all outputs.

    Raises: ValueError if the number or the names do not fit.
    """
    count = len(names)
    if value is None:
        return [None] * count
    if isinstance(value, dict):
        known = [name for name in names if name is not None]
        if not known and len(value) == count:
            return list(tree.flatten(value))
        for key in value:
            if key not in known:
                close = difflib.get_close_matches(str(key), [str(name) for name in known], 1)
                hint = f" Did you mean {close[0]!r}?" if close else ""
                raise ValueError(
                    f"`{argument}` names the output {key!r}, and the outputs of the model are {known}.{hint}"
                )
        return [value.get(name) for name in names]
    if isinstance(value, (list, tuple)):
        if len(value) == count and not any(tree.is_nested(part) for part in value):
            return list(value)
        flat = tree.flatten(value)
        if len(flat) == count:
            return flat
        raise ValueError(
            f"`{argument}` has {len(flat)} entries, and the model has {count} output(s). Give one entry an output."
        )
    if count == 1 or is_shared:
        return [value] * count
    raise ValueError(
        f"`{argument}` is one array, and the model has {count} outputs{_named(names)}. Give one for every output."
    )


def _named(names: Sequence[str | None]) -> str:
    return f" ({', '.join(map(str, names))})" if names[0] is not None else ""
