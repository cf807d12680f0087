"""An engine that only notes what was enqueued, for tests that run jobs by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Noted:
    """One job as it was enqueued."""

    kind: str
    key: str
    args: Mapping[str, Any]
    delay: float
    partition: str | None


@dataclass(slots=True)
class NotedJobs:
    """``bot.background.ports.Enqueue`` without an engine."""

    jobs: list[Noted] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    alive: set[str] = field(default_factory=set)

    async def enqueue(
        self,
        connection: AsyncConnection,
        kind: str,
        key: str,
        args: Mapping[str, Any],
        *,
        delay: float = 0.0,
        partition: str | None = None,
    ) -> None:
        """Notes the job."""
        self.jobs.append(Noted(kind, key, args, delay, partition))

    async def live(self, keys: Sequence[str]) -> frozenset[str]:
        """What the test says."""
        return frozenset(key for key in keys if key in self.alive)

    async def cancel(self, *keys: str) -> None:
        """Notes the keys."""
        self.cancelled.extend(keys)

    def of(self, kind: str) -> list[Noted]:
        """The jobs of one kind."""
        return [job for job in self.jobs if job.kind == kind]
