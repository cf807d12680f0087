"""One process of the background work, for tests that kill it.

Everything in it is the product's own, from the engine to the Slack client. Its source of changes
is a counter: each tick of a watch finds one more change and has one alert to post, so that what
should have been said can be told from the database alone. Where the test wants it to die is named
in the settings; the places are wrapped from here, outside the product's code.
"""

import asyncio
import functools
import logging
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import aiosqlite  # noqa: F401 -- all that a process needs, so that a fork of it starts at once
import alembic.command  # noqa: F401
import dbos  # noqa: F401
import psycopg  # noqa: F401

from analysis.errors import AnalysisError
from bot.background.jobs.deliver import Delivery, Patience
from bot.background.jobs.tick import Tick, TickPace
from bot.background.painter import PaintPace
from bot.background.ports import AlertNote, Batch, CardChange, Found, Post
from bot.background.queues import Pace
from bot.background.schedules import Sweep, SweepPace
from bot.background.service import Background, Paces, Work
from bot.clock import SystemClock
from bot.storage import CardKey, Outgoing, open_database
from bot.storage.reminders import Reminder
from bot.storage.schedules import Schedule
from bot.storage.seen import RunState
from handlers.reply import Message
from handlers.sending import SlackSender, clients

RUN = "team/llm/run"
BOARD = "board"
RUN_CARD = "run"
ALERT = "alert"

POINTS: Mapping[str, tuple[type, str]] = {
    "sweep": (Sweep, "run"),
    "tick": (Tick, "run"),
    "tick_store": (Tick, "_store"),
    "effects": (Tick, "_effects"),
    "draft": (Delivery, "_draft"),
    "taken": (Delivery, "_taken"),
    "send": (Delivery, "_send"),
    "sent": (Delivery, "_sent"),
    "look_up": (Delivery, "_look_up"),
    "trouble": (Delivery, "_trouble"),
    "post": (SlackSender, "post"),
}
"""Where a process can be told to die: ``before:POINT`` or ``after:POINT``."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What one process is told, as JSON in its first argument.

    Attributes:
        database: its address.
        slack: the Web API's.
        token: the bot's.
        log: file for one line an event; a line is one ``write``, so it survives SIGKILL.
        stop: while this file exists, ticks find nothing new.
        die: ``before:POINT`` or ``after:POINT``; dies at the ``nth`` time it comes there.
    """

    database: str
    slack: str
    token: str
    log: str
    stop: str
    timeout: float = 3.0
    tick_s: float = 1.0
    settle_s: float = 1.0
    per_second: float = 20.0
    die: str = ""
    nth: int = 1


class CountingSource:
    """Each look at a watch finds one more change."""

    def __init__(self, stop: Path, log: Callable[[str], None]) -> None:
        self.stop = stop
        self.log = log

    async def look(self, batch: Batch) -> Found:
        """One new alert for each watch, and its run's card with the count."""
        await asyncio.sleep(0.01)
        known = await batch.seen.states(None)
        if self.stop.exists():
            return Found(batch.state)
        cards: list[CardChange] = []
        posts: list[Post] = []
        states: list[RunState] = []
        alerts: list[AlertNote] = []
        for watch in batch.watches:
            before = known.get((watch.id, RUN))
            number = (before.state["n"] if before else 0) + 1
            key = CardKey(watch.channel, RUN_CARD, f"{watch.id}:{RUN}")
            cards.append(CardChange(key, {"n": number}, watch.id))
            alert = f"a:{watch.id}:{number}"
            what = Outgoing(key=alert, channel=watch.channel, kind=ALERT, payload={"n": number})
            posts.append(Post(what, watch.id, thread_of=key))
            states.append(RunState(watch.id, RUN, {"n": number}, False, batch.now))
            alerts.append(
                AlertNote(
                    key=alert,
                    watch_id=watch.id,
                    run=RUN,
                    kind="finding",
                    code="loss_spike",
                    severity="warning",
                    fate="posted",
                    payload={},
                    card=key,
                )
            )
        self.log(f"tick {batch.target.path} {len(batch.watches)}")
        return Found(
            batch.state,
            states=tuple(states),
            cards=tuple(cards),
            posts=tuple(posts),
            alerts=tuple(alerts),
        )

    async def unreachable(
        self, batch: Batch, since: datetime, error: AnalysisError | None
    ) -> Found:
        """Never happens here."""
        raise AssertionError(error)


