"""A small residual network: every block learns what to add to its input."""

import numpy as np

from yeoul import Input, Model, layers, optimizers, utils

utils.set_random_seed(2)
rng = np.random.default_rng(2)

# Squares, crosses and rings of any size and place.
count, size = 320, 12
shape = rng.integers(0, 3, count)
radius = rng.uniform(2.5, 4, (count, 1, 1))
middle = rng.uniform(4, 8, (2, count, 1, 1))
rows, columns = np.mgrid[:size, :size]
down, right = np.abs(rows - middle[0]), np.abs(columns - middle[1])
far = np.maximum(down, right)
square = far < radius
cross = (far < radius) & (np.minimum(down, right) < 1)
ring = np.abs(np.hypot(down, right) - radius) < 1
images = np.where(shape[:, None, None] == 0, square, np.where(shape[:, None, None] == 1, cross, ring)).astype(
    np.float32
)
images = (images + 0.2 * rng.normal(size=images.shape).astype(np.float32))[..., None]


def residual_block(x, filters, stride=1):
    """relu(shortcut + two convolutions); the shortcut is a convolution of 1 x 1 where the shape changes."""
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(x)
        shortcut = layers.BatchNormalization(momentum=0.9)(shortcut)
    x = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Activation("relu")(x)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.Activation("relu")(layers.Add()([shortcut, x]))


inputs = Input((size, size, 1))
x = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
x = residual_block(x, 8)
x = residual_block(x, 16, stride=2)
x = layers.GlobalAveragePooling2D()(x)
model = Model(inputs, layers.Dense(3, activation="softmax")(x), name="small_resnet")
model.compile(optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(images, shape, epochs=10, batch_size=16, validation_split=0.2, verbose=0)
print(model.name, "has", model.count_params(), "weights")
print("validation accuracy:", round(max(history.history["val_accuracy"]), 3))
