"""Branches, two inputs and two outputs with losses of their own."""

import numpy as np

from yeoul import Input, Model, layers

rng = np.random.default_rng(0)
size = rng.normal(size=(500, 3)).astype(np.float32)
place = rng.normal(size=(500, 2)).astype(np.float32)
price = size.sum(1, keepdims=True) + place[:, :1]
is_city = (place[:, 1] > 0).astype(np.int32)

a, b = Input((3,), name="size"), Input((2,), name="place")
left = layers.Dense(16, activation="relu")(a)
right = layers.Dense(16, activation="relu")(b)
both = layers.Concatenate()([left, right])
model = Model([a, b], [layers.Dense(1, name="price")(both), layers.Dense(2, activation="softmax", name="city")(both)])
model.summary()
model.compile(
    "adam",
    {"price": "mse", "city": "sparse_categorical_crossentropy"},
    metrics={"city": "accuracy"},
    loss_weights=[1.0, 0.5],
)
history = model.fit({"size": size, "place": place}, {"price": price, "city": is_city}, epochs=60, verbose=0)
print({name: round(values[-1], 4) for name, values in history.history.items()})
