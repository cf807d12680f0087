"""Liveness: signs of life, and what to do with the work of a process that gives none.

The task engine does not notice that a process has died. So each replica writes a sign of life
every quarter of ``timeout``, and looks for replicas that have given none for ``timeout``; of
several that look, one takes a dead one's work over. A replica that could not write for half the
timeout must stop posting and end itself, before the others take its work.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import replicas

_KEEP_TIMEOUTS = 20


@dataclass(slots=True)
class Liveness:
    """One replica's own state of life, by a clock that nobody can set.

    Attributes:
        id: of this process, new at each start.
        timeout: seconds without a sign of life after which a replica counts as dead.
        alone: whether no other process can take over (a SQLite file), so that being late is
            no reason to end.
    """

    id: str
    timeout: float
    alone: bool
    _beat: float = field(default_factory=time.monotonic)

    def beaten(self, at: float) -> None:
        """A sign of life, begun at ``at`` (``time.monotonic()``), is written."""
        self._beat = max(self._beat, at)

    @property
    def age(self) -> float:
        """Seconds since the last sign of life that is surely written."""
        return time.monotonic() - self._beat

    @property
    def fit(self) -> bool:
        """Whether this process may post: nobody can have taken its work over."""
        return self.alone or self.age < self.timeout / 2


async def beat(connection: AsyncConnection, own: str, *, now: datetime) -> None:
    """Writes this replica's sign of life."""
    await replicas.beat(connection, own, now=now)


async def reap(
    connection: AsyncConnection, own: str, *, timeout_s: float, now: datetime
) -> tuple[str, ...]:
    """Claims the replicas that have been silent for ``timeout_s``, and drops the long dead.

    A dead one is claimed again after another ``timeout_s``, in case its reaper died as well.
    """
    limit = now - timedelta(seconds=timeout_s)
    dead = await replicas.claim_dead(connection, own=own, seen_before=limit, now=now)
    await replicas.forget(
        connection, seen_before=now - timedelta(seconds=timeout_s * _KEEP_TIMEOUTS)
    )
    return dead


async def leave(connection: AsyncConnection, own: str, *, timeout_s: float, now: datetime) -> None:
    """Declares this replica dead, so that others take over what it leaves without waiting."""
    await replicas.leave(connection, own, seen=now - timedelta(seconds=timeout_s + 1))


async def claim_all_others(
    connection: AsyncConnection, own: str, *, now: datetime
) -> tuple[str, ...]:
    """Claims every other id at once: for a process that is known to be the only one."""
    return await replicas.claim_dead(
        connection, own=own, seen_before=now + timedelta(days=1), now=now
    )
