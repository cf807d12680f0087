"""How one channel wants to be told: which alerts, thresholds, quiet hours, briefing, mentions.

Stored as JSON with each watch, and written by the settings modal; what an older version stored and
this one does not know is ignored.
"""

from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

KINDS: Final[Mapping[str, str]] = {
    "started": "A run starts, or goes on again",
    "finished": "A run finishes",
    "failed": "A run fails",
    "crashed": "Contact with a run is lost",
    "stopped": "A run is stopped or pre-empted",
    "stalled": "A run stalls",
    "finding": "A health problem appears",
    "best": "A run beats the project’s best",
    "ended": "A sweep or group ends",
    "rule": "A rule of your own is met",
}
"""The kinds of alerts as settings offer them, and what each is about."""


def _zone(value: object) -> str:
    try:
        ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone “{value}”") from None
    return str(value)


Zone = Annotated[str, BeforeValidator(_zone)]
"""An IANA time zone."""


class Manners(BaseModel):
    """How a channel wants to be told.

    Attributes:
        off: kinds of alerts that are not wanted.
        quiet_from: beginning of the quiet hours, by the channel's own clock.
        quiet_to: their end; equal times are no quiet hours.
        zone: whose clock that is.
        fresh_lines: whether a new critical problem also gets a line in the channel.
        mentions: whether the linked owner of a run is mentioned for what needs a person.
        thresholds: a detector's thresholds that differ here, by ``code.field``.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    off: frozenset[str] = frozenset()
    quiet_from: time | None = None
    quiet_to: time | None = None
    zone: Zone = "UTC"
    fresh_lines: bool = True
    mentions: bool = False
    thresholds: dict[str, float] = Field(default_factory=dict)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Manners":
        """What was stored; the defaults where that cannot be read."""
        try:
            return cls.model_validate(dict(stored))
        except ValueError:
            return cls()

    def stored(self) -> dict[str, Any]:
        """As plain JSON."""
        told: dict[str, Any] = self.model_dump(mode="json")
        return told | {"off": sorted(self.off)}

    def wants(self, kind: str) -> bool:
        """Whether alerts of a kind are wanted."""
        return {"returned": "started"}.get(kind, kind) not in self.off

    @property
    def quiet(self) -> tuple[time, time] | None:
        """The quiet hours, where there are any."""
        if self.quiet_from is None or self.quiet_to is None or self.quiet_from == self.quiet_to:
            return None
        return self.quiet_from, self.quiet_to
