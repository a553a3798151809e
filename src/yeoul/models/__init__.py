"""Sequential, functional and subclassed models."""

from yeoul.models.cloning import clone_model
from yeoul.models.memory_plan import MemoryPlan, StepMemory
from yeoul.models.model import Functional, Model, model_from_json
from yeoul.models.sequential import Sequential

__all__ = ["Functional", "MemoryPlan", "Model", "Sequential", "StepMemory", "clone_model", "model_from_json"]
