"""An inception block: windows of different size side by side, their feature maps one behind the other."""

import numpy as np

from yeoul import Input, Model, layers, optimizers, utils

utils.set_random_seed(1)
rng = np.random.default_rng(1)

# Stripes of three widths, in any direction and place.
count, size = 240, 12
width = rng.integers(0, 3, count)
angle, start = rng.uniform(0, np.pi, (2, count, 1, 1))
rows, columns = np.mgrid[:size, :size]
across = rows * np.sin(angle) + columns * np.cos(angle)
images = np.sin(across * np.array([0.6, 1.2, 2.4])[width][:, None, None] + start)
images = (images + 0.3 * rng.normal(size=images.shape))[..., None].astype(np.float32)


def inception_block(x, filters):
    """Four ways to look at x: one pixel, 3 x 3, 5 x 5 (both after fewer channels), and the largest of the neighbours."""
    one = layers.Conv2D(filters, 1, activation="relu")(x)
    three = layers.Conv2D(filters // 2, 1, activation="relu")(x)
    three = layers.Conv2D(filters, 3, padding="same", activation="relu")(three)
    five = layers.Conv2D(filters // 2, 1, activation="relu")(x)
    five = layers.Conv2D(filters, 5, padding="same", activation="relu")(five)
    largest = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    largest = layers.Conv2D(filters, 1, activation="relu")(largest)
    return layers.Concatenate()([one, three, five, largest])


inputs = Input((size, size, 1))
x = inception_block(inputs, 8)
x = layers.MaxPooling2D(2)(x)
x = inception_block(x, 8)
x = layers.GlobalAveragePooling2D()(x)
model = Model(inputs, layers.Dense(3, activation="softmax")(x))
model.summary()
model.compile(optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(images, width, epochs=10, batch_size=16, validation_split=0.2, verbose=0)
print("validation accuracy:", round(history.history["val_accuracy"][-1], 3))

# The model is a graph: any layer's output can be an output of another model.
branches = next(layer for layer in model.layers if isinstance(layer, layers.Concatenate))
print("after the first block:", Model(inputs, branches.output).predict(images[:1], verbose=0).shape)
