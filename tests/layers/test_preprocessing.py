"""Preprocessing layers: what they take, where they may stand, what they say when something is wrong."""

import numpy as np
import pytest

from yeoul import Input, Model, Sequential, layers
from yeoul.utils import PyDataset

NUMBERS = np.arange(100, dtype=np.float32).reshape(50, 2)
WORDS = np.array([["a", "b"], ["a", "c"]])


class Batches(PyDataset):
    def __init__(self, array):
        super().__init__()
        self.array = array

    def __len__(self):
        return 2

    def __getitem__(self, index):
        half = len(self.array) // 2
        return self.array[index * half : (index + 1) * half], np.zeros(half)


SOURCES = [
    lambda x: x,
    lambda x: x.tolist(),
    lambda x: (batch for batch in np.array_split(x, 2)),
    lambda x: ((batch, 0) for batch in np.array_split(x, 2)),
    Batches,
]


@pytest.mark.parametrize("source", SOURCES)
def test_adapt_takes_any_source(source):
    normalization = layers.Normalization()
    normalization.adapt(source(NUMBERS))
    np.testing.assert_allclose(normalization.adapt_mean, NUMBERS.mean(0), rtol=1e-6)
    np.testing.assert_allclose(normalization.adapt_variance, NUMBERS.var(0), rtol=1e-6)
    bins = layers.Discretization(num_bins=4)
    bins.adapt(source(NUMBERS))
    np.testing.assert_allclose(bins.bin_boundaries, [24, 49, 74], atol=1.5)
    lookup = layers.StringLookup()
    lookup.adapt(source(WORDS))
    assert lookup.get_vocabulary() == ["[UNK]", "a", "c", "b"]
    lookup.adapt(source(np.array([["q"], ["q"]])))
    assert lookup.get_vocabulary() == ["[UNK]", "q"]


def test_statistics_have_the_rank_of_the_data():
    layer = layers.Normalization()
    assert layer.mean is None
    layer.adapt(NUMBERS)
    assert layer.mean.shape == (1, 2) and layer.adapt_mean.shape == (2,) and int(layer.count) == 50
    assert layers.Normalization(axis=None, mean=1.0, variance=2.0)(NUMBERS).shape == (50, 2)


def test_adapt_stops_after_steps():
    lookup = layers.StringLookup()
    lookup.adapt((np.array([word]) for word in "abc"), steps=2)
    assert sorted(lookup.get_vocabulary()) == ["[UNK]", "a", "b"]


def test_lookups_take_lists_bytes_objects_and_scalars():
    lookup = layers.StringLookup(vocabulary=["a", "b"])
    assert np.asarray(lookup(["b", "z"])).tolist() == [2, 0]
    assert np.asarray(lookup(np.array([b"a", b"b"]))).tolist() == [1, 2]
    assert np.asarray(lookup(np.array([["a"], ["b"]], object))).tolist() == [[1], [2]]
    assert int(lookup("b")) == 2
    assert layers.StringLookup(vocabulary=["a", "b"], invert=True)([1, 0]).tolist() == ["a", "[UNK]"]


def test_strings_become_numbers_before_the_model():
    lookup = layers.StringLookup(vocabulary=["a", "b"])
    words = np.array([["a", "b"], ["b", "z"], ["a", "a"], ["z", "b"]])

    def batches():
        while True:
            yield lookup(words), np.ones((4, 1), np.float32)

    model = Sequential([layers.Embedding(3, 4), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    losses = model.fit(batches(), steps_per_epoch=3, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    again = model.fit(lookup(words), np.ones((4, 1)), verbose=0).history["loss"]
    assert np.isfinite(again).all()


def test_strings_in_a_model_name_the_way_out():
    with pytest.raises(ValueError, match=r"(?s)Strings never enter a compiled model.*np.array\(\['a', 'b'\]\)"):
        Input((1,), dtype="string")
    x = Input((2,), dtype="int32")
    for layer in (layers.StringLookup(vocabulary=["a"]), layers.Hashing(3)):
        with pytest.raises(TypeError, match=r"can not be part of a model.*layer called on arrays"):
            layer(x)
    with pytest.raises(TypeError, match="can not be part of a model"):
        layers.HashedCrossing(5)((x, x))


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: layers.IntegerLookup(vocabulary=[4, 2, 7]), (None, 3)),
        (lambda: layers.IntegerLookup(vocabulary=[4, 2, 7], num_oov_indices=3), (None, 3)),
        (lambda: layers.IntegerLookup(vocabulary=[4, 2, 7], mask_token=9), (None, 3)),
        (lambda: layers.IntegerLookup(vocabulary=[4, 2, 7], output_mode="one_hot"), (None, 3, 4)),
        (lambda: layers.IntegerLookup(vocabulary=[4, 2, 7], output_mode="multi_hot", mask_token=9), (None, 4)),
        (lambda: layers.IntegerLookup(vocabulary=[4, 2, 7], output_mode="tf_idf", idf_weights=[0.1, 0.2, 0.3]), (None, 4)),
        (lambda: layers.CategoryEncoding(10, "multi_hot"), (None, 10)),
        (lambda: layers.Discretization([1.5, 3.5]), (None, 3)),
        (lambda: layers.Discretization([1.5, 3.5], output_mode="count"), (None, 3)),
    ],
)  # fmt: skip
def test_numbers_may_be_looked_up_within_a_model(make, shape):
    data = np.array([[4, 9, 7], [1, 2, 2]], np.int32)
    layer = make()
    x = Input((3,), dtype="int32")
    model = Model(x, layer(x))
    assert model.output_shape == shape == layer.compute_output_shape((None, 3))
    np.testing.assert_allclose(model.predict(data, verbose=0), layer(data), rtol=1e-6)


