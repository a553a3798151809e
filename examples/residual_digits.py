"""Handwritten digits with a residual network: what it learns, on which digits it errs, and how much memory it takes."""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from yeoul import Input, Model, callbacks, layers, optimizers, utils

utils.set_random_seed(4)

# 1,797 pictures of 8 x 8, from 0 (white) to 16 (black); no download is needed.
x, y = load_digits(return_X_y=True)
x = x.reshape(-1, 8, 8, 1).astype("float32") / 16
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, random_state=1, stratify=y)


def convolved(x, filters, stride=1):
    """A convolution of 3 x 3 and normalization."""
    x = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization(momentum=0.9)(x)


def residual_block(x, filters, stride=1):
    """relu(shortcut + two convolutions). Gradients reach the first layers by the shortcuts."""
    shortcut = x
    if stride != 1:
        shortcut = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(x)
        shortcut = layers.BatchNormalization(momentum=0.9)(shortcut)
    x = layers.ReLU()(convolved(x, filters, stride))
    x = convolved(x, filters)
    return layers.ReLU()(layers.Add()([shortcut, x]))


inputs = Input((8, 8, 1))
x = layers.ReLU()(convolved(inputs, 16))
x = residual_block(x, 16)
x = residual_block(x, 32, stride=2)
x = residual_block(x, 64, stride=2)
x = layers.GlobalAveragePooling2D()(x)
x = layers.Dropout(0.3)(x)
model = Model(inputs, layers.Dense(10, activation="softmax")(x), name="digits_resnet")
model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.summary()
print(model.memory_plan(batch_size=64))

history = model.fit(
    x_train,
    y_train,
    epochs=20,
    batch_size=64,
    validation_split=0.2,
    verbose=0,
    callbacks=[
        callbacks.ReduceLROnPlateau(patience=3, factor=0.3),
        callbacks.EarlyStopping(patience=6, restore_best_weights=True),
    ],
)
print("validation accuracy:", round(max(history.history["val_accuracy"]), 3))

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test accuracy: {accuracy:.3f}")
guess = model.predict(x_test, verbose=0).argmax(axis=1)
for digit, wrong in sorted(zip(y_test[guess != y_test], guess[guess != y_test], strict=True)):
    print(f"a {digit} was read as {wrong}")
