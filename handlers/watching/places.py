"""Which project or entity watching is about, and whether the app may be heard there."""

import math
from collections.abc import Mapping
from html import unescape
from typing import Final

from analysis import filters as conditions
from analysis.errors import BadReference, BadRequest
from analysis.look import Targets
from analysis.refs import ProjectRef
from handlers.conversation.which import defaults_of, may_read, place_of
from handlers.language.grammar import parse, without_slash
from handlers.language.text import normal
from handlers.registry import Ask
from handlers.views.look import Shown
from handlers.watching.moments import since_of

HOURS: Final = 24.0
_MOST_HOURS: Final = 24.0 * 90


class NotInvited(BadRequest):
    """The app is no member of the channel: it could not post there."""


def flags_of(ask: Ask) -> Mapping[str, str]:
    """The flags of a slash command, by name; one that there is not was refused before."""
    if ask.request.kind != "command":
        return {}
    text = normal(ask.request.text)
    read = parse(without_slash(text) or text)
    # Slack escapes what people type: “>” comes as an entity.
    return {name: unescape(value) for name, value in read.flags.items()}


def typed_of(ask: Ask) -> str:
    """What follows the name of a slash command, without its flags; empty in a sentence."""
    if ask.request.kind != "command":
        return ""
    text = normal(ask.request.text)
    return unescape(parse(without_slash(text) or text).rest).strip()


async def where_of(ask: Ask) -> ProjectRef:
    """The project or entity that is meant: as said, else the default, else the key's own.

    A bare name is an entity; where that entity is not answered here, a project of the default one.

    Raises:
        BadReference: None is said and none is known.
        NotAllowed: Its entity is not answered here.
    """
    slots, defaults = ask.reading.slots, defaults_of(ask)
    if slots.entity and not slots.projects and defaults.entity not in (None, slots.entity):
        refusal = await ask.services.access.may_read(ask.request, slots.entity)
        if refusal is not None:
            await may_read(ask, str(defaults.entity))
            return ProjectRef(str(defaults.entity), slots.entity)
    return await place_of(ask)


async def shown_of(
    ask: Ask, owner: str | None = None, *, only: str = "", me: str | None = None
) -> Shown:
    """What a look is asked about: of one owner's runs, or of those that meet a filter."""
    slots, flags = ask.reading.slots, flags_of(ask)
    where = await where_of(ask)
    named = tuple(dict.fromkeys(slots.projects or ()))
    projects = named or ((where.project,) if where.project else ())
    hours = min(slots.hours or _since(ask) or HOURS, _MOST_HOURS)
    return Shown(where.entity, projects, "all-projects" in flags, hours, owner=owner, where=only,
                 me=me)  # fmt: skip


def _since(ask: Ask) -> float | None:
    """The hours since the day or the time that was said; whole ones, and at least one."""
    now = ask.services.clock.now()
    since = since_of(ask.reading.slots, now)
    return None if since is None else max(1.0, math.ceil((now - since).total_seconds() / 3600))


def targets_of(shown: Shown) -> Targets:
    """The same as the core asks it."""
    condition = conditions.parse(shown.where)
    if len(shown.projects) == 1:
        within = ProjectRef(shown.entity, shown.projects[0])
        return Targets(within, condition=condition, me=shown.me)
    within = ProjectRef(shown.entity)
    return Targets(within, shown.projects, shown.every, condition, shown.me)


def where_shown(shown: Shown) -> str:
    """The place in words."""
    if not shown.projects:
        return shown.entity
    return ", ".join(f"{shown.entity}/{name}" for name in shown.projects)


async def must_be_heard(ask: Ask) -> str:
    """The conversation's id, if the app may post there.

    Raises:
        NotInvited: It may not; nothing has been stored.
        BadReference: There is no conversation (a modal, the home tab).
    """
    channel = ask.request.channel
    if channel is None:
        raise BadReference("There is no channel here.", "Ask in the channel that should watch.")
    if ask.request.place != "direct" and await ask.services.watching.member(channel) is False:
        raise NotInvited(
            "I am not in this channel, so I could not post here.",
            "Invite me: /invite @bot. Then ask again.",
        )
    return channel
