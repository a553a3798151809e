"""What a mistake is answered with."""

import numpy as np
import pytest

from yeoul import Input, Model, Sequential, layers

X = np.random.default_rng(3).normal(size=(20, 4)).astype(np.float32)
LABELS = np.arange(20) % 3


def model(units=3, activation="softmax", loss="sparse_categorical_crossentropy"):
    made = Sequential([Input((4,)), layers.Dense(units, activation=activation)])
    made.compile("sgd", loss)
    return made


def fails(message, *args, made=None, **kwargs):
    with pytest.raises(ValueError, match=message):
        (made or model()).fit(*args, verbose=0, **kwargs)


def test_lengths():
    fails(r"`x` has 20 samples and `y` has 19 \(shape \(19,\)\)", X, LABELS[:19])
    fails(r"`x` has 20 samples and `sample_weight` has 3", X, LABELS, sample_weight=np.ones(3))
    with pytest.raises(ValueError, match="`x` has 20 samples and `y` has 19"):
        model().evaluate(X, LABELS[:19], verbose=0)


def test_empty_data():
    fails(r"`x` is empty: its shape is \(0, 4\)", X[:0], LABELS[:0])
    with pytest.raises(ValueError, match="`x` is empty"):
        model().predict(X[:0], verbose=0)
    fails("gave no batches", iter([]))


@pytest.mark.parametrize("size", [0, -1, 1.5, True])
def test_batch_size(size):
    fails("batch_size must be an integer of at least 1", X, LABELS, batch_size=size)


def test_not_compiled():
    made = Sequential([Input((4,)), layers.Dense(3)])
    for method, args in (
        ("fit", (X, LABELS)),
        ("evaluate", (X, LABELS)),
        ("train_on_batch", (X, LABELS)),
        ("test_on_batch", (X, LABELS)),
    ):
        with pytest.raises(ValueError, match=rf"You must call `compile\(\)` before calling `{method}\(\)`"):
            getattr(made, method)(*args)


def test_no_loss_and_no_targets():
    made = Sequential([Input((4,)), layers.Dense(3)])
    made.compile("sgd")
    fails("No loss to compute", X, LABELS, made=made)
    fails("got no targets", X)


def test_predict_without_layers():
    with pytest.raises(ValueError, match="has not been built"):
        Sequential().predict(X, verbose=0)
    with pytest.raises(ValueError, match="isn't built"):
        Sequential([layers.Dense(1)]).count_params()


def test_labels_out_of_range():
    wrong = LABELS.copy()
    wrong[7] = 3
    message = (
        r"The target in row 7 is 3, and the output has 3 units: class numbers must be 0 to 2\. Give the last "
        r"layer 4 units"
    )
    fails(message, X, wrong)
    fails(message, X, wrong[:, None])
    fails(message, X, wrong, shuffle=False, validation_split=0.2)
    fails(message, X[:5], LABELS[:5], validation_data=(X, wrong))
    with pytest.raises(ValueError, match=message):
        model().evaluate(X, wrong, verbose=0)
    made = model()
    made.train_on_batch(X, LABELS)
    with pytest.raises(ValueError, match=message):
        made.train_on_batch(X, wrong)
    fails(r"The target in row 0 is -1, and class numbers must be 0 to 2", X, LABELS - 1)


def test_binary_labels_out_of_range():
    fails(
        "The target in row 2 is 2, and binary cross-entropy takes targets from 0 to 1",
        X,
        LABELS,
        made=model(1, "sigmoid", "binary_crossentropy"),
    )


