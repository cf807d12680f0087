"""New points of many runs of a W&B server: an alias a run, a request a page of 50."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, TypeVar

from analysis.errors import (
    AccessError,
    AnalysisError,
    ConnectionFailed,
    FieldUnknown,
    RateLimited,
)
from analysis.flight import gather_bounded
from analysis.history import History, Missing
from analysis.refs import RunRef
from analysis.run import Run
from analysis.sources import graphql
from analysis.sources.answers import Answer
from analysis.sources.base import Asked, Effort, News
from analysis.sources.deadline import Deadline, Timing
from analysis.sources.decode import points_of, run_of, system_of, with_summary
from analysis.sources.graphql import Operation
from analysis.sources.specs import Spec

PAGE = 50  # runs a request, as W&B's own client asks for
_PAGE_S = 30.0  # seconds for a page, with all that it takes to get around a run that fails
_LONGEST_PAGE_S = 75.0  # the same on a slow host
_PATIENCE_S = 8.0  # after which a page is asked for in parts as well
_ONE_S = 6.0  # seconds for a run that is asked for by itself
_LONGEST_S = 25.0  # either of them on a slow host
_SLOWER = 2.5  # times what the host takes for an answer, until it is the run that is slow
_PARTS = 8  # parts of a page that failed
_PAGES_AT_ONCE = 3  # more would only make each of them late: the server works on all of them
_EXIT_CODE = "Run.exitcode"
_WHOLE_AT_ONCE = 4  # runs whose gap is fetched whole

T = TypeVar("T")


class Ask(Protocol):
    """How the server is asked; see ``analysis.sources.transport``."""

    async def __call__(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        deadline: Deadline,
        read: Callable[[Answer], T],
    ) -> T:
        """Send an operation; ``read`` makes what is wanted of the answer, off the loop."""
        ...


class ReadHistory(Protocol):
    """How one run's curves are read."""

    def __call__(
        self, run: Run, keys: Sequence[str], effort: Effort, *, since_step: int | None = None
    ) -> Awaitable[History]:
        """See ``RunSource.history``."""
        ...


