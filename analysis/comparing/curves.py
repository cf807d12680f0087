"""Curves of several runs at the same place: axes, the matched range, levels at its end."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis import robust
from analysis.comparing.report import Axis
from analysis.comparing.stats import (
    RESAMPLES,
    Level,
    assumed_spread,
    level_of,
    pooled_spread,
    trimmed_mean,
)
from analysis.history import Floats
from analysis.signals import Curve, Signals, config_number

WINDOW = 0.1
"""Share of the matched range before its end over which a level is taken."""
SHARES = (WINDOW, 0.25, 0.5, 0.8)
QUIET = 0.02
"""Share of the variance between seeds up to which the curves' own noise is small."""
PARALLEL = 5.0
"""Standard errors by which a curve may stray from the others' course in a wider window."""
COURSE = 32
"""Places at which the course that all curves share is known within a window."""
DENSE = 8
"""Points in the window from which its median is used; below, anchors of the sparsest curve are."""
ANCHORS = 3
RECENT = 0.4
"""Share of a sparse curve's range from whose points its noise is estimated."""

_BATCH = (
    "per_device_train_batch_size train_batch_size batch_size micro_batch_size batchsize bs batch"
).split()
_ACCUMULATION = (
    "gradient_accumulation_steps accumulate_grad_batches grad_accum_steps grad_accum "
    "gradient_accumulation accumulation_steps"
).split()
_DEVICES = "world_size num_gpus n_gpu n_gpus num_devices devices num_processes".split()
_SEQUENCE = (
    "max_seq_length max_seq_len seq_len seq_length sequence_length block_size max_length "
    "context_length context n_ctx"
).split()


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A curve on the axis of the comparison: x ascending, float64[n] each."""

    x: Floats
    y: Floats

    @property
    def finite(self) -> "Placed":
        """The points with a finite value."""
        keep = np.isfinite(self.y)
        return Placed(self.x[keep], self.y[keep])

    def until(self, x: float) -> "Placed":
        """The points at x and before."""
        keep = self.x <= x
        return Placed(self.x[keep], self.y[keep])


def effective_batch(config: Mapping[str, Any]) -> int | None:
    """Samples an optimiser step: batch × accumulation × devices; ``None`` when no batch is told."""
    told = config_number(config, ["effective_batch_size", "global_batch_size"])
    if told is not None:
        return round(told[1])
    batch = config_number(config, _BATCH)
    if batch is None:
        return None
    accumulation = config_number(config, _ACCUMULATION)
    devices = config_number(config, _DEVICES)
    return round(
        batch[1] * (accumulation[1] if accumulation else 1) * (devices[1] if devices else 1)
    )


def sequence_length(config: Mapping[str, Any]) -> int | None:
    """Tokens a sample, where the config tells."""
    told = config_number(config, _SEQUENCE)
    return round(told[1]) if told else None


def place(curve: Curve, signals: Signals, axis: Axis) -> Placed | None:
    """Puts a curve on an axis; ``None`` when the run does not tell where its points stand on it.

    A restart (the axis goes back) supersedes what was logged beyond it; of equal places the last
    value counts.
    """
    x = _axis_values(curve, signals, axis)
    if x is None:
        return None
    keep = np.isfinite(x)
    x, y = x[keep], curve.value[keep]
    if not x.size:
        return None
    least_later = np.minimum.accumulate(x[::-1])[::-1]
    last_of_equal = np.append(x[:-1] < least_later[1:], True)
    return Placed(x[last_of_equal], y[last_of_equal])


def _axis_values(curve: Curve, signals: Signals, axis: Axis) -> Floats | None:
    if axis == "step":
        return curve.step.astype(np.float64)
    if axis == "time":
        known = signals.row_times
        if not known.size or not bool(np.isfinite(curve.time).any()):
            return None
        seconds: Floats = curve.time - known[0]
        return seconds
    if axis == "tokens" and signals.tokens is not None and len(signals.tokens.finite) > 1:
        tokens = signals.tokens.finite
        return np.interp(curve.row.astype(np.float64), tokens.row.astype(np.float64), tokens.value)
    batch = effective_batch(signals.run.config)
    length = sequence_length(signals.run.config)
    if batch is None or (axis == "tokens" and length is None):
        return None
    scale = float(batch) * (float(length or 1) if axis == "tokens" else 1.0)
    return curve.step.astype(np.float64) * scale


def matched_range(curves: Sequence[Placed]) -> tuple[float, float] | None:
    """The range that every curve covers; ``None`` when there is none."""
    low = max(float(curve.x[0]) for curve in curves)
    high = min(float(curve.x[-1]) for curve in curves)
    return (low, high) if high >= low else None


def levels_at(
    curves: Sequence[Placed], low: float, high: float, *, share: float = WINDOW, errors: bool = True
) -> list[Level | None]:
    """The level of each curve at the end of the matched range; ``None`` where it is not finite.

    The same window or the same anchors serve all curves, so that a curve that still falls is not
    judged at another place than its rival.

    Args:
        curves: each with points in the range.
        low: where the matched range begins.
        high: where it ends.
        share: of the range, before its end, that is averaged over.
        errors: whether standard errors are needed.
    """
    start = high - share * (high - low)
    sound = {
        index: curve.until(high).finite
        for index, curve in enumerate(curves)
        if not _broken(curve, high - WINDOW * (high - low), high)
    }
    if not sound:
        return [None] * len(curves)
    resamples = RESAMPLES if errors else 0
    if all(np.count_nonzero(curve.x > start) >= DENSE for curve in sound.values()):
        windows = {
            index: Placed(curve.x[curve.x > start], curve.y[curve.x > start])
            for index, curve in sound.items()
        }
        found = _at_course(windows, (start, high), high - WINDOW * (high - low), resamples)
    else:
        anchors = _anchors(list(sound.values()), (low, high), start)
        reach = (high - low) * WINDOW / 2
        found = {index: _at_anchors(curve, anchors, reach) for index, curve in sound.items()}
    for index, level in found.items():
        first = sound[index].y[sound[index].x >= low][:1]
        moved = abs(float(first[0]) - level.value) if first.size else 0.0
        found[index] = replace(level, moved=moved)
    return [found.get(index) for index in range(len(curves))]


def _anchors(curves: Sequence[Placed], reach: tuple[float, float], start: float) -> Floats:
    """The places at which sparse curves are read: the sparsest one's last, none far back.

    At least ``ANCHORS`` where they stand within the last quarter of the range; one at its end
    where not even one does, so that no value of long ago speaks for the matched point.
    """
    low, high = reach
    earliest = high - SHARES[1] * (high - low)
    enough: list[Floats] = []
    for curve in curves:
        inside = curve.x[curve.x > start]
        last = curve.x[-ANCHORS:]
        enough.append(inside if inside.size >= ANCHORS else last[last >= min(earliest, start)])
    chosen = min(enough, key=lambda x: (x.size, x[0] if x.size else low))
    return chosen if chosen.size else np.array([high])


def _at_course(
    windows: Mapping[int, Placed], reach: tuple[float, float], near: float, resamples: int
) -> dict[int, Level]:
    """Levels as distances from the course that all curves share, so that it is no noise.

    The course is the median over the curves; the levels read as its mean from ``near`` on. A curve
    holds 1/k of a course of k curves itself: the error is put right by √(k/(k − 1)).
    """
    # The places of the sparsest curve, so that a course between them is not smoothed twice.
    fewest = min((window.x for window in windows.values()), key=lambda x: x.size)
    grid = fewest if fewest.size <= COURSE else np.linspace(*reach, COURSE)
    course = np.zeros(grid.size)
    count = len(windows)
    if count > 1:
        course = np.median([_smooth_on(grid, window) for window in windows.values()], axis=0)
    late = course[grid >= near]
    base = float(np.mean(late if late.size else course[-1:]))
    factor = float(np.sqrt(count / (count - 1))) if count > 1 else 1.0
    found: dict[int, Level] = {}
    for index, window in windows.items():
        level = level_of(window.y - _joined(window.x, grid, course), resamples=resamples)
        found[index] = replace(
            level,
            value=level.value + base,
            error=level.error * factor,
            scatter=level.scatter * factor,
        )
    return found


def _smooth_on(grid: Floats, window: Placed) -> Floats:
    """The window's running level at the places of ``grid``: medians of shares, joined by lines."""
    parts = np.array_split(np.arange(window.x.size), min(COURSE, window.x.size))
    x = np.array([float(np.mean(window.x[part])) for part in parts])
    y = np.array([float(np.median(window.y[part])) for part in parts])
    return _joined(grid, x, y)


