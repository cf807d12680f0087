"""The comparison itself: loaded sides → metric and axis → levels → verdict → report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from analysis import metrics
from analysis.comparing import wording
from analysis.comparing.config import differences
from analysis.comparing.curves import matched_range
from analysis.comparing.levels import levels_at, steady_levels
from analysis.comparing.loading import Loaded, Loader
from analysis.comparing.location import Level
from analysis.comparing.lost import Lost, lost_sides, ran_away
from analysis.comparing.matter import By, Matter, choose
from analysis.comparing.report import AXIS_WORDS, Comparison, ConfigDiff, SideReport
from analysis.comparing.sidereport import side_report
from analysis.comparing.sides import SideRef
from analysis.comparing.verdict import (
    Decision,
    decide_alone,
    decide_many,
    decide_two,
    needed,
    ranked_last,
)
from analysis.errors import NotComparable
from analysis.flight import off_loop
from analysis.reports import MissingPart

MOST_SIDES = 8
SLACK = 0.02
"""Share of the matched range by which a further seed may end early."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision and what it rests on.

    Attributes:
        lost: sides that are out of the race at the matched point, as a whole or in part.
        levels: for each side, one a run; ``None`` where it is not finite.
        reach: the matched range on the axis.
    """

    decision: Decision
    lost: tuple[Lost, ...]
    levels: Sequence[Sequence[Level | None]]
    reach: tuple[float, float]


async def compare(
    loader: Loader,
    refs: Sequence[SideRef],
    *,
    by: By | None = None,
    direction: metrics.Direction | None = None,
) -> Comparison:
    """Which side is better, and how sure that is.

    Args:
        loader: reads the sides; its ``metric`` decides where one was asked for.
        refs: two to eight sides.
        by: the axis; chosen by what differs when absent.
        direction: which way of ``loader.metric`` is better, where its name does not tell.

    Raises:
        NotComparable: fewer than two sides, more than eight, or a run on both.
        AnalysisError: when a side cannot be read.
    """
    check_count(len(refs))
    loaded = await loader.load(refs)
    return await off_loop(
        lambda: judge(loaded, now=loader.now, metric=loader.metric, by=by, direction=direction)
    )


def check_count(sides: int) -> None:
    """Refuses what cannot be a comparison.

    Raises:
        NotComparable: with a sentence that says why.
    """
    if sides < 2:
        raise NotComparable("A comparison needs two sides.", "Name two runs.")
    if sides > MOST_SIDES:
        raise NotComparable(
            f"{sides} sides are too many to compare; {MOST_SIDES} are possible.", "Name fewer."
        )


def judge(
    loaded: Loaded,
    *,
    now: datetime,
    metric: str | None = None,
    by: By | None = None,
    direction: metrics.Direction | None = None,
) -> Comparison:
    """The verdict about sides that were read; pure: same input, same output."""
    return examine(loaded, now=now, metric=metric, by=by, direction=direction)[0]


def examine(
    loaded: Loaded,
    *,
    now: datetime,
    metric: str | None = None,
    by: By | None = None,
    direction: metrics.Direction | None = None,
) -> tuple[Comparison, Matter | None]:
    """The verdict, and the curves that it is about; none where nothing could be compared."""
    try:
        matter = choose(loaded, metric, by, direction)
        return _judge(loaded, matter, now), matter
    except NotComparable as error:
        return _not_comparable(loaded, now, str(error), by), None


def decide(matter: Matter, labels: Sequence[str]) -> Decided:
    """What the curves themselves say: the levels at the matched point and the decision.

    Raises:
        NotComparable: where the curves share no range, or too few of them are finite.
    """
    reach = matched_range([curve for side in matter.curves for curve in side])
    if reach is None:
        raise NotComparable(
            f"The runs share no range of {AXIS_WORDS[matter.axis]} with {matter.metric} in all."
        )
    # One that ended before the matched point, or has not come to it, says nothing of it.
    late = reach[1] - SLACK * (reach[1] - reach[0])
    siblings_there = [
        [curve for curve in group if curve.x[0] <= late <= curve.x[-1]] for group in matter.siblings
    ]
    away = ran_away(matter.curves, reach, matter.direction)
    steady = [side for index, side in enumerate(matter.curves) if index not in away]
    dealt = steady_levels([*steady, *siblings_there], *reach)
    found, siblings = iter(dealt[: len(steady)]), dealt[len(steady) :]
    levels = [
        [levels_at([curve], *reach)[0] for curve in side] if index in away else next(found)
        for index, side in enumerate(matter.curves)
    ]
    lost = lost_sides(levels, labels, away)
    return Decided(_decide(levels, lost, labels, matter, siblings), lost, levels, reach)


def _judge(loaded: Loaded, matter: Matter, now: datetime) -> Comparison:
    sides = loaded.sides
    labels = [side.label for side in sides]
    decided = decide(matter, labels)
    decision, lost, levels, reach = decided.decision, decided.lost, decided.levels, decided.reach
    high = reach[1]
    running = any(run.state.live for side in sides for run in side.runs)
    said = wording.Said(matter.metric, matter.axis, high, labels, running, matter.direction)
    reports = tuple(
        side_report(side, found, matter, sides, index, reach)
        for index, (side, found) in enumerate(zip(sides, levels, strict=True))
    )
    diff, hidden = differences([[run.config for run in side.runs] for side in sides])
    test = decision.test
    settled = decision.verdict != "too_close" and decision.confidence != "low"
    return Comparison(
        verdict=decision.verdict,
        metric=matter.metric,
        direction=matter.direction,
        axis=matter.axis,
        matched_at=high,
        effect=test.effect if test else _apart(reports),
        interval=(test.low, test.high) if test else None,
        p=test.p if test else None,
        confidence=decision.confidence,
        confidence_value=decision.value,
        seeds=tuple(len(side.runs) for side in sides),
        seeds_needed=needed(test) if test and not settled else None,
        noise_floor=test.spread if test else None,
        noise_measured=bool(test and test.measured),
        reason=wording.reason(decision, said, lost, reports),
        so_far=running,
        sides=reports,
        ranking=decision.ranking,
        config_diff=tuple(
            ConfigDiff(
                key=item.key, values=item.values, important=item.important, present=item.present
            )
            for item in diff
        ),
        hidden_config_differences=hidden,
        axis_reason=matter.axis_reason,
        missing=_missing(loaded),
        generated_at=now,
    )


def _apart(sides: Sequence[SideReport]) -> float | None:
    """Side A minus side B where no test was made."""
    values = [side.value for side in sides]
    if len(values) != 2 or values[0] is None or values[1] is None:
        return None
    return values[0] - values[1]


def _decide(
    levels: Sequence[Sequence[Level | None]],
    lost: Sequence[Lost],
    labels: Sequence[str],
    matter: Matter,
    siblings: Sequence[Sequence[Level | None]],
) -> Decision:
    """Sides that are out of the race lose; the others are tested."""
    out = {item.label for item in lost if item.whole}
    inside = [index for index, label in enumerate(labels) if label not in out]
    if not inside:
        raise NotComparable(f"{matter.metric} is not a finite number in {', '.join(labels)}.")
    sound = [[level for level in levels[index] if level is not None] for index in inside]
    noise = [[level.value for level in group if level is not None] for group in siblings]
    if len(inside) == 1:
        fewest = min(len(side) for side in levels)
        decision = decide_alone(inside[0], sound[0], labels, fewest)
    elif len(labels) == 2:
        return decide_two(sound[0], sound[1], matter.direction, noise)
    else:
        decision = decide_many(sound, [labels[index] for index in inside], matter.direction, noise)
    last = [
        (label, [level.value for level in side if level is not None])
        for label, side in zip(labels, levels, strict=True)
        if label in out
    ]
    return decision if len(labels) == 2 else ranked_last(decision, last, matter.direction)


def _missing(loaded: Loaded) -> tuple[MissingPart, ...]:
    parts = [*loaded.missing, *(m for s in loaded.sides for x in s.signals for m in x.missing)]
    return tuple(MissingPart(what=p.what, reason=p.reason) for p in dict.fromkeys(parts))


def _not_comparable(loaded: Loaded, now: datetime, reason: str, by: By | None) -> Comparison:
    diff, hidden = differences([[run.config for run in side.runs] for side in loaded.sides])
    return Comparison(
        verdict="not_comparable",
        metric=None,
        axis=by or "step",
        matched_at=None,
        effect=None,
        interval=None,
        confidence="low",
        confidence_value=0.0,
        seeds=tuple(len(side.runs) for side in loaded.sides),
        seeds_needed=None,
        reason=reason,
        so_far=any(run.state.live for side in loaded.sides for run in side.runs),
        sides=tuple(
            side_report(side, (), None, loaded.sides, index, None)
            for index, side in enumerate(loaded.sides)
        ),
        config_diff=tuple(
            ConfigDiff(key=d.key, values=d.values, important=d.important, present=d.present)
            for d in diff
        ),
        hidden_config_differences=hidden,
        missing=_missing(loaded),
        generated_at=now,
    )
