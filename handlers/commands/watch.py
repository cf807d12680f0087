"""`watch ENTITY[/PROJECT]`: a board in this channel, and alerts as they happen."""

from collections.abc import AsyncIterator

from analysis.errors import BadReference
from analysis.refs import ProjectRef, shorten
from handlers.commands.look import clicked
from handlers.commands.undo import undoing
from handlers.conversation.owner import owner_of
from handlers.conversation.ports import Change
from handlers.language.intents import Intent
from handlers.registry import Ask, action, command
from handlers.reply import Reply
from handlers.targets import may_read, runs_of
from handlers.views import look as look_view
from handlers.views import watches as view
from handlers.views.board import content
from handlers.waiting import background
from handlers.watching.filters import either, filters_of_flags, must_know_me, of_runs
from handlers.watching.places import flags_of, must_be_heard, targets_of, typed_of, where_of

_KIND = "watch"
_QUIET_S = 1.0


@command(Intent.START_WATCH)
async def watch(ask: Ask) -> AsyncIterator[Reply]:
    """Starts watching here; with `--preview` it only says what that would have posted."""
    slots = ask.reading.slots
    flags = flags_of(ask)
    if slots.runs:
        refs = await runs_of(ask)
        where = ProjectRef(refs[0].entity, refs[0].project)
        theirs = of_runs(ref for ref in refs if ref.project == where.project)
        filters: str | None = await _these_too(ask, where, theirs)
    else:
        _must_be_a_place(ask)
        where = await where_of(ask)
        whose = slots.owner if slots.owner == "me" else await owner_of(ask, slots.owner)
        filters = filters_of_flags({**flags, "owner": whose} if whose else flags)
    if slots.preview:
        async for reply in _previewed(ask, where, filters):
            yield reply
        return
    async for reply in begun(ask, where, filters):
        yield reply


def _must_be_a_place(ask: Ask) -> None:
    """Raises where something was typed that names no place: the default would be a guess."""
    slots = ask.reading.slots
    if slots.projects and len(slots.projects) > 1:
        raise BadReference(
            "I watch one project at a time, or a whole entity.",
            f"Write /wandb watch {slots.entity or 'ENTITY'}/{slots.projects[0]}, then the next.",
        )
    typed = typed_of(ask)
    if typed and not (slots.entity or slots.projects or slots.owner):
        raise BadReference(
            f"“{shorten(typed)}” is no project, entity or run that I know.",
            "Write for example /wandb watch ENTITY/PROJECT.",
        )


async def _these_too(ask: Ask, where: ProjectRef, runs: str) -> str:
    """The filter by which some runs are watched beside what is watched of their project already."""
    channel = ask.request.channel
    here = await ask.services.watching.subscriptions.find(channel, where) if channel else None
    return runs if here is None or here.only_rules else either(here.filters, runs)


@action(look_view.WATCH)
async def watch_here(ask: Ask) -> AsyncIterator[Reply]:
    """Starts watching what a look shows."""
    shown = clicked(ask)
    async for reply in begun(ask, targets_of(shown).within, shown.where or None):
        yield reply


async def begun(ask: Ask, where: ProjectRef, filters: str | None) -> AsyncIterator[Reply]:
    """Looks, stores the watch, and shows its board.

    Args:
        ask: who asks, and where.
        where: what to watch.
        filters: a condition; ``None`` keeps that of a watch which goes on.
    """
    channel = await must_be_heard(ask)
    await may_read(ask, where.entity)
    services, watching = ask.services, ask.services.watching
    await must_know_me(ask, filters or "")
    await watching.subscriptions.resume(channel)  # it can be posted to, as was just asked
    call = watching.look(targets_of(look_view.Shown.of(where)), hours=24.0, fresh=True)
    async with background(call, services.clock) as work:
        if not await work.done_within(_QUIET_S):
            yield Reply(look_view.looking(str(where)), interim=True)
        found = await work.result()
    before = await watching.subscriptions.find(channel, where)
    if before is not None and before.only_rules:
        before = None
    if before is None and filters is None:
        filters = ""  # what an ended watch was narrowed to is over with it
    watched = await watching.subscriptions.add(
        channel, where, creator=ask.request.user, filters=filters
    )
    if not watched.filters:
        await watching.boards.show(watched, content(found, watched))
    token = await services.conversation.undos.offer(
        Change(
            _KIND,
            channel,
            ask.request.user,
            {"watch": watched.id, "filters": before.filters if before else None},
        )
    )
    manners = await watching.subscriptions.manners(channel)
    told = view.changed if before else view.started
    yield Reply(told(watched, manners, token))


async def _previewed(ask: Ask, where: ProjectRef, said: str | None) -> AsyncIterator[Reply]:
    await may_read(ask, where.entity)
    watching, channel = ask.services.watching, ask.request.channel or ask.request.user
    here = await watching.subscriptions.find(channel, where)
    filters = said if said is not None else here.filters if here is not None else ""
    await must_know_me(ask, filters)
    manners = await watching.subscriptions.manners(channel)
    person = await ask.services.conversation.accounts.of(ask.request.user)
    call = watching.preview(
        where,
        channel=channel,
        filters=filters,
        manners=manners,
        person=person.wandb if person else None,
    )
    async with background(call, ask.services.clock) as work:
        if not await work.done_within(_QUIET_S):
            yield Reply(view.previewing(str(where)), interim=True)
        found = await work.result()
    yield Reply(view.preview(where, filters, found))


@undoing(_KIND)
async def _undo(ask: Ask, change: Change) -> str:
    """Stops the watch that was begun, or gives it its earlier filters back."""
    subscriptions = ask.services.watching.subscriptions
    watch_id, earlier = int(change.before["watch"]), change.before.get("filters")
    if earlier is not None:
        await subscriptions.filter(watch_id, str(earlier))
        return "Taken back: the watch has its earlier filters again."
    await subscriptions.remove(watch_id)
    return "Taken back: nothing is watched here because of that any more."
