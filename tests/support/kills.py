"""Processes that are killed, and the count of what was lost or doubled afterwards."""

import asyncio
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import func, select

from bot.background.notes import AGAIN
from bot.demo.slack import LocalSlack
from bot.demo.slack.faults import Fault
from bot.storage import Database, Target, open_database, outbox, seen, tables, watches
from tests.support.replica import POINTS, RUN, RUN_CARD, Setup, main

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.support.replica"])

NAMED_POINTS: Sequence[str] = tuple(
    f"{when}:{point}" for point in POINTS for when in ("before", "after")
)


class _Gate(asyncio.Event):
    """Holds calls back, and tells that there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = asyncio.Event()

    async def wait(self) -> Literal[True]:
        """Waits to be set."""
        self.arrived.set()
        return await super().wait()


@dataclass(slots=True)
class Toll:
    """What became of the alerts, counted at the end.

    Attributes:
        told: alerts that the ticks recorded.
        lost: of them, not to be found in Slack.
        doubled: in Slack more than once.
        again: posted as possible repeats.
        unsent: outbox rows that are not settled.
        orphaned: jobs still under a dead replica.
        kills: processes killed.
        ended: processes that ended themselves, since they could give no sign of life in time.
        take_over_s: for deliveries and ticks cut off by a kill, seconds until they went on.
    """

    told: int = 0
    lost: int = 0
    doubled: int = 0
    again: int = 0
    cards_doubled: int = 0
    unsent: int = 0
    failed: int = 0
    orphaned: int = 0
    kills: int = 0
    freezes: int = 0
    ended: int = 0
    interrupted: int = 0
    take_over_s: list[float] = field(default_factory=list)
    died_at: Counter[str] = field(default_factory=Counter)

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled or left."""
        wrong = self.lost + self.doubled + self.cards_doubled + self.unsent + self.failed
        return wrong + self.orphaned == 0


