"""Fitted surfaces and decision boundaries."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from yeoul.visualization import plot_decision_boundary, plot_fit_3d, style


class Formula:
    """A model whose outputs are a formula."""

    def __init__(self, formula):
        self.formula = formula

    def predict(self, x, verbose=0):
        return self.formula(x)


X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def colors_of(figure):
    from matplotlib.colors import to_hex

    return [to_hex(c.get_facecolor()[0]) for c in figure.axes[0].collections if hasattr(c, "get_sizes")]


def border(figure):
    """x of the boundary's points."""
    points = [p for c in figure.axes[0].collections if type(c).__name__ == "QuadContourSet" for p in c.get_paths()]
    return np.concatenate([p.vertices[:, 0] for p in points])


def test_probabilities_part_at_a_half():
    model = Formula(lambda x: 1 / (1 + np.exp(-9 * (x[:, :1] - 0.25))))
    figure = plot_decision_boundary(model, X, [0, 1, 0, 1])
    assert border(figure) == pytest.approx(0.25, abs=0.01)
    assert figure.axes[0].images[0].get_clim() == (0, 1)


def test_logits_part_at_zero_and_classes_may_be_minus_one_and_one():
    model = Formula(lambda x: 3 * (x[:, :1] - 0.75))
    figure = plot_decision_boundary(model, X, [-1, 1, -1, 1])
    assert border(figure) == pytest.approx(0.75, abs=0.01)
    assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == ["class 0", "class 1"]


def test_many_classes_have_colours_markers_and_names():
    model = Formula(lambda x: np.stack([x[:, 0], x[:, 1], np.full(len(x), 0.5)], 1))
    figure = plot_decision_boundary(model, X, np.eye(3)[[2, 0, 1, 0]], class_names=["a", "b", "c"])
    assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == ["a", "b", "c"]
    figure._repr_png_()


def test_a_model_that_gives_one_class_everywhere_has_no_boundary():
    figure = plot_decision_boundary(Formula(lambda x: np.full((len(x), 1), 0.2)), X, [0, 0, 0, 0])
    assert not [c for c in figure.axes[0].collections if type(c).__name__ == "QuadContourSet"]


def test_points_and_distances_of_a_fit():
    figure = plot_fit_3d(Formula(lambda x: x[:, :1] + x[:, 1:]), X, [1.0, 1.0, 0.0, 2.0], ("a", "b", "c"), "Sums")
    ax = figure.axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_zlabel()) == ("a", "b", "c")
    segments = next(c for c in ax.collections if type(c).__name__ == "Line3DCollection")._segments3d
    assert np.array(segments)[:, :, 2].tolist() == [[0, 1], [1, 1], [1, 0], [2, 2]]
    figure._repr_png_()
    assert style.ORANGE in colors_of(figure)


def test_errors():
    model = Formula(lambda x: np.zeros((len(x), 2)))
    with pytest.raises(ValueError, match=r"x of shape \(samples, 2\), and got \(4, 3\)"):
        plot_fit_3d(model, np.zeros((4, 3)), np.zeros(4))
    with pytest.raises(ValueError, match="plot_fit_3d needs a model with one output, and this one has 2"):
        plot_fit_3d(model, X, np.zeros(4))
    with pytest.raises(ValueError, match="plot_decision_boundary got 4 rows of x and 3 of y"):
        plot_decision_boundary(model, X, np.zeros(3))
