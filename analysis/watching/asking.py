"""What a look asks of each run: nothing of one that did not move."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from analysis import metrics
from analysis.metrics import Overrides
from analysis.refs import RunRef
from analysis.rules import logged_as
from analysis.run import Run
from analysis.sources.base import Asked, News
from analysis.watching.keeping import Kept

SAMPLES: Final = 200
"""New points of a curve that come in the shared request; a larger gap is fetched whole."""
FIRST_SAMPLES: Final = 500
"""Points of a curve that is seen for the first time: all of a short one, and of a long one what
there is until its turn comes to be fetched whole."""
WHOLE_A_TICK: Final = 20
"""Long runs that are fetched whole in one tick, when they are seen for the first time."""
FACTS_EVERY: Final = timedelta(minutes=10)
"""How old a live run's config and list of names may be; its state is of each look, its summary of
each look at which it moved."""
SYSTEM_EVERY: Final = timedelta(minutes=10)
"""How old a live run's system metrics may be: a row of thirty numbers each, and slow to change."""
SYSTEM_A_TICK: Final = 10
"""Live runs whose system metrics come along in one tick, the longest unasked first."""
SYSTEM_SAMPLES: Final = 300
ALL: Final = frozenset({"all", "end"})
"""The values of ``Asked.facts`` with which config and names come."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A run as a census found it, beside what was kept of it.

    Attributes:
        kept: with what moved of the run; ``kept.run.rows`` are those whose points are kept.
        rows: history rows now.
        turned: whether its state is another than at the last look.
        whole: whether its facts are all of now.
    """

    kept: Kept
    rows: int | None
    turned: bool = False
    whole: bool = False

    @property
    def path(self) -> str:
        """The run's path."""
        return self.kept.path

    @property
    def moved(self) -> bool:
        """Whether there may be new points."""
        return self.rows is None or self.rows != self.kept.run.rows or self.turned


@dataclass(frozen=True, slots=True)
class _Curves:
    """From which step on points are asked for, and how many at once."""

    since: int | None = None
    samples: int = SAMPLES
    whole_long_run: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """Decides what is asked.

    Attributes:
        now: the tick's time, UTC.
        overrides: the user's own metric names.
        also: further metrics to fetch where a run logs them, as people call them.
    """

    now: datetime
    overrides: Overrides
    also: Sequence[str] = ()

    def of(self, seen: Sequence[Seen]) -> dict[str, Asked]:
        """What is asked of each run, by path; runs of which nothing is asked are left out."""
        system = self._system_due(seen)
        turns = WHOLE_A_TICK
        found: dict[str, Asked] = {}
        for each in seen:
            moved = each.moved or self._may_have_moved(each)
            curves = self._curves(each, moved=moved, turn=turns > 0)
            if curves is not None and curves.whole_long_run:
                turns -= 1
            facts = self._facts(each, moved=moved)
            samples = SYSTEM_SAMPLES if each.path in system else 0
            if curves is None and not facts and not samples:
                continue
            asked = curves or _Curves()
            keys = (each.kept.names or self.names(each.kept.run)) if curves else ()
            found[each.path] = Asked(
                each.kept.run, keys, asked.since, asked.samples, facts, samples
            )
        return found

    def names_after(
        self, seen: Sequence[Seen], asked: Mapping[str, Asked], news: Mapping[RunRef, News]
    ) -> dict[str, tuple[str, ...]]:
        """The names to ask for from now on, of each run where these may be others than before."""
        found = {}
        for each in seen:
            came = news.get(each.kept.run.ref)
            if came is None or not asked[each.path].facts:
                continue
            known = each.kept.names
            if (
                asked[each.path].facts in ALL
                or not known
                or came.run.keys.keys() != each.kept.run.keys.keys()
                or not set(self._own(came.run)) <= set(known)
            ):
                found[each.path] = self.names(came.run)
        return found

    def further(
        self,
        seen: Sequence[Seen],
        asked: Mapping[str, Asked],
        news: Mapping[RunRef, News],
        names: Mapping[str, Sequence[str]],
    ) -> dict[str, Asked]:
        """What is asked again: all points of names that a run logs only since the last look."""
        found = {}
        for each in seen:
            first = asked.get(each.path)
            came = news.get(each.kept.run.ref)
            if first is None or came is None or not first.keys or came.history.missing:
                continue
            known = {*each.kept.names, *first.keys}
            keys = [name for name in names.get(each.path, ()) if name not in known]
            if keys:
                since = None if first.since is None else 0
                found[each.path] = Asked(came.run, keys, since, first.samples)
        return found

    def names(self, run: Run) -> tuple[str, ...]:
        """The names whose points are kept."""
        return tuple(dict.fromkeys((*metrics.select_keys(run, self.overrides), *self._own(run))))

    def _own(self, run: Run) -> list[str]:
        found = (logged_as(name, run) for name in self.also)
        return [name for name in found if name is not None]

    def _curves(self, each: Seen, *, moved: bool, turn: bool) -> "_Curves | None":
        """The points that are asked for.

        A run that is known is asked for its new points. One that is not is asked for all of them:
        whole where it is short or its turn has come, else sampled until its turn comes.
        """
        kept = each.kept
        end = kept.last_step
        after = 0 if end is None else end + 1
        if kept.whole:
            return _Curves(after) if moved else None
        if each.rows == 0 and not kept.run.keys:
            return None
        if each.rows is not None and each.rows < FIRST_SAMPLES:
            return _Curves(0, FIRST_SAMPLES)  # the sample holds all of it
        if turn:
            return _Curves(0, whole_long_run=True)
        if end is None:
            return _Curves(None, FIRST_SAMPLES)
        return _Curves(after) if moved else None

    def _may_have_moved(self, each: Seen) -> bool:
        """Whether it beats, but nothing of it was asked for long: its rows may be miscounted."""
        kept = each.kept
        return _older(kept.facts_at, self.now, FACTS_EVERY) and _beats_since(kept, kept.facts_at)

    def _facts(self, each: Seen, *, moved: bool) -> Literal["", "summary", "all", "end"]:
        """How much of the run itself is asked for."""
        if each.whole or not moved:
            return ""
        kept = each.kept
        if each.turned and kept.run.state.ended:
            return "end"
        old = _older(kept.facts_at, self.now, FACTS_EVERY)
        return "all" if each.turned or old or not kept.run.keys else "summary"

    def _system_due(self, seen: Iterable[Seen]) -> frozenset[str]:
        """The runs whose system metrics are asked for: those that ended now, and some that live."""
        due, ended = [], []
        for each in seen:
            kept = each.kept
            if each.turned and kept.run.state.ended:
                ended.append(each.path)
            elif (
                kept.run.state.live
                and _older(kept.system_at, self.now, SYSTEM_EVERY)
                and _beats_since(kept, kept.system_at)
            ):
                due.append((kept.system_at is not None, kept.system_at or self.now, each.path))
        return frozenset((*ended, *(path for *_, path in sorted(due)[:SYSTEM_A_TICK])))


def _older(when: datetime | None, now: datetime, limit: timedelta) -> bool:
    """Whether a time is too long ago; or in the future, by a clock that was set back."""
    return when is None or not timedelta() <= now - when < limit


def _beats_since(kept: Kept, when: datetime | None) -> bool:
    beat = kept.run.heartbeat_at
    return when is None or beat is None or beat > when
