"""Names of older optimizers: `optimizers.legacy.Adam` and the like are the optimizers of today."""

from yeoul.optimizers.adagrad import Adagrad
from yeoul.optimizers.adam import Adam
from yeoul.optimizers.ftrl import Ftrl
from yeoul.optimizers.optimizer import Optimizer
from yeoul.optimizers.rmsprop import RMSprop
from yeoul.optimizers.sgd import SGD

__all__ = ["SGD", "Adagrad", "Adam", "Ftrl", "Optimizer", "RMSprop"]