@dataclass(frozen=True, slots=True)
class Aliases:
    """Asks for new points of many runs in few requests.

    Attributes:
        ask: sends an operation.
        app_url: the web app, for the runs' links.
        history: reads one run's curves whole.
        timing: the clock.
        suspects: runs that failed the last time; they are asked for apart from the others.
        lacks: what this server's schema is known not to have.
        answers_in: seconds that the host took for its last good answer, whatever it was about: by
            that a host that is slow for all is told from a run that is.
    """

    ask: Ask
    app_url: str
    history: ReadHistory
    timing: Timing
    suspects: set[RunRef]
    lacks: set[str]
    answers_in: Callable[[], float]

    async def __call__(self, asked: Sequence[Asked]) -> dict[RunRef, News]:
        """What is new of each run; a gap larger than the sample is fetched whole."""
        sound = [each for each in asked if each.run.ref not in self.suspects]
        apart = [each for each in asked if each.run.ref in self.suspects]
        pages = [sound[i : i + PAGE] for i in range(0, len(sound), PAGE)]
        pages += [[each] for each in apart]
        answers = await gather_bounded(
            [partial(self._in_time, page) for page in pages], _PAGES_AT_ONCE
        )
        found = {ref: news for answer in answers for ref, news in answer.items()}
        gaps = [
            (each, names)
            for each in asked
            if each.since is not None
            and each.run.ref in found
            and (names := _thinned(each.keys, found[each.run.ref].history))
        ]
        whole = await gather_bounded(
            [partial(self._whole, found[each.run.ref].run, names, each.since)
             for each, names in gaps],
            _WHOLE_AT_ONCE,
        )  # fmt: skip
        for ref, history in whole:
            news = found[ref]
            series = {**news.history.series, **history.series}
            missing = (*news.history.missing, *history.missing)
            found[ref] = replace(news, history=History(series, missing))
        return found

    async def _in_time(self, page: Sequence[Asked]) -> dict[RunRef, News]:
        seconds = min(max(_PAGE_S, 3 * self._patience(_PATIENCE_S)), _LONGEST_PAGE_S)
        return await self._page(page, Deadline.after(seconds, self.timing))

    def _patience(self, usual: float) -> float:
        """Seconds for one answer: more than usual while the host is slow for all."""
        return min(max(usual, _SLOWER * self.answers_in()), _LONGEST_S)

    async def _page(self, asked: Sequence[Asked], deadline: Deadline) -> dict[RunRef, News]:
        """A page in one request, and in parts when that fails or takes long."""
        alone = len(asked) == 1
        patience = self._patience(_ONE_S if alone else _PATIENCE_S)
        within = Deadline.after(min(patience, deadline.left), self.timing)
        try:
            found = await self._at_once(asked, within)
        except (AccessError, ConnectionFailed, RateLimited):
            raise
        except AnalysisError as error:
            if alone:
                run = asked[0].run
                self._suspect(run.ref)
                return {run.ref: News(run, History({}, (Missing("new points", error.sentence),)))}
            size = -(-len(asked) // _PARTS)
            parts = [asked[i : i + size] for i in range(0, len(asked), size)]
            answers = await gather_bounded(
                [partial(self._page, part, deadline) for part in parts], _PARTS
            )
            return {ref: news for answer in answers for ref, news in answer.items()}
        for ref, news in found.items():
            if news.history.missing:
                self._suspect(ref)
            else:
                self.suspects.discard(ref)
        return found

    def _suspect(self, ref: RunRef) -> None:
        if len(self.suspects) < PAGE:  # more than that is no single run's fault
            self.suspects.add(ref)

    async def _at_once(self, asked: Sequence[Asked], within: Deadline) -> dict[RunRef, News]:
        variables: dict[str, Any] = {}
        for place, each in enumerate(asked):
            ref = each.run.ref
            variables |= {
                f"e{place}": ref.entity,
                f"p{place}": ref.project,
                f"n{place}": ref.id,
                f"s{place}": [Spec((key,), each.samples, each.since).text for key in each.keys],
            }
            if each.system:
                variables[f"m{place}"] = each.system
        read = partial(_read, asked, self.app_url)
        if _EXIT_CODE not in self.lacks:
            facts = [each.facts for each in asked]
            try:
                return await self.ask(_operation(facts, asked), variables, within, read)
            except FieldUnknown:
                if "end" not in facts:
                    raise
                self.lacks.add(_EXIT_CODE)
        facts = ["all" if each.facts == "end" else each.facts for each in asked]
        return await self.ask(_operation(facts, asked), variables, within, read)

    async def _whole(
        self, run: Run, keys: Sequence[str], since: int | None
    ) -> tuple[RunRef, History]:
        effort = Effort(deadline_s=2 * self._patience(_ONE_S))
        try:
            return run.ref, await self.history(run, keys, effort, since_step=since)
        except AnalysisError as error:
            return run.ref, History({}, (Missing("rows of a long gap", error.sentence),))


def _operation(facts: Sequence[str], asked: Sequence[Asked]) -> Operation:
    return graphql.news_of(
        [(what, bool(each.system)) for what, each in zip(facts, asked, strict=True)]
    )


def _thinned(keys: Sequence[str], history: History) -> list[str]:
    return [name for name in keys if name in history and not history[name].exact]


def _read(asked: Sequence[Asked], app_url: str, answer: Answer) -> dict[RunRef, News]:
    found = {}
    for place, each in enumerate(asked):
        project = answer.data.get(f"r{place}")
        node = project.get("run") if isinstance(project, Mapping) else None
        node = node if isinstance(node, Mapping) else {}
        error = answer.error_at(f"r{place}")
        run = each.run
        if node and error is None:
            run = _with_facts(run, each, node, app_url)
        events = node.get("events") if each.system else None
        found[run.ref] = News(
            run,
            history_of(node.get("sampledHistory"), each.keys, each.samples, error),
            None if not isinstance(events, list) else _system(events),
        )
    return found


def _with_facts(run: Run, asked: Asked, node: Mapping[str, Any], app_url: str) -> Run:
    match asked.facts:
        case "all" | "end":
            return run_of(node, run.ref, app_url)
        case "summary":
            return with_summary(run, node)
        case _:
            return run


def _system(events: object) -> History:
    columns = system_of(events)
    return History(columns.series(columns.names))


def history_of(
    answers: object, keys: Sequence[str], samples: int, error: AnalysisError | None
) -> History:
    """The curves in the answers to a spec a key."""
    if not isinstance(answers, list) or len(answers) != len(keys):
        reason = error.sentence if error else "W&B's answer lacks them."
        return History({}, (Missing("new points", reason),))
    found = {}
    for key, rows in zip(keys, answers, strict=True):
        points = points_of(rows, (key,))[key]
        if len(points):
            whole = isinstance(rows, list) and len(rows) < samples
            found[key] = points.series(exact=whole)
    return History(found)
