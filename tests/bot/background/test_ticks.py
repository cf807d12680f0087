"""Ticks, briefings and reminders: what they find is stored once, with its messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from analysis.errors import AnalysisError, ConnectionFailed, RateLimited, RunNotFound
from bot.background.jobs.briefing import Briefing
from bot.background.jobs.remind import Remind
from bot.background.jobs.tick import Tick
from bot.background.outbox import Outbox
from bot.background.ports import AlertNote, Batch, CardChange, Found, Post
from bot.background.schedules import TICK, Sweep
from bot.storage import (
    CardKey,
    Database,
    Outgoing,
    Target,
    alerts,
    cards,
    outbox,
    reminders,
    schedules,
    seen,
    tables,
    watches,
)
from bot.storage.reminders import Reminder
from bot.storage.schedules import Schedule
from tests.clocks import START, HandClock
from tests.support.jobs import NotedJobs

LLM = Target("team", "llm")
RUN = "team/llm/a"


@dataclass
class Script:
    """Finds one alert for each watch; or raises what it is told to."""

    raises: Exception | None = None
    batches: list[Batch] = field(default_factory=list)
    shown: list[tuple[datetime, str]] = field(default_factory=list)

    async def look(self, batch: Batch) -> Found:
        self.batches.append(batch)
        if self.raises:
            raise self.raises
        known = await batch.seen.memories([RUN])
        step = (known[RUN].last_step or 0) + 1 if RUN in known else 1
        keys = {w.id: CardKey(w.channel, "run", RUN) for w in batch.watches}
        return Found(
            replace(batch.state, state={"looks": step}),
            memories=(seen.Memory(RUN, step, False, {}, b"h", batch.now),),
            states=tuple(
                seen.RunState(w.id, RUN, {"step": step}, False, batch.now) for w in batch.watches
            ),
            cards=tuple(CardChange(keys[w.id], {"step": step}, w.id) for w in batch.watches),
            posts=tuple(
                Post(
                    Outgoing(f"a:{w.id}:{step}", w.channel, "alert", {}),
                    w.id,
                    thread_of=keys[w.id],
                )
                for w in batch.watches
            ),
            alerts=tuple(
                AlertNote(
                    f"a:{w.id}:{step}",
                    w.id,
                    RUN,
                    "finding",
                    "loss_spike",
                    "warning",
                    "posted",
                    {},
                    card=keys[w.id],
                )
                for w in batch.watches
            ),
        )

    async def unreachable(
        self, batch: Batch, since: datetime, error: AnalysisError | None
    ) -> Found:
        self.shown.append((since, error.sentence if error else ""))
        return Found(batch.state)


@dataclass
class Bench:
    database: Database
    clock: HandClock
    jobs: NotedJobs
    outbox: Outbox
    script: Script
    tick: Tick
    sweep: Sweep

    async def claim(self) -> Mapping[str, Any]:
        await self.sweep.run()
        return self.jobs.of(TICK)[-1].args

    async def rows(self) -> list[str]:
        async with self.database.read() as connection:
            found = await connection.execute(
                select(tables.outbox.c.key).order_by(tables.outbox.c.id)
            )
            return [row.key for row in found]


@pytest.fixture
async def bench(database: Database) -> Bench:
    clock, jobs, script = HandClock(), NotedJobs(), Script()
    box = Outbox(jobs)
    async with database.begin() as connection:
        for channel in ("C1", "C2"):
            await watches.add(connection, channel=channel, target=LLM, creator="U1", now=START)
    return Bench(
        database,
        clock,
        jobs,
        box,
        script,
        Tick(database, box, script, clock),
        Sweep(database, jobs, box, clock),
    )


async def test_one_look_serves_all_watches_and_stores_everything_together(bench: Bench) -> None:
    """State, cards, messages in the cards' threads, and the alerts that the cards show."""
    await bench.tick.run(await bench.claim())
    (batch,) = bench.script.batches
    assert [w.channel for w in batch.watches] == ["C1", "C2"]
    async with bench.database.read() as connection:
        card = await cards.find(connection, CardKey("C1", "run", RUN))
        told = await outbox.by_key(connection, f"a:{batch.watches[0].id}:1")
        noted = await alerts.by_key(connection, f"a:{batch.watches[0].id}:1")
        state = await seen.target(connection, LLM)
    assert card is not None
    assert told is not None
    assert noted is not None
    assert (told.parent_id, noted.card_id) == (card.id, card.id)
    assert (state.state, state.looked_at) == ({"looks": 1}, START)
    assert len(await bench.rows()) == 4


async def test_a_tick_that_runs_again_after_a_crash_tells_nothing_twice(bench: Bench) -> None:
    """Whether it died before or after its transaction."""
    args = await bench.claim()
    await bench.tick.run(args)
    before = await bench.rows()
    await bench.tick.run(args)
    assert await bench.rows() == before
    assert len(bench.script.batches) == 1


async def test_a_look_that_was_given_up_stores_nothing_when_it_comes_back(bench: Bench) -> None:
    """Another tick has the watches by then."""
    slow = await bench.claim()
    await bench.clock.advance(301)
    fast = await bench.claim()
    assert fast["token"] != slow["token"]
    await bench.tick.run(slow)
    assert await bench.rows() == []
    await bench.tick.run(fast)
    assert len(await bench.rows()) == 4