def _joined(grid: Floats, x: Floats, y: Floats) -> Floats:
    """Straight lines between points, the first and the last one going on beyond them."""
    found = np.interp(grid, x, y)
    for place, beyond in ((0, grid < x[0]), (-2, grid > x[-1])):
        if x.size > 1 and x[place + 1] > x[place]:
            slope = (y[place + 1] - y[place]) / (x[place + 1] - x[place])
            found[beyond] = y[place] + slope * (grid[beyond] - x[place])
    return found


def steady_levels(
    groups: Sequence[Sequence[Placed]], low: float, high: float
) -> list[list[Level | None]]:
    """Levels for the test: from the narrowest window in which the curves' own noise is small.

    Noise within a curve hides differences between seeds. Where it does not come out well below
    the spread within the groups, the window is widened, for all curves alike, up to half of the
    matched range: only as far as the curves run in parallel, since a wider window would else
    speak of another place than the matched point. Only the noise decides, never which side is
    ahead, so the choice does not bend the test. All levels are then moved by one common amount,
    so that they read as the values at the matched point although the window reaches further back.
    """
    flat = [curve for group in groups for curve in group]
    sizes = [len(group) for group in groups]
    near = levels_at(flat, low, high)
    chosen, shift = near, 0.0
    for share in SHARES:
        wider = near if share == WINDOW else levels_at(flat, low, high, share=share)
        moved, parallel = _moved(near, wider)
        if not parallel:
            break
        chosen, shift = wider, moved
        sound = [level for level in chosen if level is not None]
        dealt = [[v.value for v in group if v is not None] for group in deal(chosen, sizes)]
        spread, freedom = pooled_spread(dealt)
        reference = spread if freedom else assumed_spread(sound)
        within = float(np.mean([level.error**2 for level in sound])) if sound else 0.0
        if within <= QUIET * reference**2:
            break
    levels = [None if v is None else replace(v, value=v.value + shift) for v in chosen]
    return deal(levels, sizes)


