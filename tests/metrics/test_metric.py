"""What metrics refuse, how they are named and found, and what masks, weights and unknown batches do."""

import numpy as np
import pytest

import yeoul
from yeoul import metrics, ops
from yeoul.core import trace
from yeoul.core.graph import Graph
from yeoul.core.tensor import placeholder
from yeoul.graph.simplify import simplify
from yeoul.metrics.registry import ALIASES, CLASSES

ONES = np.ones((3, 2), np.float32)
NO_MATCH = np.ones((3, 4), np.float32)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.AUC(curve="x"), r"AUC: curve must be one of 'ROC', 'PR', 'PRGAIN', and got 'X'"),
        (lambda: metrics.AUC(summation_method="x"), r"summation_method must be one of 'interpolation'"),
        (lambda: metrics.AUC(num_thresholds=1), r"num_thresholds must be 2 or more, and got 1"),
        (lambda: metrics.AUC(num_labels=2), r"num_labels is of use only with multi_label=True"),
        (lambda: metrics.AUC(thresholds=[0.5, 2.0]), r"AUC: thresholds must be in \[0, 1\], and got \[2.0\]"),
        (lambda: metrics.AUC(multi_label=True)(ONES[0], ONES[0]), r"predictions are of shape \(batch, labels\), and got \(2,\)"),
        (lambda: metrics.AUC(multi_label=True, num_labels=3)(ONES, ONES), r"has variables for 3 labels, and predictions have 2"),
        (lambda: metrics.AUC(label_weights=[1.0, 2.0, 3.0])(ONES, ONES), r"label_weights has shape \(3,\)"),
        (lambda: metrics.Precision(thresholds=[0.5, 2.0]), r"Precision: thresholds must be in \[0, 1\], and got \[2.0\]"),
        (lambda: metrics.Recall(thresholds=-0.1), r"Recall: thresholds must be in"),
        (lambda: metrics.Precision()(NO_MATCH, ONES), r"Labels of shape \(3, 4\) and predictions of shape \(3, 2\)"),
        (lambda: metrics.Precision()([0, 1, 1], ONES), r"utils.to_categorical makes them from class numbers"),
        (lambda: metrics.Precision(class_id=5)(ONES, ONES), r"Index 5 is out of range"),
        (lambda: metrics.Precision(top_k=3)(ONES, ONES), r"top_k=3 is more than the 2 predictions of a sample"),
        (lambda: metrics.SensitivityAtSpecificity(2.0), r"specificity must be in \[0, 1\], and got 2.0"),
        (lambda: metrics.SpecificityAtSensitivity(-1.0), r"sensitivity must be in"),
        (lambda: metrics.PrecisionAtRecall(2.0), r"recall must be in"),
        (lambda: metrics.RecallAtPrecision(0.5, num_thresholds=0), r"num_thresholds must be 1 or more, and got 0"),
        (lambda: metrics.FBetaScore(average="mean"), r"FBetaScore: average must be one of"),
        (lambda: metrics.FBetaScore(beta=-1.0), r"beta must be a float above 0, and got -1.0"),
        (lambda: metrics.F1Score(threshold=1), r"F1Score: threshold must be None or a float in \(0, 1\], and got 1"),
        (lambda: metrics.F1Score()([0, 1], [0, 1]), r"y_true has shape \(2,\). For integer labels use utils.to_categorical"),
        (lambda: metrics.R2Score(class_aggregation="x"), r"class_aggregation must be one of"),
        (lambda: metrics.R2Score(num_regressors=-1), r"num_regressors must be 0 or more"),
        (lambda: metrics.R2Score()([0, 1], [0, 1]), r"of shape \(batch, outputs\), and y_true has shape \(2,\)"),
        (lambda: metrics.IoU(3, [3]), r"IoU: target class 3 does not exist; classes are 0 to 2"),
        (lambda: metrics.Mean()(1.0, sample_weight=[1.0, 2.0]), r"sample_weight of shape \(2,\) has more axes"),
        (lambda: metrics.get("acuracy"), r"Unknown metric 'acuracy'. Did you mean 'accuracy'\?"),
        (lambda: metrics.get(3), r"Cannot use 3 as metric"),
        (lambda: metrics.Metric().result(), r"implements result\(self\)"),
        (lambda: metrics.Metric().update_state(1), r"implements update_state\(self, y_true, y_pred, sample_weight=None\)"),
        (lambda: metrics.Mean().stateless_result([1.0]), r"metric_variables must hold 2 value\(s\), and got 1"),
    ],
)  # fmt: skip
def test_refusals(make, message):
    with pytest.raises((ValueError, NotImplementedError, IndexError), match=message):
        make()


def test_names():
    for cls in CLASSES:
        assert cls.__name__ in metrics.__all__
    for alias, cls in ALIASES.items():
        assert type(metrics.get(alias)) is type(metrics.get(alias.upper())) is cls
    assert metrics.get("mse").name == "mean_squared_error"
    assert type(metrics.get("f1_score")) is type(metrics.get("F1Score")) is metrics.F1Score
    assert type(metrics.get(metrics.AUC)) is metrics.AUC
    assert metrics.get(metrics.mean_squared_error) is metrics.mean_squared_error
    assert isinstance(metrics.get({"class_name": "function", "config": "mean_squared_error"}), metrics.MeanSquaredError)
    yeoul.utils.clear_session()
    assert [metrics.AUC().name, metrics.AUC().name, metrics.IoU(2, [0]).name] == ["auc", "auc_1", "io_u"]
    assert repr(metrics.Mean()) == "<Mean name=mean>"


