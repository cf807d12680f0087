"""The level of every curve at the end of the matched range, in one window for all."""

import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis import robust
from analysis.comparing.curves import Placed
from analysis.comparing.location import Level, detrended, locate, memories, roughness
from analysis.comparing.stats import assumed_spread, pooled_spread
from analysis.history import Floats

WINDOW = 0.1
"""Share of the matched range before its end over which a level is taken."""
SHARES = (WINDOW, 0.25, 0.5, 0.9)
QUIET = 0.02
"""Share of the variance between seeds up to which the curves' own noise is small."""
PARALLEL, PARALLEL_FEW = 5.0, 10.0
"""Standard errors by which a curve may stray from the others' course; of a few points, more."""
STRAYS = 0.25
"""Share of the curves that may stray until they do not run in parallel at all."""
UNSEEN, UNSEEN_FEW, UNSEEN_ALONE = 1.5, 3.0, 1.2
"""Times that a near window underestimates its noise at the most; of few points; of single runs."""
APART = 0.02
"""Probability under which groups of seeds are said to have moved apart since a wider window."""
COURSE = 32
"""Places at which the course that all curves share is known within a window."""
DENSE = 8
"""Points in a window from which a curve tells itself how noisy it is; below, all together do."""
ANCHORS = 3
"""Points in a window from which it is used; below, all are read at places of the sparsest one."""
LATELY = 6
"""Last places of the sparsest curve from which the noise of few points is estimated."""
LATE = 0.6
"""Share of its range, before its end, that these lie in."""
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
        index: curve.reaching(high)
        for index, curve in enumerate(curves)
        if not _broken(curve, high - WINDOW * (high - low), high)
    }
    if not sound:
        return [None] * len(curves)
    if all(np.count_nonzero(curve.x > start) >= ANCHORS for curve in sound.values()):
        windows = {
            index: Placed(curve.x[curve.x > start], curve.y[curve.x > start])
            for index, curve in sound.items()
        }
        found = _at_course(windows, (start, high), high - WINDOW * (high - low))
    else:
        anchors = _anchors(list(sound.values()), (low, high), start)
        found = _at_anchors(sound, anchors, high - SHARES[1] * (high - low))
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
    common = _curve_through(grid, course)
    rests = [window.y - common(window.x) for window in windows.values()]
    shapes = roughness(places, rests)
    pooled = _scatter_of(rests) if count > 1 else _recent_noise(windows.values())
    kept = memories([rest / shape for rest, shape in zip(rests, shapes, strict=True)])
    found: dict[int, Level] = {}
    for index, rest, shape, memory in zip(windows, rests, shapes, kept, strict=True):
        size = None if rest.size >= DENSE else max(pooled, robust.sigma(rest))
        level = locate(rest, shape, memory, size)
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
    """The smooth curve through points, at the places of ``grid``."""
    return _curve_through(x, y)(grid)


def _curve_through(x: Floats, y: Floats) -> Callable[[Floats], Floats]:
    """A smooth curve that swings nowhere beyond its points, ending in straight lines."""
    from scipy.interpolate import PchipInterpolator

    if x.size < 2:
        return lambda grid: np.full(grid.size, y[0])
    with np.errstate(over="ignore"):  # steps under the smallest normal number count as none
        smooth = PchipInterpolator(x, y)

    def at(grid: Floats) -> Floats:
        found: Floats = smooth(grid)
        for place, beyond in ((0, grid < x[0]), (-2, grid > x[-1])):
            if x[place + 1] > x[place] and bool(beyond.any()):
                slope = (y[place + 1] - y[place]) / (x[place + 1] - x[place])
                found[beyond] = y[place] + slope * (grid[beyond] - x[place])
        return found

    return at


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
    chosen = near
    for share in SHARES:
        if share != WINDOW:
            wider = _parallel(near, levels_at(flat, low, high, share=share), sizes)
            if wider is None:
                break
            chosen = wider
        sound = [level for level in chosen if level is not None]
        dealt = [[v.value for v in group if v is not None] for group in deal(chosen, sizes)]
        spread, freedom = pooled_spread(dealt)
        reference = spread if freedom else assumed_spread(sound)
        within = float(np.mean([level.error**2 for level in sound])) if sound else 0.0
        # Few points cannot vouch for how noisy they are.
        enough = min((level.points for level in sound), default=DENSE) >= DENSE
        if (enough or not freedom) and within <= QUIET * reference**2:
            break
    return deal(chosen, sizes)