class NothingScheduled:
    """Neither briefings nor reminders."""

    async def compose(self, schedule: Schedule, now: datetime) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    async def check(self, reminder: Reminder, now: datetime) -> Mapping[str, Any] | None:
        """Never."""
        return None


def render(kind: str, payload: Mapping[str, Any], now: datetime) -> Message:
    """A line of text."""
    if kind == "several":
        return Message(text=", ".join(str(item["payload"]["n"]) for item in payload["items"]))
    return Message(text=f"{kind} {payload['n']}")


def paces(setup: Setup) -> Paces:
    """The product's paces, faster."""
    return Paces(
        engine=Pace(
            replica_timeout=setup.timeout,
            poll_scale=0.1,
            per_second=setup.per_second,
            keep_jobs=timedelta(minutes=30),
        ),
        sweep=SweepPace(tick_s=setup.tick_s, lease_s=60.0, quiet_s=10.0),
        tick=TickPace(),
        delivery=Patience(settle_s=setup.settle_s, lookup_s=0.5, lookups=20, late_after_s=1e6),
        paint=PaintPace(per_minute=600.0, gap_s=0.5, yield_s=1.0),
        sweep_every_s=0.25,
        paint_every_s=0.5,
    )


def arm(setup: Setup, log: Callable[[str], None]) -> None:
    """Wraps the place where this process shall die."""
    when, _, point = setup.die.partition(":")
    if not point:
        return
    owner, name = POINTS[point]
    real = getattr(owner, name)
    count = 0

    def die() -> None:
        log(f"dies {setup.die}")
        os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(real)
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        mine = count
        if when == "before" and mine >= setup.nth:
            die()
        result = await real(*args, **kwargs)
        if when == "after" and mine >= setup.nth:
            die()
        return result

    setattr(owner, name, wrapped)


def trace(log: Callable[[str], None]) -> None:
    """Logs what each process has in its hands, so that take-over can be timed."""

    def tell(owner: type, name: str, words: Callable[..., str]) -> None:
        real = getattr(owner, name)

        @functools.wraps(real)
        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            log(words(*args, **kwargs))
            return await real(*args, **kwargs)

        setattr(owner, name, wrapped)

    tell(Tick, "run", lambda _, args: f"job tick-{args['token']}-{args['watches'][0]}")
    tell(Delivery, "_send", lambda _, row, __: f"job row-{row.id}")
    tell(Delivery, "_look_up", lambda _, row: f"job row-{row.id}")


async def serve(setup: Setup) -> int:
    """Runs until SIGTERM, or until the engine says that this process must end."""
    handle = os.open(setup.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def log(event: str) -> None:
        os.write(handle, f"{time.time():.3f} {os.getpid()} {event}\n".encode())

    trace(log)
    arm(setup, log)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    database = await open_database(setup.database, exclusive=True)
    source = CountingSource(Path(setup.stop), log)
    nothing = NothingScheduled()
    async with aiohttp.ClientSession() as session:
        steady, once = clients(
            setup.token, base_url=setup.slack, session=session, clock=SystemClock()
        )
        background = Background(
            database=database,
            sender=SlackSender(steady, once, session, SystemClock()),
            render=render,
            work=Work(source, nothing, nothing),
            clock=SystemClock(),
            paces=paces(setup),
        )
        await background.start()
        log(f"up {background.engine.replica}")
        ends = [asyncio.ensure_future(e.wait()) for e in (stopped, background.engine.lost)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        lost = background.engine.lost.is_set()
        log("lost" if lost else "stopping")
        for task in ends:
            task.cancel()
        if lost:
            os._exit(75)  # no farewell: others have its work
        await background.stop(grace=2)
    await database.close()
    log("down")
    return 0


def main(setup: Setup, errors: str) -> None:
    """The process's life; what it prints goes to ``errors``."""
    os.setsid()
    handle = os.open(errors, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    logging.basicConfig(level=logging.INFO, format="%(process)d %(name)s %(message)s")
    os._exit(asyncio.run(serve(setup)))
