"""Fashion-MNIST: ten kinds of clothing, with early stopping."""

from yeoul import Input, Sequential, callbacks, datasets, layers

(x_train, y_train), (x_test, y_test) = datasets.fashion_mnist.load_data()
x_train, x_test = x_train / 255.0, x_test / 255.0

model = Sequential(
    [
        Input((28, 28)),
        layers.Flatten(),
        layers.Dense(100, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
stop = callbacks.EarlyStopping(patience=2, restore_best_weights=True)
history = model.fit(x_train, y_train, epochs=5, validation_split=0.2, callbacks=[stop], verbose=2)
print("best validation accuracy:", max(history.history["val_accuracy"]))
print("test loss and accuracy:", model.evaluate(x_test, y_test, verbose=0))
