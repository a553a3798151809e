"""Iris: three classes, a deeper network, a look at data it has not seen."""

from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

from yeoul import Input, Sequential, layers, utils

x, y = load_iris(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(
    x, utils.to_categorical(y), test_size=0.3, random_state=1, stratify=y
)

scale = layers.Normalization()
scale.adapt(x_train)
model = Sequential(
    [
        Input((4,)),
        scale,
        layers.Dense(32, activation="relu"),
        layers.Dense(32, activation="relu"),
        layers.Dense(32, activation="relu"),
        layers.Dense(3, activation="softmax"),
    ]
)
model.summary()
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=100, batch_size=32, verbose=0)
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"accuracy on {len(x_test)} other flowers: {accuracy:.3f}")
