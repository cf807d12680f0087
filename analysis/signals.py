"""A run and its columns as the signals that detectors read: resolved names, one step axis.

Everything here is a pure function of what the source handed over, so that describing a run as it
stood at some step gives what watching it to that step would have given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from analysis import metrics
from analysis.history import Bools, Floats, History, Ints, Missing, Series
from analysis.metrics import Direction, LossKind, Overrides
from analysis.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One metric on the run's own step axis; points that a rewind has superseded are left out.

    Attributes:
        name: the logged name.
        row: int64[n], W&B's ``_step``, ascending: the common order of all curves of a run.
        step: int64[n], the run's own step (optimiser steps where they are logged).
        time: float64[n], Unix seconds; NaN where unknown.
        value: float64[n], non-finite ones included.
        low: float64[n], the least value that each point stands for (the value itself when exact).
        high: float64[n], the greatest.
        exact: whether every logged value is here.
        direction: which way is better.
    """

    name: str
    row: Ints
    step: Ints
    time: Floats
    value: Floats
    low: Floats
    high: Floats
    exact: bool
    direction: Direction = "down"

    def __len__(self) -> int:
        return int(self.row.size)

    def take(self, mask: Bools) -> "Curve":
        """The points where ``mask`` (bool[n]) is true."""
        return replace(
            self,
            row=self.row[mask],
            step=self.step[mask],
            time=self.time[mask],
            value=self.value[mask],
            low=self.low[mask],
            high=self.high[mask],
        )

    @property
    def finite(self) -> "Curve":
        """The points whose value is a finite number."""
        mask = np.isfinite(self.value)
        return self if bool(mask.all()) else self.take(mask)

    @property
    def badness(self) -> Floats:
        """float64[n]: the value turned so that smaller is better."""
        return self.value if self.direction == "down" else -self.value

    def at_rows(self, rows: Ints) -> Floats:
        """The last known value at each of ``rows``, float64[k]; NaN before the first."""
        if not len(self):
            return np.full(rows.size, np.nan)
        place = np.searchsorted(self.row, rows, side="right") - 1
        return np.where(place >= 0, self.value[np.maximum(place, 0)], np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """How fast a run goes.

    Attributes:
        metric: the logged name, or the time axis that it was derived from.
        unit: ``samples/s``, ``steps/s``, ``s/step``, …
        curve: the pace by row; larger is faster (``s/step`` is turned round).
        derived: whether it comes from the time between steps, nothing being logged.
    """

    metric: str
    unit: str
    curve: Curve
    derived: bool


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """What detectors see of a run; a signal that the run lacks is ``None`` or empty.

    Attributes:
        run: who it is and what state it is in.
        now: the clock, UTC.
        axis: the logged name of the step axis (``_step`` where there is no better one).
        step: the last step on that axis.
        first_step: the first one; far above zero in a resumed run.
        total_steps: how many steps are planned, on the same axis.
        loss: the training loss (a held-out loss where no other is logged).
        loss_is_held_out: whether ``loss`` is in truth an evaluation loss.
        loss_kind: whether such a loss must fall.
        losses: every loss and likelihood that was fetched, parts and held-out ones too.
        evals: held-out quality, the leading metric first; rewards in reinforcement learning.
        stage_rows: rows at which a curriculum or schedule moved on, or the learning rate was
            raised again: what the loss does there is intended.
        row_times: float64[m], ascending times of logged rows.
        gpu_use: busy share of each GPU, %, by sample.
        memory: filled share of host and GPU memory, %, by sample.
        missing: what did not come.
    """

    run: Run
    now: datetime
    axis: str = "_step"
    step: int | None = None
    first_step: int | None = None
    total_steps: int | None = None
    loss: Curve | None = None
    loss_is_held_out: bool = False
    loss_kind: LossKind = metrics.SUPERVISED
    losses: tuple[Curve, ...] = ()
    grad_norm: Curve | None = None
    evals: tuple[Curve, ...] = ()
    learning_rate: Curve | None = None
    pace: Pace | None = None
    epoch: Curve | None = None
    tokens: Curve | None = None
    stage_rows: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    row_times: Floats = field(default_factory=lambda: np.empty(0, dtype=np.float64))
    gpu_use: tuple[Curve, ...] = ()
    memory: tuple[Curve, ...] = ()
    missing: tuple[Missing, ...] = ()
    has_history: bool = False

    @property
    def history_failed(self) -> bool:
        """Whether the curves were asked for and did not come at all."""
        return not self.has_history and any(part.what == "history" for part in self.missing)

    @property
    def resumed(self) -> bool:
        """Whether the first point lies so far from zero that an earlier part must exist."""
        if self.first_step is None or self.loss is None or len(self.loss) < 2:
            return False
        spacing = float(np.median(np.diff(self.loss.step)))
        return self.first_step > max(20.0, 5.0 * spacing)

    @property
    def fraction(self) -> float | None:
        """How much of the planned steps is done, 0 to 1."""
        if not self.total_steps or self.step is None:
            return None
        return min(1.0, self.step / self.total_steps)


@np.errstate(all="ignore")  # values near the ends of float64 are taken as they come
def of(
    run: Run,
    history: History,
    system: History | None = None,
    *,
    now: datetime,
    overrides: Overrides | None = None,
) -> Signals:
    """Resolves names and axes of a run's columns.

    Args:
        run: from the source.
        history: the columns that were fetched; names that the run lacks are not in it.
        system: system metrics by name; ``step`` counts samples.
        now: the clock, UTC.
        overrides: the user's own names by signal; one that the run lacks is passed over.
    """
    overrides = overrides or {}
    own = {name: series for name, series in history.items() if len(series)}
    names = [name for name in own if not name.startswith("_")]
    kind = metrics.loss_kind([*run.keys, *names], run.config)
    trained, held_out = _training_and_held_out(names, own, overrides)
    loss_name = next(iter(trained or [n for n in held_out if metrics.is_loss_name(n)]), None)
    axis = _axis(run, own, loss_name, overrides)

    def curve(name: str | None, direction: Direction = "down") -> Curve | None:
        return None if name is None else curve_of(name, own[name], own.get(axis), direction)

    def best(signal: str, found: list[str]) -> Curve | None:
        return curve(next(iter(metrics.chosen(overrides, signal, own) or found), None))

    evals = list(held_out)
    if kind.name == "reinforcement" and not metrics.chosen(overrides, "eval", own):
        evals = [n for n in evals if not metrics.is_loss_name(n)]
        evals = list(dict.fromkeys([*metrics.rewards(names), *evals]))
    losses = [n for n in names if metrics.is_loss_name(n) or metrics.is_likelihood_name(n)]
    loss_names = list(dict.fromkeys([n for n in (loss_name, *losses) if n]))
    rate = best("learning_rate", metrics.learning_rates(names))
    steps = _step_range(own, names, axis)
    signals = Signals(
        run=run,
        now=now,
        axis=axis,
        step=None if steps is None else steps[1],
        first_step=None if steps is None else steps[0],
        loss=curve(loss_name),
        loss_is_held_out=loss_name is not None and not trained,
        loss_kind=kind,
        losses=tuple(c for n in loss_names if (c := curve(n)) is not None),
        grad_norm=best("grad_norm", metrics.grad_norms(names)),
        evals=tuple(
            c for n in evals if (c := curve(n, metrics.direction_of(n) or "up")) is not None
        ),
        learning_rate=rate,
        epoch=best("epoch", [n for n in metrics.EPOCH if n in own]),
        tokens=best("tokens", metrics.tokens_seen(names)),
        stage_rows=_stage_rows([own[n] for n in metrics.stages(names)], rate),
        row_times=_row_times(own, run),
        gpu_use=_system_curves(system, _is_gpu_use),
        memory=_system_curves(system, _is_memory),
        missing=history.missing,
        has_history=bool(names),
    )
    pace = _pace(signals, own, names, overrides, curve)
    return replace(signals, pace=pace, total_steps=total_steps(signals))


def _training_and_held_out(
    names: list[str], own: Mapping[str, Series], overrides: Overrides
) -> tuple[list[str], list[str]]:
    """Names of training losses and of held-out metrics, the leading ones first."""
    trained = metrics.chosen(overrides, "loss", own) or metrics.losses(names)
    held_out = metrics.chosen(overrides, "eval", own) or metrics.evals(names)
    held_out = [name for name in held_out if name not in metrics.chosen(overrides, "loss", own)]
    for quantity, sets in metrics.numbered_sets(held_out).items():
        if len(sets) < 2 or any(quantity.split("@")[0] in name for name in trained):
            continue
        # Boosted trees number their sets: the one that ends best is what they were fitted to.
        ends = {
            number: _last_badness(own[name], metrics.direction_of(name))
            for number, name in sets.items()
        }
        fitted = min(ends, key=lambda number: (ends[number], number))
        held_out = [name for name in held_out if name != sets[fitted]]
        if metrics.is_loss_name(sets[fitted]) or metrics.direction_of(sets[fitted]) == "down":
            trained = [*trained, sets[fitted]]
    return trained, held_out


def _last_badness(series: Series, direction: Direction | None) -> float:
    finite = series.finite.value
    if not finite.size:
        return float("inf")
    return float(finite[-1]) if direction != "up" else -float(finite[-1])


def _axis(run: Run, own: Mapping[str, Series], loss_name: str | None, overrides: Overrides) -> str:
    key = run.keys.get(loss_name) if loss_name else None
    asked = [key.step_metric] if key is not None and key.step_metric else []
    for name in (*metrics.chosen(overrides, "step", own), *asked, *metrics.STEP):
        if name in own and _counts(own[name].finite.value):
            return name
    return "_step"


def _counts(values: Floats) -> bool:
    """Whether values can be a step axis: whole numbers that go up, but for a few rewinds."""
    if values.size < 2 or not bool(np.all(values == np.round(values))):
        return False
    if float(np.max(np.abs(values))) > 2**62:
        return False
    moves = np.diff(values)
    back = int(np.count_nonzero(moves < 0))
    return bool(np.any(moves > 0)) and back <= max(3, values.size // 50)


def curve_of(name: str, series: Series, axis: Series | None, direction: Direction) -> Curve:
    """A logged name's points on the run's own step axis, rewound ones left out.

    Args:
        name: the logged name.
        series: its points.
        axis: the column that counts the run's own steps; W&B's ``_step`` where there is none.
        direction: which way is better.
    """
    step, keep = _steps_of(series.step, axis)
    exact_low = series.low if series.low.size else series.value
    exact_high = series.high if series.high.size else series.value
    curve = Curve(
        name, series.step, step, series.time, series.value, exact_low, exact_high,
        series.exact, direction,
    )  # fmt: skip
    return curve if bool(keep.all()) else curve.take(keep)


def _steps_of(rows: Ints, axis: Series | None) -> tuple[Ints, Bools]:
    """Own steps of rows, and which rows still count after the run was rewound."""
    every = np.ones(rows.size, dtype=np.bool_)
    if axis is None or not rows.size:
        return rows, every
    known = axis.finite
    place = np.searchsorted(known.step, rows, side="right") - 1
    step = known.value[np.maximum(place, 0)].astype(np.int64)
    if rows.size > 1 and int(step.min()) == int(step.max()):
        return rows, every
    keep = every
    for back in (np.flatnonzero(np.diff(step) < 0) + 1).tolist():
        keep[:back] &= step[:back] < step[back]
    if np.count_nonzero(keep) < 0.5 * rows.size:
        return rows, np.ones(rows.size, dtype=np.bool_)
    return step, keep


def _step_range(own: Mapping[str, Series], names: list[str], axis: str) -> tuple[int, int] | None:
    if axis in own:
        values = own[axis].finite.value
        return int(values[0]), int(values[-1])
    rows = [own[name].step for name in names]
    if not rows:
        return None
    return min(int(r[0]) for r in rows), max(int(r[-1]) for r in rows)


def _stage_rows(stages: list[Series], rate: Curve | None) -> Ints:
    found: list[Ints] = []
    for series in stages:
        moved = np.flatnonzero(np.diff(series.value) != 0) + 1
        if moved.size <= 50:
            found.append(series.step[moved])
    if rate is not None and len(rate) > 3:
        value = rate.finite.value
        rows = rate.finite.row
        peak = np.maximum.accumulate(value) if value.size else value
        was_lower = value[:-1] < 0.7 * peak[:-1]
        raised = value[1:] > 1.5 * np.maximum(value[:-1], 0)
        first_peak = int(np.argmax(value >= 0.9 * peak[-1])) if value.size else 0
        restart = np.flatnonzero(was_lower & raised) + 1
        found.append(rows[restart[restart > first_peak]])
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def _row_times(own: Mapping[str, Series], run: Run) -> Floats:
    times = [s.time[np.isfinite(s.time)] for s in own.values()]
    last = run.summary.get("_timestamp") if run.state.live else None
    if isinstance(last, int | float) and np.isfinite(last):
        times.append(np.array([float(last)]))
    times = [t for t in times if t.size]
    return np.unique(np.concatenate(times)) if times else np.empty(0, dtype=np.float64)


def _pace(
    signals: Signals,
    own: Mapping[str, Series],
    names: list[str],
    overrides: Overrides,
    curve: Any,
) -> Pace | None:
    logged = metrics.chosen(overrides, "throughput", own) or [
        # Averages since the start of the run hide a slow-down; the clock does not.
        name
        for name in metrics.throughputs(names)
        if metrics.words(name)[-1] not in ("fps", "sps")
    ]
    for name in logged:
        found: Curve = curve(name, "up")
        found = found.finite
        unit = metrics.throughput_unit(name) or "1/s"
        if len(found) < 5 and len(names) > 1:
            continue
        if unit in ("s/step", "ms/step"):
            found = found.take(found.value > 0)
            scale = 1000.0 if unit == "ms/step" else 1.0
            found = replace(found, value=scale / found.value)
            unit = "steps/s"
        return Pace(name, unit, found, derived=False)
    return _derived_pace(signals)


def _derived_pace(signals: Signals) -> Pace | None:
    source = signals.loss or next(iter(signals.evals), None)
    if source is None or len(source) < 3:
        return None
    known = np.isfinite(source.time)
    timed = source.take(known)
    if len(timed) < 3:
        return None
    steps = np.diff(timed.step).astype(np.float64)
    seconds = np.diff(timed.time)
    good = (steps > 0) & (seconds > 0)
    pauses = _rows_with_evaluation(signals, timed)
    if np.count_nonzero(good & ~pauses) >= max(8, 0.3 * good.size):
        good &= ~pauses
    if not good.any():
        return None
    kept = timed.take(np.concatenate(([False], good)))
    value = steps[good] / seconds[good]
    return Pace("_timestamp", "steps/s", replace(kept, value=value, direction="up"), derived=True)


def _rows_with_evaluation(signals: Signals, timed: Curve) -> Bools:
    """Which gaps between points (bool[n − 1]) hold an evaluation: their length says nothing."""
    held = np.zeros(len(timed) - 1, dtype=np.bool_)
    for evaluation in signals.evals:
        if evaluation.name == timed.name or len(evaluation) > 0.5 * len(timed):
            continue
        place = np.searchsorted(timed.row, evaluation.row, side="left") - 1
        for shift in (0, 1):
            inside = place + shift
            held[inside[(inside >= 0) & (inside < held.size)]] = True
    return held


def _is_gpu_use(name: str) -> bool:
    parts = name.removeprefix("system.").removeprefix("system/").split(".")
    return len(parts) == 3 and parts[0] == "gpu" and parts[1].isdigit() and parts[2] == "gpu"


def _is_memory(name: str) -> bool:
    bare = name.removeprefix("system.").removeprefix("system/")
    parts = bare.split(".")
    on_gpu = len(parts) == 3 and parts[0] == "gpu" and parts[2] == "memoryAllocated"
    return on_gpu or bare in ("memory_percent", "memory", "memory.percent")


def _system_curves(system: History | None, wanted: Any) -> tuple[Curve, ...]:
    if system is None:
        return ()
    found = [(n, s.finite) for n, s in sorted(system.items()) if wanted(n)]
    return tuple(curve_of(name, series, None, "down") for name, series in found if len(series))


_TOTAL_STEPS = (
    "max_steps total_steps max_train_steps num_train_steps num_training_steps train_steps "
    "total_training_steps max_iters num_iterations num_iters n_iters max_iterations total_iters "
    "iterations num_steps training_steps n_steps steps total_timesteps max_timesteps "
    "total_updates num_updates num_boost_round n_estimators rounds"
).split()
_LOG_EVERY = "log_every logging_steps log_interval log_every_n_steps log_freq".split()
_EPOCHS = "num_train_epochs num_epochs max_epochs epochs n_epochs total_epochs train_epochs".split()


def config_number(config: Mapping[str, Any], keys: list[str]) -> tuple[str, float] | None:
    """The first positive number that a config holds under one of ``keys``, at most two deep."""
    flat = flat_config(config)
    for key in keys:
        for name in sorted((n for n in flat if n.split(".")[-1] == key), key=lambda n: (len(n), n)):
            value = flat[name]
            if isinstance(value, str):
                try:
                    value = float(value)
                except ValueError:
                    continue
            if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
                return (name, float(value)) if np.isfinite(value) else None
    return None


def flat_config(config: Mapping[str, Any], depth: int = 3) -> dict[str, Any]:
    """A config with nested dicts written as ``outer.inner``; ``/`` in names counts as a dot."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        name = str(key).replace("/", ".")
        if name.startswith("_wandb"):
            continue
        if isinstance(value, Mapping) and depth > 1:
            flat |= {f"{name}.{k}": v for k, v in flat_config(value, depth - 1).items()}
        else:
            flat[name] = value
    return flat


def total_steps(signals: Signals) -> int | None:
    """How many steps are planned on the run's own axis; None when nothing tells.

    A step budget wins; else epochs times the steps that an epoch has taken so far. A number that
    the run has already passed is no total.
    """
    config, step = signals.run.config, signals.step
    reinforcement = signals.loss_kind.name == "reinforcement"
    counts_epochs = metrics.words(signals.axis)[-1:] == ("epoch",)
    skipped = {"n_steps", "n_epochs", "rounds"} if reinforcement else set()
    if not counts_epochs:
        keys = [key for key in _TOTAL_STEPS if key not in skipped]
        found = config_number(config, keys)
        if found is not None:
            total = found[1] / _rows_every(signals)
            if step is None or total >= step * 0.98:
                return max(round(total), step or 0)
    epochs = config_number(config, [key for key in _EPOCHS if key not in skipped])
    if epochs is None or step is None:
        return None
    if counts_epochs:
        return max(round(epochs[1]), step)
    per_epoch = _steps_per_epoch(signals)
    return None if per_epoch is None else max(round(per_epoch * epochs[1]), step)


def _rows_every(signals: Signals) -> float:
    """Optimiser steps a row, where rows are counted for want of a step and the config tells."""
    if signals.axis != "_step" or signals.loss is None or len(signals.loss) < 3:
        return 1.0
    found = config_number(signals.run.config, _LOG_EVERY)
    dense = float(np.median(np.diff(signals.loss.row))) < 2
    return found[1] if found is not None and dense else 1.0


def _steps_per_epoch(signals: Signals) -> float | None:
    epoch = signals.epoch
    if epoch is None or len(epoch) < 2:
        return None
    value, step = epoch.finite.value, epoch.finite.step.astype(np.float64)
    if not value.size or value[-1] <= value[0]:
        return None
    if bool(np.all(value == np.round(value))):
        # Whole epochs: the steps between the first points of neighbouring epochs.
        firsts = step[np.concatenate(([True], np.diff(value) > 0))]
        numbers = value[np.concatenate(([True], np.diff(value) > 0))]
        gaps = np.diff(firsts) / np.diff(numbers)
        return float(np.median(gaps)) if gaps.size and float(np.median(gaps)) > 0 else None
    slope = (step[-1] - step[0]) / (value[-1] - value[0])
    return float(slope) if slope > 0 else None
