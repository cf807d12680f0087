"""A rule of somebody's own that begins to hold for a run."""

from collections.abc import Iterator
from dataclasses import replace

from analysis.alerts.base import Context, Evidence, Holds, Kind, KindName, Said, Sight, Unsure
from analysis.findings import Severity
from analysis.rules import check, logged_as


def see(sight: Sight, context: Context) -> Iterator[tuple[KindName, Said]]:
    """Holds while the rule does; where it cannot be told, nothing changes."""
    for number, rule in context.rules.items():
        name = logged_as(rule.metric, sight.run) or rule.metric
        verdict = check(replace(rule, metric=name), sight.history.get(name))
        if verdict.holds:
            step = "" if verdict.step is None else f" (step {verdict.step:,})"
            said = f"Your rule “{rule}” holds: {verdict.sentence.removesuffix('.')}{step}"
            evidence = Evidence(f"{rule}. {verdict.sentence}", dict(verdict.numbers or {}))
            yield "rule", Holds(said, evidence, Severity.WARNING, code=number)
        elif verdict.holds is None or sight.unsure or not sight.run.state.live:
            yield "rule", Unsure(number)


def over(sight: Sight, code: str) -> str:
    """What the card says once the rule holds no more."""
    return "The rule holds no more"


KIND = Kind(("rule",), see, over)