@dataclass(slots=True)
class House:
    """A database, a Slack workspace and the processes that work between them."""

    url: str
    folder: Path
    slack: LocalSlack
    database: Database
    setup: Setup
    toll: Toll = field(default_factory=Toll)
    alive: list[BaseProcess] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """One line an event, of all processes."""
        return Path(self.setup.log)

    def events(self, word: str = "") -> list[tuple[float, int, str]]:
        """When, which process, what."""
        if not self.log.exists():
            return []
        lines = (line.split(" ", 2) for line in self.log.read_text().splitlines())
        return [(float(at), int(pid), what) for at, pid, what in lines if what.startswith(word)]

    def start(self, **changes: Any) -> BaseProcess:
        """A new process, forked from one that has all modules loaded."""
        process = FORKS.Process(
            target=main, args=(replace(self.setup, **changes), str(self.folder / "errors.log"))
        )
        process.start()
        self.alive.append(process)
        return process

    async def up(self, process: BaseProcess, wait_s: float = 20.0) -> None:
        """Waits until a process works."""
        await self.until(
            lambda: (
                process.exitcode is not None
                or any(pid == process.pid for _, pid, _ in self.events("up"))
            ),
            wait_s,
        )

    def kill(self, process: BaseProcess) -> None:
        """SIGKILL; one that has ended by itself meanwhile is no kill."""
        process.kill()
        process.join()
        killed = process.exitcode == -signal.SIGKILL
        if killed:
            self._note(process)
        self._gone(process)
        self.toll.kills += killed

    async def died(self, process: BaseProcess, wait_s: float = 20.0) -> bool:
        """Waits until a process has died at its point; whether it did."""
        try:
            await self.until(lambda: process.exitcode is not None, wait_s)
        except TimeoutError:
            return False
        self._note(process)
        self._gone(process)
        if process.exitcode == -signal.SIGKILL:
            self.toll.kills += 1
            self.toll.died_at.update(
                what.removeprefix("dies ")
                for _, pid, what in self.events("dies")
                if pid == process.pid
            )
            return True
        return False

    async def die_at(self, point: str, *, nth: int = 1, wait_s: float = 30.0) -> bool:
        """A process that dies at a named point, which is made to be reached; whether it died."""
        if point.endswith(":trouble"):
            self.slack.faults.rate_limit("chat.postMessage", times=nth + 2)
        if point.endswith(":look_up"):
            await self.die_at("after:taken")
        process = self.start(die=point, nth=nth)
        died = await self.died(process, wait_s)
        if not died:
            self.kill(process)
        self.slack.faults.clear()
        return died

    async def die_in_slack(self, *, carried_out: bool, wait_s: float = 30.0) -> None:
        """A process that dies while Slack works on its post, which is carried out or lost."""
        gate = _Gate()
        fault = Fault("chat.postMessage", None, gate=gate)
        self.slack.faults.pending.append(fault)
        process = self.start()
        async with asyncio.timeout(wait_s):
            await gate.arrived.wait()
        self.kill(process)
        if not carried_out:
            fault.drop = "before"
        self.slack.faults.pending.remove(fault)
        gate.set()

    async def until(self, condition: Callable[[], bool], wait_s: float) -> None:
        """Waits for something that other processes do; there is nothing here to wait on."""
        deadline = time.monotonic() + wait_s
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(self.errors())
            await asyncio.sleep(0.05)

    def errors(self) -> str:
        """The last of what the processes said."""
        path = self.folder / "errors.log"
        return path.read_text()[-3_000:] if path.exists() else ""

    async def drain(self, wait_s: float = 40.0) -> None:
        """Stops the changes and waits until all is said; needs a living process."""
        await asyncio.to_thread(Path(self.setup.stop).touch)
        deadline = time.monotonic() + wait_s
        quiet = 0
        while quiet < 3:
            self.replace_ended()
            async with self.database.read() as connection:
                counts = await outbox.counts(connection)
                query = select(func.count()).where(tables.watches.c.tick.is_not(None))
                ticking = (await connection.execute(query)).scalar_one()
            busy = counts.get("new", 0) + counts.get("sending", 0) + ticking
            busy += await self._orphans()
            quiet = quiet + 1 if not busy else 0
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(0.3)

    def replace_ended(self) -> None:
        """Starts anew what has ended itself, as a supervisor would (it was too slow to live)."""
        for process in [one for one in self.alive if one.exitcode is not None]:
            self._gone(process)
            self.toll.ended += 1
            self.start()

    async def retire(self, process: BaseProcess, wait_s: float = 20.0) -> int | None:
        """Asks one process to end, as a supervisor does before an update; its exit code."""
        self.send(process, signal.SIGTERM)
        await self.until(lambda: process.exitcode is not None, wait_s)
        self._gone(process)
        return process.exitcode

    async def stop(self) -> None:
        """Ends all processes kindly."""
        for process in self.alive:
            self.send(process, signal.SIGCONT)
            if process.exitcode is None:
                process.terminate()
        for process in list(self.alive):
            await asyncio.to_thread(process.join, 15)
            if process.exitcode is None:
                process.kill()
            self._gone(process)

    def send(self, process: BaseProcess, what: signal.Signals) -> None:
        """A signal to a process."""
        if process.pid is not None and process.exitcode is None:
            os.kill(process.pid, what)

    async def count(self) -> Toll:
        """Compares what should have been said with what stands in Slack."""
        toll = self.toll
        async with self.database.read() as connection:
            told = {row.key for row in await connection.execute(select(tables.alerts.c.key))}
            ids = [watch.id for watch in await watches.every(connection)]
            states = await seen.states(connection, ids)
            rows = list(await connection.execute(select(tables.outbox)))
            cards = list(await connection.execute(select(tables.cards)))
        counted = sum(state.state["n"] for (_, run), state in states.items() if run == RUN)
        if counted != len(told):
            raise AssertionError(f"{counted} changes, {len(told)} alerts recorded")
        stands: Counter[str] = Counter()
        shown: Counter[str] = Counter()
        for message in self.slack.posts():
            payload = (message.metadata or {}).get("event_payload", {})
            keys = [*payload.get("also", ()), payload.get("key", "")]
            stands.update({key for key in keys if key.startswith("a:")})
            shown.update(key for key in keys if key.startswith("card:"))
            toll.again += AGAIN in message.text
        toll.told = len(told)
        toll.lost = sum(stands[key] == 0 for key in told)
        toll.doubled = sum(number > 1 for number in stands.values())
        toll.cards_doubled = sum(number > 1 for number in shown.values())
        toll.unsent = sum(row.state in ("new", "sending") for row in rows)
        toll.failed = sum(row.state == "failed" for row in rows)
        toll.take_over_s = self._take_overs()
        toll.interrupted = len(toll.take_over_s)
        if len([card for card in cards if card.kind == RUN_CARD]) != len(ids):
            raise AssertionError("a card is missing")
        toll.orphaned = await self._orphans()
        return toll

    def _take_overs(self) -> list[float]:
        """Seconds from a kill to when another process had the same piece of work in its hands."""
        holder: dict[str, int] = {}
        killed: dict[int, float] = {}
        found = []
        for at, pid, what in sorted(self.events()):
            if what == "killed":
                killed[pid] = at
            elif what.startswith("job "):
                before = holder.get(what)
                if before is not None and before != pid and before in killed:
                    found.append(at - killed[before])
                holder[what] = pid
        return sorted(found)

    def _note(self, process: BaseProcess) -> None:
        with self.log.open("a") as log:
            log.write(f"{time.time():.3f} {process.pid} killed\n")

    async def _orphans(self) -> int:
        """Unfinished jobs that no living process has in its hands."""
        schema = "" if self.database.address.sqlite else "dbos."
        pids = {process.pid for process in self.alive}
        living = {what.split()[1] for _, pid, what in self.events("up") if pid in pids}
        async with self.database.read() as connection:
            rows = await connection.exec_driver_sql(
                f"SELECT executor_id FROM {schema}workflow_status WHERE status = 'PENDING'"
            )
            return sum(row.executor_id not in living for row in rows)

    def _gone(self, process: BaseProcess) -> None:
        process.join()
        if process in self.alive:
            self.alive.remove(process)


