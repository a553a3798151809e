"""Who runs a graph. Importing this package registers the engines."""

from yeoul.core import engine
from yeoul.engines.reference.engine import ReferenceEngine

engine.register("reference", ReferenceEngine)

try:
    from yeoul.engines.native.engine import NativeEngine
except ImportError:  # built without the extension module: the reference remains
    pass
else:
    engine.register("native", NativeEngine)