def _moved(near: Sequence[Level | None], wider: Sequence[Level | None]) -> tuple[float, bool]:
    """How far a wider window lies from the near one, and whether for all curves alike."""
    pairs = [(a, b) for a, b in zip(near, wider, strict=True) if a and b]
    if not pairs:
        return 0.0, True
    moves = [a.value - b.value for a, b in pairs]
    shift = float(np.median(moves))
    alike = all(
        abs(move - shift) <= PARALLEL * a.error for move, (a, _) in zip(moves, pairs, strict=True)
    )
    return shift, alike


def deal(items: Sequence[Level | None], sizes: Sequence[int]) -> list[list[Level | None]]:
    """Cuts a flat list into groups of the given sizes."""
    bounds = np.cumsum([0, *sizes])
    return [list(items[a:b]) for a, b in itertools.pairwise(bounds)]


def _broken(curve: Placed, start: float, high: float) -> bool:
    """Whether the values at the end of the range are mostly not finite."""
    window = curve.y[(curve.x > start) & (curve.x <= high)]
    if not window.size:
        window = curve.until(high).y[-1:]
    return bool(np.count_nonzero(~np.isfinite(window)) * 2 >= max(1, window.size))


def _at_anchors(curve: Placed, anchors: Floats, reach: float) -> Level:
    """A level from few points; its noise comes from the recent ones, where the curve is calm."""
    values = np.array([_value_at(curve, float(x), reach) for x in anchors])
    span = float(curve.x[-1] - curve.x[0])
    recent = curve.y[curve.x >= curve.x[-1] - RECENT * span]
    scatter = robust.noise(recent) if recent.size >= 4 else 0.0
    error = scatter / float(np.sqrt(max(1, values.size)))
    return Level(float(trimmed_mean(values)), error, scatter, int(values.size))


def _value_at(curve: Placed, x: float, reach: float) -> float:
    near = curve.y[np.abs(curve.x - x) <= reach]
    if near.size >= DENSE:
        return float(np.median(near))
    return float(np.interp(x, curve.x, curve.y))


def best_of(curve: Placed, high: float, direction: str) -> tuple[float, float] | None:
    """The best value of the lightly smoothed curve up to ``high``, and where it stood."""
    sound = curve.until(high).finite
    if not sound.x.size:
        return None
    smooth = _light(sound.y)
    place_of = int(np.argmin(smooth) if direction == "down" else np.argmax(smooth))
    return float(smooth[place_of]), float(sound.x[place_of])


def first_reach(curve: Placed, target: float, direction: str) -> float | None:
    """Where the lightly smoothed curve first is as good as ``target``."""
    sound = curve.finite
    if not sound.x.size:
        return None
    smooth = _light(sound.y)
    reached = smooth <= target if direction == "down" else smooth >= target
    return float(sound.x[int(np.argmax(reached))]) if bool(reached.any()) else None


def _light(values: Floats) -> Floats:
    """Single wild points do not make a best value: a running median where there are enough."""
    return (
        robust.running_median(values, max(3, values.size // 50) | 1) if values.size > 20 else values
    )


def spikes(values: Floats) -> int:
    """How many separate stretches stand more than 8 robust deviations over the running median."""
    sound = values[np.isfinite(values)]
    if sound.size < 20:
        return 0
    residual = sound - robust.running_median(sound, max(9, sound.size // 50) | 1)
    sigma = robust.sigma(residual)
    if sigma <= 0.0:
        return 0
    return len(robust.stretches(residual > 8 * sigma, gap=3))
