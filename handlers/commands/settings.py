"""`settings`: a form for this channel; alerts, quiet hours, time zone, briefing, filters."""

from collections.abc import AsyncIterator, Mapping, Sequence

from analysis.errors import BadReference
from analysis.filters import is_about_me, parse
from handlers.commands.undo import undoing
from handlers.conversation.ports import Change
from handlers.language.intents import Intent
from handlers.registry import Ask, action, command, modal
from handlers.reply import Reply
from handlers.request import Request
from handlers.targets import may_read
from handlers.views import settings as view
from handlers.views.escape import mention
from handlers.views.watches import SETTINGS
from handlers.watching.manners import Manners
from handlers.watching.ports import Briefed, Watched
from handlers.watching.silencing import channel_of

_KIND = "settings"


@command(Intent.SETTINGS)
async def settings(ask: Ask) -> AsyncIterator[Reply]:
    """Opens the form; where Slack gives no way to, a button that does."""
    if ask.request.trigger_id is None:
        yield Reply(view.offer())
        return
    await _open(ask)


@action(SETTINGS)
async def settings_button(ask: Ask) -> AsyncIterator[Reply]:
    """The same by a button."""
    if ask.request.trigger_id is None:
        yield Reply(view.offer(), audience="person")
        return
    await _open(ask)


async def _open(ask: Ask) -> None:
    channel, watching = channel_of(ask), ask.services.watching
    here = await watching.subscriptions.in_channel(channel)
    for watched in here:
        await may_read(ask, watched.where.entity)
    form = view.modal(
        await watching.subscriptions.manners(channel),
        here,
        await _briefing(ask, channel),
        {"channel": channel},
        cards=await _cards(ask, channel),
    )
    await ask.services.sender.open_view(str(ask.request.trigger_id), form)


async def _cards(ask: Ask, channel: str) -> bool | None:
    """Whether links to W&B unfurl there; none where the bot has nothing but messages."""
    places = ask.services.places
    return None if places is None else await places.sightings.wanted(channel)


async def _briefing(ask: Ask, channel: str) -> Briefed | None:
    found = await ask.services.watching.schedules.in_channel(channel)
    return next((one for one in found if one.where is None), None)


def _errors(request: Request) -> Mapping[str, str]:
    return view.errors(request.click.state if request.click else {})


@modal(view.SUBMIT, check=_errors)
async def save(ask: Ask) -> AsyncIterator[Reply]:
    """Stores what was filled in, says so in the channel, and offers Undo."""
    if ask.request.channel is None or ask.request.click is None:
        raise BadReference("That form is too old.", "Open it again: /wandb settings.")
    channel, watching = ask.request.channel, ask.services.watching
    told = view.filled(ask.request.click.state)
    here = await watching.subscriptions.in_channel(channel)
    for watched in here:
        await may_read(ask, watched.where.entity)
    unknown = await _unknown_me(ask, told.filters)
    filters = {number: text for number, text in told.filters.items() if number not in unknown}
    before = {
        "manners": (await watching.subscriptions.manners(channel)).stored(),
        "filters": {str(one.id): one.filters for one in here},
        "briefing": await _briefed(ask, channel, told),
        "cards": await _cards(ask, channel),
    }
    await watching.subscriptions.behave(channel, told.manners)
    await _filter(ask, here, filters)
    changed = told.cards is not None and told.cards != before["cards"]
    if changed:
        await ask.services.surface.sightings.want(channel, bool(told.cards))
    token = await ask.services.conversation.undos.offer(
        Change(_KIND, channel, ask.request.user, before)
    )
    who = mention(ask.request.user)
    cards = told.cards if changed else None
    yield Reply(view.saved(told.manners, who, token, cards=cards, unlinked=bool(unknown)))


async def _unknown_me(ask: Ask, filters: Mapping[int, str]) -> frozenset[int]:
    """The watches whose new filter says “me” where nobody knows who that is: it is not stored."""
    if await ask.services.conversation.accounts.of(ask.request.user) is not None:
        return frozenset()
    return frozenset(number for number, text in filters.items() if is_about_me(parse(text)))


async def _filter(ask: Ask, here: Sequence[Watched], wanted: Mapping[int, str]) -> None:
    for watched in here:
        text = wanted.get(watched.id, watched.filters)
        if text != watched.filters:
            await ask.services.watching.subscriptions.filter(watched.id, text)


async def _briefed(ask: Ask, channel: str, told: view.Filled) -> Mapping[str, int | None]:
    """Sets the briefing as filled in; which one was made and which one ended."""
    schedules, old = ask.services.watching.schedules, await _briefing(ask, channel)
    same = old is not None and (old.cron, old.zone) == (told.briefing, told.manners.zone)
    if same or (old is None and told.briefing is None):
        return {"made": None, "ended": None}
    made = None
    if told.briefing is not None:
        made = await schedules.add(
            channel,
            cron=told.briefing,
            zone=told.manners.zone,
            where=None,
            creator=ask.request.user,
        )
    if old is not None:
        await schedules.remove(old.id)
    return {"made": made.id if made else None, "ended": old.id if old else None}


@undoing(_KIND)
async def _undo(ask: Ask, change: Change) -> str:
    """Everything as it was before the form was saved."""
    watching, before = ask.services.watching, change.before
    await watching.subscriptions.behave(change.channel, Manners.read(before["manners"]))
    here = await watching.subscriptions.in_channel(change.channel)
    await _filter(ask, here, {int(key): text for key, text in before["filters"].items()})
    cards = before.get("cards")
    if isinstance(cards, bool) and ask.services.places is not None:
        await ask.services.places.sightings.want(change.channel, cards)
    briefing: Mapping[str, int | None] = before["briefing"]
    if briefing["made"] is not None:
        await watching.schedules.remove(briefing["made"])
    if briefing["ended"] is not None:
        await watching.schedules.restore(briefing["ended"])
    return "Taken back: the settings are as they were."
