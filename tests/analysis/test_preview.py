"""The preview of a watch: it counts what the real policy posts for the same events."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analysis.alerts.base import Alert
from analysis.preview import Preview, Replaying, Told, preview
from analysis.refs import ProjectRef
from bot.background import policy
from tests.analysis.watching.world import World, a_world

QUIET = policy.QuietHours(
    start=datetime(2026, 1, 1, 12, 4).time(),  # noqa: DTZ001 -- a time of day has no zone
    end=datetime(2026, 1, 1, 23, 0).time(),  # noqa: DTZ001 -- as above
    zone=ZoneInfo("UTC"),
)


@dataclass
class Channel:
    """A channel with the real policy; counts what it posts."""

    manners: policy.Manners
    fresh: dict[str, datetime] = field(default_factory=dict)
    posted: Counter[str] = field(default_factory=Counter)
    messages: int = 0

    def admit(self, alerts: Sequence[Alert], now: datetime) -> Told:
        by_key = {alert.key(1): alert for alert in alerts}
        decision = policy.admit(
            [
                policy.Alert(1, a.subject, a.kind, a.severity, {}, a.code, a.episode, a.opens)
                for a in alerts
                if a.opens  # a recovery edits its alert and is no message
            ],
            manners=self.manners,
            mutes=(),
            last_fresh=self.fresh,
            now=now,
        )
        self.fresh |= {alert.run: now for alert in decision.fresh}
        told = [by_key[one.alert.key] for one in decision.judged if one.fate == "posted"]
        messages = len(decision.threads) + len(decision.fresh)
        self.posted.update(alert.kind for alert in told)
        self.messages += messages
        return Told(tuple(told), messages, len(decision.fresh))


async def a_story(world: World, channel: Channel) -> None:
    """Ten minutes in which runs begin, break, fail, finish and fall silent, watched live."""
    world.server.add_project("demo", "made")

    async def look() -> None:
        alerts = await world.look()
        if alerts:
            channel.admit(alerts, world.now)

    await look()
    world.run("old", rows=400)
    begun = {name: world.run(name, rows=20) for name in ("good", "nan", "fails")}
    for _ in range(6):
        for name, run in begun.items():
            if name == "nan" and run.table.size > 100:
                world.train(run, train_loss=float("nan"))
            else:
                world.train(run)
        await look()
    begun["fails"].becomes("failed")
    await look()
    for name in ("good", "nan"):
        world.train(begun[name])
    await look()
    for name in ("good", "nan"):
        begun[name].becomes("finished")
    await look()


@pytest.mark.parametrize(
    "manners",
    [
        policy.Manners(),
        policy.Manners(kinds=frozenset({"failed", "finding"})),
        policy.Manners(quiet=QUIET),
        policy.Manners(fresh_lines=False),
    ],
    ids=["all", "two kinds", "quiet hours", "no fresh lines"],
)
async def test_it_counts_what_a_watch_of_the_same_events_posted(manners: policy.Manners) -> None:
    live, replayed = Channel(manners), Channel(manners)
    async with a_world() as world:
        await a_story(world, live)
        found = await preview(
            world.source,
            ProjectRef("demo", "made"),
            Replaying(world.now + timedelta(minutes=2), days=7),
            replayed.admit,
        )
    assert found.counts == dict(sorted(live.posted.items()))
    assert found.messages == live.messages == replayed.messages
    assert not found.estimated


async def test_what_is_too_much_is_an_estimate_that_says_so() -> None:
    async with a_world() as world:
        for i in range(15):
            world.run(f"r{i}", rows=50, state="finished")
        admit = Channel(policy.Manners()).admit
        settings = Replaying(world.now + timedelta(minutes=2))
        where = ProjectRef("demo", "made")
        whole = await preview(world.source, where, settings, admit)
        part = await preview(world.source, where, settings, admit, most_runs=10)
        late = await preview(world.source, where, settings, admit, budget_s=0.01)
    assert whole.counts["finished"] == 15
    assert (whole.runs, whole.of, whole.estimated) == (15, 15, False)
    assert (part.runs, part.of, part.estimated) == (10, None, True)
    assert "more runs than the latest 10" in part.sentence
    assert late.estimated
    assert "the curves did not come in time" in late.sentence


async def test_a_gap_counts_as_a_stall() -> None:
    async with a_world() as world:
        run = world.run("a", rows=100)
        world.seconds[0] += 7_200
        world.train(run)
        world.seconds[0] += 30
        run.becomes("finished")
        found = await _seen(world)
    assert found.counts["stalled"] == 1


async def test_a_project_without_runs_has_nothing_to_tell() -> None:
    async with a_world() as world:
        world.server.add_project("demo", "made")
        found = await _seen(world)
    assert found.counts == {}
    assert found.sentence == "In the last 7 days 0 messages: nothing to tell."


async def _seen(world: World) -> Preview:
    settings = Replaying(world.now + timedelta(minutes=2))
    admit = Channel(policy.Manners()).admit
    return await preview(world.source, ProjectRef("demo", "made"), settings, admit)
