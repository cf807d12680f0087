"""A run and its columns as the signals that detectors read: resolved names, one step axis.

Everything here is a pure function of what the source handed over, so that describing a run as it
stood at some step gives what watching it to that step would have given.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from analysis import metrics
from analysis.axes import Curve as Curve
from analysis.axes import axis_of
from analysis.axes import curve_of as curve_of
from analysis.configs import config_number as config_number
from analysis.configs import flat_config as flat_config
from analysis.history import Floats, History, Ints, Missing, Series
from analysis.metrics import Direction, LossKind, Overrides
from analysis.pace import Pace as Pace
from analysis.pace import pace_of
from analysis.plan import planned_steps
from analysis.run import Run


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
        missing: what did not come, or came damaged.
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
    axis = axis_of(run, own, loss_name, overrides)

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
        missing=(*history.missing, *(Missing("part of the run", n) for n in run.notes_on_data)),
        has_history=bool(names),
    )
    paced = {n: c for n in names if metrics.throughput_unit(n) and (c := curve(n)) is not None}
    for name in metrics.chosen(overrides, "throughput", own):
        paced[name] = curve_of(name, own[name], own.get(axis), "up")
    return replace(
        signals,
        pace=pace_of(paced, signals.evals, signals.loss, overrides),
        total_steps=planned_steps(
            run.config,
            axis=axis,
            step=signals.step,
            epoch=signals.epoch,
            rows=None if signals.loss is None else signals.loss.row,
            reinforcement=kind.name == "reinforcement",
        ),
    )


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


def system_names(names: Iterable[str]) -> list[str]:
    """Those of some system metrics that are judged."""
    return [name for name in names if _is_gpu_use(name) or _is_memory(name)]


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
