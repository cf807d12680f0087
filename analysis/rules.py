"""People's own alert rules: ``eval/loss < 0.5``, ``train/loss > 2 x its median for 100 steps``.

Grammar (case does not matter, words in brackets may be left out)::

    METRIC (< | <= | > | >= | ==) NUMBER                             a threshold
    METRIC > FACTOR x [its] median [for|over [the last] N steps]     a ratio
    METRIC > FACTOR sigma [for|over N steps], METRIC z > FACTOR …    a robust z-score
    METRIC is nan | not finite | inf                                 not a number

A ratio or a z-score compares the last value with the run's own earlier ones: the N steps before it,
or all. With ``for N steps`` a ratio must hold for every point of the last N steps, against the
median of what came before them.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Literal, TypeGuard, TypeVar, get_args

import numpy as np

from analysis import robust
from analysis.detectors.base import number
from analysis.errors import BadRequest
from analysis.history import Series
from analysis.metric_names import metric_named
from analysis.refs import shorten
from analysis.run import Run

Op = Literal["<", "<=", ">", ">=", "=="]
Kind = Literal["threshold", "ratio", "zscore", "nan"]
T = TypeVar("T")
_OPS: dict[str, Op] = {op: op for op in get_args(Op)}
_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
MOST_STEPS = 1_000_000_000
"""The longest span of a rule; far beyond any run."""
LEAST_POINTS = 8
"""Earlier points that a ratio or a z-score needs: fewer make no median worth comparing with."""


class BadRule(BadRequest):
    """A rule that cannot be read."""

    default_next_step = (
        "Write a metric, a comparison and a number, such as “eval/loss < 0.5”, "
        "“train/loss > 2 x its median for 100 steps”, “loss z > 4” or “loss is nan”."
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition on one metric.

    Attributes:
        metric: the logged name.
        kind: what is compared.
        op: of a threshold, a ratio and a z-score; ``<`` looks for a fall.
        value: of a threshold.
        factor: of a ratio (times the median) or a z-score (robust standard deviations).
        steps: over how many steps of the run; all when ``None``.
    """

    metric: str
    kind: Kind = "threshold"
    op: Op = ">"
    value: float | None = None
    factor: float | None = None
    steps: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON for storage; ``rule_of`` reads it."""
        return {key: value for key, value in asdict(self).items() if value is not None}

    def __str__(self) -> str:
        name = quoted(self.metric)
        if self.kind == "nan":
            return f"{name} is nan"
        if self.kind == "threshold":
            return f"{name} {self.op} {_plain(self.value)}"
        over = "" if self.steps is None else f" for {self.steps} steps"
        if self.kind == "ratio":
            return f"{name} {self.op} {_plain(self.factor)} x its median{over}"
        return f"{name} z {self.op} {_plain(self.factor)}{over}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a rule holds now, and on what evidence.

    Attributes:
        holds: whether it does; ``None`` when it cannot be told (no such metric, too few points).
        sentence: what was seen.
        step: of the last point.
        value: of the last point.
        numbers: what was compared.
    """

    holds: bool | None
    sentence: str
    step: int | None = None
    value: float | None = None
    numbers: Mapping[str, float] | None = None


_NUMBER = r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_METRIC = r"(?P<metric>\"[^\"]+\"|'[^']+'|`[^`]+`|[^\s<>=\"'`]+)"
_OVER = r"(?:\s+(?:for|over|in)\s+(?:the\s+)?(?:last\s+)?(?P<steps>\d[\d_,]*)\s*(?:steps?)?)?"
_THRESHOLD = re.compile(rf"{_METRIC}\s*(?P<op><=|>=|==?|<|>)\s*(?P<value>{_NUMBER})", re.IGNORECASE)
_RATIO = re.compile(
    rf"{_METRIC}\s*(?P<op><=|>=|<|>)\s*(?P<factor>{_NUMBER})\s*(?:x|×|\*|times)\s*"
    rf"(?:its\s+|the\s+)?(?:own\s+)?(?:running\s+)?median{_OVER}",
    re.IGNORECASE,
)
_ZSCORE = re.compile(
    rf"(?:{_METRIC}\s+z(?:[-\s]?score)?\s*(?P<op><=|>=|<|>)\s*(?P<factor>{_NUMBER})"
    rf"|(?:z|z-?score)\s*\(\s*(?P<metric2>[^\s()]+)\s*\)\s*(?P<op2><=|>=|<|>)\s*"
    rf"(?P<factor2>{_NUMBER})"
    rf"|(?P<metric3>\"[^\"]+\"|[^\s<>=\"'`]+)\s*(?P<op3><=|>=|<|>)\s*(?P<factor3>{_NUMBER})\s*"
    rf"(?:sigma|σ|standard\s+deviations?|stds?))(?:\s+(?:above|from)\s+(?:its\s+)?(?:mean|median))?"
    rf"{_OVER}",
    re.IGNORECASE,
)
_NAN = re.compile(
    rf"{_METRIC}\s+(?:is|becomes|turns|==?)\s*(?:nan|not\s+finite|non-?finite|inf(?:inite|inity)?)",
    re.IGNORECASE,
)


