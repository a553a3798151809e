"""Callbacks: what happens besides training while a model trains. The module of one is loaded when it is first used."""
# ruff: noqa: F403

from typing import TYPE_CHECKING

from yeoul.core.on_demand import loaded_on_demand

if TYPE_CHECKING:
    from yeoul.callbacks.callback import *
    from yeoul.callbacks.callback_list import *
    from yeoul.callbacks.csv_logger import *
    from yeoul.callbacks.early_stopping import *
    from yeoul.callbacks.history import *
    from yeoul.callbacks.lambda_callback import *
    from yeoul.callbacks.learning_rate_scheduler import *
    from yeoul.callbacks.monitor import *
    from yeoul.callbacks.progress import *
    from yeoul.callbacks.reduce_lr_on_plateau import *
    from yeoul.callbacks.remote_monitor import *
    from yeoul.callbacks.swap_ema_weights import *
    from yeoul.callbacks.tensorboard import *
    from yeoul.callbacks.terminate_on_nan import *
else:
    __all__, __getattr__, __dir__ = loaded_on_demand(
        __name__,
        {
            ".callback": "Callback",
            ".callback_list": "CallbackList",
            ".csv_logger": "CSVLogger",
            ".early_stopping": "EarlyStopping",
            ".history": "History",
            ".lambda_callback": "LambdaCallback",
            ".learning_rate_scheduler": "LearningRateScheduler",
            ".monitor": "MonitorCallback",
            ".progress": "Progbar ProgbarLogger",
            ".reduce_lr_on_plateau": "ReduceLROnPlateau",
            ".remote_monitor": "RemoteMonitor",
            ".swap_ema_weights": "SwapEMAWeights",
            ".tensorboard": "TensorBoard",
            ".terminate_on_nan": "TerminateOnNaN",
        },
    )
