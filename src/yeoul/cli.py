"""The command line: `yeoul tour`, `yeoul config`."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

import yeoul
from yeoul import config, datasets, layers, models, optimizers, random, visualization

console = Console(highlight=False)


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="yeoul", description="Deep learning where it flows fast.")
    parser.add_argument("--version", action="version", version=f"yeoul {yeoul.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    tour_parser = commands.add_parser("tour", help="train the lessons and draw what they learned")
    tour_parser.add_argument(
        "--out", type=Path, default=Path("yeoul-tour"), help="folder for the pictures (default: ./yeoul-tour)"
    )
    tour_parser.add_argument("--seed", type=int, default=1, help="seed of all randomness (default: 1)")
    commands.add_parser("config", help="print version, engine, instruction set and threads")
    options = parser.parse_args(arguments)
    if options.command == "tour":
        return tour(options.out, options.seed)
    if options.command == "config":
        config.show_config()
        return 0
    parser.print_help()
    return 2


def tour(out: Path, seed: int) -> int:
    """Trains blood fat, XOR, iris and pictures, prints what they learned and writes pictures into `out`."""
    random.set_random_seed(seed)
    settings = config.settings()
    console.print(
        f"[bold]yeoul {yeoul.__version__}[/bold]  engine {settings['engine']}, {settings['instruction set']}, {settings['threads']} threads\n"
    )
    pictures = _Pictures(out)
    _blood_fat(pictures)
    _xor(pictures)
    _iris(pictures)
    _images(pictures)
    pictures.close()
    return 0


class _Pictures:
    """Writes figures, or says once why not."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.written: list[Path] = []
        self.reason = ""

    def add(self, name: str, draw: Any) -> None:
        try:
            figure = draw()
        except ImportError as error:
            self.reason = str(error)
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        figure.savefig(path)
        self.written.append(path)

    def close(self) -> None:
        if self.written:
            console.print("Pictures: " + ", ".join(str(path) for path in self.written))
        if self.reason:
            console.print(f"No pictures. {self.reason}")


def _fit(model: Any, *data: Any, **options: Any) -> tuple[Any, float]:
    start = time.perf_counter()
    history = model.fit(*data, verbose=0, **options)
    return history, time.perf_counter() - start


def _report(title: str, work: str, seconds: float, lines: list[str]) -> None:
    console.print(f"[bold]{title}[/bold]  {work}  [green]{seconds:.3f} s[/green]")
    for line in lines:
        console.print(f"  {line}")
    console.print()


def _blood_fat(pictures: _Pictures) -> None:
    x, y = datasets.blood_fat.load_data()
    model = models.Sequential([layers.Input((2,)), layers.Dense(1)])
    model.compile("rmsprop", "mse")
    history, seconds = _fit(model, x, y, epochs=5000)
    kernel, (bias,) = model.get_weights()
    weight, age = kernel.ravel()
    guess = model.predict(np.array([[100, 44]], np.float32), verbose=0).item()
    _report(
        "Blood fat",
        "25 people, weight and age -> blood fat, 5,000 epochs",
        seconds,
        [
            f"blood fat = {weight:.2f} weight + {age:.2f} age + {bias:.2f}",
            f"mean squared error {history.history['loss'][-1]:.0f}; 100 kg and 44 years: {guess:.0f}",
        ],
    )
    pictures.add("blood_fat_loss.png", lambda: visualization.plot_history(history, "Blood fat"))
    pictures.add(
        "blood_fat_3d.png",
        lambda: visualization.plot_fit_3d(
            model, x, y, ("weight (kg)", "age (years)", "blood fat"), "Blood fat and its fitted plane"
        ),
    )


