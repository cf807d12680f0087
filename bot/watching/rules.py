"""People's own rules of a channel: those about a place, and which runs each concerns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analysis.alerts.base import Alert
from analysis.errors import BadRequest
from analysis.refs import ProjectRef
from analysis.rules import Rule, rule_of
from bot.storage.rules import Rule as RuleRow


@dataclass(frozen=True, slots=True)
class OwnRules:
    """The rules of one channel that may concern one place.

    Attributes:
        rules: by number, as alerts name them.
        scopes: what each is about: a run's path, a project, or an entity.
    """

    rules: Mapping[str, Rule] = field(default_factory=dict)
    scopes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def about(cls, where: ProjectRef, rows: Iterable[RuleRow]) -> "OwnRules":
        """Those of stored rules that may concern a place; one that cannot be read is left out."""
        rules: dict[str, Rule] = {}
        scopes: dict[str, str] = {}
        for row in rows:
            elsewhere = where.project and row.project not in ("", where.project)
            if row.entity != where.entity or elsewhere:
                continue
            try:
                rules[str(row.id)] = rule_of(row.rule)
            except BadRequest:
                continue  # an older release read it otherwise
            scopes[str(row.id)] = _scope(row)
        return cls(rules, scopes)

    @property
    def metrics(self) -> frozenset[str]:
        """What they look at."""
        return frozenset(rule.metric for rule in self.rules.values())

    def admitted(self, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
        """The alerts without those of a rule that is not about their run."""
        return tuple(
            alert
            for alert in alerts
            if alert.kind != "rule" or _is_within(alert.subject, self.scopes.get(alert.code, ""))
        )


def _scope(row: RuleRow) -> str:
    run = row.rule.get("run")
    if isinstance(run, str):
        return run
    return f"{row.entity}/{row.project}" if row.project else row.entity


def _is_within(path: str, scope: str) -> bool:
    return path == scope or path.startswith(f"{scope}/")