def test_shapes_of_buckets():
    assert layers.Hashing(5, output_mode="one_hot").compute_output_shape((None, 1)) == (None, 5)
    assert layers.Hashing(5, output_mode="multi_hot").compute_output_shape((None, 3)) == (None, 5)
    assert layers.HashedCrossing(5, "one_hot").compute_output_shape([(None, 1), (None, 1)]) == (None, 5)
    assert layers.StringLookup(vocabulary=["a"]).compute_output_shape((None, 3)) == (None, 3)


def test_vocabulary_from_a_file_and_back(tmp_path):
    (tmp_path / "words").write_text("a\nb\n한글\n", encoding="utf-8")
    lookup = layers.StringLookup(vocabulary=str(tmp_path / "words"))
    assert lookup.get_vocabulary() == ["[UNK]", "a", "b", "한글"]
    learnt = layers.StringLookup(output_mode="tf_idf")
    learnt.adapt(WORDS)
    learnt.save_assets(tmp_path)
    again = layers.StringLookup.from_config(learnt.get_config())
    again.load_assets(tmp_path)
    assert again.get_vocabulary() == learnt.get_vocabulary()
    np.testing.assert_allclose(again(WORDS), learnt(WORDS))


def test_count_weights():
    layer = layers.CategoryEncoding(4, "count")
    y = layer(np.array([[0, 2, 1], [3, 3, 0]]), count_weights=np.array([[0.1, 0.2, 0.3], [1, 2, 3.0]]))
    np.testing.assert_allclose(y, [[0.1, 0.3, 0.2, 0], [3, 0, 0, 3]], rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Discretization(), "set either num_bins or bin_boundaries"),
        (lambda: layers.Discretization([1.0], 3), "not both"),
        (lambda: layers.Discretization(num_bins=-1), "greater than or equal to 0, and got -1"),
        (lambda: layers.Discretization(num_bins=3, output_mode="x"), "must be one of 'int', 'one_hot', .*got 'x'"),
        (lambda: layers.Discretization(num_bins=3)(NUMBERS), "no boundaries yet.*adapt"),
        (lambda: layers.Discretization([1.0]).adapt(NUMBERS), "was given bin_boundaries"),
        (lambda: layers.CategoryEncoding(), "num_tokens, the number of categories"),
        (lambda: layers.CategoryEncoding(3, "int"), "got 'int'"),
        (lambda: layers.CategoryEncoding(3)(np.array([-1])), "integers from 0 to 2, and got -1"),
        (lambda: layers.CategoryEncoding(3)(np.array([1]), count_weights=[1.0]), "used when output_mode is 'count'"),
        (lambda: layers.CategoryEncoding(3, sparse=True), "sparse tensors are not supported"),
        (lambda: layers.Hashing(0), "num_bins must be positive, and got 0"),
        (lambda: layers.Hashing(3, salt=[1, 2, 3]), "an integer or a pair of integers"),
        (lambda: layers.Hashing(3)(np.array([1.5])), "takes strings or integers, and got float64"),
        (lambda: layers.HashedCrossing(3)(np.array(["A"])), "list or tuple of two or more inputs"),
        (lambda: layers.HashedCrossing(3)((np.array(["A"]), np.array([1.5]))), "got float64"),
        (lambda: layers.HashedCrossing(3)((np.array(["A", "B"]), np.array([1]))), "same shape"),
        (lambda: layers.HashedCrossing(3)((np.ones((2, 2), int), np.ones((2, 2), int))), r"\(batch, 1\), and got \(2, 2\)"),
        (lambda: layers.HashedCrossing(3, "multi_hot"), "must be one of 'int', 'one_hot'"),
        (lambda: layers.StringLookup()(WORDS), "no vocabulary yet.*adapt"),
        (lambda: layers.StringLookup(vocabulary=["a"]).adapt(WORDS), "was given a vocabulary"),
        (lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(WORDS), r"these are not: \['b', 'c'\]"),
        (lambda: layers.StringLookup(vocabulary=["a", "a"]), r"repeated terms: \['a'\]"),
        (lambda: layers.StringLookup(vocabulary=[]), "vocabulary is empty"),
        (lambda: layers.StringLookup(vocabulary=["a", "b"], max_tokens=2), "larger than max_tokens: 3"),
        (lambda: layers.StringLookup(vocabulary=["a", "m"], mask_token="m"), "mask token 'm' stands at index 1"),
        (lambda: layers.StringLookup(max_tokens=1), "greater than 1, and is 1"),
        (lambda: layers.StringLookup(pad_to_max_tokens=True), "needs max_tokens"),
        (lambda: layers.StringLookup(num_oov_indices=-1), "and is -1"),
        (lambda: layers.StringLookup(output_mode="x"), "'tf_idf', and got 'x'"),
        (lambda: layers.StringLookup(invert=True, output_mode="count"), "must be 'int' when invert"),
        (lambda: layers.StringLookup(vocabulary=["a"], output_mode="tf_idf"), "needs idf_weights"),
        (lambda: layers.StringLookup(vocabulary=["a"], idf_weights=[1.0]), "for output_mode='tf_idf'"),
        (lambda: layers.StringLookup(vocabulary=["a"], output_mode="tf_idf", idf_weights=[1.0, 2]), "2 weights and 1"),
        (lambda: layers.IntegerLookup(oov_method="x"), "'floormod' or 'farmhash', and is 'x'"),
        (lambda: layers.IntegerLookup(vocabulary_dtype="int8"), "and is 'int8'"),
        (lambda: layers.Normalization(mean=1.0, variance=1.0).adapt(NUMBERS), "was given mean and variance"),
        (lambda: layers.Normalization().adapt(iter([])), "without any batches"),
    ],
)  # fmt: skip
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()
