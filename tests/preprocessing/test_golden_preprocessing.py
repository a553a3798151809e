"""Images and texts are changed as Keras changes them."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.preprocessing import cases
from yeoul.preprocessing import image, text

HERE = Path(__file__).parent
ARRAYS = np.load(HERE / "golden_preprocessing.npz")
TEXTS = json.loads((HERE / "golden_text.json").read_text())


@pytest.mark.parametrize("name", sorted(cases.AFFINE))
def test_affine_transform(name):
    picture = cases.pictures(1)[0]
    made = image.apply_affine_transform(picture, row_axis=0, col_axis=1, channel_axis=2, **cases.AFFINE[name])
    np.testing.assert_allclose(made, ARRAYS[f"affine {name}"], atol=2e-3)


@pytest.mark.parametrize("name", sorted(cases.GENERATORS))
def test_generator(name):
    if name == "brightness":
        pytest.importorskip("PIL")
    for number, (x, y, weight) in enumerate(cases.flowed(image.ImageDataGenerator, name)):
        np.testing.assert_array_equal(y, ARRAYS[f"flow {name} {number} y"])
        np.testing.assert_array_equal(weight, ARRAYS[f"flow {name} {number} w"])
        np.testing.assert_allclose(x, ARRAYS[f"flow {name} {number} x"], atol=2e-3, rtol=1e-4)


@pytest.mark.parametrize("key", sorted(key for key in ARRAYS.files if key.startswith("smart")))
def test_smart_resize(key):
    x = cases.pictures(1)[0]
    form = key.split()[-1]
    size = tuple(int(n) for n in key[key.index("(") + 1 : key.index(")")].split(","))
    made = image.smart_resize(np.moveaxis(x, -1, 0) if form == "channels_first" else x, size, data_format=form)
    np.testing.assert_allclose(made, ARRAYS[key], atol=1e-3)


@pytest.mark.parametrize("name", sorted(cases.TOKENIZERS))
@pytest.mark.parametrize("is_restored", [False, True])
def test_tokenizer(name, is_restored):
    def make(**settings):
        return text.Tokenizer(**settings)

    found = json.loads(json.dumps(cases.tokenized(make, name)))
    assert found == TEXTS[name]
    if is_restored:
        tokenizer = text.Tokenizer(**cases.TOKENIZERS[name])
        tokenizer.fit_on_texts(cases.TEXTS)
        again = text.tokenizer_from_json(tokenizer.to_json())
        assert again.texts_to_sequences(cases.NEW_TEXTS) == TEXTS[name]["sequences"]
        assert again.get_config() == tokenizer.get_config()


def test_hashed_words():
    assert text.hashing_trick("the cat, the dog", 100, "md5") == text.hashing_trick("The cat the dog", 100, "md5")
    assert len(text.one_hot("the cat", 10)) == 2
    assert text.text_to_word_sequence("Hi, you!") == ["hi", "you"]
