"""Loss curves: what is beside what, and over which epochs."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from yeoul import Input, Sequential, layers
from yeoul.visualization import plot_history, style


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_fit_gives_a_history_that_draws_itself():
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    x = np.random.default_rng(0).normal(size=(40, 2))
    history = model.fit(x, x.sum(1), epochs=4, verbose=0, validation_split=0.5)
    figure = history.plot("Sums")
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["loss", "mae"]
    assert figure.get_suptitle() == "Sums"
    for ax, name in zip(figure.axes, ("loss", "mae"), strict=True):
        drawn = lines(ax)
        assert list(drawn["training"].get_ydata()) == history.history[name]
        assert list(drawn["validation"].get_ydata()) == history.history[f"val_{name}"]
        assert list(drawn["training"].get_xdata()) == [1, 2, 3, 4]


@pytest.mark.parametrize("epochs", [1, 2, 7, 300])
def test_ticks_are_whole_epochs(epochs):
    figure = plot_history({"loss": np.linspace(2, 1, epochs)})
    figure.canvas.draw()
    ticks = figure.axes[0].get_xticks()
    assert np.all(ticks == np.round(ticks))
    low, high = figure.axes[0].get_xlim()
    assert np.any((ticks >= low) & (ticks <= high))


def test_the_lowest_validation_loss_is_ringed():
    figure = plot_history({"loss": [3, 2, 1, 0.5], "val_loss": [3.0, 2.5, 2.75, 3.0]})
    ring = lines(figure.axes[0])["lowest: 2.5"]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (2, 2.5)


def test_rarer_validation_stands_at_its_epochs():
    figure = plot_history({"loss": [4, 3, 2, 1], "val_loss": [4, 2]})
    assert list(lines(figure.axes[0])["validation"].get_xdata()) == [2, 4]


def test_values_over_many_magnitudes_have_a_log_scale():
    assert plot_history({"loss": [100.0, 1.0]}).axes[0].get_yscale() == "log"
    assert plot_history({"loss": [2.0, 1.0]}).axes[0].get_yscale() == "linear"
    assert plot_history({"loss": [100.0, 0.0]}).axes[0].get_yscale() == "linear"
    assert plot_history({"loss": [100.0, 1.0]}, log_scale=False).axes[0].get_yscale() == "linear"


def test_a_lost_loss_is_said():
    figure = plot_history({"loss": [1.0, 0.5, float("nan")]})
    assert [t.get_text() for t in figure.axes[0].texts] == ["training: NaN from epoch 3"]


def test_many_metrics_go_over_rows():
    figure = plot_history({name: [1, 2] for name in ("a", "b", "loss", "c")})
    assert [ax.get_title(loc="left") for ax in figure.axes][:4] == ["loss", "a", "b", "c"]
    assert figure.get_size_inches()[1] > 6


def test_curves_differ_in_more_than_colour():
    drawn = lines(plot_history({"loss": [2, 1], "val_loss": [2, 1]}).axes[0])
    training, validation = drawn["training"], drawn["validation"]
    assert training.get_linestyle() != validation.get_linestyle()
    assert training.get_marker() != validation.get_marker()
    assert (training.get_color(), validation.get_color()) == (style.BLUE, style.ORANGE)


def test_an_empty_history_is_an_error():
    with pytest.raises(ValueError, match=r"the history holds no epochs\. Train the model with fit\(\) first"):
        plot_history({})
