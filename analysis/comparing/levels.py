"""The level of every curve at the end of the matched range, in one window for all."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis import robust
from analysis.comparing.curves import Placed
from analysis.comparing.location import Level, locate, memories, roughness
from analysis.comparing.stats import assumed_spread, pooled_spread
from analysis.history import Floats

WINDOW = 0.1
"""Share of the matched range before its end over which a level is taken."""
SHARES = (WINDOW, 0.25, 0.5, 0.9)
QUIET = 0.02
"""Share of the variance between seeds up to which the curves' own noise is small."""
PARALLEL = 5.0
"""Standard errors by which a curve may stray from the others' course in a wider window."""
UNSEEN = 2.0
"""Times that the noise within the near window is underestimated at the most."""
WORSE = 1.5
"""Variance of the levels in a wider window, against the near one's, from which it is no better."""
APART = 0.02
"""Probability under which groups of seeds are said to have moved apart since a wider window."""
COURSE = 32
"""Places at which the course that all curves share is known within a window."""
DENSE = 8
"""Points in the window from which its median is used; below, anchors of the sparsest curve are."""
ANCHORS = 3
RECENT = 0.4
"""Share of a sparse curve's range from whose points its noise is estimated."""


def levels_at(
    curves: Sequence[Placed], low: float, high: float, *, share: float = WINDOW
) -> list[Level | None]:
    """The level of each curve at the end of the matched range; ``None`` where it is not finite.

    The same window or the same anchors serve all curves, so that a curve that still falls is not
    judged at another place than its rival.

    Args:
        curves: each with points in the range.
        low: where the matched range begins.
        high: where it ends.
        share: of the range, before its end, that is averaged over.
    """
    start = high - share * (high - low)
    sound = {
        index: curve.until(high).finite
        for index, curve in enumerate(curves)
        if not _broken(curve, high - WINDOW * (high - low), high)
    }
    if not sound:
        return [None] * len(curves)
    if all(np.count_nonzero(curve.x > start) >= DENSE for curve in sound.values()):
        windows = {
            index: Placed(curve.x[curve.x > start], curve.y[curve.x > start])
            for index, curve in sound.items()
        }
        found = _at_course(windows, (start, high), high - WINDOW * (high - low))
    else:
        anchors = _anchors(list(sound.values()), (low, high), start)
        reach = (high - low) * WINDOW / 2
        found = _at_anchors(sound, anchors, reach)
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
    windows: Mapping[int, Placed], reach: tuple[float, float], near: float
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
    places = [window.x for window in windows.values()]
    rests = [window.y - _joined(window.x, grid, course) for window in windows.values()]
    shapes = roughness(places, rests)
    kept = memories([rest / shape for rest, shape in zip(rests, shapes, strict=True)])
    found: dict[int, Level] = {}
    for index, rest, shape, memory in zip(windows, rests, shapes, kept, strict=True):
        level = locate(rest, shape, memory)
        found[index] = replace(
            level,
            value=level.value + base,
            error=level.error * factor,
            scatter=level.scatter * factor,
        )
    return found


def _smooth_on(grid: Floats, window: Placed) -> Floats:
    """The window's running level at the places of ``grid``: medians of shares, joined by lines."""
    x = robust.block_medians(window.x, COURSE)
    y = robust.block_medians(window.y, COURSE)
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
        moved, parallel = _moved(deal(near, sizes), deal(wider, sizes))
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


def _moved(
    near: Sequence[Sequence[Level | None]], wider: Sequence[Sequence[Level | None]]
) -> tuple[float, bool]:
    """How far a wider window lies from the near one, and whether for all curves alike.

    No curve may stray from the others by more than its noise explains, nor any group of seeds as
    a whole (which is what Hausman 1978 tests: the sharp estimate against the one that is right
    even where the curves do not run in parallel).
    """
    groups = [
        [(a, b) for a, b in zip(*pair, strict=True) if a and b]
        for pair in zip(near, wider, strict=True)
    ]
    pairs = [pair for group in groups for pair in group]
    if not pairs:
        return 0.0, True
    shift = float(np.median([a.value - b.value for a, b in pairs]))
    # A short window sees too little of slow noise: what the wider one saw of it counts as well,
    # within bounds, since it may have seen curves part.
    seen = [
        min(max(a.error, b.error * math.sqrt(b.points / a.points)), UNSEEN * a.error)
        for a, b in pairs
    ]
    floor = sorted(seen)[(len(seen) - 1) // 2]
    if sum(b.error**2 for _, b in pairs) > WORSE * sum(a.error**2 for a, _ in pairs):
        return shift, False
    alike = all(
        abs(a.value - b.value - shift) <= PARALLEL * max(error, floor)
        for (a, b), error in zip(pairs, seen, strict=True)
    )
    return shift, alike and _together([[a.value - b.value for a, b in g] for g in groups if g])


def _together(moves: Sequence[Sequence[float]]) -> bool:
    """Whether groups of seeds moved alike on the whole (analysis of variance)."""
    from scipy import special

    spread, freedom = pooled_spread(moves)
    if not freedom or spread <= 0.0 or len(moves) < 2:
        return True
    means = np.array([np.mean(group) for group in moves])
    counts = np.array([len(group) for group in moves], dtype=np.float64)
    middle = float(np.dot(counts, means) / counts.sum())
    between = float(np.dot(counts, (means - middle) ** 2)) / (len(moves) - 1)
    return bool(special.fdtrc(len(moves) - 1, freedom, between / spread**2) >= APART)


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


def _at_anchors(curves: Mapping[int, Placed], anchors: Floats, reach: float) -> dict[int, Level]:
    """Levels from few points; all curves together tell how noisy those are."""
    values = np.array([[_value_at(c, float(x), reach) for x in anchors] for c in curves.values()])
    count, points = values.shape
    course = np.median(values, axis=0) if count > 1 else np.zeros(points)
    rests = values - course
    scatter = max(_recent_noise(list(curves.values())), _scatter_of(rests))
    error = scatter / math.sqrt(points)
    base = float(np.mean(course))
    return {
        index: Level(base + locate(rest, size=scatter or None).value, error, scatter, points)
        for index, rest in zip(curves, rests, strict=True)
    }


def _scatter_of(rests: Floats) -> float:
    """Standard deviation of a table of rests whose rows' and columns' middles are taken out."""
    count, points = rests.shape
    if count < 2 or points < 2:
        return 0.0
    lost = count * points / ((count - 1) * (points - 1))
    away = rests - np.median(rests, axis=1, keepdims=True)
    return robust.sigma(away.ravel()) * math.sqrt(lost)


def _recent_noise(curves: Sequence[Placed]) -> float:
    """Point-to-point noise where the curves are calm; the middle of the curves' own."""
    found = []
    for curve in curves:
        span = float(curve.x[-1] - curve.x[0])
        recent = curve.y[curve.x >= curve.x[-1] - RECENT * span]
        found.append(robust.noise(recent) if recent.size >= 4 else 0.0)
    return float(np.median(found))


def _value_at(curve: Placed, x: float, reach: float) -> float:
    near = curve.y[np.abs(curve.x - x) <= reach]
    if near.size >= DENSE:
        return float(np.median(near))
    return float(np.interp(x, curve.x, curve.y))
