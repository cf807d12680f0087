"""The sweep, and times that people set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.background.outbox import Outbox
from bot.background.schedules import BRIEFING, REMIND, TICK, BadSchedule, Sweep, next_time
from bot.storage import Database, Outgoing, Target, outbox, reminders, schedules, watches
from tests.clocks import START, HandClock
from tests.support.jobs import NotedJobs


def _times(cron: str, zone: str, after: str, number: int) -> Sequence[str]:
    at, found = datetime.fromisoformat(after), []
    for _ in range(number):
        following = next_time(cron, zone, at)
        assert following is not None
        at = following
        found.append(at.astimezone(UTC).strftime("%d %H:%M"))
    return found


def test_nine_stays_nine_when_the_clocks_change() -> None:
    """In Berlin on 25 October 2026: 7:00 UTC before, 8:00 after."""
    assert _times("0 9 * * *", "Europe/Berlin", "2026-10-24T00:00+02:00", 2) == [
        "24 07:00",
        "25 08:00",
    ]


def test_a_time_that_exists_twice_fires_once() -> None:
    """2:30 in the night when the clocks go back."""
    assert _times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00+02:00", 2) == [
        "25 00:30",
        "26 01:30",
    ]


def test_a_time_that_does_not_exist_fires_at_the_change() -> None:
    """2:30 in the night when the clocks go forward is 3:00 there."""
    assert _times("30 2 * * *", "Europe/Berlin", "2027-03-27T12:00+01:00", 2) == [
        "28 01:00",
        "29 00:30",
    ]


def test_weekdays_are_weekdays() -> None:
    """From Friday to Monday."""
    assert _times("0 9 * * 1-5", "UTC", "2026-11-06T10:00+00:00", 1) == ["09 09:00"]


@pytest.mark.parametrize(
    ("cron", "zone"), [("9 o'clock", "UTC"), ("0 9 * * *", "Mars/Olympus"), ("0 9 * * *", "/etc/x")]
)
def test_what_is_no_schedule_is_refused_with_a_sentence(cron: str, zone: str) -> None:
    """Before anything is stored."""
    with pytest.raises(BadSchedule):
        next_time(cron, zone, START)


@dataclass
class Bench:
    database: Database
    jobs: NotedJobs
    clock: HandClock
    sweep: Sweep


@pytest.fixture
def bench(database: Database) -> Bench:
    jobs, clock = NotedJobs(), HandClock()
    return Bench(database, jobs, clock, Sweep(database, jobs, Outbox(jobs), clock))


async def test_one_job_looks_at_a_project_for_fifty_watches(bench: Bench) -> None:
    """A hundred and twenty channels of one project are three jobs; another project is its own."""
    async with bench.database.begin() as connection:
        for number in range(120):
            await watches.add(
                connection,
                channel=f"C{number}",
                target=Target("team", "llm"),
                creator="U1",
                now=START,
            )
        await watches.add(
            connection, channel="C1", target=Target("team", "cv"), creator="U1", now=START
        )
    assert await bench.sweep.run() == 4
    sizes = sorted(len(job.args["watches"]) for job in bench.jobs.of(TICK))
    assert sizes == [1, 20, 50, 50]
    assert await bench.sweep.run() == 0


async def test_a_briefing_is_due_once_and_missed_ones_are_one(bench: Bench) -> None:
    """After two days without a process the channel gets one briefing, not two."""
    async with bench.database.begin() as connection:
        made = await schedules.add(
            connection,
            channel="C1",
            kind="briefing",
            cron="0 9 * * *",
            tz="UTC",
            args={},
            creator="U1",
            next_at=START - timedelta(days=2),
            now=START,
        )
    await bench.sweep.run()
    await bench.sweep.run()
    assert len(bench.jobs.of(BRIEFING)) == 1
    async with bench.database.read() as connection:
        stored = await schedules.get(connection, made.id)
    assert stored is not None
    assert stored.next_at == datetime(2026, 11, 3, 9, tzinfo=UTC)


async def test_a_run_that_somebody_waits_for_is_looked_at_each_minute(bench: Bench) -> None:
    """Until the reminder is settled."""
    async with bench.database.begin() as connection:
        made = await reminders.add(
            connection, slack_user="U1", channel="U1", note="", run="team/llm/a", now=START
        )
    for _ in range(4):
        await bench.sweep.run()
        await bench.clock.advance(30)
    keys = {job.key for job in bench.jobs.of(REMIND)}
    assert len(keys) == 2
    async with bench.database.begin() as connection:
        await reminders.done(connection, made.id, now=bench.clock.now())
    await bench.clock.advance(120)
    assert await bench.sweep.run() == 0


async def test_a_row_whose_job_is_gone_gets_a_new_one_and_one_that_waits_does_not(
    bench: Bench,
) -> None:
    """The old job's name is used up, so the new one has a new number."""
    async with bench.database.begin() as connection:
        for key in ("gone", "waits"):
            await bench.sweep.outbox.put(connection, Outgoing(key, "C1", "x", {}), now=START)
    first, second = (job.key for job in bench.jobs.jobs)
    bench.jobs.alive.add(second)
    await bench.clock.advance(179)
    assert await bench.sweep.run() == 0
    await bench.clock.advance(2)
    assert await bench.sweep.run() == 1
    assert bench.jobs.jobs[-1].key == first.removesuffix(":1") + ":2"
    async with bench.database.read() as connection:
        gone = await outbox.by_key(connection, "gone")
        waits = await outbox.by_key(connection, "waits")
    assert gone is not None
    assert waits is not None
    assert (gone.tickets, waits.tickets) == (2, 1)
