"""What the handlers need from the application, as protocols; ``bot/wiring.py`` hands them in."""

from datetime import datetime
from typing import Protocol

from handlers.reply import Message, Posted


class Clock(Protocol):
    """Time as an object, so that tests own it."""

    def now(self) -> datetime:
        """The present, UTC and aware."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns after ``seconds`` of this clock's time."""
        ...

    async def alarm(self, seconds: float) -> None:
        """Returns after ``seconds`` too, for whoever gives work of others so long and no longer.

        Apart from ``sleep`` because a test may hurry a pause, but not a race with work.
        """
        ...


class Sender(Protocol):
    """Messages to Slack. Implemented by ``handlers.sending``; raises ``handlers.problems``."""

    async def post(self, channel: str, message: Message, *, thread_ts: str | None = None) -> Posted:
        """Posts once: never repeated by itself, since Slack has no idempotency key.

        Raises:
            SlowDown: Slack asks for patience (429); nothing was posted.
            Unsure: the answer was lost, the message may stand.
            Refused: Slack will never take it there (archived, not in channel, …).
        """
        ...

    async def update(self, posted: Posted, message: Message, *, at_once: bool = False) -> None:
        """Replaces a message's content in place (idempotent: retried within bounds).

        Args:
            posted: Where it stands.
            message: The new content.
            at_once: Without the distance that edits otherwise keep.
        """
        ...

    async def find(
        self, channel: str, *, event_type: str, key: str, since: datetime, thread_ts: str | None
    ) -> Posted | None:
        """Looks for an own message by ``metadata.event_payload.key``, posted since then.

        Raises:
            CannotTell: Slack gives no answer (rate limit, missing right).
        """
        ...

    async def permalink(self, posted: Posted) -> str | None:
        """A link to the message, where Slack gives one."""
        ...
