"""Data adapters, the step graph, fit, evaluate and predict."""

from yeoul.training.py_dataset import PyDataset
from yeoul.training.trainer import Trainer

__all__ = ["PyDataset", "Trainer"]
