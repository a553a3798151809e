"""Callbacks: what happens besides training while a model trains."""

from yeoul.callbacks.callback import Callback
from yeoul.callbacks.callback_list import CallbackList
from yeoul.callbacks.csv_logger import CSVLogger
from yeoul.callbacks.early_stopping import EarlyStopping
from yeoul.callbacks.history import History
from yeoul.callbacks.lambda_callback import LambdaCallback
from yeoul.callbacks.learning_rate_scheduler import LearningRateScheduler
from yeoul.callbacks.monitor import MonitorCallback
from yeoul.callbacks.progress import Progbar, ProgbarLogger
from yeoul.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from yeoul.callbacks.remote_monitor import RemoteMonitor
from yeoul.callbacks.swap_ema_weights import SwapEMAWeights
from yeoul.callbacks.tensorboard import TensorBoard
from yeoul.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "MonitorCallback",
    "Progbar",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]
