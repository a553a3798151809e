"""OutputMetrics: the metrics that `compile` was given, for each output, weighted and not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from yeoul import metrics
from yeoul.core import tree
from yeoul.training.output_losses import is_binary_output, is_sparse_target
from yeoul.training.outputs import per_output, split_outputs


def resolve_metric(identifier: Any, y_true: Any, y_pred: Any) -> Any:
    """A `Metric` from a name, function or object; "accuracy" is chosen by the shapes of targets and output."""
    lowered = identifier.lower() if isinstance(identifier, str) else ""
    if lowered in ("accuracy", "acc", "crossentropy", "ce"):
        family = "Accuracy" if lowered.startswith("acc") else "Crossentropy"
        if is_binary_output(y_pred):
            kind = "Binary"
        else:
            kind = "SparseCategorical" if is_sparse_target(y_true, y_pred) else "Categorical"
        return getattr(metrics, kind + family)(name=identifier)
    metric = metrics.get(identifier)
    if not isinstance(metric, metrics.Metric):
        name = identifier if isinstance(identifier, str) else getattr(metric, "__name__", type(metric).__name__)
        return metrics.MeanMetricWrapper(metric, name=name)
    if isinstance(identifier, str):
        metric.name = identifier
    return metric


class OutputMetrics:
    """Several metrics as one. Built at the first update, when the shapes of outputs and targets are known.

    Args:
        metrics_: a list for a single output; a list of lists or a dict by output name for several.
        weighted_metrics: the same, for metrics that sample weights apply to.
        output_names: names of the model's outputs, if it has them.
    """

    def __init__(self, metrics_: Any, weighted_metrics: Any, output_names: Sequence[str] | None = None):
        for name, value in (("metrics", metrics_), ("weighted_metrics", weighted_metrics)):
            if value and not isinstance(value, (list, tuple, dict)):
                raise ValueError(
                    f"Expected `{name}` argument to be a list, tuple, or dict. Received instead: {name}={value} of "
                    f"type {type(value)}"
                )
        self.name = "compile_metrics"
        self.user_metrics = metrics_
        self.user_weighted_metrics = weighted_metrics
        self.output_names = list(output_names) if output_names else None
        self.names: list[str | None] = []
        self._plain: list[list[Any]] = []
        self._weighted: list[list[Any]] = []
        self.built = False

    @property
    def metrics(self) -> list[Any]:
        return [metric for group in self._plain + self._weighted for metric in group]

    @property
    def variables(self) -> list[Any]:
        return [variable for metric in self.metrics for variable in metric.variables]

    def _targets(self, y_true: Any) -> list[Any]:
        flat = tree.flatten(y_true) if tree.is_nested(y_true) else [y_true]
        if isinstance(y_true, dict) and None not in self.names:
            if len(self.names) == 1 and len(flat) == 1:
                return flat
            return [y_true.get(name) for name in self.names]
        return flat if len(flat) == len(self.names) else flat + [None] * (len(self.names) - len(flat))

    def build(self, y_true: Any, y_pred: Any) -> None:
        outputs, self.names = split_outputs(y_pred, self.output_names)
        targets = self._targets(y_true)
        self._plain = self._resolve(self.user_metrics, targets, outputs, "metrics")
        self._weighted = self._resolve(self.user_weighted_metrics, targets, outputs, "weighted_metrics")
        self.built = True

    def _resolve(self, given: Any, targets: list[Any], outputs: list[Any], argument: str) -> list[list[Any]]:
        count = len(outputs)
        if not given:
            return [[] for _ in outputs]
        if count == 1:
            groups = [tree.flatten(given)]
        elif isinstance(given, dict):
            groups = [_as_list(group) for group in per_output(_hidden(given), self.names, argument)]
        elif len(given) == count:
            groups = [_as_list(group) for group in given]
        else:
            raise ValueError(
                f"`{argument}` has {len(given)} entries, and the model has {count} outputs "
                f"({', '.join(map(str, self.names))}). "
                "Give a list with one entry an output, or a dict by output name."
            )
        return [
            [resolve_metric(m, target, output) for m in group if m is not None]
            for group, target, output in zip(groups, targets, outputs, strict=True)
        ]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        if not self.built:
            self.build(y_true, y_pred)
        outputs, _ = split_outputs(y_pred, self.output_names)
        targets = self._targets(y_true)
        for group, target, output in zip(self._plain, targets, outputs, strict=True):
            for metric in group:
                metric.update_state(target, output)
        if self.user_weighted_metrics:
            weights = per_output(sample_weight, self.names, "sample_weight", is_shared=True)
            for group, target, output, weight in zip(self._weighted, targets, outputs, weights, strict=True):
                for metric in group:
                    metric.update_state(target, output, weight)

    def reset_state(self) -> None:
        for metric in self.metrics:
            metric.reset_state()

    def _log_names(self) -> Iterator[tuple[str, Any]]:
        """Each metric with its name in the logs: the output's name first if there are several, a number after
        a second use.
        """
        used: dict[str, int] = {}
        for groups, is_weighted in ((self._plain, False), (self._weighted, True)):
            for output_name, group in zip(self.names, groups, strict=True):
                prefix = f"{output_name}_" if len(self.names) > 1 and output_name is not None else ""
                for metric in group:
                    name = prefix + metric.name
                    if name in used and is_weighted:
                        name = f"{prefix}weighted_{metric.name}"
                    if name in used:
                        used[name] += 1
                        yield f"{name}_{used[name] - 1}", metric
                    else:
                        used[name] = 1
                        yield name, metric

    def result(self) -> dict[str, Any]:
        if not self.built:
            raise ValueError("Cannot get result() since the metric has not yet been built.")
        return {name: metric.result() for name, metric in self._log_names()}


class _Group:
    """Keeps a list of metrics from being looked into."""

    def __init__(self, items: Any):
        self.items = items


def _hidden(given: dict) -> dict:
    return {key: _Group(value) for key, value in given.items()}


def _as_list(group: Any) -> list[Any]:
    if isinstance(group, _Group):
        group = group.items
    if group is None:
        return []
    return list(group) if isinstance(group, (list, tuple)) else [group]
