"""Models cut at layers, feature maps, kernels, Grad-CAM and saliency."""

import numpy as np
import pytest

from yeoul import GradientTape, Input, Model, Sequential, layers, ops

pytest.importorskip("matplotlib")

from yeoul.visualization import grad_cam, plot_feature_maps, plot_grad_cam, plot_kernels, saliency
from yeoul.visualization.listening import layers_inside, listening, without_last_activation


def pictures(count=3, channels=3):
    return np.random.default_rng(0).random((count, 10, 12, channels)).astype(np.float32)


def classifier(last="softmax", units=4, channels=3):
    return Sequential(
        [
            Input((10, 12, channels)),
            layers.Conv2D(5, 3, activation="relu", name="first"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Conv2D(6, 2, activation="relu", name="second"),
            layers.Flatten(name="flat"),
            layers.Dense(units, activation=last, name="scores"),
        ]
    )


# -- models cut at layers ------------------------------------------------------------------------------------------------
def test_model_is_cut_at_any_layer():
    model, x = classifier(), pictures()
    y = x
    for number, layer in enumerate(model.layers):
        y = layer(y)
        for output in (model.get_layer(layer.name).output, model.layers[number].output):
            np.testing.assert_allclose(Model(model.inputs, output).predict(x, verbose=0), np.asarray(y), atol=1e-6)
    both = Model(model.inputs, [layer.output for layer in model.layers])
    assert [p.shape for p in both.predict(x, verbose=0)] == [(3, *layer.output.shape[1:]) for layer in model.layers]
    assert model.get_layer(index=2) is model.layers[2]


def test_cut_models_share_weights():
    model = classifier()
    cut = Model(model.inputs, model.get_layer("second").output)
    model.get_layer("first").set_weights([np.zeros_like(w) for w in model.get_layer("first").get_weights()])
    assert (cut.get_weights()[0] == 0).all()
    tail_input = Input(model.get_layer("second").output.shape[1:])
    tail = Model(tail_input, model.get_layer("scores")(model.get_layer("flat")(tail_input)))
    x = pictures()
    np.testing.assert_allclose(
        tail.predict(cut.predict(x, verbose=0), verbose=0), model.predict(x, verbose=0), atol=1e-6
    )


# -- Grad-CAM ------------------------------------------------------------------------------------------------------------
def expected_heat(model, x, index):
    """By the formula, with the layers called one by one."""
    first, pool, second, flat, scores = model.layers
    with GradientTape() as tape:
        maps = second(pool(first(ops.convert_to_tensor(x))))
        logits = ops.matmul(flat(maps), scores.kernel.value) + scores.bias.value
        score = ops.sum(logits[:, index])
    gradient = np.asarray(tape.gradient(score, maps))
    heat = np.maximum((gradient.mean((1, 2), keepdims=True) * np.asarray(maps)).sum(-1), 0)
    heat = np.asarray(ops.image.resize(heat[..., None], (10, 12)))[..., 0]
    return heat / heat.max((1, 2), keepdims=True)


@pytest.mark.parametrize("layer", [None, "second", 2])
def test_grad_cam_is_the_formula(layer):
    model, x = classifier(), pictures()
    compared = 0
    for index in range(4):
        heat = grad_cam(model, x, layer=layer, class_index=index)
        alive = heat.max((1, 2)) > 0
        compared += alive.sum()
        with np.errstate(invalid="ignore"):
            np.testing.assert_allclose(heat[alive], expected_heat(model, x, index)[alive], atol=1e-5)
    assert compared >= 3
    assert heat.shape == (3, 10, 12) and heat.min() >= 0 and heat.max() <= 1


def test_likeliest_class_is_taken_and_nothing_is_changed():
    model, x = classifier(), pictures()
    before = model.predict(x, verbose=0)
    likeliest = before.argmax(1)
    np.testing.assert_array_equal(grad_cam(model, x), grad_cam(model, x, class_index=likeliest))
    np.testing.assert_array_equal(model.predict(x, verbose=0), before)
    assert "call" not in model.layers[0].__dict__ and model.layers[-1].activation.__name__ == "softmax"


def test_one_output_speaks_for_and_against():
    model, x = classifier("sigmoid", 1), pictures()
    of_both = [grad_cam(model, x, class_index=k) for k in (0, 1)]
    assert not np.array_equal(*of_both)
    said = (model.predict(x, verbose=0)[:, 0] > 0.5).astype(int)
    found = grad_cam(model, x)
    for i, k in enumerate(said):
        np.testing.assert_array_equal(found[i], of_both[k][i])


def test_layers_of_a_model_inside_are_found():
    base = Sequential([Input((10, 12, 3)), layers.Conv2D(4, 3, name="deep")], name="base")
    model = Sequential([Input((10, 12, 3)), base, layers.GlobalAveragePooling2D(), layers.Dense(2), layers.Softmax()])
    x = pictures()
    np.testing.assert_array_equal(grad_cam(model, x), grad_cam(model, x, layer="deep"))
    assert "deep" in [layer.name for layer in layers_inside(model)]
    with without_last_activation(model):
        raw = np.asarray(model(x))
    np.testing.assert_allclose(np.asarray(ops.softmax(raw)), np.asarray(model(x)), atol=1e-6)
    assert not np.allclose(raw.sum(1), 1)


def test_subclassed_model_and_grey_images():
    class Net(Model):
        def __init__(self):
            super().__init__()
            self.conv, self.flat, self.out = layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(2)

        def call(self, x):
            return self.out(self.flat(self.conv(x)))

    assert grad_cam(Net(), pictures(channels=1)).shape == (3, 10, 12)
    flat_input = Input((10, 12))
    model = Model(
        flat_input, layers.Dense(2)(layers.Flatten()(layers.Conv2D(2, 3)(layers.Reshape((10, 12, 1))(flat_input))))
    )
    assert grad_cam(model, pictures(channels=1)[..., 0]).shape == (3, 10, 12)
    assert saliency(model, pictures(channels=1)[..., 0]).shape == (3, 10, 12)


def test_channels_first():
    model = Sequential(
        [
            Input((3, 10, 12)),
            layers.Conv2D(4, 3, data_format="channels_first"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    x = np.moveaxis(pictures(), -1, 1)
    assert grad_cam(model, x).shape == (3, 10, 12)
    assert saliency(model, x).shape == (3, 10, 12)
    assert [p.get_array().shape for p in images_on(plot_grad_cam(model, x[:1]))] == [(10, 12, 3), (10, 12, 3), (10, 12)]
    for image in (x, x[0]):
        shown = [p.get_array().shape for p in images_on(plot_feature_maps(model, image))]
        assert shown == [(10, 12, 3)] + [(8, 10)] * 4
    with listening(model.layers[:1]) as heard:
        model(x)
    assert heard[id(model.layers[0])].shape == (3, 4, 8, 10)


def test_saliency_is_the_gradient():
    model, x = classifier(None), pictures()
    found = saliency(model, x, class_index=2)
    step = 1e-2
    steps = np.zeros_like(x)
    steps[:, 4, 5, 1] = step
    slope = (np.asarray(model(x + steps)) - np.asarray(model(x - steps)))[:, 2] / (2 * step)
    with GradientTape() as tape:
        pixels = ops.convert_to_tensor(x)
        score = ops.sum(model(pixels)[:, 2])
    gradient = np.asarray(tape.gradient(score, pixels))
    np.testing.assert_allclose(gradient[:, 4, 5, 1], slope, atol=2e-3)
    largest = np.abs(gradient).max(-1)
    np.testing.assert_allclose(found, largest / largest.max((1, 2), keepdims=True), atol=1e-6)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda m: grad_cam(m, pictures(), layer="nothing"), "has no layer 'nothing'. It has: first, pool, second"),
        (
            lambda m: grad_cam(m, pictures(), layer="flat"),
            "needs a layer that gives feature maps .* not the layer 'flat'",
        ),
        (lambda m: grad_cam(m, pictures(), layer=9), "has 5 layers, and no layer 9"),
        (
            lambda m: grad_cam(m, pictures()[0]),
            r"got one of shape \(10, 12, 3\). For a single image pass images\[None\]",
        ),
        (lambda m: saliency(m, pictures()[0]), r"For a single image pass images\[None\]"),
        (lambda m: grad_cam(m, pictures(), class_index=4), "class_index must be from 0 to 3, and is 4"),
        (lambda m: grad_cam(m, pictures()[0, :, :, 0]), r"and got \(10, 12\). For a single image pass images\[None\]"),
        (
            lambda m: grad_cam(Model(m.inputs, m.layers[0].output), pictures()),
            r"needs a model that gives \(count, classes\), and this one gives \(3, 8, 10, 5\)",
        ),
        (lambda m: plot_feature_maps(m, pictures(), "flat"), "the layer 'flat' gives no feature maps"),
        (lambda m: plot_kernels(m, "scores"), "plot_kernels needs a convolution .* got Dense 'scores'"),
        (lambda m: plot_kernels(layers.Conv2D(2, 3)), "whose weights are made"),
        (lambda m: plot_kernels(m, "second", channel=5), "channel must be from 0 to 4, and is 5"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call(classifier())


# -- pictures ------------------------------------------------------------------------------------------------------------
def images_on(figure):
    return [image for ax in figure.axes for image in ax.get_images()]


def test_plot_grad_cam():
    figure = plot_grad_cam(classifier(), pictures(7), class_names=list("abcd"), columns=4, limit=6, title="Heat")
    assert len(images_on(figure)) == 6 * 3
    assert all(ax.get_title() in list("abcd") for ax in figure.axes if ax.get_title())
    assert figure.get_suptitle() == "Heat"


def test_plot_feature_maps():
    model = classifier()
    figure = plot_feature_maps(model, pictures()[0], maps=4)
    assert len(images_on(figure)) == 1 + 3 * 4
    titles = [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]
    assert titles[0] == "first\n5 maps of 8 × 10" and titles[2] == "second\n6 maps of 3 × 4"
    assert len(images_on(plot_feature_maps(model, pictures(), ["second"], maps=20))) == 1 + 6
    grey = classifier(channels=1)
    assert len(images_on(plot_feature_maps(grey, pictures(channels=1)[0, :, :, 0], "first"))) == 1 + 5


def test_plot_kernels():
    model = classifier()
    in_colour = images_on(plot_kernels(model))
    assert len(in_colour) == 5 and in_colour[0].get_array().shape == (3, 3, 3)
    figure = plot_kernels(model, "second", channel=3, limit=4)
    assert figure.get_suptitle() == "second: 4 of 6 kernels, input channel 3"
    kernel = model.get_layer("second").get_weights()[0]
    found = images_on(figure)[2]
    np.testing.assert_array_equal(np.asarray(found.get_array()), kernel[:, :, 3, 2])
    low, high = found.get_clim()
    assert low == -high
    depthwise = layers.DepthwiseConv2D(3, depth_multiplier=2)
    depthwise.build((None, 5, 5, 3))
    assert len(images_on(plot_kernels(depthwise))) == 6
    turned = layers.Conv2DTranspose(2, 3)
    turned.build((None, 5, 5, 4))
    shown = images_on(plot_kernels(turned, channel=3))
    assert len(shown) == 2
    np.testing.assert_array_equal(np.asarray(shown[1].get_array()), turned.get_weights()[0][:, :, 1, 3])
