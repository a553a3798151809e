"""Arguments, their order and defaults are those of Keras, for whatever of its surroundings is here."""

import inspect
import json
import operator
import pathlib

import pytest

import yeoul

GOLDEN = json.loads(pathlib.Path(__file__).with_name("golden_signatures.json").read_text())["signatures"]


def here(place):
    try:
        return operator.attrgetter(place)(yeoul)
    except AttributeError:
        return None


#: Drawn without Graphviz, as SVG, and so with arguments of their own.
DRAWN = ("utils.plot_model", "utils.model_to_dot")


def is_here(place):
    return place not in DRAWN and (place.startswith("wrappers") or here(place) is not None)


@pytest.mark.parametrize("place", list(filter(is_here, GOLDEN)))
def test_signature(place):
    if place.startswith("wrappers"):
        pytest.importorskip("sklearn")
    parameters = inspect.signature(here(place)).parameters.values()
    mine = [str(p.replace(annotation=p.empty)) for p in parameters]
    if not any(argument.startswith("**") for argument in GOLDEN[place]):
        mine = [argument for argument in mine if not argument.startswith("**")]
    if place == "utils.plot_model":  # an SVG needs no other program; Keras' further arguments go to one
        mine = [a.replace("svg", "png").replace("curved", "ortho") for a in mine]
        assert mine == [a for a in GOLDEN[place] if a != "**kwargs"]
        return
    own = {f"{p.name}={p.default!r}" for p in parameters if p.kind is p.KEYWORD_ONLY} - set(GOLDEN[place])
    assert [argument for argument in mine if argument not in own] == GOLDEN[place]


def test_callbacks_are_complete():
    of_saving = {"BackupAndRestore", "ModelCheckpoint", "OrbaxCheckpoint"}
    wanted = {place.split(".")[1] for place in GOLDEN if place.startswith("callbacks.")} - of_saving
    assert wanted <= set(yeoul.callbacks.__all__)
