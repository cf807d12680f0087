"""Alert rules, and the watches that exist for them alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from analysis.refs import ProjectRef
from bot.storage import Database, Target, people
from bot.storage import rules as rule_rows
from bot.storage import watches as watch_rows
from bot.storage.rules import Rule
from bot.watching.stored.places import (
    MANNERS,
    ONLY_RULES,
    Now,
    target_of,
)
from handlers.watching.manners import Manners
from handlers.watching.ports import RuleSet


@dataclass(frozen=True, slots=True)
class StoredRules:
    """``ports.Rules``."""

    database: Database
    now: Now

    async def in_channel(self, channel: str) -> Sequence[RuleSet]:
        """A channel's rules."""
        async with self.database.read() as connection:
            return [_rule_of(rule) for rule in await rule_rows.in_channel(connection, channel)]

    async def add(
        self, channel: str, where: ProjectRef, *, rule: Mapping[str, Any], text: str, creator: str
    ) -> RuleSet:
        """Stores one."""
        target = target_of(where)
        async with self.database.begin() as connection:
            made = await rule_rows.add(
                connection,
                channel=channel,
                entity=target.entity,
                project=target.project,
                rule=rule,
                text=text,
                creator=creator,
                now=self.now(),
            )
            await self._looked_at(connection, made)
        return _rule_of(made)

    async def remove(self, channel: str, rule_id: int) -> RuleSet | None:
        """Removes a channel's rule; the watch that served it alone ends with it."""
        now = self.now()
        async with self.database.begin() as connection:
            gone = await rule_rows.remove(connection, rule_id, channel=channel, now=now)
            if gone is None:
                return None
            left = await rule_rows.in_channel(connection, channel)
            target = Target(gone.entity, gone.project)
            watch = await watch_rows.find(connection, channel=channel, target=target)
            needed = any((one.entity, one.project) == (gone.entity, gone.project) for one in left)
            if watch is not None and watch.settings.get(ONLY_RULES) and not needed:
                await watch_rows.remove(connection, watch.id, now=now)
        return _rule_of(gone)

    async def restore(self, rule_id: int) -> None:
        """Takes ``remove`` back."""
        async with self.database.begin() as connection:
            await rule_rows.restore(connection, rule_id)
            rule = await rule_rows.get(connection, rule_id)
            if rule is not None:
                await self._looked_at(connection, rule)

    async def _looked_at(self, connection: AsyncConnection, rule: Rule) -> None:
        """Sees to it that a rule's place is looked at, where no watch of its channel does that."""
        here = await watch_rows.in_channel(connection, rule.channel)
        if any(one.entity == rule.entity and one.project in ("", rule.project) for one in here):
            return
        manners = await people.preference(connection, "channel", rule.channel, MANNERS)
        settings = {**Manners.read(manners or {}).stored(), ONLY_RULES: True}
        await watch_rows.add(
            connection,
            channel=rule.channel,
            target=Target(rule.entity, rule.project),
            creator=rule.creator,
            now=self.now(),
            filters={},
            settings=settings,
        )


def _rule_of(rule: Rule) -> RuleSet:
    where = ProjectRef(rule.entity, rule.project or None)
    return RuleSet(rule.id, rule.channel, where, rule.text, rule.creator)
