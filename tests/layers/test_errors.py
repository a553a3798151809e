"""What layers say when arguments or inputs are wrong."""

import numpy as np
import pytest

from yeoul import Input, layers

ONES = np.ones((4, 5), np.float32)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Dropout(1.5), "between 0 and 1, and got 1.5"),
        (lambda: layers.AlphaDropout("x"), "between 0 and 1, and got 'x'"),
        (lambda: layers.AlphaDropout(0.5, noise_shape=(3,))(ONES, training=True), "as many axes as the input"),
        (lambda: layers.GaussianNoise(2.0), "between 0 and 1, and got 2.0"),
        (lambda: layers.GaussianDropout(-1.0), "between 0 and 1, and got -1.0"),
        (lambda: layers.ReLU(max_value=-1.0), "max_value must not be negative"),
        (lambda: layers.LeakyReLU(None), "negative_slope must not be negative or None, and got None"),
        (lambda: layers.Permute((1, 3)), r"every axis from 1 .* and got \(1, 3\)"),
        (lambda: layers.RepeatVector(2.5), "must be an integer, and got 2.5"),
        (lambda: layers.RepeatVector(2)(np.ones((2, 3, 4))), "rank 2, and got rank 3"),
        (lambda: layers.Masking(None), "marks steps to skip"),
        (lambda: layers.Add()([np.ones((2, 4)), np.ones((3, 4))]), "different batch sizes"),
        (lambda: layers.Add()([np.ones((2, 4)), np.ones((2, 3))]), "do not fit together"),
        (lambda: layers.Subtract()([ONES, ONES, ONES]), "exactly 2"),
        (lambda: layers.Concatenate()([np.ones((2, 4)), np.ones((3, 4))]), "equal but for axis -1"),
        (lambda: layers.Dot(1)([np.ones((2, 3)), np.ones((2, 4))]), "size 3 at axis 1 and 4 at axis 1"),
        (lambda: layers.Dot(0)([np.ones((2, 3)), np.ones((2, 3))]), "axis 0 is the batch"),
        (lambda: layers.Dot("a"), "integer or a pair of integers"),
        (lambda: layers.EinsumDense("abc-cd->abe", (5, 4))(np.ones((2, 5, 3))), "is invalid"),
        (lambda: layers.EinsumDense("abc,cd->abe", (5, 4))(np.ones((2, 5, 3))), "dimension 'e' stands in the output"),
        (lambda: layers.EinsumDense("abc,cd->abd", (7, 4))(np.ones((2, 5, 3))), "the input has 5, output_shape says 7"),
        (lambda: layers.EinsumDense("abc,cd->abd", (None, 4), bias_axes="x")(np.ones((2, 5, 3))), "'x' is not part"),
        (lambda: layers.EinsumDense("abc,cd->abd", (None, 4), bias_axes="b")(Input((None, 3))), "unknown size"),
        (lambda: layers.GroupNormalization(4)(np.ones((2, 6))), "6 channels .* divided into 4 groups"),
        (lambda: layers.BatchNormalization(renorm_clipping={"max": 1}), r"and got \['max'\]"),
        (lambda: layers.SpectralNormalization(layers.Dense(3), 0), "greater than zero, and got 0"),
        (lambda: layers.SpectralNormalization(layers.ReLU())(ONES), "neither 'kernel' nor 'embeddings'"),
        (lambda: layers.TimeDistributed(layers.Dense(3))(np.ones((2, 3))), "rank 3 or more"),
        (lambda: layers.TimeDistributed(3), "wraps a layer, and got 3"),
        (lambda: layers.Lambda(3), "must be a function of the input, and got 3"),
        (lambda: layers.deserialize({"class_name": "Dens", "config": {}}), "Could not locate class 'Dens'. Pass it in custom_objects"),
        (lambda: layers.InputLayer((3,), shapes=3), "InputLayer does not know the argument"),
    ],
)  # fmt: skip
def test_errors(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()
