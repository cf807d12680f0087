"""The queues that jobs wait in, and how fast everything goes."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Queue:
    """How jobs of a kind wait.

    Attributes:
        slots: how many run at once in one process.
        poll_s: seconds between looks for new ones.
        by_partition: one at a time, and at most ``per_second`` a second, of each partition.
    """

    name: str
    slots: int
    poll_s: float
    by_partition: bool = False
    per_second: float = 1.0


# A queue starts at most slots / poll_s short jobs a second: 500 projects in 30 s need 17.
TICKS = Queue("ticks", slots=40, poll_s=1.0)
POST = Queue("post", slots=50, poll_s=0.5, by_partition=True)
WORK = Queue("work", slots=10, poll_s=1.0)
QUEUES = (TICKS, POST, WORK)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the engine lives; tests live faster.

    Attributes:
        replica_timeout: seconds without a sign of life after which work is taken over.
        poll_scale: factor on the queues' ``poll_s``.
        per_second: jobs a second of one partition.
        keep_jobs: how long finished jobs are kept.
    """

    replica_timeout: float = 30.0
    poll_scale: float = 1.0
    per_second: float = 1.0
    keep_jobs: timedelta = timedelta(hours=24)
