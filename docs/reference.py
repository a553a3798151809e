"""Makes the pages of the reference while the site is built: one for each public module, from its names and their docstrings."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import griffe
import numpy as np
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

#: Modules that their package does not name in `__all__`.
_MORE = ["ops.image", "ops.linalg", "ops.nn", "ops.numpy"]

#: What is shown of classes whose methods come from elsewhere.
_INHERITED = {"Model"}


def modules() -> list[str]:
    """Public modules below yeoul, a package before what is in it: a name is shown in full in the first module that has it."""
    import yeoul

    found = [name for name in yeoul.__all__ if inspect.ismodule(getattr(yeoul, name))]
    for package in list(found):
        module = getattr(yeoul, package)
        found += [f"{package}.{n}" for n in getattr(module, "__all__", []) if inspect.ismodule(getattr(module, n))]
    return sorted([*found, *_MORE])


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the pages into the menu, in the section that mkdocs.yml leaves empty. Called by MkDocs."""
    names = ["index", *modules(), "yeoul"]
    for section in config.nav or []:
        if isinstance(section, dict) and "Reference" in section:
            section["Reference"] = [{"All modules" if n == "index" else n: f"reference/{n}.md"} for n in names]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages. Called by MkDocs."""
    package: Any = griffe.load("yeoul", search_paths=["src"])
    shown: dict[int, str] = {}
    rows = [
        "# Reference",
        "",
        "Every public name, from the docstrings of the code.",
        "",
        "| module | what is in it |",
        "|---|---|",
    ]
    for name in [*modules(), ""]:
        path = f"yeoul.{name}".rstrip(".")
        module = importlib.import_module(path)
        page = f"{name or 'yeoul'}.md"
        files.append(File.generated(config, f"reference/{page}", content=_page(path, module, package, shown)))
        rows.append(f"| [{path}]({page}) | {_summary(module)} |")
    files.append(File.generated(config, "reference/index.md", content="\n".join(rows) + "\n"))
    return files


def public_names(module: Any) -> list[str]:
    """What a module offers: its `__all__`; else what it defines itself, and for a package what its modules define."""
    listed = getattr(module, "__all__", None)
    if listed is None:
        homes = (module.__name__,) + ((module.__name__ + ".",) if hasattr(module, "__path__") else ())
        is_own = lambda value: (getattr(value, "__module__", None) or "").startswith(homes)  # noqa: E731
        listed = [n for n, value in vars(module).items() if callable(value) and is_own(value)]
    return [
        n for n in listed if not n.startswith("_") and hasattr(module, n) and not inspect.ismodule(getattr(module, n))
    ]


def _summary(module: Any) -> str:
    return (inspect.getdoc(module) or "").split("\n")[0].replace("|", "\\|")


def _page(path: str, module: Any, package: Any, shown: dict[int, str]) -> str:
    lines = [f"# {path}", "", inspect.getdoc(module) or "", ""]
    groups: dict[int, list[str]] = {}
    for public in public_names(module):
        groups.setdefault(id(getattr(module, public)), []).append(public)
    elsewhere = []
    for key, names in sorted(groups.items(), key=lambda item: _order(module, item[1])):
        first = min(names, key=lambda n: (n != getattr(getattr(module, names[0]), "__name__", ""), names.index(n)))
        if key in shown:
            elsewhere += [f"`{n}` is [{shown[key]}]({_anchor(shown[key])})" for n in names]
            continue
        shown[key] = f"{path}.{first}"
        lines += _entry(getattr(module, first), first, path, package, [n for n in names if n != first])
    if elsewhere:
        lines += ["## Shown elsewhere", "", *[f"- {line}" for line in elsewhere], ""]
    return "\n".join(lines) + "\n"


def _order(module: Any, names: list[str]) -> tuple[bool, str]:
    return not inspect.isclass(getattr(module, names[0])), names[0].lower()


def _anchor(path: str) -> str:
    module, _, _name = path.rpartition(".")
    page = module.removeprefix("yeoul").lstrip(".") or "yeoul"
    return f"{page}.md#{path}"


def _entry(value: Any, name: str, path: str, package: Any, others: list[str]) -> list[str]:
    # The heading is ours, since the public path is not the one where the code stands.
    lines = [f"## {name} {{ #{path}.{name} }}", ""]
    also = [f"Also: {', '.join(f'`{n}`' for n in others)}.", ""] if others else []
    if callable(value):
        lines += ["```python", f"{name}{_signature(value)}", "```", ""]
    canonical = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
    if _is_in_source(package, canonical, value):
        lines += [
            *also,
            f"::: {canonical}",
            "    options:",
            "      show_root_heading: false",
            "      show_root_toc_entry: false",
        ]
        if name in _INHERITED:
            lines += ["      inherited_members: true"]
        return [*lines, ""]
    text = inspect.getdoc(value) or ""
    if _is_elementwise(value):
        text = "Element by element, with broadcasting" + (f", as `numpy.{name}`." if hasattr(np, name) else ".")
    # What has sections is shown as it stands.
    shown = ["```text", text, "```"] if "\n    " in text else [_escaped(text)]
    return [*lines, *also, *shown, ""]


def _escaped(text: str) -> str:
    """Formulas with brackets and stars are no links and no emphasis."""
    return re.sub(r"(`[^`]*`)|([\\*_\[\]<])", lambda m: m[1] or "\\" + m[2], text)


def _is_elementwise(value: Any) -> bool:
    return any(cls.__name__ == "Elementwise" for cls in type(value).__mro__)


def _signature(value: Any) -> str:
    """Names and defaults, without types; the docstring says what they are."""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return "(...)"
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def _is_in_source(package: Any, canonical: str, value: Any) -> bool:
    if not canonical.startswith("yeoul.") or "<" in canonical:
        return False
    try:
        found = package[canonical.removeprefix("yeoul.")]
    except KeyError:
        return False
    return bool(found.is_class or found.is_function) and found.has_docstring
