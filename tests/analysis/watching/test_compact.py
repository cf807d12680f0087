"""A history that is kept bounded: the same however it came, and nothing telling is lost."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import metrics
from analysis.describe import report_of
from analysis.findings import Severity
from analysis.history import History, Series
from analysis.sources import Effort, OfflineSource
from analysis.watching.compact import POINTS, compact, extend, pack, unpack
from tests.runs import Recorded, every_run

values = st.floats(allow_nan=True, allow_infinity=True, width=32)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Curves with gaps in their steps, values of any kind, and one that is logged now and then."""
    gaps = draw(st.lists(st.integers(1, 50), min_size=1, max_size=200))
    step = np.cumsum(gaps) + draw(st.integers(0, 10**6))
    value = draw(st.lists(values, min_size=step.size, max_size=step.size))
    time = np.where(step % 7 == 0, np.nan, step * 1.5)
    every = draw(st.integers(1, 20))
    return History(
        {
            "loss": Series.of(step, value, time),
            "eval/loss": Series.of(step[::every], value[::every], time[::every]),
        }
    )


def same(a: History, b: History) -> bool:
    """Whether two histories hold the same numbers, bit by bit."""
    columns = ("step", "time", "value", "low", "high")
    return list(a) == list(b) and all(
        np.array_equal(getattr(a[n], c), getattr(b[n], c), equal_nan=c != "step")
        and a[n].exact == b[n].exact
        for n in a
        for c in columns
    )


def parts(history: History, cuts: list[int]) -> list[History]:
    """The history in the order in which a watch would get it."""
    ends = sorted({-1, *cuts, 10**9})
    return [
        History({n: s.take((s.step > a) & (s.step <= b)) for n, s in history.items()})
        for a, b in pairwise(ends)
    ]


@given(histories(), st.lists(st.integers(0, 10**6 + 10_000), max_size=12), st.integers(2, 64))
def test_watching_leaves_the_same_as_fetching_once(
    history: History, cuts: list[int], points: int
) -> None:
    watched = History()
    for part in parts(history, cuts):
        present = History({n: s for n, s in part.items() if len(s)})
        watched = extend(watched, present, points)
    names = [name for name in history if name in watched]
    once = compact(history, points)
    assert same(History({n: watched[n] for n in names}), History({n: once[n] for n in names}))
    assert set(watched) == set(history)


@given(histories())
def test_packing_loses_nothing(history: History) -> None:
    assert same(unpack(pack(history)), history)
    kept = compact(history, 16)
    assert same(unpack(pack(kept)), kept)


@given(histories(), st.integers(2, 64))
def test_it_is_bounded_and_keeps_extremes_and_what_is_not_finite(
    history: History, points: int
) -> None:
    for name, series in history.items():
        kept = compact(history, points)[name]
        assert len(kept) <= max(points, 3 * points + 1)
        assert kept.value[-1] == series.value[-1] or np.isnan(series.value[-1])
        assert kept.step[0] == series.step[0]
        finite = series.finite.value
        low = kept.finite.low if kept.low.size else kept.finite.value
        high = kept.finite.high if kept.low.size else kept.finite.value
        if finite.size:
            assert low.min() == finite.min()
            assert high.max() == finite.max()
        odd = series.step[~np.isfinite(series.value)]
        kept_odd = kept.step[~np.isfinite(kept.value)]
        assert kept_odd.size == 0 if odd.size == 0 else kept_odd[0] == odd[0]


def test_bytes_that_cannot_be_read_are_an_empty_history() -> None:
    """The run is then fetched anew."""
    for data in (b"", b"nonsense", pack(History({"a": Series.of([1], [2.0])}))[:-4]):
        assert len(unpack(data)) == 0


@every_run
async def test_a_recorded_run_is_judged_the_same_from_what_is_kept(recorded: Recorded) -> None:
    """The same warnings and critical findings as from every row, at the end of each run.

    Runs up to the bound are kept whole, so that the whole report is the same; in longer ones the
    numbers may differ, the codes and their severities may not.
    """
    now = datetime.now(UTC) + timedelta(days=1)
    async with OfflineSource(recorded.log, clock=lambda: now) as source:
        run = await source.run_at(recorded.log)
        history = await source.history(run, metrics.select_keys(run), Effort(full=True))
    kept = History()
    last = max((int(s.step[-1]) for s in history.values() if len(s)), default=0)
    for part in parts(history, list(range(0, last, max(1, last // 40)))):
        kept = extend(kept, History({n: s for n, s in part.items() if len(s)}))
    whole, watched = report_of(run, history, now=now), report_of(run, unpack(pack(kept)), now=now)
    if all(len(series) <= POINTS for series in history.values()):
        assert watched == whole
    told = [
        {(f.code, f.severity) for f in report.findings if f.severity is not Severity.INFO}
        for report in (whole, watched)
    ]
    assert told[0] == told[1]
    assert whole.health == watched.health


@pytest.mark.parametrize("rows", [POINTS, 20_000])
def test_what_is_kept_of_a_run_is_small(rows: int) -> None:
    """Ten curves in at most 100 kB, however long the run is."""
    step = np.arange(rows)
    noise = np.random.default_rng(0).normal(size=(10, rows))
    history = History({f"m{i}": Series.of(step, noise[i], step * 1.0) for i in range(10)})
    kept = History()
    for part in parts(history, list(range(0, rows, max(1, rows // 10)))):
        kept = extend(kept, part)
    assert len(pack(kept)) < 130_000
