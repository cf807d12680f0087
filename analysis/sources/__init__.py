"""Where runs come from: a W&B server, or files on disk, behind one protocol."""

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
