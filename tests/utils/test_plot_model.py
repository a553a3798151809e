"""plot_model: what is drawn, in which file, and what it says when it can not."""

import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from yeoul import Input, Model, Sequential, layers, ops, utils

SVG = "{http://www.w3.org/2000/svg}"


def texts(plot):
    return [t.text for t in ET.fromstring(plot.svg).iter(f"{SVG}text")]


def arrows(plot):
    return len(list(ET.fromstring(plot.svg).iter(f"{SVG}polygon")))


def drawn(model, **arguments):
    return utils.plot_model(model, to_file=None, **arguments)


@pytest.fixture
def mlp():
    return Sequential([Input((8,), name="x"), layers.Dense(4, "relu", name="a"), layers.Dense(1, name="b")], name="mlp")


@pytest.fixture
def siamese():
    encoder = Sequential([Input((8,), name="word"), layers.Dense(4, name="code")], name="encoder")
    a, b = Input((8,), name="left"), Input((8,), name="right")
    gap = layers.Subtract(name="gap")([encoder(a), encoder(b)])
    return Model([a, b], layers.Dense(1, name="same")(gap), name="siamese")


def test_boxes_show_only_types_by_default(mlp):
    assert texts(drawn(mlp)) == ["Input", "Dense", "Dense"]
    assert arrows(drawn(mlp)) == 2


def test_boxes_show_what_they_are_asked_to(mlp):
    mlp.layers[0].trainable = False
    found = texts(
        drawn(
            mlp,
            show_shapes=True,
            show_dtype=True,
            show_layer_names=True,
            show_layer_activations=True,
            show_trainable=True,
        )
    )
    assert found == [
        *("Input", "x", "(None, 8)", "float32"),
        *("Dense", "relu", "a", "(None, 8) → (None, 4)", "float32", "not trainable"),
        *("Dense", "linear", "b", "(None, 4) → (None, 1)", "float32", "trainable"),
    ]


def test_a_shared_layer_has_a_box_for_every_call(siamese):
    found = texts(drawn(siamese))
    assert [t for t in found if t.startswith("shared")] == ["shared: call 1 of 2", "shared: call 2 of 2"]
    assert arrows(drawn(siamese)) == 4  # into two calls, the difference and the output


def test_nested_models_have_a_frame_around_their_layers_once(siamese):
    closed, opened = (
        texts(drawn(siamese, show_layer_names=True)),
        texts(drawn(siamese, show_layer_names=True, expand_nested=True)),
    )
    assert "code" not in closed
    assert opened.count("code") == 1
    assert "encoder · shared: call 1 of 2" in opened


def test_a_nested_models_second_output_is_followed():
    i = Input((4,))
    inner = Model(i, [layers.Dense(2, name="first")(i), layers.Dense(3, name="second")(i)], name="inner")
    x = Input((4,))
    _, second = inner(x)
    plot = drawn(Model(x, layers.Dense(1, name="end")(second)), expand_nested=True, show_layer_names=True)
    # input -> inner input -> first and second, second -> end
    assert arrows(plot) == 4


def test_ops_and_merges_are_boxes():
    a, b = Input((4,)), Input((4,))
    model = Model([a, b], layers.Concatenate()([a * 2.0, b, a]))
    found = texts(drawn(model, show_shapes=True))
    assert "Multiply" in found
    assert {"Mean", "mean", "GetItem", "get_item"} <= set(
        texts(drawn(Model(a, ops.mean(a)[None]), show_layer_names=True))
    )
    assert "3 × (None, 4) → (None, 12)" in found


def test_a_subclass_is_one_box():
    class Own(Model):
        def __init__(self):
            super().__init__(name="own")
            self.dense = layers.Dense(1)

        def call(self, x):
            return self.dense(x)

    model = Own()
    model.build((None, 3))
    assert texts(drawn(model, show_layer_names=True)) == ["Own", "own"]


