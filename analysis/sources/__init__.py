"""Where runs come from: a W&B server, or files on disk, behind one protocol."""

from analysis.sources.base import Effort, Progress, RunPage, RunQuery, RunSource
from analysis.sources.folders import discover, log_of
from analysis.sources.offline import OfflineSource

__all__ = [
    "Effort",
    "OfflineSource",
    "Progress",
    "RunPage",
    "RunQuery",
    "RunSource",
    "discover",
    "log_of",
]
