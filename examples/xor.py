"""XOR: the smallest problem that needs a hidden layer."""

import numpy as np

from yeoul import Input, Sequential, layers, optimizers

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([[0], [1], [1], [0]])

model = Sequential([Input((2,)), layers.Dense(2, activation="sigmoid"), layers.Dense(1, activation="sigmoid")])
model.compile(optimizer=optimizers.SGD(learning_rate=0.1), loss="mse")
history = model.fit(x, y, epochs=5000, batch_size=1, verbose=0)

print("loss:", history.history["loss"][-1])
print(model.predict(x, verbose=0).round(3).ravel())
