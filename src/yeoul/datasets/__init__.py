"""Data sets of the lessons."""

from yeoul.datasets import blood_fat, fashion_mnist, mnist

__all__ = ["blood_fat", "fashion_mnist", "mnist"]
