"""The names of `keras.backend`."""

import pytest

import yeoul
from yeoul import Input, backend


def test_settings_are_those_of_config():
    assert backend.image_data_format() == "channels_last"
    yeoul.config.set_image_data_format("channels_first")
    try:
        assert backend.image_data_format() == "channels_first"
    finally:
        backend.set_image_data_format("channels_last")
    with pytest.raises(ValueError, match="data_format must be 'channels_last' or 'channels_first', and got 'x'"):
        backend.set_image_data_format("x")
    assert backend.floatx() == "float32" and backend.epsilon() == 1e-7
    assert backend.backend() == yeoul.config.backend()


def test_questions():
    assert backend.is_keras_tensor(Input((1,))) and not backend.is_keras_tensor(3)
    assert backend.standardize_dtype(None) == "float32" and backend.standardize_dtype("bfloat16") == "bfloat16"
    assert backend.is_float_dtype("bfloat16") and not backend.is_float_dtype("uint8")
    assert backend.is_int_dtype("uint8") and not backend.is_int_dtype("bool")
    assert backend.result_type("int32", float) == "float32"
    assert (backend.get_uid("mine"), backend.get_uid("mine"), backend.get_uid("yours")) == (1, 2, 1)
