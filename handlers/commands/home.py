"""The home tab's own buttons: refresh, settings, choose a project, let a channel watch it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from analysis.errors import AnalysisError, BadReference, NotFound
from analysis.refs import ProjectRef, parse_project
from handlers.commands.unwatch import ended
from handlers.commands.watch import begun
from handlers.conversation.ports import Place
from handlers.registry import Ask, action, modal, options
from handlers.reply import Reply
from handlers.request import Request
from handlers.services import Services
from handlers.surface.home import of_person
from handlers.targets import may_read
from handlers.views import home as view


async def _nothing() -> AsyncIterator[Reply]:
    """The tab itself is the answer."""
    nothing: tuple[Reply, ...] = ()
    for reply in nothing:
        yield reply


@action(view.REFRESH)
async def refresh(ask: Ask) -> AsyncIterator[Reply]:
    """Draws the tab anew, with what W&B says now."""
    request = ask.request
    homes = ask.services.surface.homes
    await homes.opened(request.user, request.team)
    await homes.draw(request.user, request.team, ask.services, fresh=True)
    async for reply in _nothing():
        yield reply


@action(view.SETTINGS)
async def settings(ask: Ask) -> AsyncIterator[Reply]:
    """Opens the person's own settings."""
    trigger = ask.request.trigger_id
    if trigger is None:
        raise BadReference("Slack did not let me open a form here.", "Try once more.")
    home = await of_person(ask.request, ask.services)
    await ask.services.sender.open_view(trigger, view.settings(home))
    async for reply in _nothing():
        yield reply


@options(view.PROJECT)
async def projects(request: Request, services: Services) -> Mapping[str, Any]:
    """Projects with a recent run, and what was typed, where that is one's path."""
    typed = (request.click.value if request.click else "").strip()
    found: dict[str, Place] = {}
    try:
        ref = parse_project(typed, services.defaults) if "/" in typed else None
    except AnalysisError:
        ref = None
    if ref is not None and await services.access.may_read(request, ref.entity) is None:
        found[str(ref)] = Place(ref.entity, ref.project)
    directory = services.conversation.directory
    entity = services.defaults.entity or await directory.home()
    if entity is not None and await services.access.may_read(request, entity) is None:
        if typed.lower() in entity.lower():
            found[entity] = Place(entity)
        for run in await directory.recent(ProjectRef(entity)):
            place = Place(run.ref.entity, run.ref.project)
            if typed.lower() in str(place).lower():
                found[str(place)] = place
    return view.choices(list(found.values()))


@action(view.PROJECT)
async def choose(ask: Ask) -> AsyncIterator[Reply]:
    """The first step: which project is one's own."""
    await _use(ask, ask.request.click.value if ask.request.click else "")
    async for reply in _nothing():
        yield reply


@modal(view.SAVE)
async def save(ask: Ask) -> AsyncIterator[Reply]:
    """Keeps the settings."""
    state = ask.request.click.state if ask.request.click else {}
    chosen = ((state.get(view.PROJECT) or {}).get(view.PROJECT) or {}).get("selected_option")
    if chosen:
        await _use(ask, str(chosen.get("value") or ""))
    async for reply in _nothing():
        yield reply


@action(view.CHANNEL)
async def watch_there(ask: Ask) -> AsyncIterator[Reply]:
    """The third step: a channel watches the person's default project. Slack asked to confirm."""
    channel = ask.request.click.value if ask.request.click else ""
    home = await of_person(ask.request, ask.services)
    if home.place is None or not channel:
        raise BadReference("It is not said what to watch.", "Choose a project first.")
    there = replace(ask, request=replace(ask.request, channel=channel, place="channel"))
    where = ProjectRef(home.place.entity, home.place.project)
    async for reply in begun(there, where, None):
        if not reply.interim:  # the channel has its board; the person is told alone
            yield replace(reply, audience="person")


@action(view.STOP)
async def stop(ask: Ask) -> AsyncIterator[Reply]:
    """Stops what this person lets a channel watch; the channel's board says so too."""
    value = ask.request.click.value if ask.request.click else ""
    mine = await ask.services.watching.subscriptions.of_creator(ask.request.user)
    found = next((one for one in mine if str(one.id) == value), None)
    if found is None:
        raise NotFound("That is not watched any more.", "Refresh your home tab.")
    await may_read(ask, found.where.entity)
    yield Reply(view.stopped(found, await ended(ask, found)))


async def _use(ask: Ask, text: str) -> None:
    """Sets the person's default place, if it may be told here."""
    ref = parse_project(text, ask.services.defaults)
    await may_read(ask, ref.entity)
    place = Place(ref.entity, ref.project)
    await ask.services.conversation.preferences.use("user", ask.request.user, place)
