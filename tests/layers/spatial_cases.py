"""What the golden numbers of spatial layers are about: the layer, its arguments, the shape of its input."""

import itertools

import numpy as np

SPACES = {1: (7,), 2: (5, 6), 3: (4, 3, 5)}


def cases():
    """(layer, keyword arguments, input shape) of every case."""
    found = []

    def add(layer, shape, **kwargs):
        found.append((layer, kwargs, shape))

    for rank in (1, 2, 3):
        space = SPACES[rank]
        add(f"Conv{rank}D", (2, *space, 2), filters=3, kernel_size=2)
        add(f"Conv{rank}D", (1, *space, 2), filters=2, kernel_size=3, strides=2, padding="same", activation="tanh")
        add(f"Conv{rank}D", (1, *space, 4), filters=4, kernel_size=2, groups=2, use_bias=False)
        add(f"Conv{rank}D", (1, *space, 2), filters=2, kernel_size=2, dilation_rate=2, padding="SAME")
        add(f"Conv{rank}D", (1, 2, *space), filters=3, kernel_size=2, data_format="channels_first")
        small = tuple(s // 2 for s in space)
        add(f"Conv{rank}DTranspose", (2, *small, 2), filters=3, kernel_size=2)
        add(f"Conv{rank}DTranspose", (1, *small, 2), filters=2, kernel_size=3, strides=2, padding="same")
        add(f"Conv{rank}DTranspose", (1, *small, 2), filters=1, kernel_size=2, strides=2, output_padding=1)
        add(f"Conv{rank}DTranspose", (1, *small, 2), filters=1, kernel_size=2, dilation_rate=2)
        add(f"Conv{rank}DTranspose", (1, 2, *small), filters=2, kernel_size=2, data_format="channels_first")
        for kind, padding in itertools.product(("Max", "Average"), ("valid", "same")):
            add(f"{kind}Pooling{rank}D", (2, *space, 2), pool_size=2, padding=padding)
            add(f"{kind}Pooling{rank}D", (1, *space, 2), pool_size=3, strides=1, padding=padding)
            add(f"{kind}Pooling{rank}D", (1, 2, *space), pool_size=2, padding=padding, data_format="channels_first")
        for kind, keepdims in itertools.product(("Max", "Average"), (False, True)):
            add(f"Global{kind}Pooling{rank}D", (2, *space, 2), keepdims=keepdims)
            add(f"Global{kind}Pooling{rank}D", (2, 2, *space), keepdims=keepdims, data_format="channels_first")
        for kind in ("Max", "Average"):
            add(f"Adaptive{kind}Pooling{rank}D", (2, *space, 2), output_size=2)
            add(f"Adaptive{kind}Pooling{rank}D", (2, *space, 2), output_size=3)
        pairs = ((1, 2), (0, 1), (2, 0))[:rank]
        add(f"ZeroPadding{rank}D", (2, *space, 2))
        add(f"ZeroPadding{rank}D", (1, *space, 2), padding=pairs[0] if rank == 1 else pairs)
        add(f"ZeroPadding{rank}D", (1, 2, *space), padding=2, data_format="channels_first")
        add(f"Cropping{rank}D", (2, *space, 2), cropping=1)
        add(f"Cropping{rank}D", (1, *space, 2), cropping=pairs[0] if rank == 1 else pairs)
        add(f"UpSampling{rank}D", (1, *space, 2), size=2)
    add("Conv1D", (2, 6, 2), filters=2, kernel_size=3, padding="causal", dilation_rate=2)
    add("Conv1D", (2, 6, 2), filters=2, kernel_size=3, padding="causal", strides=2)
    add("Conv2D", (2, 7, 5, 2), filters=2, kernel_size=(1, 4), strides=(2, 1))
    for rank in (1, 2):
        for separable in (False, True):
            name = f"{'Separable' if separable else 'Depthwise'}Conv{rank}D"
            more = {"filters": 3} if separable else {}
            add(name, (2, *SPACES[rank], 2), kernel_size=2, **more)
            add(name, (1, *SPACES[rank], 2), kernel_size=3, strides=2, padding="same", depth_multiplier=2, **more)
            add(name, (1, *SPACES[rank], 2), kernel_size=2, dilation_rate=2, activation="relu", **more)
            add(name, (1, 2, *SPACES[rank]), kernel_size=2, data_format="channels_first", **more)
    add("UpSampling2D", (1, 2, 2, 3), size=(2, 3), data_format="channels_first")
    add("UpSampling3D", (1, 2, 2, 1, 3), size=(2, 1, 3), data_format="channels_first")
    add("Cropping2D", (1, 2, 5, 6), cropping=((1, 2), (0, 3)), data_format="channels_first")
    add("Cropping3D", (1, 1, 4, 5, 3), cropping=((1, 2), (0, 3), (1, 1)), data_format="channels_first")
    add("UpSampling2D", (2, 3, 4, 2), size=(2, 3), interpolation="bilinear")
    add("UpSampling2D", (1, 2, 3, 4), size=2, interpolation="bilinear", data_format="channels_first")
    return found


def numbers(case, shapes):
    """Random values for the weights of case `case`, its input and the gradient that flows into its output, in this order."""
    rng = np.random.default_rng(case)
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]
