"""Packages that load a module when one of its names is first used."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from yeoul import callbacks, layers


def test_a_package_loads_only_what_is_asked_for():
    program = "import sys; from yeoul.layers import Dense; print('yeoul.layers.pooling' in sys.modules, 'yeoul.metrics' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False", "False"]


@pytest.mark.parametrize("package", [callbacks, layers])
def test_type_checkers_see_the_names_that_programs_see(package):
    tree = ast.parse(Path(package.__file__).read_text())
    modules = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]
    declared = [name for module in modules for name in importlib.import_module(module).__all__]
    assert sorted(declared) == package.__all__ == dir(package)
    assert all(hasattr(package, name) for name in declared)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'yeoul.layers' has no attribute 'Dens'"):
        layers.Dens  # noqa: B018