async def test_a_watch_removed_during_the_look_hears_nothing(bench: Bench) -> None:
    """Unwatch takes effect at once."""
    args = await bench.claim()
    real = bench.script.look

    async def look(batch: Batch) -> Found:
        async with bench.database.begin() as connection:
            await watches.remove(connection, batch.watches[0].id, now=START)
        return await real(batch)

    bench.script.look = look  # type: ignore[method-assign]
    await bench.tick.run(args)
    keys = await bench.rows()
    assert [key for key in keys if key.startswith("a:")] == ["a:2:1"]


async def test_while_wandb_is_down_nobody_is_alarmed_and_looks_get_rarer(bench: Bench) -> None:
    """The board says since when; the first good look ends it."""
    bench.script.raises = ConnectionFailed("W&B cannot be reached.")
    pauses = []
    for _ in range(6):
        await bench.tick.run(await bench.claim())
        async with bench.database.read() as connection:
            (watch, _) = await watches.every(connection)
        pause = (watch.next_at - bench.clock.now()).total_seconds()
        pauses.append(pause)
        await bench.clock.advance(pause)
    assert pauses == [30, 60, 120, 240, 300, 300]
    assert set(bench.script.shown) == {(START, "W&B cannot be reached.")}
    assert await bench.rows() == []
    bench.script.raises = None
    await bench.tick.run(await bench.claim())
    async with bench.database.read() as connection:
        state = await seen.target(connection, LLM)
    assert (state.unreachable_since, state.failures) == (None, 0)


async def test_the_wait_that_wandb_asks_for_is_kept_between_looks(bench: Bench) -> None:
    """Nobody looks sooner; the board says since when."""
    bench.script.raises = RateLimited("W&B asks to slow down (429).", retry_after_s=200)
    pauses = []
    for _ in range(5):
        await bench.tick.run(await bench.claim())
        async with bench.database.read() as connection:
            (watch, _) = await watches.every(connection)
        pauses.append((watch.next_at - bench.clock.now()).total_seconds())
        await bench.clock.advance(pauses[-1])
    assert pauses == [200, 200, 200, 240, 300]
    assert bench.script.shown[-1] == (START, "W&B asks to slow down (429).")


async def test_a_bug_in_one_projects_look_does_not_stop_its_next_one(bench: Bench) -> None:
    """It is logged, and treated as a look that failed."""
    bench.script.raises = ZeroDivisionError()
    await bench.tick.run(await bench.claim())
    bench.script.raises = None
    await bench.clock.advance(31)
    await bench.tick.run(await bench.claim())
    assert len(await bench.rows()) == 4


class Morning:
    """A briefing's content."""

    def __init__(self, raises: Exception | None = None) -> None:
        self.raises = raises

    async def compose(self, schedule: Schedule, now: datetime) -> Mapping[str, Any]:
        if self.raises:
            raise self.raises
        return {"summary": "12 running"}


@pytest.mark.parametrize("raises", [None, ConnectionFailed("W&B cannot be reached.")])
async def test_a_briefing_is_put_once_even_if_it_cannot_be_made(
    bench: Bench, raises: Exception | None
) -> None:
    """Then it says why, rather than not coming at all."""
    async with bench.database.begin() as connection:
        made = await schedules.add(
            connection,
            channel="C1",
            kind="briefing",
            cron="0 9 * * *",
            tz="UTC",
            args={},
            creator="U1",
            next_at=START,
            now=START,
        )
    job = Briefing(bench.database, bench.outbox, Morning(raises), bench.clock)
    args = {"schedule": made.id, "at": START.isoformat()}
    await job.run(args)
    await job.run(args)
    async with bench.database.read() as connection:
        row = await outbox.by_key(connection, f"briefing:{made.id}:{START.isoformat()}")
    assert row is not None
    assert ("problem" in row.payload) == (raises is not None)
    assert len(await bench.rows()) == 1


class Ended:
    """Whether a run has ended."""

    def __init__(self, *answers: Mapping[str, Any] | Exception | None) -> None:
        self.answers = list(answers)

    async def check(self, reminder: Reminder, now: datetime) -> Mapping[str, Any] | None:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_a_reminder_comes_once_when_its_run_has_ended(bench: Bench) -> None:
    """As a direct message to the one who asked, whatever failed on the way."""
    async with bench.database.begin() as connection:
        made = await reminders.add(
            connection, slack_user="U1", channel="U1", note="", run=RUN, now=START
        )
    down = ConnectionFailed("W&B cannot be reached.")
    work = Ended(None, down, {"state": "finished"}, {"state": "finished"})
    job = Remind(bench.database, bench.outbox, work, bench.clock)
    for _ in range(5):
        await job.run({"reminder": made.id})
    async with bench.database.read() as connection:
        row = await outbox.by_key(connection, f"reminder:{made.id}")
    assert row is not None
    assert (row.channel, row.payload["state"]) == ("U1", "finished")
    assert len(work.answers) == 1


async def test_a_reminder_for_a_run_that_is_gone_says_so(bench: Bench) -> None:
    """After a few looks: it may be a hiccup."""
    async with bench.database.begin() as connection:
        made = await reminders.add(
            connection, slack_user="U1", channel="U1", note="", run=RUN, now=START
        )
    job = Remind(
        bench.database,
        bench.outbox,
        Ended(*[RunNotFound("There is no such run.")] * 3),
        bench.clock,
    )
    for expected in (0, 0, 1):
        await job.run({"reminder": made.id})
        assert len(await bench.rows()) == expected
