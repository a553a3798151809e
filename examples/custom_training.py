"""A layer, a model and a training step of one's own. The step is traced once and runs compiled."""

import numpy as np

from yeoul import Layer, Model, ops, optimizers


class Scale(Layer):
    """y = x w, one weight a feature."""

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1],), "ones", name="w")

    def call(self, x):
        return x * self.w


class Line(Model):
    """A sum of scaled features, trained on the largest error of a batch."""

    def __init__(self):
        super().__init__()
        self.scale = Scale()

    def call(self, x, training=False):
        return ops.sum(self.scale(x), axis=-1, keepdims=True)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.max(ops.absolute(y - y_pred))


x = np.random.default_rng(0).normal(size=(256, 3)).astype(np.float32)
y = x @ np.array([[1.0], [2.0], [-1.0]], np.float32)
model = Line()
model.compile(optimizer=optimizers.Adam(0.02))
history = model.fit(x, y, epochs=200, batch_size=64, verbose=0)
print("loss:", history.history["loss"][0], "->", history.history["loss"][-1])
print("weights:", model.scale.w.numpy())
