"""`use ENTITY[/PROJECT]`: what is meant where no project is named, in a channel or for a person."""

from collections.abc import AsyncIterator
from typing import Literal

from analysis.errors import BadReference
from analysis.refs import ProjectRef, parse_project
from analysis.sources.base import RunQuery
from handlers.commands.undo import undoing
from handlers.conversation.ports import Change, Place
from handlers.conversation.which import defaults_of, may_read
from handlers.language.intents import Intent
from handlers.registry import Ask, action, command
from handlers.reply import Reply
from handlers.views import account as view

Scope = Literal["channel", "user"]
_KIND = "use_default"


@command(Intent.USE_DEFAULT)
async def use(ask: Ask) -> AsyncIterator[Reply]:
    """Sets the channel's default; in direct messages the person's own."""
    place = await _place(ask)
    scope: Scope = "user" if ask.request.place == "direct" or not ask.request.channel else "channel"
    yield await _set(ask, scope, place)


@action(view.ONLY_ME, in_place=True)
async def only_me(ask: Ask) -> AsyncIterator[Reply]:
    """The channel keeps what it had; the place becomes the person's own default."""
    ref = parse_project(ask.request.click.value if ask.request.click else "", defaults_of(ask))
    await may_read(ask, ref.entity)
    conversation = ask.services.conversation
    change = await conversation.undos.last(ask.request.channel or "", ask.request.user)
    if change is not None and change.kind == _KIND and change.before.get("scope") == "channel":
        await _restore(ask, change)
    yield await _set(ask, "user", Place(ref.entity, ref.project))


async def _place(ask: Ask) -> Place:
    """The place that was named, if W&B has it and it may be told here."""
    slots, defaults = ask.reading.slots, defaults_of(ask)
    project = slots.projects[0] if slots.projects else None
    entity = slots.entity or (defaults.entity if project else None)
    if entity is None:
        raise BadReference("You did not say what to use.", "Write /wandb use ENTITY/PROJECT.")
    await may_read(ask, entity)
    ref = ProjectRef(entity, project)
    await ask.services.conversation.directory.page(RunQuery(ref, limit=1))
    return Place(entity, project)


async def _set(ask: Ask, scope: Scope, place: Place) -> Reply:
    conversation, request = ask.services.conversation, ask.request
    channel = request.channel
    subject = channel if scope == "channel" and channel else request.user
    before = await conversation.preferences.default(scope, subject)
    await conversation.preferences.use(scope, subject, place)
    token = await conversation.undos.offer(
        Change(
            _KIND,
            channel or request.user,
            request.user,
            {
                "scope": scope,
                "subject": subject,
                "entity": before.entity if before else None,
                "project": before.project if before else None,
            },
        )
    )
    audience: Literal["channel", "person"] = "channel" if scope == "channel" else "person"
    return Reply(view.using(place, scope, channel, token), audience=audience)


@undoing(_KIND)
async def _restore(ask: Ask, change: Change) -> str:
    """Puts the earlier default back."""
    before = change.before
    scope: Scope = "channel" if before.get("scope") == "channel" else "user"
    place = Place(before["entity"], before.get("project")) if before.get("entity") else None
    await ask.services.conversation.preferences.use(scope, str(before.get("subject")), place)
    where = "here" if scope == "channel" else "for you"
    if place is None:
        return f"Taken back: there is no default {where} any more."
    return f"Taken back: the default {where} is {place} again."
