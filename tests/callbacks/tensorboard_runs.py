"""Runs with a TensorBoard callback, made the same way with Keras (to record) and with yeoul (to compare)."""

import numpy as np

RUNS = {
    "epochs": {},
    "histograms": {"histogram_freq": 1},
    "batches": {"update_freq": "batch", "write_graph": False},
    "images": {"histogram_freq": 2, "write_images": True, "write_graph": False},
    "second_batches": {"update_freq": 2, "write_steps_per_second": True, "write_graph": False},
}
X = np.random.default_rng(23).random((20, 3)).astype("float32")
Y = X[:, :1] - X[:, 1:2]


def run(library, log_dir, options):
    """Trains a small model for two epochs of two batches, with validation."""
    layers = library.layers
    model = library.Sequential(
        [layers.Input((3,)), layers.Dense(4, activation="tanh", name="first"), layers.Dense(1, name="second")],
        name="net",
    )
    generator = np.random.default_rng(29)
    model.set_weights([generator.normal(size=w.shape).astype("float32") for w in model.weights])
    model.compile(library.optimizers.SGD(0.05), "mse", metrics=["mae"])
    board = library.callbacks.TensorBoard(log_dir, **options)
    model.fit(X, Y, batch_size=8, epochs=2, validation_split=0.2, shuffle=False, verbose=0, callbacks=[board])
