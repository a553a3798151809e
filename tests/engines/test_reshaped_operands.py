"""An element-wise op that reads another one's result by a reshape of it."""

import numpy as np

from yeoul.core import engine
from yeoul.core.graph import Graph
from yeoul.core.tensor import placeholder
from yeoul.graph.gradients import gradients
from yeoul.ops import mean, negative, reshape
from yeoul.ops import sum as sum_of


def test_a_reshaped_operand_is_computed_before_it_is_read():
    x, w = placeholder((1, 3), "float32"), placeholder((1, 3), "float32")
    t = x * w
    a, b = np.array([[1, 2, 3]], np.float32), np.array([[4, 5, 6]], np.float32)
    (y,) = engine.current().compile(Graph([x, w], [t + reshape(negative(t) * 2.0, (3,))], [], [])).run([a, b])
    np.testing.assert_array_equal(y, -a * b)


def test_the_mean_of_one_sample_takes_its_gradient_away():
    x, w = placeholder((1, 3), "float32"), placeholder((1, 3), "float32")
    (gradient,) = gradients([sum_of((x - mean(x, axis=0)) * w)], [x])
    a, b = np.array([[1, 2, 3]], np.float32), np.array([[4, 5, 6]], np.float32)
    (found,) = engine.current().compile(Graph([x, w], [gradient], [], [])).run([a, b])
    np.testing.assert_array_equal(found, np.zeros((1, 3)))
