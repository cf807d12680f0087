"""From levels to a verdict: who is better, how sure, and one sentence that says why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from analysis.comparing.location import Level
from analysis.comparing.report import Confidence, Ranked, Verdict
from analysis.comparing.stats import (
    ALPHA_HIGH,
    Difference,
    difference,
    holm,
    seeds_needed,
)

Direction = Literal["down", "up"]

_LOW_CAP, _MEDIUM_CAP = 0.6, 0.9


@dataclass(frozen=True, slots=True)
class Decision:
    """What the statistics say, before it is worded.

    Attributes:
        verdict: ``a_better``, ``b_better``, ``too_close`` or ``ranked``.
        confidence: in words, and ``value`` from 0 to 1.
        test: of A against B; with more sides, of the best against the next; ``None`` where one
            side alone is left in the race.
        ranking: with more than two sides, the best first.
    """

    verdict: Verdict
    confidence: Confidence
    value: float
    test: Difference | None
    ranking: tuple[Ranked, ...] = ()


def decide_two(
    a: Sequence[Level],
    b: Sequence[Level],
    direction: Direction,
    siblings: Sequence[Sequence[float]],
) -> Decision:
    """Sets two sides against each other."""
    test = difference(a, b, siblings)
    a_is_better = (test.effect < 0) == (direction == "down")
    if not test.significant:
        confidence, value = _sure_of_a_tie(test)
        return Decision("too_close", confidence, value, test)
    confidence, value = _sure_of_a_win(test, test.p)
    return Decision("a_better" if a_is_better else "b_better", confidence, value, test)


def decide_many(
    sides: Sequence[Sequence[Level]],
    labels: Sequence[str],
    direction: Direction,
    siblings: Sequence[Sequence[float]],
) -> Decision:
    """Ranks more than two sides; all pairs are corrected for, since the best was picked by looking.

    The correction is Holm's (1979). The order is only as good as the gap at its top: without one
    the verdict is ``too_close``, and the ranking says who is tied with the best.
    """
    means = [float(np.mean([level.value for level in side])) for side in sides]
    sign = 1 if direction == "down" else -1
    order = sorted(range(len(sides)), key=lambda index: (sign * means[index], index))
    others = [[level.value for level in side] for side in sides]
    pairs = list(combinations(range(len(sides)), 2))
    tests = {
        (i, j): difference(
            sides[i], sides[j],
            [*siblings, *(o for k, o in enumerate(others) if k not in (i, j))],
        )
        for i, j in pairs
    }  # fmt: skip
    adjusted = dict(zip(pairs, holm([tests[pair].p for pair in pairs]), strict=True))
    best, runner_up = order[0], order[1]
    test = tests[min(best, runner_up), max(best, runner_up)]  # one spread, one level for all

    def against_best(index: int) -> float:
        return adjusted[min(best, index), max(best, index)]

    ranking = tuple(
        Ranked(
            place=place,
            label=labels[index],
            value=means[index],
            p_best=None if index == best else against_best(index),
            tied_with_best=index == best or against_best(index) >= test.alpha,
        )
        for place, index in enumerate(order, start=1)
    )
    if best > runner_up:
        test = replace(test, effect=-test.effect, low=-test.high, high=-test.low)
    p = against_best(runner_up)
    if p >= test.alpha:
        confidence, value = _sure_of_a_tie(test)
        return Decision("too_close", confidence, value, test, ranking)
    fewest = min(len(side) for side in sides)
    confidence, value = _sure_of_a_win(replace(test, seeds=(fewest, fewest)), p)
    return Decision("ranked", confidence, value, test, ranking)


def decide_alone(winner: int, side: Sequence[Level], labels: Sequence[str], seeds: int) -> Decision:
    """The one side that is left in the race wins.

    Args:
        winner: its number.
        side: its levels.
        labels: of all sides.
        seeds: of the side that has the fewest.
    """
    confidence, value = _sure_of_a_loss(seeds)
    if len(labels) == 2:
        return Decision("b_better" if winner else "a_better", confidence, value, None)
    level = float(np.mean([level.value for level in side]))
    best = Ranked(place=1, label=labels[winner], value=level, p_best=None, tied_with_best=True)
    return Decision("ranked", confidence, value, None, (best,))


def ranked_last(
    decision: Decision, lost: Sequence[tuple[str, Sequence[float]]], direction: Direction
) -> Decision:
    """The decision with the sides that are out of the race behind all others.

    Args:
        decision: about the others.
        lost: label and levels of each that is out; without levels it is not finite.
        direction: of the metric.
    """
    sign = 1 if direction == "down" else -1
    means = [(label, float(np.mean(values)) if values else None) for label, values in lost]
    means.sort(key=lambda item: math.inf if item[1] is None else sign * item[1])
    behind = (
        Ranked(place=place, label=label, value=value, p_best=None, tied_with_best=False)
        for place, (label, value) in enumerate(means, start=len(decision.ranking) + 1)
    )
    return replace(decision, ranking=(*decision.ranking, *behind))


def _sure_of_a_win(test: Difference, p: float) -> tuple[Confidence, float]:
    """One seed a side is never more than low; three, and a small p, are needed for high."""
    value = 1.0 - p
    if min(test.seeds) < 2 or not test.measured:
        return "low", round(min(value, _LOW_CAP), 3)
    if p < ALPHA_HIGH and min(test.seeds) >= 3:
        return "high", round(value, 3)
    return "medium", round(min(value, _MEDIUM_CAP), 3)


def _sure_of_a_loss(seeds: int) -> tuple[Confidence, float]:
    """How sure a defeat by breaking is: it happened, but to how many seeds?"""
    if seeds == 1:
        return "low", _LOW_CAP
    return ("medium", 0.85) if seeds == 2 else ("high", 0.95)


def _sure_of_a_tie(test: Difference) -> tuple[Confidence, float]:
    """A tie is as sure as the interval is narrow against the seed-to-seed spread.

    An interval within ± 2 spreads excludes every difference that three seeds a side would be
    expected to show; one within ± 1 spread, those that about 17 would.
    """
    if min(test.seeds) < 2 or not test.measured or test.spread <= 0.0:
        return "low", 0.4
    reach = max(abs(test.low), abs(test.high)) / test.spread
    if reach <= 1.0:
        return "high", 0.9
    return ("medium", 0.7) if reach <= 2.0 else ("low", 0.5)


def needed(test: Difference) -> int | None:
    """Seeds a side that would settle the difference that was seen; at least three.

    For a difference under a tenth of the spread the answer is ``None``: no sensible number would.
    """
    if test.spread <= 0.0 or abs(test.effect) < 0.1 * test.spread:
        return None
    count = seeds_needed(test.effect, test.spread)
    return None if count is None else max(3, count)