_OWN_WORDS = frozenset({"alert", "when", "if", "z"})
_BLANKS = re.compile(r"(\"[^\"]*\"|'[^']*'|`[^`]*`)|\s+")  # those within quotes stay


def parse(text: str) -> Rule:
    """Reads a rule.

    Raises:
        BadRule: when it cannot be read; the sentence says what is expected.
    """
    cleaned = _BLANKS.sub(lambda m: m[1] or " ", text.replace("“", '"').replace("”", '"')).strip()
    for prefix in ("alert when ", "when ", "if "):
        if cleaned.lower().startswith(prefix):
            cleaned = cleaned[len(prefix) :]
    if found := _NAN.fullmatch(cleaned):
        return Rule(_name(found["metric"]), "nan")
    if found := _RATIO.fullmatch(cleaned):
        return Rule(
            _name(found["metric"]),
            "ratio",
            _op(found["op"]),
            factor=_positive(found["factor"]),
            steps=_steps(found["steps"]),
        )
    if found := _ZSCORE.fullmatch(cleaned):
        metric = found["metric"] or found["metric2"] or found["metric3"]
        op = found["op"] or found["op2"] or found["op3"]
        factor = found["factor"] or found["factor2"] or found["factor3"]
        return Rule(
            _name(metric), "zscore", _op(op), factor=_positive(factor), steps=_steps(found["steps"])
        )
    if found := _THRESHOLD.fullmatch(cleaned):
        return Rule(_name(found["metric"]), op=_op(found["op"]), value=_float(found["value"]))
    raise BadRule(f"“{shorten(text)}” is no rule that can be read.")


def rule_of(values: Mapping[str, Any]) -> Rule:
    """The rule of plain fields, as stored or as a sentence was understood.

    Args:
        values: ``metric``; ``op`` and ``value``, or ``kind`` with ``factor`` and ``steps``. A ratio
            or z-score without ``op`` means a rise.

    Raises:
        BadRule: when fields are missing or make no sense.
    """
    metric, value, factor = values.get("metric"), values.get("value"), values.get("factor")
    kind = _one_of(values.get("kind") or "threshold", _KINDS)
    op = _one_of(values.get("op") or (None if kind == "threshold" else ">"), _OPS)
    steps = values.get("steps")
    if not isinstance(metric, str) or not metric.strip() or kind is None:
        raise BadRule("The rule names no metric, or a kind that does not exist.")
    if kind == "nan":
        return Rule(metric, "nan")
    needed = value if kind == "threshold" else factor
    if op is None or not _is_number(needed):
        raise BadRule(f"The rule on “{shorten(metric)}” lacks its comparison or its number.")
    if kind == "threshold":
        return Rule(metric, "threshold", op, value=float(needed))
    in_range = steps is None or (_is_number(steps) and 1 <= int(steps) <= MOST_STEPS)
    if float(needed) <= 0 or not in_range:
        raise BadRule(f"The rule on “{shorten(metric)}” needs a positive factor and span.")
    span = None if steps is None else int(steps)
    return Rule(metric, kind, op, factor=float(needed), steps=span)


def logged_as(metric: str, run: Run) -> str | None:
    """The name by which a run logs what a rule calls so: “loss” may be ``train/loss``."""
    key = run.keys.get(metric)
    return metric if key is not None and key.numeric else _named(metric, tuple(run.logged))


