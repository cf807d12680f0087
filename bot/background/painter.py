"""Edits cards to their newest content, within a budget that the whole workspace shares.

Not a job but a chore of each process: an edit may be repeated without harm, and what must be
shown stands in the cards' own rows. Only content that changed is sent, the newest, and the card
that has waited longest comes first. New messages go before: a card waits while its channel has
some to post, but not for ever.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background.notes import findable, plain
from bot.background.outbox import Outbox
from bot.background.ports import Render
from bot.storage import Card, Database, budgets, cards, outbox, watches
from handlers.ports import Clock, Sender
from handlers.problems import (
    BadBlocks,
    NoSuchMessage,
    SlackProblem,
    SlowDown,
    Unauthorized,
    Unreachable,
)
from handlers.reply import Message, Posted

_LOG = logging.getLogger(__name__)

BUDGET = "updates"


@dataclass(frozen=True, slots=True)
class PaintPace:
    """How often and how long.

    Attributes:
        per_minute: edits in all channels together.
        burst: edits at once after a quiet time.
        gap_s: between two edits of one message.
        hold_s: for how long a claimed card is left to its claimer.
        yield_s: how long a card gives way to new messages of its channel.
        retry_s: after a refusal.
        batch: edits in one round at most.
    """

    per_minute: float = 40.0
    burst: float = 5.0
    gap_s: float = 3.0
    hold_s: float = 60.0
    yield_s: float = 30.0
    retry_s: float = 60.0
    batch: int = 40


Outcome = Literal["idle", "wait", "same", "edited", "trouble"]


@dataclass(frozen=True, slots=True)
class Painter:
    """Edits cards; ``bot.background.service`` runs ``round`` as a chore."""

    database: Database
    outbox: Outbox
    sender: Sender
    render: Render
    clock: Clock
    pace: PaintPace = PaintPace()
    repost: frozenset[str] = frozenset({"board"})

    async def round(self) -> int:
        """Edits what is due while the budget lasts; how many edits were sent."""
        edited = 0
        for _ in range(self.pace.batch):
            outcome = await self.one()
            edited += outcome == "edited"
            if outcome in ("idle", "wait"):
                break
        return edited

    async def one(self) -> Outcome:
        """Edits the card that has waited longest."""
        now = self.clock.now()
        async with self.database.begin() as connection:
            card = await cards.claim_dirty(
                connection, now=now, hold_until=now + timedelta(seconds=self.pace.hold_s)
            )
            if card is None:
                return "idle"
            if await self._gives_way(connection, card, now):
                await cards.hold(connection, card.id, until=now + timedelta(seconds=1))
                return "same"
        message = findable(
            self.render(card.kind, card.payload, now), f"card:{card.id}:{card.generation}"
        )
        fingerprint = cards.digest([message.text, message.blocks])
        if fingerprint == card.shown_digest:
            await self._shown(card, fingerprint, now, gap_s=0)
            return "same"
        async with self.database.begin() as connection:
            wait = await budgets.take(
                connection,
                BUDGET,
                now=now,
                per_minute=self.pace.per_minute,
                burst=self.pace.burst,
            )
            if wait:
                await cards.hold(connection, card.id, until=now)
                return "wait"
        return await self._edit(card, message, fingerprint)

    async def _edit(self, card: Card, message: Message, fingerprint: str) -> Outcome:
        if card.ts is None:
            return "same"
        posted = Posted(card.post_to or card.channel, card.ts, card.thread_ts)
        try:
            try:
                await self.sender.update(posted, message)
            except BadBlocks as problem:
                _LOG.warning("Slack refused the blocks of card %d: %s", card.id, problem)
                await self.sender.update(posted, plain(message))
        except SlackProblem as problem:
            await self._trouble(card, problem)
            return "wait" if isinstance(problem, SlowDown) else "trouble"
        await self._shown(card, fingerprint, self.clock.now(), gap_s=self.pace.gap_s)
        return "edited"

    async def _trouble(self, card: Card, problem: SlackProblem) -> None:
        now = self.clock.now()
        retry_at = now + timedelta(seconds=self.pace.retry_s)
        async with self.database.begin() as connection:
            if isinstance(problem, SlowDown):
                until = now + timedelta(seconds=problem.retry_after_s)
                await budgets.block(connection, BUDGET, until=until)
                await cards.hold(connection, card.id, until=now)
            elif isinstance(problem, NoSuchMessage):
                # Somebody deleted it. A board comes back; what stood in a thread does not, and a
                # run's card comes back with the next thing that there is to say in its thread.
                gone = await cards.deleted(connection, card.id, ts=card.ts)
                if gone is not None and card.kind in self.repost:
                    await self.outbox.post_card(connection, gone, now=now)
            elif isinstance(problem, Unreachable):
                await watches.pause_channel(connection, card.channel, reason=problem.code, now=now)
                await cards.hold(connection, card.id, until=retry_at, give_up=True)
            elif isinstance(problem, BadBlocks):
                _LOG.error("Slack will not take the card %d: %s", card.id, problem)
                await cards.hold(connection, card.id, until=retry_at, give_up=True)
            else:
                if not isinstance(problem, Unauthorized):
                    _LOG.warning("the card %d could not be edited: %s", card.id, problem)
                await cards.hold(connection, card.id, until=retry_at)

    async def _gives_way(self, connection: AsyncConnection, card: Card, now: datetime) -> bool:
        if now - card.changed_at >= timedelta(seconds=self.pace.yield_s):
            return False
        return await outbox.waiting(connection, now=now, channel=card.channel) > 0

    async def _shown(self, card: Card, fingerprint: str, now: datetime, *, gap_s: float) -> None:
        async with self.database.begin() as connection:
            await cards.shown(
                connection,
                card,
                message_digest=fingerprint,
                now=now,
                not_before=now + timedelta(seconds=gap_s),
            )
