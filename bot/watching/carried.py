"""What is carried from look to look of a place, beside the runs' memories."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from analysis.alerts.base import Leader
from analysis.watching.changes import Leaders


@dataclass(frozen=True, slots=True)
class Carried:
    """The state of a place.

    Attributes:
        ended: runs that ended lately, and when.
        groups: sweeps and groups that have not ended.
        leaders: the best values so far.
    """

    ended: tuple[tuple[str, datetime], ...] = ()
    groups: tuple[str, ...] = ()
    leaders: Leaders = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Carried":
        """What was stored; nothing where that cannot be read."""
        try:
            return cls(
                tuple((path, datetime.fromisoformat(at)) for path, at in stored.get("ended", ())),
                tuple(stored.get("groups", ())),
                {
                    (place, metric): Leader(value, run, direction)
                    for place, metric, value, run, direction in stored.get("leaders", ())
                },
            )
        except (ValueError, TypeError):
            return cls()

    def stored(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "ended": [[path, at.isoformat()] for path, at in self.ended],
            "groups": list(self.groups),
            "leaders": [
                [place, metric, leader.value, leader.run, leader.direction]
                for (place, metric), leader in self.leaders.items()
            ],
        }
