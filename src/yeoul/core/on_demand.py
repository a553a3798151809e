"""Packages that load a module when one of its names is first used (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def loaded_on_demand(
    package: str, names: dict[str, str]
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """`__all__`, `__getattr__` and `__dir__` of a package.

    Args:
        package: its name.
        names: by module, relative to the package: the public names that it defines, with spaces between them.

    Type checkers do not read the table: the package imports the same names for them alone, under `TYPE_CHECKING`.
    """
    homes = {name: module for module, defined in names.items() for name in defined.split()}
    public = sorted(homes)

    def __getattr__(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name], package), name)
        setattr(sys.modules[package], name, value)
        return value

    return public, __getattr__, lambda: public
