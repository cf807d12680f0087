"""One way to open a source of runs, whatever it is called."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from analysis.sources.base import RunSource
from analysis.sources.credentials import Account
from analysis.sources.deadline import Timing
from analysis.sources.offline import OfflineSource
from analysis.sources.transport import Limits
from analysis.sources.wandb import WandbSource

WANDB = "wandb:"


def open_source(
    where: str | Path | None = None,
    *,
    account: Account | None = None,
    api_key: str | None = None,
    deadline_s: float = 10.0,
    limits: Limits | None = None,
    timing: Timing | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> RunSource:
    """Open a source of runs; nothing is read or asked before its first use.

    Args:
        where: ``"wandb:"`` or ``None`` for the W&B server of W&B's own settings, the address of
            another server's API (``https://…``), else a path on disk. Never pass a link that
            somebody pasted: its host would be asked.
        account: server and key, where they are known already.
        api_key: a key; found by the ``wandb`` package when absent.
        deadline_s: seconds for a question that has no effort of its own.
        limits: how hard the server may be asked.
        timing: the clock of waits and deadlines.
        clock: the time now, UTC; of files on disk it decides what is running and what crashed.

    Returns:
        The source; close it, or use it with ``async with``.
    """
    if isinstance(where, str) and where != WANDB and not where.startswith(("http://", "https://")):
        where = Path(where).expanduser()
    if isinstance(where, Path):
        return OfflineSource(where, clock=clock)
    return WandbSource(
        None if where == WANDB else where,
        api_key=api_key,
        account=account,
        deadline_s=deadline_s,
        limits=limits,
        timing=timing,
    )
