"""`unwatch`, “stop watching”: and `unalert`, which removes a rule."""

from collections.abc import AsyncIterator, Sequence

from analysis.errors import BadReference, NotFound
from analysis.refs import ProjectRef
from handlers.commands.undo import undoing
from handlers.conversation.ports import Change
from handlers.language.intents import Intent
from handlers.registry import Ask, action, command
from handlers.reply import Reply
from handlers.targets import may_read, runs_of
from handlers.views import watches as view
from handlers.watching.filters import of_runs, without
from handlers.watching.places import where_of
from handlers.watching.ports import RuleSet, Watched
from handlers.watching.silencing import silenced

_KIND, _RULE, _NARROWED = "unwatch", "unalert", "narrowed"


@command(Intent.STOP_WATCH)
async def unwatch(ask: Ask) -> AsyncIterator[Reply]:
    """Stops watching what was named; the only watch there is, where nothing was."""
    slots = ask.reading.slots
    if slots.id is not None:
        yield await _rule_removed(ask, slots.id)
        return
    channel = _channel(ask)
    here = await ask.services.watching.subscriptions.in_channel(channel)
    if slots.runs:
        yield await _run_left(ask, here)
    elif slots.entity or slots.projects:
        where = await where_of(ask)
        found = [one for one in here if one.where == where]
        if not found:
            raise NotFound(f"{where} is not watched here.", "See what is: /wandb watches.")
        yield await stopped(ask, found[0])
    elif len(here) == 1:
        yield await stopped(ask, here[0])
    else:
        yield Reply(view.listing(here, channel, which=len(here) > 1), audience="person")


@command("unalert")
async def unalert(ask: Ask) -> AsyncIterator[Reply]:
    """Removes a rule by its number."""
    if ask.reading.slots.id is None:
        raise BadReference("You did not say which rule.", "The numbers are in /wandb alerts.")
    yield await _rule_removed(ask, ask.reading.slots.id)


@action(view.STOP)
async def stop(ask: Ask) -> AsyncIterator[Reply]:
    """The button under a watch."""
    watched = await watch_of(ask)
    yield await stopped(ask, watched)


@action(view.UNALERT)
async def remove_rule(ask: Ask) -> AsyncIterator[Reply]:
    """The button beside a rule."""
    yield await _rule_removed(ask, ask.request.click.value if ask.request.click else "")


async def watch_of(ask: Ask) -> Watched:
    """The watch that a button is about, if it is of this channel and may be told to who clicks.

    Raises:
        NotFound: it is not watched here any more.
        NotAllowed: its entity is not answered here.
    """
    value = ask.request.click.value if ask.request.click else ""
    here = await ask.services.watching.subscriptions.in_channel(_channel(ask))
    found = next((one for one in here if str(one.id) == value), None)
    if found is None:
        raise NotFound("That is not watched here any more.", "See what is: /wandb watches.")
    await may_read(ask, found.where.entity)
    return found


async def stopped(ask: Ask, watched: Watched) -> Reply:
    """Stops a watch, says so, and offers Undo."""
    return Reply(view.stopped(watched, await ended(ask, watched)))


async def ended(ask: Ask, watched: Watched) -> str:
    """Stops a watch; the token of what takes that back."""
    await ask.services.watching.subscriptions.remove(watched.id)
    before = {"watch": watched.id, "entity": watched.where.entity}
    change = Change(_KIND, watched.channel, ask.request.user, before)
    return await ask.services.conversation.undos.offer(change)


async def _run_left(ask: Ask, here: Sequence[Watched]) -> Reply:
    """A run is not watched any more: its own watch ends, else it is muted here."""
    refs = await runs_of(ask)
    filters = of_runs(refs)
    places = {ProjectRef(ref.entity, ref.project) for ref in refs}
    for own in here:
        if own.where not in places:
            continue
        if own.filters == filters:
            return await stopped(ask, own)
        left = without(own.filters, filters)
        if left is not None:
            return await _narrowed(ask, own, left)
    return await silenced(ask, [ref.path for ref in refs], until=None)


async def _narrowed(ask: Ask, watched: Watched, left: str) -> Reply:
    """A watch of single runs goes on without some of them."""
    await ask.services.watching.subscriptions.filter(watched.id, left)
    before = {"watch": watched.id, "filters": watched.filters}
    change = Change(_NARROWED, watched.channel, ask.request.user, before)
    token = await ask.services.conversation.undos.offer(change)
    return Reply(view.narrowed(watched.where, left, token))


async def _rule_removed(ask: Ask, number: str) -> Reply:
    rule: RuleSet | None = None
    channel = _channel(ask)
    if number.isdecimal():
        rule = await ask.services.watching.rules.remove(channel, int(number))
    if rule is None:
        raise NotFound("There is no rule with that number here.", "See them: /wandb alerts.")
    change = Change(_RULE, channel, ask.request.user, {"rule": rule.id})
    token = await ask.services.conversation.undos.offer(change)
    return Reply(view.rule_removed(rule, token))


@undoing(_KIND)
async def _undo(ask: Ask, change: Change) -> str:
    await may_read(ask, str(change.before["entity"]))
    await ask.services.watching.subscriptions.restore(int(change.before["watch"]))
    return "Taken back: watching goes on here."


@undoing(_NARROWED)
async def _undo_narrowed(ask: Ask, change: Change) -> str:
    subscriptions = ask.services.watching.subscriptions
    await subscriptions.filter(int(change.before["watch"]), str(change.before["filters"]))
    return "Taken back: the watch has its earlier filters again."


@undoing(_RULE)
async def _undo_rule(ask: Ask, change: Change) -> str:
    await ask.services.watching.rules.restore(int(change.before["rule"]))
    return "Taken back: the rule holds again."


def _channel(ask: Ask) -> str:
    return ask.request.channel or ask.request.user
