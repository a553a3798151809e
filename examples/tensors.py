"""Tensors: numbers in zero to five dimensions, and what can be done with them."""

import numpy as np

from yeoul import GradientTape, Variable, ops

scalar = ops.convert_to_tensor(12)
vector = ops.convert_to_tensor([12, 3, 6, 14])
matrix = ops.convert_to_tensor([[5, 78, 2], [6, 79, 3], [7, 80, 4]])
images = ops.convert_to_tensor(np.zeros((3, 28, 28, 1), np.float32))
for tensor in (scalar, vector, matrix, images):
    print(f"rank {tensor.ndim}, shape {tensor.shape}, {tensor.dtype}")

print("second row:", matrix[1].numpy(), " last column:", matrix[:, -1].numpy())
print("relu:", ops.relu(ops.convert_to_tensor([-1.0, 0.0, 2.0])).numpy())
print("broadcast:", (matrix + vector[:3]).shape, " product:", ops.matmul(matrix, ops.transpose(matrix)).shape)

w = Variable(3.0)
with GradientTape() as tape:
    y = w**2 + 2.0 * w
print("d(w^2 + 2w)/dw at 3:", tape.gradient(y, w).numpy())
