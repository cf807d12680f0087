"""The one sentence that gives the reason for a verdict."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.comparing.lost import Lost
from analysis.comparing.report import AXIS_WORDS, Axis, SideReport
from analysis.comparing.verdict import Decision, needed
from analysis.metrics import Direction

SENSIBLE = 100
"""Seeds a side beyond which the exact number tells nobody anything."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the sentence speaks of."""

    metric: str
    axis: Axis
    at: float
    labels: Sequence[str]
    so_far: bool
    direction: Direction


def reason(
    decision: Decision, said: Said, lost: Sequence[Lost], sides: Sequence[SideReport]
) -> str:
    """Why the verdict is what it is, in one sentence of plain text."""
    opening = "So far, " if said.so_far else ""
    if decision.test is None:
        out = {item.label for item in lost if item.whole}
        winner = next(label for label in said.labels if label not in out)
        text = f"{winner} is better: {_broken(said, lost, sides)}"
    elif decision.verdict == "too_close":
        text = _tie(decision, said, sides)
    else:
        text = _win(decision, said, sides)
    text = f"{opening}{text}{_doubts(decision, said, lost, sides)}."
    named = any(text.startswith(label) for label in said.labels)
    return text if named else text[:1].upper() + text[1:]


def _broken(said: Said, lost: Sequence[Lost], sides: Sequence[SideReport]) -> str:
    """What happened to the sides that are out of the race."""
    values = {side.label: side.value for side in sides}
    parts = []
    for item in lost:
        if item.how == "not_finite":
            parts.append(f"{said.metric} of {item.label} is not a finite number {_place(said)}")
        elif item.how == "ran_away":
            value = _num(values[item.label])
            parts.append(
                f"{said.metric} of {item.label} ran away, far beyond where it began, "
                f"and is {value} {_place(said)}"
            )
    return "; ".join(parts)


def _win(decision: Decision, said: Said, sides: Sequence[SideReport]) -> str:
    test = decision.test
    if test is None:
        return ""
    best: str
    value: float | None
    other_value: float | None
    if decision.verdict == "ranked":
        first, second = decision.ranking[0], decision.ranking[1]
        best, value = first.label, first.value
        other, other_value = second.label, second.value
        tied = [place.label for place in decision.ranking[1:] if place.tied_with_best]
        after = f"; not separable from it: {', '.join(tied)}" if tied else ""
    else:
        winner = sides[0 if decision.verdict == "a_better" else 1]
        loser = sides[1 if decision.verdict == "a_better" else 0]
        best, value, other, other_value = winner.label, winner.value, loser.label, loser.value
        after = ""
    size = abs(test.effect)
    return (
        f"{best} is better {_place(said)}: {said.metric} {_num(value)} against {_num(other_value)} "
        f"of {other}, a difference of {_num(size)}{_against_noise(decision)}{after}"
    )


def _tie(decision: Decision, said: Said, sides: Sequence[SideReport]) -> str:
    test = decision.test
    if test is None:
        return ""
    if decision.ranking:
        first, second = decision.ranking[0], decision.ranking[1]
        return (
            f"too close to call {_place(said)}: {said.metric} of {first.label} "
            f"({_num(first.value)}) and {second.label} ({_num(second.value)}) differ by "
            f"{_num(abs(test.effect))}"
            f"{_against_noise(decision)}"
        )
    values = " and ".join(_num(side.value) for side in sides)
    return (
        f"too close to call {_place(said)}: {said.metric} {values} differ by "
        f"{_num(abs(test.effect))}{_against_noise(decision)}"
    )


def _against_noise(decision: Decision) -> str:
    test = decision.test
    if test is None or test.spread <= 0:
        return ""
    kind = "the seed-to-seed spread" if test.measured else "an assumed seed-to-seed spread"
    return f", {abs(test.effect) / test.spread:.1f} × {kind} of {_num(test.spread)}"


def _doubts(
    decision: Decision, said: Said, lost: Sequence[Lost], sides: Sequence[SideReport]
) -> str:
    parts = []
    if decision.test is not None and any(item.whole for item in lost):
        parts.append(_broken(said, lost, sides))
    alone = [side.label for side in sides if len(side.runs) == 1]
    if alone:
        who = "each side" if len(alone) == len(sides) else " and ".join(alone)
        verb = "has" if len(alone) == len(sides) or len(alone) == 1 else "have"
        parts.append(f"{who} {verb} one seed only")
    count = needed(decision.test) if decision.test else None
    unsettled = decision.verdict == "too_close" or decision.confidence == "low"
    if count is not None and unsettled:
        many = f"about {count}" if count <= SENSIBLE else f"more than {SENSIBLE}"
        parts.append(f"{many} seeds a side would settle a difference of this size")
    partly = [item.label for item in lost if not item.whole]
    if partly:
        parts.append(f"runs of {' and '.join(partly)} that are not finite were left out")
    parts.extend(
        f"{side.label} has {_num(side.later)} by now"
        if "running" in side.state
        else f"{side.label} had {_num(side.later)} by its end"
        for side in sides
        if side.later is not None
    )
    return "".join(f"; {part}" for part in parts)


def _place(said: Said) -> str:
    if said.axis == "time":
        return f"after {_time(said.at)}"
    if said.axis == "step":
        return f"at step {_num(said.at)}"
    return f"at {_num(said.at)} {AXIS_WORDS[said.axis]}"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"


def _num(value: float | None) -> str:
    """Four significant digits, thousands apart."""
    if value is None or not math.isfinite(value):
        return "–"
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.4g}"
