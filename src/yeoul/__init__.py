"""Yeoul: deep learning with the Keras API on an engine that compiles the whole training loop."""

__version__ = "0.1.0"
