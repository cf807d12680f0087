"""Small runs made by hand for the tests of detectors, and what a detector says of them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis import signals
from analysis.detectors import base
from analysis.findings import Finding
from analysis.history import History, Series
from analysis.refs import RunRef
from analysis.run import Key, Run, RunState
from analysis.signals import Signals
from analysis.thresholds import DEFAULTS, Thresholds

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Column = npt.ArrayLike | tuple[npt.ArrayLike, npt.ArrayLike]


def see(
    columns: Mapping[str, Column],
    *,
    config: Mapping[str, Any] | None = None,
    state: RunState = RunState.FINISHED,
    seconds: float = 1.0,
    idle_s: float = 0.0,
    beat_s: float | None = None,
    system: Mapping[str, npt.ArrayLike] | None = None,
    exit_code: int | None = None,
) -> Signals:
    """Signals of a run whose row k was logged k times ``seconds`` after the start.

    Args:
        columns: values by name, one a row; or (rows, values).
        config: of the run.
        state: of the run.
        seconds: between rows.
        idle_s: how long ago the last row was.
        beat_s: how long ago the last heartbeat was; as long as the last row by default.
        system: system metrics by name.
        exit_code: of the process.
    """
    series = {}
    last = 0
    for name, column in columns.items():
        rows, values = column if isinstance(column, tuple) else (np.arange(np.size(column)), column)
        rows = np.asarray(rows, dtype=np.int64)
        series[name] = Series.of(rows, values, START.timestamp() + rows * seconds)
        last = max(last, int(rows[-1]) if rows.size else 0)
    end = START + timedelta(seconds=last * seconds)
    now = end + timedelta(seconds=idle_s)
    run = Run(
        ref=RunRef("team", "project", "made"),
        name="made",
        state=state,
        config=config or {},
        keys={name: Key(len(one)) for name, one in series.items()},
        created_at=START,
        heartbeat_at=end if beat_s is None else now - timedelta(seconds=beat_s),
        exit_code=exit_code,
    )
    samples = {n: Series.of(np.arange(np.size(v)), v) for n, v in (system or {}).items()}
    return signals.of(run, History(series), History(samples), now=now)


def all_of(s: Signals, t: Thresholds = DEFAULTS) -> dict[str, Finding]:
    """Every finding by code."""
    return {finding.code: finding for finding in base.run_all(s, t).findings}


def loud(s: Signals, t: Thresholds = DEFAULTS) -> set[str]:
    """The codes at warning or critical."""
    return {code for code, finding in all_of(s, t).items() if finding.severity.rank}


def reasons(s: Signals, t: Thresholds = DEFAULTS) -> dict[str, str]:
    """Why each code that could not be checked was not."""
    return {item.code: item.reason for item in base.run_all(s, t).not_checked}


def falling(
    n: int, top: float = 2.3, floor: float = 0.2, noise: float = 0.03, seed: int = 0
) -> Any:
    """A loss that falls as a power law with noise in proportion: float64[n]."""
    t = np.arange(n) / n
    clean = floor + (top - floor) * (1 + 30 * t) ** -1.0
    return clean * np.exp(noise * np.random.default_rng(seed).normal(size=n))
