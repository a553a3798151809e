"""Linear regression: blood fat from weight and age."""

import numpy as np

from yeoul import Input, Sequential, datasets, layers

x, y = datasets.blood_fat.load_data()

model = Sequential([Input((2,)), layers.Dense(1)])
model.compile(optimizer="rmsprop", loss="mse")
history = model.fit(x, y, epochs=5000, verbose=0)

kernel, bias = model.get_weights()
print("loss:", history.history["loss"][-1])
print("weights:", kernel.ravel(), "bias:", bias)
print("100 kg, 44 years:", model.predict(np.array([[100, 44]]), verbose=0).item())
