"""A run that has become slower than itself.

Sees: s.pace.curve value float64[n], s.pace.unit.
Formula: the pace is cut into 24 blocks, each with its median. Of all places to cut the blocks in
    two (at least four before and two after) the one with the largest fall of the medians is
    taken; the later level must be under t.throughput_drop of the earlier, the slowest usual
    block before (10th percentile) above the fastest after (90th), the fall of the logarithms
    beyond 3.5 robust standard deviations of the blocks and five standard errors of the points,
    and the time lost above t.throughput_drop_seconds. A fall that was seen for less than
    t.throughput_drop_brief seconds must be to under a half, in nine of ten blocks. A fall without
    a place (a list that grows, memory that fragments) counts when the last quarter runs at under
    half of the first and the blocks fall from one to the next almost without exception (Kendall's
    tau beyond 0.8).
Thresholds: t.throughput_drop, t.throughput_drop_seconds, t.throughput_drop_brief. Source: change
    point of medians (Pettitt 1979), own pace against own pace.
Stays silent on: evaluation and checkpoint pauses (medians), a slow part that is over, the first
    steps (compilation, a buffer that fills), stages of a curriculum; a gradual fall in
    reinforcement learning, where answers and episodes grow longer as they get better.
"""

from collections.abc import Iterator

import numpy as np

from analysis import robust
from analysis.detectors.base import Detector, finding, near, number, step
from analysis.findings import Finding, NotChecked
from analysis.history import Floats
from analysis.signals import Curve, Pace, Signals
from analysis.thresholds import Thresholds

CODE = "throughput_drop"
_ADVICE = (
    "Look at the data loader, at other jobs on the machine, at thermal throttling and at the size "
    "of what is logged."
)
_BLOCKS = 24
_NEIGHBOUR = 0.5  # what one other busy process leaves of a core that two share
_LEAST_POINTS = 16
_STEADY = 0.8  # Kendall's tau of the blocks: nine pairs of ten are in falling order


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    if s.pace is None:
        yield NotChecked(CODE, "neither a pace nor times are logged")
        return
    curve = s.pace.curve
    if len(curve) < _LEAST_POINTS:
        yield NotChecked(CODE, "too few points yet")
        return
    sudden = _sudden(s, s.pace, t)
    found = sudden if sudden is not None else _gradual(s, s.pace, t)
    if found is not None:
        yield found


def _sudden(s: Signals, pace: Pace, t: Thresholds) -> Finding | None:
    """A pace that fell at one place."""
    curve = pace.curve
    split = _split(curve.value, _first_cut(s))
    if split is None:
        return None
    cut, before, after = split
    start = int(robust.edges(len(curve), _BLOCKS)[cut])
    since = _seconds_since(curve, start)
    brief = since < t.throughput_drop_brief
    limit = min(t.throughput_drop, _NEIGHBOUR) if brief else t.throughput_drop
    if after >= limit * before or since * (1 - after / before) < t.throughput_drop_seconds:
        return None
    blocks = robust.block_medians(curve.value, _BLOCKS)
    if brief and float(np.quantile(blocks[cut:], 0.9)) >= limit * before:
        return None
    if near(curve, start, s.stage_rows):
        return None
    if not _apart(blocks, cut) or not _certain(curve.value, start):
        return None
    spread = robust.sigma(curve.value[:start])
    return finding(
        CODE,
        f"{'The pace' if pace.derived else curve.name} fell from {number(before)} to "
        f"{number(after)} {pace.unit} at about step {step(int(curve.step[start]))}, "
        f"{100 * (1 - after / before):.0f} % slower.",
        _ADVICE,
        curve=curve,
        first=start,
        last=len(curve) - 1,
        value=after,
        noise_ratio=(before - after) / spread if spread > 0 else None,
    )


def _gradual(s: Signals, pace: Pace, t: Thresholds) -> Finding | None:
    """A pace that falls all along, with no one place where it fell."""
    curve = pace.curve
    if s.loss_kind.name == "reinforcement" or s.stage_rows.size:
        return None
    blocks = robust.block_medians(curve.value, _BLOCKS)[1:]
    quarter = blocks.size // 4
    before, after = robust.median(blocks[:quarter]), robust.median(blocks[-quarter:])
    seconds = _seconds_since(curve, 0)
    if after >= min(t.throughput_drop, _NEIGHBOUR) * before or seconds < t.throughput_drop_brief:
        return None
    later = np.sign(blocks[:, np.newaxis] - blocks)[np.triu_indices(blocks.size, k=1)]
    if float(np.mean(later)) <= _STEADY:
        return None
    return finding(
        CODE,
        f"{'The pace' if pace.derived else curve.name} has fallen steadily from {number(before)} "
        f"to {number(after)} {pace.unit}, {100 * (1 - after / before):.0f} % slower.",
        "Look for what grows with the steps: a list that is never emptied, a graph that is kept, "
        "a file that is read from its start.",
        curve=curve,
        first=0,
        last=len(curve) - 1,
        value=after,
    )


def _first_cut(s: Signals) -> int:
    """Blocks before the first possible fall; a buffer that fills is no pace to compare with."""
    return _BLOCKS // 3 if s.loss_kind.name == "reinforcement" else 4


def _split(value: Floats, first: int) -> tuple[int, float, float] | None:
    """Where the blocks fall most: (block, level before, level after); None where they do not."""
    blocks = robust.block_medians(value, _BLOCKS)
    k = blocks.size
    best: tuple[int, float, float] | None = None
    for cut in range(max(min(first, k // 3), 3), k - 1):
        before, after = blocks[1:cut] if cut > 4 else blocks[:cut], blocks[cut:]
        levels = robust.median(before), robust.median(after)
        if levels[1] <= 0 or levels[0] <= 1.1 * levels[1]:
            continue  # the quantiles below lie closer still: most cuts need no more than this
        low, high = float(np.quantile(before, 0.1)), float(np.quantile(after, 0.9))
        if low <= 1.1 * high:
            continue
        if best is None or levels[1] / levels[0] < best[2] / best[1]:
            best = (cut, *levels)
    return best


def _apart(blocks: Floats, cut: int) -> bool:
    """Whether the fall is large against what the blocks on either side do anyway."""
    logs = np.log(np.maximum(blocks, np.finfo(np.float64).tiny))
    before, after = robust.median(logs[:cut]), robust.median(logs[cut:])
    usual = robust.sigma(np.concatenate((logs[:cut] - before, logs[cut:] - after)))
    return before - after > 3.5 * usual


def _certain(value: Floats, start: int) -> bool:
    """Whether the fall of the logarithms exceeds five of its standard errors."""
    logs = np.log(value[value > 0])
    start = int(np.count_nonzero(value[:start] > 0))
    before, after = logs[:start], logs[start:]
    if before.size < 3 or after.size < 3:
        return False
    spread = max(robust.sigma(before), robust.sigma(after))
    error = 1.2533 * spread * float(np.sqrt(1 / before.size + 1 / after.size))
    return robust.median(before) - robust.median(after) > 5.0 * error


def _seconds_since(curve: Curve, start: int) -> float:
    """Time since a point, seconds; infinite where times lack."""
    times = curve.time[start:]
    times = times[np.isfinite(times)]
    return float(times[-1] - times[0]) if times.size >= 2 else float("inf")


DETECTOR = Detector((CODE,), "pace", detect)
