"""New points of many runs: what a run that never answers, or a host that is slow, does to them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from analysis.errors import TimedOut
from analysis.history import History
from analysis.refs import RunRef
from analysis.run import Run, RunState
from analysis.sources.answers import Answer
from analysis.sources.base import Asked, Effort, News
from analysis.sources.deadline import Deadline, Timing
from analysis.sources.graphql import Operation
from analysis.sources.news import Aliases
from tests.clocks import HandClock

T = TypeVar("T")


@dataclass
class Host:
    """A W&B host in a time of its own: how long it takes, and for which runs it never answers.

    Attributes:
        seconds: until an answer.
        stuck: ids of runs; a question about one of them has no answer.
        asked: the runs of each question.
    """

    clock: HandClock = field(default_factory=HandClock)
    seconds: float = 0.5
    stuck: frozenset[str] = frozenset()
    asked: list[list[str]] = field(default_factory=list)
    took: float = 0.0

    @property
    def timing(self) -> Timing:
        return Timing(lambda: self.clock.now().timestamp(), self.clock.sleep, lambda: 1.0)

    async def ask(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        deadline: Deadline,
        read: Callable[[Answer], T],
    ) -> T:
        names = [str(value) for name, value in variables.items() if name[0] == "n"]
        self.asked.append(names)
        if self.stuck & set(names) or self.seconds > deadline.left:
            await self.clock.sleep(deadline.left)
            raise TimedOut("W&B did not answer in the time allowed.")
        await self.clock.sleep(self.seconds)
        self.took = self.seconds
        rows = {"run": {"sampledHistory": [[{"_step": 11, "loss": 0.5}]]}}
        return read(Answer({f"r{place}": rows for place in range(len(names))}))

    async def history(
        self, run: Run, keys: object, effort: Effort, *, since_step: int | None = None
    ) -> History:
        raise AssertionError("no gap is that large here")


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def aliases(host: Host) -> Aliases:
    return Aliases(
        ask=host.ask,
        app_url="https://wandb.ai",
        history=host.history,
        timing=host.timing,
        suspects=set(),
        lacks=set(),
        answers_in=lambda: host.took,
    )


def runs(count: int) -> list[Asked]:
    """A question about so many running runs."""
    refs = [RunRef("demo", "made", f"run{number:03}") for number in range(count)]
    return [Asked(Run(ref, ref.id, RunState.RUNNING), ["loss"], 10, 500) for ref in refs]


async def look(host: Host, aliases: Aliases, asked: list[Asked]) -> tuple[set[str], float]:
    """The ids of the runs whose points did not come, and how long it took."""
    host.asked.clear()
    began = host.clock.now()
    # What sleeps and nothing else is what there is: time flies without a look at a real clock.
    async with host.clock.passing():
        found = await aliases(asked)
    return lacking(found.values()), (host.clock.now() - began).total_seconds()


def lacking(news: Iterable[News]) -> set[str]:
    return {each.run.ref.id for each in news if not len(each.history.get("loss", ()))}


async def test_a_run_that_never_answers_is_found_and_then_asked_apart(
    host: Host, aliases: Aliases
) -> None:
    """The others' points come with the first look; from then on they wait for it no more."""
    host.stuck = frozenset({"run070"})
    assert (await look(host, aliases, runs(120)))[0] == {"run070"}
    missing, seconds = await look(host, aliases, runs(120))
    assert missing == {"run070"}
    assert [names for names in host.asked if "run070" in names] == [["run070"]]
    assert len(host.asked) == 4  # three pages, and the run by itself
    assert seconds <= 7
    host.stuck = frozenset()
    assert (await look(host, aliases, runs(120)))[0] == set()
    await look(host, aliases, runs(120))
    assert len(host.asked) == 3


@pytest.mark.parametrize("seconds", [5.0, 10.0, 18.0])
async def test_a_host_that_is_slow_for_all_is_given_its_time(
    host: Host, aliases: Aliases, seconds: float
) -> None:
    """It took as long to say which runs there are: no run is suspected, none is asked apart."""
    host.seconds = host.took = seconds
    assert (await look(host, aliases, runs(120)))[0] == set()
    assert [len(names) for names in host.asked] == [50, 50, 20]
    assert not aliases.suspects


async def test_a_run_that_never_answers_is_found_on_a_slow_host_too(
    host: Host, aliases: Aliases
) -> None:
    host.seconds = host.took = 10.0
    host.stuck = frozenset({"run007"})
    assert (await look(host, aliases, runs(60)))[0] == {"run007"}
    assert (await look(host, aliases, runs(60)))[0] == {"run007"}
    assert [names for names in host.asked if "run007" in names] == [["run007"]]


async def test_a_host_that_has_become_slow_holds_no_run_up_for_long(
    host: Host, aliases: Aliases
) -> None:
    """Nothing in its first slow look, all in the next, once its other answers took as long."""
    host.seconds, host.took = 10.0, 0.5
    await look(host, aliases, runs(60))
    host.took = 10.0
    assert (await look(host, aliases, runs(60)))[0] == set()
    await look(host, aliases, runs(60))
    assert [len(names) for names in host.asked] == [50, 10]
