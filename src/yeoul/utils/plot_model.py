"""plot_model: a picture of a model's layers, drawn without other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from yeoul.utils import plot_model_svg
from yeoul.utils.plot_model_boxes import Show, boxes_of
from yeoul.utils.plot_model_drawing import Drawing, draw

_CURVED = {"ortho": True, "curved": True, "spline": True, "polyline": False, "line": False}


class ModelPlot:
    """A picture of a model. Shows itself in notebooks; `svg` is its text."""

    def __init__(self, drawing: Drawing, name: str):
        self._drawing = drawing
        self._name = name

    @property
    def svg(self) -> str:
        return plot_model_svg.svg(self._drawing, f"Model {self._name}")

    def save(self, path: Any, dpi: float = 200) -> None:
        """Writes the picture in the format of the name's suffix: .svg, or with matplotlib .png, .pdf, ...

        Raises: ImportError if matplotlib is needed and missing; ValueError for a format that it does not know.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix == ".svg":
            path.write_text(self.svg, encoding="utf-8")
            return
        figure = plot_model_svg.figure(self._drawing, dpi)
        known = figure.canvas.get_supported_filetypes()
        if suffix.removeprefix(".") not in known:
            raise ValueError(
                f"plot_model cannot write {str(path)!r}: the name must end in .svg"
                f"{''.join(f', .{name}' for name in ('png', 'pdf', 'jpg') if name in known)}."
            )
        figure.savefig(path, dpi=dpi)

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<ModelPlot of {self._name!r}, {self._drawing.width:.0f} x {self._drawing.height:.0f}>"


def plot_model(
    model: Any,
    to_file: Any = "model.svg",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "curved",
) -> ModelPlot:
    """Draws the layers of a model and what flows between them, without Graphviz.

    A layer that is called several times has a box for every call, marked as shared. A model whose layers are not known (a subclass
    with its own `call`) is one box.

    Args:
        model: a built model.
        to_file: where to write the picture. SVG needs nothing else; .png and .pdf need matplotlib. None writes nothing.
        show_shapes: shapes of inputs and outputs.
        show_dtype: dtypes.
        show_layer_names: names of layers.
        rankdir: "TB" from top to bottom, "LR" from left to right.
        expand_nested: draws nested models in frames.
        dpi: dots per inch of formats that have dots; an inch is 96 units of the SVG.
        show_layer_activations: activations of layers that have one.
        show_trainable: whether layers with weights are trained.
        splines: "curved" (as are "spline" and "ortho"), or "polyline" and "line" for straight edges.

    Returns: a `ModelPlot`, which shows itself in notebooks.

    Raises: ValueError if the model is not built, or for an unknown argument; ImportError if matplotlib is needed and missing.
    """
    if not getattr(model, "built", False):
        raise ValueError(
            "This model has not yet been built. Build the model first by calling `build()` or by calling the model on "
            "a batch of data."
        )
    if rankdir not in ("TB", "LR"):
        raise ValueError(f"plot_model: rankdir must be 'TB' or 'LR', and is {rankdir!r}.")
    if splines not in _CURVED:
        raise ValueError(f"plot_model: splines must be one of {', '.join(map(repr, _CURVED))}, and is {splines!r}.")
    show = Show(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable, expand_nested)
    plot = ModelPlot(draw(boxes_of(model, show), rankdir, _CURVED[splines]), model.name)
    if to_file is not None:
        plot.save(to_file, dpi)
    return plot
