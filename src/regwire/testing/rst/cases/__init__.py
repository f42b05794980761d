"""The cases. A module registers its functions when it is imported; `load` imports them all."""

import importlib
import pkgutil

__all__ = ["load"]


def load() -> None:
    """Import every module of this package."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
