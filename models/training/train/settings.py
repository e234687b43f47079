"""Settings of the recipe: constants of the modules, which one run may change by its arguments."""

import ast
import importlib


def apply_setting(text: str) -> None:
    """`MODULE.NAME=VALUE`: another value of a setting of the recipe, for this run only. Data processes are forked and have it too."""
    path, _, value = text.partition("=")
    module, _, name = path.rpartition(".")
    owner = importlib.import_module(module)
    if not name.isupper() or not hasattr(owner, name):
        raise SystemExit(f"{path}: no such setting")
    setattr(owner, name, ast.literal_eval(value))
