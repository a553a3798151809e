"""Images with their labels, and confusion matrices."""

import warnings

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from yeoul.visualization import plot_confusion_matrix, plot_images, style
from yeoul.visualization.classes import class_name, class_numbers, confidence


def titles(figure):
    return [ax.get_title() for ax in figure.axes]


def test_classes_come_from_numbers_rows_and_probabilities():
    assert list(class_numbers([2, 0])) == [2, 0]
    assert list(class_numbers([[0, 1], [1, 0]])) == [1, 0]
    assert list(class_numbers(np.array([[0.2], [0.9]]))) == [0, 1]
    assert list(class_numbers(np.array([1.0, 3.0]))) == [1, 3]
    assert class_numbers(None) is None


def test_confidence_only_of_probabilities():
    assert list(confidence(np.array([[0.25, 0.75]]))) == [0.75]
    assert list(confidence(np.array([[0.25], [0.75]]))) == [0.75, 0.75]
    assert confidence(np.array([[2.0, -1.0]])) is None
    assert confidence(np.array([[0.9, 0.9]])) is None
    assert confidence(np.array([[0.0, 1.0]])) is None
    assert confidence([1, 2]) is None


def test_names():
    assert class_name(["cat", "dog"], 1) == "dog"
    assert class_name({7: "seven"}, 7) == "seven"
    assert class_name(["cat"], 3) == "3"


def test_wrong_predictions_are_orange_and_say_what_is_right():
    figure = plot_images(np.zeros((2, 4, 4)), [1, 0], np.array([[0.25, 0.75], [0.5, 0.5 + 1e-6]]), ["cat", "dog"])
    assert titles(figure) == ["dog · 75%", "dog · 50%\nis cat"]
    assert [ax.title.get_color() for ax in figure.axes] == [style.BLUE, style.ORANGE]


def test_grey_images_share_one_scale():
    images = np.stack([np.full((2, 2), 0.1), np.full((2, 2), 1.0)])
    assert {ax.images[0].get_clim() for ax in plot_images(images).axes} == {(0.1, 1.0)}


@pytest.mark.parametrize("scale", [1.0, 255.0])
def test_colours_may_be_floats_to_one_or_to_255(scale):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plot_images(np.full((1, 2, 2, 3), scale))
        figure._repr_png_()
    assert figure.axes[0].images[0].get_array().max() == 1.0


def test_many_images_are_cut_and_it_says_so():
    figure = plot_images(np.zeros((1200, 2, 2, 1)), limit=10, title="Zeros")
    assert len(figure.axes) == 10
    assert figure.get_suptitle() == "Zeros, 10 of 1,200 images"


def test_images_of_a_wrong_shape_or_number():
    with pytest.raises(ValueError, match=r"got \(4, 4\)\. For a single image pass images\[None\]"):
        plot_images(np.zeros((4, 4)))
    with pytest.raises(ValueError, match=r"1, 3 or 4 channels, and got \(2, 3, 8, 8\)"):
        plot_images(np.zeros((2, 3, 8, 8)))
    with pytest.raises(ValueError, match="got 2 images and 3 labels"):
        plot_images(np.zeros((2, 4, 4)), [0, 1, 2])


def test_confusion_in_shares_and_counts():
    truth, guess = [0] * 200 + [1] * 4, [0] * 199 + [1] + [1, 1, 1, 0]
    shares = plot_confusion_matrix(truth, guess, ["no", "yes"]).axes[0]
    assert [t.get_text() for t in shares.texts] == [">99", "<1", "25", "75"]
    counts = plot_confusion_matrix(truth, guess, normalize=False).axes[0]
    assert [t.get_text() for t in counts.texts] == ["199", "1", "1", "3"]
    assert [t.get_text() for t in shares.get_yticklabels()] == ["no", "yes"]


def test_confusion_of_a_sigmoids_probabilities():
    ax = plot_confusion_matrix([0, 1], np.array([[0.9], [0.8]]), normalize=False).axes[0]
    assert [(t.get_position(), t.get_text()) for t in ax.texts] == [((1, 0), "1"), ((1, 1), "1")]


def test_confusion_of_many_classes_has_colours_only():
    assert not plot_confusion_matrix(range(100), range(100)).axes[0].texts


def test_confusion_errors():
    with pytest.raises(ValueError, match="got 2 labels and 1 predictions"):
        plot_confusion_matrix([0, 1], [1])
    with pytest.raises(ValueError, match="numbered from 0, and got the class -1"):
        plot_confusion_matrix([-1, 1], [1, 1])