def test_loss_and_output_do_not_match():
    one_hot = np.eye(3)[LABELS]
    fails("softmax over one unit is always 1", X, LABELS, made=model(1))
    fails("softmax over one unit is always 1", X, LABELS, made=model(1, "softmax", "categorical_crossentropy"))
    fails("softmax over one unit is always 1", X, LABELS % 2, made=model(1, "softmax", "binary_crossentropy"))
    fails("they look one-hot. Use loss='categorical_crossentropy'", X, one_hot)
    fails("Use loss='sparse_categorical_crossentropy'", X, LABELS, made=model(3, "softmax", "categorical_crossentropy"))
    fails(
        "takes one 0 or 1 for every unit, and the output has 3 units",
        X,
        LABELS,
        made=model(3, "softmax", "binary_crossentropy"),
    )
    fails(
        r"compares targets of shape \(20, 3\) with an output of shape \(20, 1\)", X, one_hot, made=model(1, None, "mse")
    )


def test_nan_in_data_is_told():
    bad = X.copy()
    bad[4, 2] = np.nan
    with (
        pytest.warns(UserWarning, match="became NaN in epoch 1"),
        pytest.warns(UserWarning, match="`x` holds NaN in 1 of 20 rows, the first is row 4"),
    ):
        model().fit(bad, LABELS, verbose=0)


def test_nan_loss_is_told_with_its_epoch():
    made = model(1, None, "mse")
    made.optimizer.learning_rate = 1e18
    with pytest.warns(UserWarning, match=r"The loss became NaN in epoch \d"):
        made.fit(X, LABELS.astype(np.float32), epochs=20, verbose=0)


def test_validation_split():
    fails("leaves none for training", X, LABELS, validation_split=0.99)
    fails("validation_split must be between 0 and 1", X, LABELS, validation_split=1.5)
    fails("only supported for arrays", iter([(X, LABELS)]), validation_split=0.5)


def test_shapes_name_the_input():
    fails(r"Input '.*' of model '.*' has shape \(None, 4\), and got data of shape \(20, 3\)", X[:, :3], LABELS)
    deferred = Sequential([layers.Dense(2), layers.Dense(1)])
    deferred.compile("sgd", "mse")
    deferred.fit(X, LABELS.astype(np.float32), verbose=0)
    fails(r"has shape \(None, 4\), and got data of shape \(20, 2\)", X[:, :2], LABELS.astype(np.float32), made=deferred)


def test_data_that_are_no_numbers():
    fails("`x` holds strings", np.array([["a"] * 4] * 20), LABELS)
    fails("`x` holds objects or lists of different length", [[1, 2, 3, 4], [1, 2]], LABELS[:2])
    fails("is complex", X.astype(complex), LABELS)
    fails(r"`y` must not be passed", iter([(X, LABELS)]), LABELS)


def test_names_of_outputs():
    x = Input((4,))
    made = Model(x, [layers.Dense(1, name="size")(x), layers.Dense(1, name="kind")(x)])
    made.compile("sgd", {"sise": "mse"})
    fails(
        r"`loss` names the output 'sise', and the outputs of the model are \['size', 'kind'\]\. Did you mean 'size'\?",
        X,
        [LABELS, LABELS],
        made=made,
    )
    made.compile("sgd", ["mse"])
    fails(r"`loss` has 1 entries, and the model has 2 output\(s\)", X, [LABELS, LABELS], made=made)
    made.compile("sgd", "mse")
    fails(r"`y` is one array, and the model has 2 outputs \(size, kind\)", X, LABELS, made=made)


def test_arguments():
    with pytest.raises(ValueError, match="Expected `metrics` argument to be a list, tuple, or dict"):
        model().compile("sgd", "mse", metrics="mae")
    with pytest.raises(ValueError, match="Did you mean 'adam'"):
        model().compile("adm", "mse")
    with pytest.raises(ValueError, match="Did you mean"):
        made = model()
        made.compile("sgd", "mean_sqared_error")
        made.fit(X, X[:, :3], verbose=0)
    fails(
        "`class_weight` and `sample_weight` at the same time",
        X,
        LABELS,
        class_weight={0: 1.0},
        sample_weight=np.ones(20),
    )
    fails("validation_freq", X, LABELS, validation_freq=0)
    with pytest.raises(TypeError, match=r"Write History\(\)"):
        from yeoul.callbacks import History

        model().fit(X, LABELS, callbacks=[History], verbose=0)
