"""Fashion-MNIST with convolutions: what a network sees, and where it looks."""

from yeoul import Input, Sequential, callbacks, datasets, layers, visualization

(x_train, y_train), (x_test, y_test) = datasets.fashion_mnist.load_data()
x_train = x_train[..., None] / 255.0
x_test = x_test[..., None] / 255.0

model = Sequential(
    [
        Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu", padding="same"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu", padding="same"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(100, activation="relu"),
        layers.Dropout(0.4),
        layers.Dense(10, activation="softmax"),
    ]
)
model.summary()
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
stop = callbacks.EarlyStopping(patience=2, restore_best_weights=True)
history = model.fit(x_train, y_train, epochs=20, validation_split=0.2, callbacks=[stop], verbose=2)
print("best validation accuracy:", max(history.history["val_accuracy"]))
print("test loss and accuracy:", model.evaluate(x_test, y_test, verbose=0))

try:
    visualization.plot_kernels(model).savefig("kernels.png")
    visualization.plot_feature_maps(model, x_test[0]).savefig("feature_maps.png")
    names = datasets.fashion_mnist.CLASS_NAMES
    visualization.plot_grad_cam(model, x_test[:10], class_names=names).savefig("grad_cam.png")
except ImportError as error:
    print(error)