def _xor(pictures: _Pictures) -> None:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y = np.array([[0], [1], [1], [0]], np.float32)
    total, tries = 0.0, 0
    while True:
        # About three starts in ten end on a plateau; a fresh start is what one would do by hand.
        tries += 1
        model = models.Sequential(
            [layers.Input((2,)), layers.Dense(2, activation="sigmoid"), layers.Dense(1, activation="sigmoid")]
        )
        model.compile(optimizers.SGD(0.1), "mse")
        history, seconds = _fit(model, x, y, epochs=5000, batch_size=1)
        total += seconds
        if history.history["loss"][-1] < 0.01 or tries == 5:
            break
    outputs = model.predict(x, verbose=0).ravel()
    _report(
        "XOR",
        f"2-2-1 network, 4 rows one at a time, 5,000 epochs{f' x {tries} starts' if tries > 1 else ''}",
        total,
        [f"{int(a)} xor {int(b)} = {value:.3f}" for (a, b), value in zip(x, outputs, strict=True)],
    )
    pictures.add("xor_loss.png", lambda: visualization.plot_history(history, "XOR"))
    pictures.add(
        "xor_boundary.png",
        lambda: visualization.plot_decision_boundary(model, x, y, title="XOR: what the network answers"),
    )


def _iris(pictures: _Pictures) -> None:
    bunch = _scikit_data("load_iris")
    if bunch is None:
        console.print("[bold]Iris[/bold]  skipped: it comes with scikit-learn, which is not installed\n")
        return
    x, y = bunch.data.astype(np.float32), bunch.target.astype(np.int32)
    order = np.random.permutation(len(x))
    train, test = order[:120], order[120:]
    scale = layers.Normalization()
    scale.adapt(x[train])
    dense = [layers.Dense(32, activation="relu") for _ in range(3)]
    model = models.Sequential([layers.Input((4,)), scale, *dense, layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history, seconds = _fit(model, x[train], y[train], epochs=100, validation_data=(x[test], y[test]))
    accuracy = history.history["val_accuracy"][-1]
    _report(
        "Iris",
        "4-32-32-32-3 network, 120 flowers, 100 epochs",
        seconds,
        [f"{accuracy:.0%} of 30 other flowers named rightly"],
    )
    pictures.add("iris_history.png", lambda: visualization.plot_history(history, "Iris"))


def _images(pictures: _Pictures) -> None:
    if datasets.fashion_mnist.is_available():
        (x, y), (x_test, y_test) = datasets.fashion_mnist.load_data()
        title, names, top = "Fashion-MNIST", datasets.fashion_mnist.CLASS_NAMES, 255.0
    else:
        bunch = _scikit_data("load_digits")
        if bunch is None:
            console.print(
                "[bold]Pictures[/bold]  skipped: neither Fashion-MNIST nor scikit-learn's digits are on this machine\n"
            )
            return
        pixels, labels = bunch.images.astype(np.float32), bunch.target.astype(np.int32)
        x, y, x_test, y_test = pixels[:1500], labels[:1500], pixels[1500:], labels[1500:]
        title, names, top = "Digits", [str(i) for i in range(10)], 16.0
    x, x_test = x.astype(np.float32) / top, x_test.astype(np.float32) / top
    model = models.Sequential(
        [
            layers.Input(x.shape[1:]),
            layers.Flatten(),
            layers.Dense(100, activation="relu"),
            layers.Dense(30, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history, seconds = _fit(model, x, y, epochs=5, batch_size=32, validation_split=0.2)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    size = int(np.prod(x.shape[1:]))
    lines = [
        f"validation accuracy by epoch: {', '.join(f'{v:.3f}' for v in history.history['val_accuracy'])}",
        f"{accuracy:.1%} of {len(x_test):,} test pictures named rightly",
    ]
    _report(title, f"{size}-100-30-10 network, {len(x):,} pictures, 5 epochs", seconds, lines)
    scores = model.predict(x_test, verbose=0)
    pictures.add("images_history.png", lambda: visualization.plot_history(history, title))
    pictures.add("images_guesses.png", lambda: visualization.plot_images(x_test[:15], y_test[:15], scores[:15], names))
    pictures.add("images_confusion.png", lambda: visualization.plot_confusion_matrix(y_test, scores, names, title))


def _scikit_data(loader: str) -> Any:
    try:
        import sklearn.datasets
    except ImportError:
        return None
    return getattr(sklearn.datasets, loader)()


if __name__ == "__main__":
    raise SystemExit(main())