@lru_cache(maxsize=4096)
def _named(metric: str, names: tuple[str, ...]) -> str | None:
    """Remembered: it is asked of every run at every tick, and a run may log thousands of names."""
    return metric_named(metric, names)


def check(rule: Rule, series: Series | None) -> Verdict:
    """Whether a rule holds at the end of a curve.

    Args:
        rule: the condition.
        series: the metric's points; ``None`` when the run does not log it.
    """
    if series is None or not len(series):
        return Verdict(None, f"{rule.metric} has not been logged.")
    value, step = float(series.value[-1]), int(series.step[-1])
    if rule.kind == "nan":
        holds = not math.isfinite(value)
        return Verdict(holds, f"{rule.metric} is {number(value)}.", step, value, {"value": value})
    if rule.kind == "threshold":
        limit = rule.value if rule.value is not None else math.nan
        holds = _compare(value, rule.op, limit)
        said = f"{rule.metric} is {number(value)}"
        return Verdict(holds, f"{said}.", step, value, {"value": value, "limit": limit})
    return _against_itself(rule, series, step, value)


def _against_itself(rule: Rule, series: Series, step: int, value: float) -> Verdict:
    since = step - rule.steps if rule.steps is not None else None
    if rule.kind == "ratio" and since is not None:
        recent = series.step > since
        if int(np.count_nonzero(recent)) == len(series) or not recent.any():
            return Verdict(None, "The run is shorter than the rule's span.", step, value)
        tested, before = series.value[recent], series.value[~recent]
    else:
        before_mask = series.step < step
        if since is not None:
            before_mask &= series.step >= since
        tested, before = series.value[-1:], series.value[before_mask]
    earlier = before[np.isfinite(before)]
    if earlier.size < LEAST_POINTS:
        return Verdict(None, "There are too few earlier points to compare with.", step, value)
    middle, factor = robust.median(earlier), rule.factor or math.nan
    if rule.kind == "ratio":
        limit = factor * middle
        holds = all(_compare(float(each), rule.op, limit) for each in tested)
        said = f"{rule.metric} is {number(value)}, its median before {number(middle)}."
        return Verdict(holds, said, step, value, {"value": value, "median": middle, "limit": limit})
    spread = robust.sigma(earlier)
    if spread <= 0:
        return Verdict(None, f"{rule.metric} has not varied.", step, value)
    z = (value - middle) / spread
    limit = factor if rule.op in (">", ">=") else -factor
    holds = _compare(z, rule.op, limit)
    said = (
        f"{rule.metric} is {number(value)}, {number(z)} robust standard deviations from its median."
    )
    return Verdict(holds, said, step, value, {"value": value, "median": middle, "z": z})


def _compare(value: float, op: Op, limit: float) -> bool:
    match op:
        case "<":
            return value < limit
        case "<=":
            return value <= limit
        case ">":
            return value > limit
        case ">=":
            return value >= limit
        case "==":
            return math.isclose(value, limit, rel_tol=1e-9, abs_tol=1e-12)


def quoted(name: str) -> str:
    """A metric's name as the grammar reads it back: in quotes where it could be misread."""
    plain = re.fullmatch(r"[^\s<>=\"'`()]+", name) and name.lower() not in _OWN_WORDS
    return name if plain else f'"{name}"'


def _plain(value: float | None) -> str:
    return "nan" if value is None else f"{value:g}" if float(f"{value:g}") == value else repr(value)


def _name(text: str) -> str:
    return text.strip("\"'`")


def _op(text: str) -> Op:
    return _OPS["==" if text == "=" else text]


def _one_of(text: object, table: Mapping[str, T]) -> T | None:
    return table.get(text) if isinstance(text, str) else None


def _float(text: str) -> float:
    value = float(text.replace("_", ""))
    if not math.isfinite(value):
        raise BadRule(f"“{shorten(text)}” is too large a number.")
    return value


def _positive(text: str) -> float:
    value = _float(text)
    if value <= 0:
        raise BadRule("The factor of a rule must be positive.")
    return value


def _steps(text: str | None) -> int | None:
    if text is None:
        return None
    steps = int(text.replace(",", "").replace("_", ""))
    if not 1 <= steps <= MOST_STEPS:
        raise BadRule(f"The span of a rule must be from one to {MOST_STEPS:,} steps.")
    return steps


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