@asynccontextmanager
async def house(
    url: str, folder: Path, *, channels: int = 4, per_channel: int = 2, **changes: Any
) -> AsyncIterator[House]:
    """A workspace with watches in some channels, and a database with their rows."""
    async with LocalSlack() as slack:
        slack.add_user("ada")
        for number in range(channels):
            slack.add_channel(f"ml{number}")
        database = await open_database(url)
        now = datetime.now(UTC)
        async with database.begin() as connection:
            for number in range(channels):
                channel = slack.channel(f"#ml{number}").id
                for project in range(per_channel):
                    await watches.add(
                        connection,
                        channel=channel,
                        target=Target("team", f"llm{project}"),
                        creator="U1",
                        now=now,
                    )
        setup = Setup(
            database=url,
            slack=slack.api_url,
            token=slack.app.bot_token,
            log=str(folder / "events.log"),
            stop=str(folder / "stop"),
        )
        made = House(url, folder, slack, database, replace(setup, **changes))
        try:
            yield made
        finally:
            for process in list(made.alive):
                process.kill()
                process.join()
            await database.close()


async def kill_at_random(
    home: House, *, replicas: int, kills: int, rng: random.Random, gap_s: float = 3.0
) -> None:
    """Keeps so many processes alive, and kills one after another, without any order.

    Some are killed before they have come up; all are replaced, and all work at the end.
    """
    for _ in range(kills):
        home.replace_ended()
        while len(home.alive) < replicas:
            home.start()
        await asyncio.sleep(rng.uniform(0.3, gap_s))
        home.kill(rng.choice(home.alive))
    while len(home.alive) < replicas:
        await home.up(home.start())


async def freeze(home: House, *, replicas: int, rng: random.Random) -> BaseProcess:
    """Stops one process (SIGSTOP) for twice the time-out, then lets it go on."""
    while len(home.alive) < replicas:
        await home.up(home.start())
    frozen = rng.choice(home.alive)
    home.send(frozen, signal.SIGSTOP)
    await asyncio.sleep(2 * home.setup.timeout)
    home.send(frozen, signal.SIGCONT)
    home.toll.freezes += 1
    return frozen
