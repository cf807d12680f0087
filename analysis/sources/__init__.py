"""Where runs come from: a W&B server, or files on disk, behind one protocol.

The names are imported on first use: reading a file on disk must not load an HTTP client.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.sources.base import Effort, Progress, RunPage, RunQuery, RunSource
    from analysis.sources.credentials import Account, find_account
    from analysis.sources.folders import discover, log_of
    from analysis.sources.offline import OfflineSource
    from analysis.sources.opening import open_source
    from analysis.sources.transport import Limits
    from analysis.sources.wandb import WandbSource

__all__ = [
    "Account",
    "Effort",
    "Limits",
    "OfflineSource",
    "Progress",
    "RunPage",
    "RunQuery",
    "RunSource",
    "WandbSource",
    "discover",
    "find_account",
    "log_of",
    "open_source",
]

_HOMES = {
    "base": ("Effort", "Progress", "RunPage", "RunQuery", "RunSource"),
    "credentials": ("Account", "find_account"),
    "folders": ("discover", "log_of"),
    "offline": ("OfflineSource",),
    "opening": ("open_source",),
    "transport": ("Limits",),
    "wandb": ("WandbSource",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Imports what is asked for from its module, once."""
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
