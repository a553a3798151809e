"""What differs from Keras on purpose, or is known to be missing, and why. Anything else that differs fails the tests."""

from __future__ import annotations

#: By name, or by name and method: what yeoul takes instead.
DIFFERENT = {
    "KerasTensor": "made by `Input`, not by hand",
    "KerasTensor.reshape": "as a tensor's: `reshape(shape)` or sizes",
    "Variable": "`layout` places a variable on several devices, and there is one",
    "layers.Dense": "no quantization",
    "layers.EinsumDense": "no quantization",
    "utils.CustomObjectScope": "used alike, in a `with` statement",
    "utils.custom_object_scope": "used alike, in a `with` statement",
    "utils.plot_model": "draws SVG by default, which needs no other package, with curved lines",
}

#: Methods and properties that classes may lack, by what they are for.
METHODS = {
    "saving to files": "export get_build_config build_from_config load_own_variables load_weights save save_own_variables save_weights "
    "variable_serialization_spec compile_from_config",
    "quantization": "get_quantization_layer_structure quantization_mode quantize quantized_build quantized_call",
    "Keras' way of building its step functions; a compiled loop has none": "make_predict_function make_test_function make_train_function",
    "of TensorFlow or of several devices": "distribute_reduction_method distribute_strategy compiled_loss compiled_metrics ragged "
    "ragged_rank row_splits_dtype sparse squeeze reshape handle synchronization",
    "alias or remainder of Keras 2": "add_metric add_variable loss",
    "memory saved by calculating again": "rematerialized_call",
    "labels and masks beside images are varied in calls, on dicts; boxes are not": "transform_bounding_boxes transform_labels transform_segmentation_masks",
}

#: Methods by which Keras' own classes do their work; they do not count.
INNER = frozenset(
    [
        "check_finite",
        "convert_weight",
        "convolution_op",
        "finalize_state",
        "get_clipped_bbox",
        "get_elastic_transform_params",
        "get_random_transformation",
        "get_shifted_bbox",
        "get_transformed_x_y",
        "lr_adjust",
        "set_fit_request",
        "symbolic_call",
        "transform_images",
        "transform_single_bounding_box",
        "transform_single_image",
        "transform_single_label",
        "transform_single_segmentation_mask",
        "transpose_last_axis",
        "zeropower_via_newtonschulz5",
    ]
)

#: Why modules, or names, may be missing. The first that fits holds.
MISSING = {
    "callbacks.BackupAndRestore": "needs saving to files",
    "callbacks.ModelCheckpoint": "needs saving to files",
    "callbacks.OrbaxCheckpoint": "of another package",
    "config": "settings that nothing here depends on",
    "distribution": "there is one device",
    "device": "there is one device",
    "dtype_policies": "quantization",
    "export": "needs saving to files",
    "layers.MaxNumBoundingBoxes": "bounding boxes",
    "layers.FlaxLayer": "of another framework",
    "layers.JaxLayer": "of another framework",
    "layers.TFSMLayer": "of another framework",
    "layers.TorchModuleWrapper": "of another framework",
    "legacy": "of Keras 2",
    "utils.bounding_boxes": "bounding boxes",
    "utils.legacy": "of Keras 2",
    "models": "needs saving to files",
    "quantizers": "quantization",
    "Quantizer": "quantization",
    "saving": "needs saving to files",
}


def reason_for_method(method: str) -> str | None:
    return next((reason for reason, names in METHODS.items() if method in names.split()), None)


def reason_for_missing(path: str) -> str:
    for prefix, reason in MISSING.items():
        if path == prefix or path.startswith(prefix + "."):
            return reason
    return ""
