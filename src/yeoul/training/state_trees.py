"""A model's state as values: given to a computation instead of being in it, or as one tree by path."""

from __future__ import annotations

from typing import Any

from yeoul.core import trace
from yeoul.core.variable import Variable


class StateTrees:
    """What a model can do with the values of its variables apart from them."""

    def stateless_compute_loss(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        metrics_variables: Any,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tuple[Any, tuple[list[Any], list[Any], list[Any]]]:
        """`compute_loss` for given values of the variables; the model itself does not change.

        Args:
            trainable_variables, non_trainable_variables, metrics_variables: values for the model's lists of these names.

        Returns: (loss, (trainable, non-trainable and metrics' values afterwards)).
        Raises: ValueError if a number of values is wrong.
        """
        model: Any = self
        given = {
            "trainable_variables": trainable_variables,
            "non_trainable_variables": non_trainable_variables,
            "metrics_variables": metrics_variables,
        }
        lists = {name: (getattr(model, name), values) for name, values in given.items()}
        state = trace.holding(f"Model {model.name!r}", lists)
        with trace.tracing(state):
            loss = model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training)
        after = tuple([state.read(v) for v in variables] for variables, _ in lists.values())
        return loss, after  # type: ignore[return-value]

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, dict[str, Any]]:
        """All variables in nested dicts by the parts of their paths, below "trainable_variables", "non_trainable_variables",
        "optimizer_variables" and "metrics_variables".

        Args:
            value_format: "backend_tensor" for the variables' values as tensors, "numpy_array" for copies of them as arrays.

        Raises: ValueError for another format, or two variables of one path.
        """
        if value_format not in ("backend_tensor", "numpy_array"):
            raise ValueError(
                f"get_state_tree: value_format must be 'backend_tensor' or 'numpy_array', and got {value_format!r}."
            )
        is_array = value_format == "numpy_array"
        return {
            name: _tree({path: v.numpy() if is_array else v.value for path, v in variables.items()})
            for name, variables in self._states().items()
        }

    def set_state_tree(self, state_tree: dict[str, Any]) -> None:
        """Sets variables to the values of a tree such as `get_state_tree` gives; what is not in it keeps its value.

        Raises: ValueError for a name or path that the model does not have; then nothing is changed.
        """
        states, pairs = self._states(), []
        for name, values in state_tree.items():
            if name not in states:
                raise ValueError(f"set_state_tree: {name!r} is none of {', '.join(map(repr, states))}.")
            for path, value in _leaves(values):
                if path not in states[name]:
                    raise ValueError(
                        f"set_state_tree: model {self.name!r} has no {path!r} among its {name}. "  # type: ignore[attr-defined]
                        f"It has {', '.join(map(repr, states[name])) or 'none'}."
                    )
                pairs.append((states[name][path], value))
        for variable, value in pairs:
            variable.assign(value)

    def _states(self) -> dict[str, dict[str, Variable]]:
        """The variables of the model by kind and path."""
        model: Any = self
        lists = {
            "trainable_variables": model.trainable_variables,
            "non_trainable_variables": model.non_trainable_variables,
            "optimizer_variables": model.optimizer.variables if model.optimizer is not None else [],
            "metrics_variables": model.metrics_variables,
        }
        found: dict[str, dict[str, Variable]] = {}
        for name, variables in lists.items():
            found[name] = {v.path: v for v in variables}
            if len(found[name]) != len(variables):
                twice = next(v.path for v in variables if found[name][v.path] is not v)
                raise ValueError(
                    f"Model {model.name!r} has two {name} of the path {twice!r}: give its layers different names."
                )
        return found


def _tree(values: dict[str, Any]) -> dict[str, Any]:
    """{"a/b": v} -> {"a": {"b": v}}."""
    root: dict[str, Any] = {}
    for path, value in values.items():
        *around, last = path.split("/")
        here = root
        for part in around:
            here = here.setdefault(part, {})
        here[last] = value
    return root


def _leaves(values: Any, around: str = "") -> list[tuple[str, Any]]:
    """{"a": {"b": v}} -> [("a/b", v)]."""
    if not isinstance(values, dict):
        return [(around, values)]
    return [leaf for key, value in values.items() for leaf in _leaves(value, f"{around}/{key}" if around else key)]