def _parallel(
    near: Sequence[Level | None], wider: Sequence[Level | None], sizes: Sequence[int]
) -> list[Level | None] | None:
    """The levels of a wider window, as the curves stand at its end; ``None`` where it misleads.

    A curve that strays from the others' course by more than noise explains keeps its near level.
    Where many do, or a group of seeds does as a whole, the curves do not run in parallel. (That
    is what Hausman 1978 tests: the sharp estimate against the one that is right in any case.)
    """
    pairs = {index: (a, b) for index, (a, b) in enumerate(zip(near, wider, strict=True)) if a and b}
    if not pairs:
        return list(wider)
    few = min(a.points for a, _ in pairs.values()) < DENSE
    # Without seeds to see whether the curves part, their own noise must tell.
    replicated = len(pairs) > len(sizes)
    if few and not replicated:
        return None
    unseen = UNSEEN_ALONE if not replicated else UNSEEN_FEW if few else UNSEEN
    before = sum(a.error**2 for a, _ in pairs.values())
    if before > 0.0 and sum(b.error**2 for _, b in pairs.values()) > unseen**2 * before:
        return None
    moves = {index: a.value - b.value for index, (a, b) in pairs.items()}
    shift = float(np.median(list(moves.values())))
    # A short window sees too little of slow noise: what the wider one saw of it counts as well,
    # within bounds, since it may have seen curves part.
    seen = {
        index: min(
            max(a.error, b.error * math.sqrt(b.points / a.points)), unseen * a.error or b.error
        )
        for index, (a, b) in pairs.items()
    }
    floor = sorted(seen.values())[(len(seen) - 1) // 2]
    strays = {
        index
        for index, (a, _) in pairs.items()
        if abs(moves[index] - shift) > (PARALLEL_FEW if few else PARALLEL) * max(seen[index], floor)
    }
    if len(strays) > STRAYS * len(pairs):
        return None
    bounds = np.cumsum([0, *sizes])
    together = [
        [moves[index] for index in range(a, b) if index in moves and index not in strays]
        for a, b in itertools.pairwise(bounds)
    ]
    if not _together([group for group in together if group]):
        return None
    found: list[Level | None] = list(near)
    for index, (_, b) in pairs.items():
        if index not in strays:
            found[index] = replace(b, value=b.value + shift)
    return found


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


def _at_anchors(curves: Mapping[int, Placed], anchors: Floats, start: float) -> dict[int, Level]:
    """Levels from few points; all curves together tell how noisy those are."""
    values = _table(curves, anchors, start)
    count, points = values.shape
    course = np.median(values, axis=0) if count > 1 else np.zeros(points)
    if count > 1:
        sparsest = min((curve.x for curve in curves.values()), key=lambda x: x.size)
        places = _recent_places(sparsest)
        lately = _table(curves, places, float(places[0]))
        scatter = _noise_of(lately - np.median(lately, axis=0))
    else:
        scatter = _recent_noise(curves.values())
    base = float(np.mean(course))
    found = {}
    for index, rest in zip(curves, values - course, strict=True):
        level = locate(rest, size=max(scatter, robust.sigma(rest)))
        error = scatter / math.sqrt(points)
        found[index] = replace(level, value=base + level.value, error=error, scatter=scatter)
    return found


def _recent_places(x: Floats) -> Floats:
    """The last places of a sparse curve, at least three, without the steep beginning."""
    last = x[-LATELY:]
    late = last[last >= x[-1] - LATE * (x[-1] - x[0])]
    return late if late.size >= 3 else x[-3:]


def _table(curves: Mapping[int, Placed], places: Floats, start: float) -> Floats:
    """The curves' running levels at few places, from points after ``start``: [curve, place]."""
    late = [Placed(c.x[c.x >= start], c.y[c.x >= start]) for c in curves.values()]
    return np.array(
        [
            _smooth_on(places, some if some.x.size > 1 else curve)
            for some, curve in zip(late, curves.values(), strict=True)
        ]
    )


def _scatter_of(rests: Sequence[Floats]) -> float:
    """Standard deviation of all curves' rests about their own straight lines; of ≥ 3 points each.

    Slow noise shows in it as far as it can in a few points.
    """
    away = np.concatenate([detrended(rest) for rest in rests])
    free = away.size - 2 * len(rests)
    return robust.sigma(away) * math.sqrt(away.size / free * len(rests) / (len(rests) - 1))


def _noise_of(rests: Floats) -> float:
    """Standard deviation of points' noise, from all curves' rests together: float64[k, n], k ≥ 2.

    From second differences where there are three points, so that curves that part are no noise.
    """
    count, points = rests.shape
    if points < 2:
        return 0.0
    order, norm = (2, 6.0) if points > 2 else (1, 2.0)
    away = np.diff(rests, n=order, axis=1).ravel() / math.sqrt(norm)
    return robust.sigma(away) * math.sqrt(count / (count - 1))


def _recent_noise(curves: Collection[Placed]) -> float:
    """Point-to-point noise where the curves are calm; the middle of the curves' own."""
    found = []
    for curve in curves:
        span = float(curve.x[-1] - curve.x[0])
        recent = curve.y[curve.x >= curve.x[-1] - RECENT * span]
        found.append(robust.noise(recent) if recent.size >= 4 else 0.0)
    return float(np.median(found))
