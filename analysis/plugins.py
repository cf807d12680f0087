"""A folder as a register: each module in it brings one object of an agreed name."""

import importlib
import pkgutil
from functools import cache
from typing import Any


@cache
def load(package: str, attribute: str) -> tuple[Any, ...]:
    """The objects called ``attribute`` of a package's modules, by module name.

    Modules without it (a shared base) are left out. Adding an entry is adding a file.

    Args:
        package: dotted name, such as ``analysis.detectors``.
        attribute: such as ``DETECTOR``.
    """
    folder = importlib.import_module(package)
    modules = sorted(info.name for info in pkgutil.iter_modules(folder.__path__))
    loaded = (importlib.import_module(f"{package}.{name}") for name in modules)
    return tuple(getattr(m, attribute) for m in loaded if hasattr(m, attribute))
