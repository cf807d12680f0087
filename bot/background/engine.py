"""The task engine: durable jobs that survive any crash. The only file that knows DBOS.

A job is named by its key for ever, is enqueued in the caller's transaction and runs at least
once: a process that dies has its jobs started again elsewhere. So every job keeps its effects
behind a state in our tables. A job never fails for the engine (a failed one could not be enqueued
again): what goes wrong is logged, and the row that the job belongs to is swept up later.

Beside the queues there are chores: loops of each process (signs of life, take-over, the sweeps).
"""

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import Engine as SyncEngine
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background import replicas
from bot.background.chores import Chore, Run
from bot.background.queues import QUEUES, WORK, Pace, Queue
from bot.background.replicas import Liveness
from bot.storage import Database
from handlers.ports import Clock

_LOG = logging.getLogger(__name__)

APPLICATION = "wandb-bot"
# Changed only when the stored arguments of waiting jobs no longer fit the code: jobs of another
# version are neither run nor taken over.
VERSION = "1"
_PAGE = 500
_UNFINISHED: list[str] = ["ENQUEUED", "PENDING", "DELAYED"]

Job = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class Engine:
    """Jobs, chores and the life of this process among its like.

    Attributes:
        replica: this process's id, new at each start.
        lost: set when this process can no longer prove that it lives: it must end.
    """

    database: Database
    clock: Clock
    pace: Pace = field(default_factory=Pace)
    replica: str = field(default_factory=lambda: uuid.uuid4().hex)
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    life: Liveness = field(init=False)
    _jobs: dict[str, tuple[Job, Queue]] = field(default_factory=dict)
    _chores: list[Chore] = field(default_factory=list)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _sync: SyncEngine | None = None
    _client: Any = None

    def __post_init__(self) -> None:
        self.life = Liveness(
            self.replica, self.pace.replica_timeout, alone=self.database.address.sqlite
        )

    # -- before the start

    def register(self, kind: str, job: Job, queue: Queue = WORK) -> None:
        """Says what runs for ``kind``; before ``start``."""
        self._jobs[kind] = (job, queue)

    def every(self, name: str, seconds: float, run: Run) -> None:
        """Runs something in this process again and again, ``seconds`` apart; before ``start``."""
        self._chores.append(Chore(name, seconds, run))

    # -- jobs

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
        """Runs a job once the caller's transaction is committed; see ``ports.Enqueue``."""
        _, queue = self._jobs[kind]
        options: dict[str, Any] = {
            "workflow_name": kind,
            "queue_name": queue.name,
            "workflow_id": key,
            "app_version": VERSION,
        }
        if delay > 0:
            options["delay_seconds"] = delay
        if queue.by_partition:
            options["queue_partition_key"] = partition or ""
        text = json.dumps(args, separators=(",", ":"))
        await connection.run_sync(
            lambda sync: self._client.enqueue_in_transaction(sync, options, text)
        )

    async def cancel(self, *keys: str) -> None:
        """Takes waiting jobs out of their queue; what has ended stays ended."""
        from dbos import DBOS

        if keys:
            await DBOS.cancel_workflows_async(list(keys))

    async def live(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of the jobs that wait, run, or will be taken over from the dead."""
        from dbos import DBOS

        if not keys:
            return frozenset()
        rows = await DBOS.list_workflows_async(
            workflow_ids=list(keys), status=_UNFINISHED, load_input=False, load_output=False
        )
        return frozenset(row.workflow_id for row in rows)

    async def sleep(self, seconds: float) -> bool:
        """Waits within a job; ``False`` (at once) when the process is about to stop."""
        if self._stopping.is_set():
            return False
        if seconds <= 0:
            return True
        nap = asyncio.ensure_future(self.clock.sleep(seconds))
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({nap, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (nap, stop):
                task.cancel()
            await asyncio.gather(nap, stop, return_exceptions=True)
        return not self._stopping.is_set()

    # -- life

    async def start(self) -> None:
        """Starts on the running loop: queues, take-over, chores."""
        from dbos import DBOS, DBOSClient

        # DBOS finds no executor of this id: what an earlier process left is taken over below.
        self._sync = self.database.sync_engine()
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": self._sync,
                "executor_id": self.replica,
                "application_version": VERSION,
                "enable_otlp": False,
                "use_listen_notify": False,
                "scheduler_polling_interval_sec": 3600.0,
                "log_level": "WARNING",
            }
        )
        _log_as_everybody()
        for kind, (job, _) in self._jobs.items():
            DBOS.workflow(name=kind)(_runner(kind, job))
        self.life.beaten(time.monotonic())
        await self._beat()
        # On this loop, so that jobs run on it and in this thread (blocks for a moment).
        DBOS.launch()
        self.life.beaten(time.monotonic())
        await self._beat()
        self._client = DBOSClient(
            system_database_engine=self._sync, application_name=APPLICATION, lazy=True
        )
        if self.life.alone:
            async with self.database.begin() as connection:
                left = await replicas.claim_all_others(
                    connection, self.replica, now=await self.database.now(connection)
                )
            await self._take_over(left)
        for queue in QUEUES:
            await self._register_queue(queue)
        quarter = self.pace.replica_timeout / 4
        own = [
            Chore("life", quarter, self._live),
            Chore("retention", 3600.0, self._forget),
            *self._chores,
        ]
        self._chores = own
        self._tasks = [
            asyncio.create_task(chore.keep_on(self.sleep), name=chore.name) for chore in own
        ]

    async def stop(self, grace: float = 8.0) -> None:
        """Stops taking jobs, waits for those that run, and leaves the rest to others.

        Twice does no harm.

        Args:
            grace: seconds to wait at most.
        """
        from dbos import DBOS

        self._stopping.set()
        if self._sync is None:
            return
        keep_alive = [task for task in self._tasks if task.get_name() == "life"]
        await _cancelled([task for task in self._tasks if task not in keep_alive])
        loop = asyncio.get_running_loop()
        end = partial(
            DBOS.destroy,
            destroy_registry=True,
            workflow_completion_timeout_sec=max(1, round(grace)),
        )
        with ThreadPoolExecutor(1) as pool:  # it waits with ``time.sleep``
            await loop.run_in_executor(pool, end)
        # DBOS made its own pool the loop's default and has shut it down.
        loop.set_default_executor(ThreadPoolExecutor())
        await _cancelled(keep_alive)
        self._tasks = []
        with suppress(Exception):  # the database may be what made us stop
            async with self.database.begin() as connection:
                await replicas.leave(
                    connection,
                    self.replica,
                    timeout_s=self.pace.replica_timeout,
                    now=await self.database.now(connection),
                )
        if self._client is not None:
            self._client.destroy()
            self._client = None
        self._sync.dispose()
        self._sync = None

    @property
    def ready(self) -> bool:
        """Whether this process is alive and its chores are on time (``/readyz``)."""
        if self._stopping.is_set() or self.lost.is_set() or not self._tasks:
            return False
        timeout = self.pace.replica_timeout
        late = any(chore.late(max(timeout, 15.0)) for chore in self._chores)
        return self.life.age < timeout and not late

    async def stats(self) -> Mapping[str, int]:
        """Unfinished jobs by queue and status, as ``queue.status``."""
        from dbos import DBOS

        rows = await DBOS.list_workflows_async(
            status=_UNFINISHED, load_input=False, load_output=False
        )
        found: dict[str, int] = {}
        for row in rows:
            name = f"{row.queue_name}.{row.status.lower()}"
            found[name] = found.get(name, 0) + 1
        return found

    # -- within

    async def _live(self) -> None:
        try:
            async with asyncio.timeout(max(1.0, self.pace.replica_timeout / 4)):
                await self._beat()
        finally:
            if not self.life.fit and not self.lost.is_set():
                _LOG.error("no sign of life could be written in time: this process must end")
                self.lost.set()
        if self.life.alone:
            return
        async with self.database.begin() as connection:
            dead = await replicas.reap(
                connection,
                self.replica,
                timeout_s=self.pace.replica_timeout,
                now=await self.database.now(connection),
            )
        await self._take_over(dead)

    async def _beat(self) -> None:
        began = time.monotonic()
        async with self.database.begin() as connection:
            await replicas.beat(connection, self.replica, now=await self.database.now(connection))
        if not self.life.fit:
            return  # too late: others may have taken over already
        self.life.beaten(began)

    async def _take_over(self, dead: tuple[str, ...]) -> int:
        from dbos import DBOS

        taken = 0
        for replica in dead:
            rows = await DBOS.list_workflows_async(
                status="PENDING", executor_id=replica, load_input=False, load_output=False
            )
            rows.sort(key=lambda row: row.queue_name or "")
            for name, group in groupby(rows, key=lambda row: row.queue_name):
                ids = [row.workflow_id for row in group]
                # Without the queue's name they would lose its limits.
                await DBOS.resume_workflows_async(ids, queue_name=name)
                taken += len(ids)
            if rows:
                _LOG.info("took over %d jobs of the replica %s", len(rows), replica)
        return taken

    async def _forget(self) -> None:
        from dbos import DBOS

        before = (datetime.now(UTC) - self.pace.keep_jobs).isoformat()
        while not self._stopping.is_set():
            rows = await DBOS.list_workflows_async(
                status=["SUCCESS", "ERROR", "CANCELLED"],
                completed_before=before,
                limit=_PAGE,
                load_input=False,
                load_output=False,
            )
            if rows:
                await DBOS.delete_workflows_async([row.workflow_id for row in rows])
            if len(rows) < _PAGE:
                return

    async def _register_queue(self, queue: Queue) -> None:
        from dbos import DBOS

        poll = queue.poll_s * self.pace.poll_scale
        if queue.by_partition:
            await DBOS.register_queue_async(
                queue.name,
                worker_concurrency=queue.slots,
                partition_concurrency=1,
                partition_limiter={"limit": 1, "period": 1.0 / self.pace.per_second},
                polling_interval_sec=poll,
                on_conflict="always_update",
            )
        else:
            await DBOS.register_queue_async(
                queue.name,
                worker_concurrency=queue.slots,
                polling_interval_sec=poll,
                on_conflict="always_update",
            )


def _runner(kind: str, job: Job) -> Callable[[str], Awaitable[None]]:
    async def run(text: str) -> None:
        try:
            await job(json.loads(text))
        except Exception:  # noqa: BLE001 -- a job that fails could never be enqueued again
            _LOG.exception("a job of the kind %r failed", kind)

    return run


def _log_as_everybody() -> None:
    """The library prints by a handler of its own; its lines belong in our log."""
    logger = logging.getLogger("dbos")
    logger.handlers.clear()
    logger.propagate = True


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
