"""Films: convolutions over time, height and width tell which way things move."""

import numpy as np

from yeoul import Input, Sequential, layers, optimizers, utils

utils.set_random_seed(3)
rng = np.random.default_rng(3)

# A bright spot that moves up, down, left or right: (films, frames, height, width, channels).
count, frames, size = 200, 5, 8
names = ["up", "down", "left", "right"]
steps = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])
direction = rng.integers(0, 4, count)
start = rng.integers(0, size, (count, 2))
films = 0.1 * rng.random((count, frames, size, size, 1)).astype(np.float32)
for frame in range(frames):
    row, column = ((start + frame * steps[direction]) % size).T
    films[np.arange(count), frame, row, column] = 1.0

model = Sequential(
    [
        Input((frames, size, size, 1)),
        layers.Conv3D(8, 3, activation="relu", padding="same"),
        layers.MaxPooling3D((1, 2, 2)),
        layers.Conv3D(16, 3, activation="relu", padding="same"),
        layers.GlobalMaxPooling3D(),
        layers.Dense(4, activation="softmax"),
    ]
)
model.summary()
model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(films, direction, epochs=15, batch_size=16, validation_split=0.2, verbose=0)
print("validation accuracy:", round(history.history["val_accuracy"][-1], 3))
guess = model.predict(films[:3], verbose=0).argmax(1)
print("first three films go", [names[k] for k in guess], "and really", [names[k] for k in direction[:3]])