def test_names_are_escaped():
    model = Sequential([Input((2,)), layers.Dense(1, name="a<b&c")], name="<x>")
    assert "a<b&c" in texts(drawn(model, show_layer_names=True))


def test_left_to_right_is_wider_than_high(mlp):
    down, right = (ET.fromstring(drawn(mlp, rankdir=d).svg) for d in ("TB", "LR"))
    assert float(down.get("height")) > float(down.get("width"))
    assert float(right.get("height")) < float(right.get("width"))
    assert right.get("viewBox").split()[2:] == [right.get("width"), right.get("height")]


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_everything_lies_inside_the_picture_and_texts_inside_boxes(siamese, rankdir):
    drawing = drawn(
        siamese,
        rankdir=rankdir,
        expand_nested=True,
        show_shapes=True,
        show_layer_names=True,
        show_layer_activations=True,
    )._drawing
    for r in drawing.frames + drawing.rectangles:
        assert r.x >= -1e-6 and r.y >= -1e-6
        assert r.x + r.width <= drawing.width + 1e-6 and r.y + r.height <= drawing.height + 1e-6
    for t in drawing.texts:
        assert any(
            r.x <= t.x - t.width / 2 and t.x + t.width / 2 <= r.x + r.width and r.y < t.y < r.y + r.height
            for r in drawing.frames + drawing.rectangles
        ), t
    for path in drawing.paths:
        for _, points in path.commands:
            assert all(-1e-6 <= x <= drawing.width + 1e-6 and -1e-6 <= y <= drawing.height + 1e-6 for x, y in points)


def test_straight_edges_have_no_curves():
    x = Input((4,))
    model = Model(x, layers.Add()([layers.Dense(4)(x), layers.Dense(4)(x)]))
    assert any("C" in p.get("d") for p in ET.fromstring(drawn(model).svg).iter(f"{SVG}path"))
    assert not any("C" in p.get("d") for p in ET.fromstring(drawn(model, splines="line").svg).iter(f"{SVG}path"))


def test_files_are_written_by_suffix(mlp, tmp_path):
    plot = utils.plot_model(mlp, tmp_path / "m.svg")
    assert (tmp_path / "m.svg").read_text(encoding="utf-8") == plot.svg == plot._repr_svg_()
    pytest.importorskip("matplotlib")
    utils.plot_model(mlp, str(tmp_path / "m.png"), show_shapes=True, dpi=96)
    data = (tmp_path / "m.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    size = [int.from_bytes(data[i : i + 4], "big") for i in (16, 20)]
    wide = ET.fromstring(drawn(mlp, show_shapes=True).svg)
    assert abs(size[0] - float(wide.get("width"))) <= 1
    assert abs(size[1] - float(wide.get("height"))) <= 1


def test_errors(mlp, tmp_path):
    with pytest.raises(ValueError, match="This model has not yet been built"):
        drawn(Sequential([layers.Dense(1)]))
    with pytest.raises(ValueError, match="rankdir must be 'TB' or 'LR', and is 'XX'"):
        drawn(mlp, rankdir="XX")
    with pytest.raises(ValueError, match=r"splines must be one of 'ortho', .* and is 'wavy'"):
        drawn(mlp, splines="wavy")
    pytest.importorskip("matplotlib")
    with pytest.raises(ValueError, match=r"the name must end in \.svg, \.png"):
        utils.plot_model(mlp, tmp_path / "m.doc")


def test_svg_needs_no_matplotlib_and_png_says_what_it_needs():
    program = """
import sys
sys.modules["matplotlib"] = None
from yeoul import Input, Sequential, layers, utils
model = Sequential([Input((2,)), layers.Dense(1)])
utils.plot_model(model, to_file=None).svg
try:
    utils.plot_model(model, "m.png")
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert 'Write to a name that ends in .svg, or install it with: pip install "yeoul[plot]"' in done.stdout
