"""Reading a run's config, whatever its keys are called and however deep they lie."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def config_number(config: Mapping[str, Any], keys: list[str]) -> tuple[str, float] | None:
    """The first positive number that a config holds under one of ``keys``, at most two deep."""
    flat = flat_config(config)
    for key in keys:
        for name in sorted((n for n in flat if n.split(".")[-1] == key), key=lambda n: (len(n), n)):
            value = flat[name]
            if isinstance(value, str):
                try:
                    value = float(value)
                except ValueError:
                    continue
            if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
                return (name, float(value)) if np.isfinite(value) else None
    return None


def flat_config(config: Mapping[str, Any], depth: int = 3) -> dict[str, Any]:
    """A config with nested dicts written as ``outer.inner``; ``/`` in names counts as a dot."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        name = str(key).replace("/", ".")
        if name.startswith("_wandb"):
            continue
        if isinstance(value, Mapping) and depth > 1:
            flat |= {f"{name}.{k}": v for k, v in flat_config(value, depth - 1).items()}
        else:
            flat[name] = value
    return flat
