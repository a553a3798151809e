"""Calls of utils whose results are recorded from Keras: (function, positional arguments, keyword arguments)."""

import numpy as np

LISTS = [[1], [2, 3], [4, 5, 6]]
SERIES = np.arange(20)


def _series(targets=None, **kwargs):
    return "timeseries_dataset_from_array", (SERIES, targets), {"batch_size": 5, **kwargs}


def _split(dataset=None, **kwargs):
    return "split_dataset", (np.arange(10) if dataset is None else dataset,), kwargs


CASES = {
    "pad": ("pad_sequences", (LISTS,), {}),
    "pad_value": ("pad_sequences", (LISTS,), {"value": -1}),
    "pad_post": ("pad_sequences", (LISTS,), {"padding": "post", "maxlen": 4, "dtype": "float32", "value": 0.5}),
    "pad_cut": ("pad_sequences", (LISTS,), {"maxlen": 2}),
    "pad_cut_post": ("pad_sequences", (LISTS,), {"maxlen": 2, "truncating": "post", "padding": "post"}),
    "pad_steps": ("pad_sequences", ([[[1, 2], [3, 4]], [[5, 6]]],), {}),
    "pad_text": ("pad_sequences", ([["a"], ["b", "c"]],), {"dtype": object, "value": "-"}),
    "pad_empty": ("pad_sequences", ([[], [1]],), {}),
    "pad_truncates": ("pad_sequences", ([[1.7], [-2.5, 3]],), {}),
    "pad_number": ("pad_sequences", (3,), {}),
    "pad_numbers": ("pad_sequences", ([1, 2],), {}),
    "pad_text_dtype": ("pad_sequences", ([["a"]],), {"value": "-"}),
    "pad_shapes": ("pad_sequences", ([[[1, 2]], [[3]]],), {}),
    "windows": _series(sequence_length=4),
    "windows_targets": _series(SERIES * 10, sequence_length=4, sequence_stride=3, sampling_rate=2),
    "windows_few_targets": _series(np.arange(8), sequence_length=4),
    "windows_between": _series(SERIES, sequence_length=3, start_index=2, end_index=9),
    "windows_single": _series(SERIES, sequence_length=3, batch_size=None),
    "windows_rate_0": _series(sequence_length=3, sampling_rate=0),
    "windows_stride_0": _series(sequence_length=3, sequence_stride=0),
    "windows_stride_30": _series(sequence_length=3, sequence_stride=30),
    "windows_start_negative": _series(sequence_length=3, start_index=-1),
    "windows_start_30": _series(sequence_length=3, start_index=30),
    "windows_end_30": _series(sequence_length=3, end_index=30),
    "windows_turned": _series(sequence_length=3, start_index=5, end_index=4),
    "split_left": _split(left_size=0.7),
    "split_right": _split(right_size=3),
    "split_both": _split((np.arange(10), np.arange(10) * 2), left_size=4, right_size=2),
    "split_list": _split([np.arange(4), np.arange(4) * 2], left_size=0.5),
    "split_quarter": _split(left_size=0.25),
    "split_third": _split(left_size=0.35),
    "split_quarter_right": _split(right_size=0.25),
    "split_gap": _split(left_size=0.45, right_size=0.45),
    "split_none": _split(),
    "split_too_large": _split(left_size=1.5),
    "split_all": _split(left_size=10),
    "split_sum": _split(left_size=0.6, right_size=0.6),
    "split_empty": _split(left_size=0.01),
    "split_dict": _split({"a": 1}, left_size=0.5),
    "normalize": ("normalize", (np.array([[3.0, 4.0], [0.0, 0.0]], "float32"),), {}),
    "normalize_1": ("normalize", (np.array([3.0, 4.0]),), {"order": 1}),
    "categorical": ("to_categorical", ([0, 2, 1],), {}),
    "categorical_column": ("to_categorical", ([[1], [0]],), {"num_classes": 3}),
}


def summary(value):
    """`value` as plain lists."""
    if hasattr(value, "numpy"):
        value = value.numpy()
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if hasattr(value, "__iter__") and not isinstance(value, (str, dict)):
        return [summary(part) for part in value]
    return value
