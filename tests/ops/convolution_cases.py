"""What the golden numbers of convolution and pooling are about: the function, the shapes of its operands, its arguments."""

import itertools

import numpy as np

SPACES = {1: (7,), 2: (6, 5), 3: (5, 4, 3)}


def _transposed_space(rank):
    return {1: (4,), 2: (3, 4), 3: (2, 3, 2)}[rank]


def cases():
    """(function, shapes of the operands, keyword arguments) of every case."""
    found = []

    def add(function, x, *others, **kwargs):
        found.append((function, [x, *others], kwargs))

    for rank, padding, stride, dilation in itertools.product((1, 2, 3), ("valid", "same"), (1, 2, 3), (1, 2)):
        if (stride > 1 and dilation > 1) or (rank == 3 and stride == 3):
            continue
        window = (2, 3, 2)[:rank] if dilation == 1 else (3, 2, 2)[:rank]
        geometry = {"strides": stride, "padding": padding, "dilation_rate": dilation}
        for groups, batch in ((1, 1), (2, 2)):
            add("conv", (batch, *SPACES[rank], 4), (*window, 4 // groups, 2), **geometry)
        if rank < 3:
            add("depthwise_conv", (2, *SPACES[rank], 2), (*window, 2, 2), **geometry)
            add("separable_conv", (1, *SPACES[rank], 2), (*window, 2, 2), (1,) * rank + (4, 3), **geometry)
    for rank, padding, stride, dilation, extra in itertools.product(
        (1, 2, 3), ("valid", "same"), (1, 2, 3), (1, 2), (None, 0, 1)
    ):
        if (stride > 1 and dilation > 1) or (rank == 3 and stride == 3) or (extra is not None and extra >= stride):
            continue
        geometry = {"strides": stride, "padding": padding, "output_padding": extra, "dilation_rate": dilation}
        for window in ((2, 3, 2), (3, 4, 1), (1, 2, 3))[: 3 if rank == 1 else 2 if rank == 2 else 1]:
            add("conv_transpose", (1, *_transposed_space(rank), 2), (*window[:rank], 3, 2), **geometry)
    for rank, padding, window, stride in itertools.product((1, 2, 3), ("valid", "same"), (2, 3), (None, 1, 2)):
        for function in ("max_pool", "average_pool"):
            steps = (stride or window,) * rank if stride or function == "average_pool" else None
            add(function, (1, *SPACES[rank], 2), pool_size=(window,) * rank, strides=steps, padding=padding)
    for rank, size in itertools.product((1, 2, 3), (1, 2, 3)):
        add("adaptive_average_pool", (2, *SPACES[rank], 2), output_size=size)
        add("adaptive_max_pool", (2, *SPACES[rank], 2), output_size=size)
    for function in ("adaptive_average_pool", "adaptive_max_pool"):
        add(function, (1, 7, 2), output_size=9)
        add(function, (1, 2, 6, 5), output_size=(4, 2), data_format="channels_first")
    first = {"data_format": "channels_first"}
    add("conv", (2, 4, 6, 5), (3, 2, 2, 6), strides=(2, 1), padding="same", **first)
    add("conv", (1, 6, 5, 4), (3, 2, 4, 2), dilation_rate=(2, 1), padding="same")
    add("depthwise_conv", (2, 2, 6, 5), (3, 3, 2, 1), padding="same", **first)
    add("separable_conv", (2, 2, 6, 5), (3, 3, 2, 1), (1, 1, 2, 3), strides=2, padding="same", **first)
    add("conv_transpose", (2, 2, 3, 4), (3, 2, 3, 2), strides=(2, 1), padding="same", **first)
    add("max_pool", (2, 2, 6, 5), pool_size=(3, 2), padding="same", **first)
    add("average_pool", (2, 2, 6, 5), pool_size=(3, 2), padding="same", strides=(1, 2), **first)
    return found


def operands(number, shapes):
    """The operands of case `number`."""
    rng = np.random.default_rng(number)
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]
