"""The pages of the documentation: their code runs, prints what they show, and is the same in both languages."""

import re

import pytest

from tests.lessons import pages
from yeoul import datasets, utils


@pytest.mark.parametrize("path", pages.pages_with_code(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_page_runs_and_prints_what_it_shows(path, tmp_path):
    text = path.read_text(encoding="utf-8")
    if "fashion_mnist" in text and not datasets.fashion_mnist.is_available():
        pytest.skip("Fashion-MNIST is not on this machine")
    for package in pages.optional_packages(text):
        pytest.importorskip(package)
    utils.clear_session()
    steps = pages.read_steps(text)
    try:
        printed = pages.run_page(path, tmp_path)
    finally:
        utils.clear_session()
    for step, output in zip(steps, printed, strict=True):
        if step.shown is not None:
            wrong = pages.differences(step.shown, output)
            assert not wrong, f"{path.name}, the output of the code in line {step.line} has changed: {wrong}"
    for name in re.findall(r"pictures/([\w.]+)", text):
        assert (tmp_path / name).exists(), f"{path.name} shows {name}, and its code does not draw it"


@pytest.mark.parametrize(("english", "korean"), pages.in_both_languages(), ids=lambda path: path.stem)
def test_both_languages_share_code_and_outputs(english, korean):
    first, second = (pages.read_steps(path.read_text(encoding="utf-8")) for path in (english, korean))
    assert [(step.code, step.shown) for step in first] == [(step.code, step.shown) for step in second]


def test_every_lesson_is_there_in_both_languages():
    names = {language: [path.name for path in pages.lesson_pages(language)] for language in pages.LANGUAGES}
    assert names["en"] == names["ko"]
    assert len(names["en"]) >= 6


@pytest.mark.parametrize("path", sorted(pages.DOCS.rglob("*.md")), ids=lambda path: path.stem)
def test_pictures_of_pages_exist(path):
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / name).resolve().is_file(), f"{path.name} shows {name}, which is not there"


def test_every_page_is_in_the_menu():
    menu = (pages.DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    for path in pages.DOCS.rglob("*.md"):
        assert f" {path.relative_to(pages.DOCS).as_posix()}\n" in menu, f"mkdocs.yml does not name {path.name}"


def test_differences_in_words_and_numbers_are_seen():
    assert not pages.differences("loss 0.501, 1,000 rows", "loss 0.502, 1,000 rows")
    assert pages.differences("loss 0.5", "loss 0.9")
    assert pages.differences("loss 0.5", "accuracy 0.5")
