"""Calls that are made of Keras and of this package."""

import numpy as np


def pictures(count=5, height=9, width=12, channels=3):
    """Pictures of 0 to 255, every one different."""
    places = np.arange(count * height * width * channels, dtype=np.uint64)
    mixed = (places * np.uint64(2654435761)) % np.uint64(2**32) >> np.uint64(24)
    return mixed.astype(np.float32).reshape(count, height, width, channels)


AFFINE = {
    f"{name} {mode} {order}": {**settings, "fill_mode": mode, "order": order, "cval": 7.0}
    for name, settings in {
        "turned": {"theta": 30},
        "moved": {"tx": 2.5, "ty": -1.25},
        "sheared": {"shear": 20},
        "stretched": {"zx": 0.5, "zy": 1.5},
        "all": {"theta": -75, "tx": 1, "ty": 4.5, "shear": 10, "zx": 1.3, "zy": 0.7},
        "far": {"tx": 20, "ty": -30},
    }.items()
    for mode in ("nearest", "constant", "reflect", "wrap")
    for order in (0, 1)
}

GENERATORS = {
    "plain": {},
    "everything": {
        "rotation_range": 40,
        "width_shift_range": 0.2,
        "height_shift_range": 3,
        "shear_range": 15,
        "zoom_range": 0.3,
        "channel_shift_range": 20.0,
        "horizontal_flip": True,
        "vertical_flip": True,
        "rescale": 1 / 255,
    },
    "brightness": {"brightness_range": (0.5, 1.5), "horizontal_flip": True},
    "chosen shifts": {"width_shift_range": [-2, 0, 2], "height_shift_range": [0.1, 0.3], "fill_mode": "reflect"},
    "samplewise": {"samplewise_center": True, "samplewise_std_normalization": True, "fill_mode": "constant"},
    "featurewise": {"featurewise_center": True, "featurewise_std_normalization": True, "zoom_range": (0.8, 1.0)},
    "whitening": {"zca_whitening": True},
    "function": {"preprocessing_function": lambda x: x / 2, "rescale": 0.1},
    "first": {"data_format": "channels_first", "rotation_range": 20, "horizontal_flip": True},
}


def flowed(make, name):
    """Two epochs of batches, with targets and weights."""
    generator = make(**GENERATORS[name])
    x = pictures()
    x = np.moveaxis(x, -1, 1) if name == "first" else x
    if name in ("featurewise", "whitening"):
        generator.fit(x)
    flow = generator.flow(x, np.arange(5), batch_size=2, sample_weight=np.arange(5) / 10, seed=3)
    return [next(flow) for _ in range(2 * len(flow))]


TEXTS = ["The cat sat on the mat.", "The dog, the dog!\tate my homework", "", "Cats & dogs; 1,000 of the"]
TOKENIZERS = {
    "plain": {},
    "few": {"num_words": 4},
    "unknown": {"num_words": 5, "oov_token": "<?>"},
    "characters": {"char_level": True},
    "capitals": {"lower": False, "filters": ".,"},
}
NEW_TEXTS = ["the dog sat on a homework", "nothing known here"]


def tokenized(make, name):
    tokenizer = make(**TOKENIZERS[name])
    tokenizer.fit_on_texts(TEXTS)
    sequences = tokenizer.texts_to_sequences(NEW_TEXTS)
    matrices = {
        mode: np.round(tokenizer.texts_to_matrix(NEW_TEXTS[:1], mode), 6).tolist()
        for mode in ("binary", "count", "freq", "tfidf")
    }
    return {
        "index": tokenizer.word_index,
        "sequences": sequences,
        "texts": tokenizer.sequences_to_texts(sequences),
        "matrices": matrices,
        "documents": sorted(tokenizer.index_docs.items()),
    }
