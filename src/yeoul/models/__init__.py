"""Models: Sequential, functional and subclassed."""

from yeoul.models.functional import Functional
from yeoul.models.model import Model
from yeoul.models.sequential import Sequential

__all__ = ["Functional", "Model", "Sequential"]
