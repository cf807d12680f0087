"""The alerts that were told of a run, or on a card."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.storage import CardKey, Database, alerts, cards
from bot.storage import watches as watch_rows
from bot.storage.alerts import AlertRow
from handlers.watching.ports import Told
from handlers.watching.render import CARD


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """``ports.History``."""

    database: Database

    async def of_subject(self, channel: str, subject: str) -> Sequence[Told]:
        """The alerts of a run, or on a card, newest first."""
        found: dict[str, Told] = {}
        async with self.database.read() as connection:
            for watch in await watch_rows.in_channel(connection, channel):
                rows = await alerts.of_run(connection, watch.id, subject)
                found |= {row.key: _told(row, channel) for row in rows}
            card = await cards.find(connection, CardKey(channel, CARD, subject))
            if card is not None:
                rows = await alerts.of_card(connection, card.id)
                found |= {row.key: _told(row, channel) for row in rows}
        return sorted(found.values(), key=lambda told: told.at, reverse=True)


def _told(row: AlertRow, channel: str) -> Told:
    return Told(
        key=row.key,
        watch_id=row.watch_id,
        channel=channel,
        run=row.run,
        kind=row.kind,
        code=row.code,
        severity=row.severity,
        fate=row.fate,
        payload=row.payload,
        at=row.at,
        resolved_at=row.resolved_at,
    )
