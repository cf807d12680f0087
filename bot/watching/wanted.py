"""Which runs a watch is about, and which of their alerts: its filter, asked twice.

A filter on severity leaves no run out, but alerts: so a run is asked about as if it were critical,
and each alert again by its own severity.
"""

from dataclasses import dataclass

from analysis import filters as conditions
from analysis.alerts.base import Alert
from analysis.errors import BadRequest
from analysis.filters import Filter, Matter
from analysis.findings import Severity
from analysis.run import Run
from bot.storage import Watch


@dataclass(frozen=True, slots=True)
class Wanted:
    """A watch's condition, and who “me” is in it."""

    condition: Filter = conditions.EVERYTHING
    me: str | None = None

    @classmethod
    def by(cls, watch: Watch) -> "Wanted":
        """That of a stored watch; one that cannot be read lets everything pass."""
        me = watch.filters.get("me")
        try:
            return cls(conditions.from_json(watch.filters.get("where") or {}), me)
        except BadRequest:
            return cls(me=me)

    def run(self, run: Run) -> bool:
        """Whether the watch is about a run."""
        return conditions.matches(
            self.condition, Matter(run, severity=Severity.CRITICAL, me=self.me)
        )

    def alert(self, alert: Alert, run: Run | None) -> bool:
        """Whether an alert passes, its severity included; an end of one always does."""
        if run is None or not alert.opens:
            return True
        return conditions.matches(self.condition, Matter(run, severity=alert.severity, me=self.me))