def test_own_function_round_trip():
    metric = metrics.MeanMetricWrapper(metrics.mean_squared_error, name="given")
    again = metrics.deserialize(metrics.serialize(metric))
    assert again.get_config() == metric.get_config()
    assert float(again(ONES * 3, ONES)) == 4


def test_nothing_seen():
    for name in ("Mean", "Sum", "AUC", "Precision", "F1Score", "R2Score", "MeanSquaredError"):
        assert float(getattr(metrics, name)().result()) == 0
    assert float(metrics.AUC(multi_label=True).result()) == 0
    assert float(metrics.MeanIoU(2).result()) == 0


def test_reset():
    metric = metrics.AUC(multi_label=True)
    metric.update_state(ONES, ONES * 0.5)
    assert [v.shape for v in metric.variables] == [(200, 2)] * 4
    metric.reset_state()
    assert all((v.numpy() == 0).all() for v in metric.variables)


def test_stateless():
    metric = metrics.Precision()
    state = metric.stateless_reset_state()
    state = metric.stateless_update_state(state, [1, 0, 1], [0.9, 0.8, 0.7])
    state = metric.stateless_update_state(state, [0], [0.9])
    assert float(metric.stateless_result(state)) == 0.5
    assert float(metric.result()) == 0


def test_mask_of_predictions():
    y_pred = ops.convert_to_tensor(np.array([[1.0], [2.0], [4.0]], np.float32))
    y_pred.tags = {"mask": ops.convert_to_tensor([True, False, True])}
    assert float(metrics.MeanSquaredError()(np.zeros((3, 1)), y_pred)) == 8.5
    assert float(metrics.MeanSquaredError()(np.zeros((3, 1)), y_pred, sample_weight=[1.0, 5.0, 3.0])) == 12.25


def test_batch_of_unknown_size_is_counted():
    metric = metrics.Mean()
    with trace.tracing() as traced:
        x = placeholder((None, 2), "float32")
        metric.update_state(x)
    counted = next(value for variable, value in traced.updates if variable is metric.count)
    graph = simplify(Graph([x], [counted], traced.variables, []))
    assert any(tensor is x for tensor in _ancestors(graph.outputs[0]))


def _ancestors(tensor):
    found, waiting = [], [tensor]
    while waiting:
        tensor = waiting.pop()
        found.append(tensor)
        waiting += tensor.node.inputs if tensor.node is not None else []
    return found


@pytest.mark.parametrize("thresholds", [2, 3, 4, 9, 10, 16, 17, 200, 999])
def test_buckets_count_as_comparisons_do(thresholds):
    rng = np.random.default_rng(thresholds)
    y_pred = rng.random((40, 3)).astype(np.float32)
    y_true, weight = rng.integers(0, 2, (40, 3)), rng.random((40, 3))
    metric = metrics.AUC(num_thresholds=thresholds)
    metric.update_state(y_true, y_pred, weight)
    limits = np.array(metric.thresholds, np.float32)
    above = y_pred.ravel() > limits[:, None]
    for name, said, labels in (
        ("true_positives", above, y_true), ("false_positives", above, 1 - y_true),
        ("true_negatives", ~above, 1 - y_true), ("false_negatives", ~above, y_true),
    ):  # fmt: skip
        expected = (said * (labels * weight).ravel()).sum(1)
        np.testing.assert_allclose(getattr(metric, name).numpy(), expected, rtol=1e-5, atol=1e-5)


def test_predictions_that_are_no_probabilities_do_not_stop_the_loop():
    metric = metrics.AUC()
    metric.update_state([0, 1, 1, 0, 1], [np.nan, np.inf, -np.inf, -3.0, 7.0])
    assert metric.true_positives.numpy()[[0, 1, 198, 199]].tolist() == [3, 2, 2, 0]
    counts = metrics.Precision(thresholds=[0.0, 0.5, 1.0])
    counts.update_state([1, 1], [0.0, np.nan])
    assert counts.true_positives.numpy().tolist() == [0, 0, 0]


def test_labels_outside_of_the_classes_do_not_count():
    metric = metrics.MeanIoU(2)
    metric.update_state([0, 1, 2, -1, 255, 0], [0, 1, 1, 0, 1, 7])
    assert metric.total_cm.numpy().tolist() == [[1, 0], [0, 1]]


def test_weights_that_integer_counts_cut_off_are_told():
    with pytest.warns(UserWarning, match=r"MeanIoU: weights are float32 and counts are int64"):
        metrics.MeanIoU(2).update_state([0, 1], [0, 1], sample_weight=np.array([0.5, 1.0], np.float32))


def test_too_many_regressors_are_told():
    metric = metrics.R2Score(num_regressors=5)
    metric.update_state(ONES[:, :1] * [[1], [2], [3]], ONES[:, :1])
    with pytest.warns(UserWarning, match="5 regressors are too many for 3 targets"):
        metric.result()


def test_integer_metrics_run_in_the_loop():
    model = yeoul.Sequential([yeoul.layers.Input((2,)), yeoul.layers.Dense(3, "softmax")])
    model.compile(
        "sgd", "sparse_categorical_crossentropy", metrics=[metrics.MeanIoU(3, name="iou", sparse_y_pred=False)]
    )
    x, y = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32), np.arange(20) % 3
    scores = model.evaluate(x, y, batch_size=6, verbose=0, return_dict=True)
    by_hand = metrics.MeanIoU(3)(y, np.argmax(model.predict(x, verbose=0), -1))
    assert scores["iou"] == pytest.approx(float(by_hand))
