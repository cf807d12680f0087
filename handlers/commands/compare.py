"""`compare A B [C …] [--metric M] [--by step|tokens|time]`, its buttons, and “Compare With…”."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from analysis.comparing.sides import GroupRef, SideRef, parse_side, side_text
from analysis.errors import BadReference, NotComparable
from analysis.refs import ProjectRef, RunRef, parse_run
from analysis.run import Run
from analysis.sources.base import RunQuery
from handlers.commands.describe import PICTURE_GRACE_S
from handlers.conversation.asking import AskBack, with_runs
from handlers.language.intents import Intent, Ref
from handlers.registry import Ask, action, command, modal, options
from handlers.reply import Message, Reply, Topic
from handlers.request import Request, opened_at
from handlers.services import Compared, Services
from handlers.targets import defaults_of, may_read, run_of_path, runs_of
from handlers.views import compare_with
from handlers.views import comparison as view
from handlers.views.comparison import Size, Wanted
from handlers.views.run import RunButton
from handlers.waiting import background

_FEW: Final = 2
_LISTED: Final = 50
_SEARCH_S: Final = 2.0  # Slack waits three seconds for a list
_FLAG: Final = re.compile(r"--\w+(?:=\S+|\s+(?!--)\S+)?")
_BETWEEN: Final = frozenset({"and", "vs", "versus", "with", "to", "against", "or"})


@command(Intent.COMPARE)
async def compare(ask: Ask) -> AsyncIterator[Reply]:
    """Sets runs against each other: the verdict in the channel, the details in the thread."""
    sides = await _sides(ask)
    slots = ask.reading.slots
    wanted = Wanted(
        tuple(side_text(side) for side in sides),
        slots.metrics[0] if slots.metrics else None,
        slots.axis,
    )
    request = ask.request
    # One to one there is room for everything; a channel gets the short form.
    size: Size = "full" if request.place == "direct" and not request.thread_ts else "short"
    in_channel = request.kind == "command" and request.place != "direct"
    async for reply in _answer(ask, sides, wanted, size, details=in_channel):
        yield reply


@action(view.AGAIN, keeps=True)
async def again(ask: Ask) -> AsyncIterator[Reply]:
    """The same in another way, in the place of the message with the button."""
    click = ask.request.click
    wanted = Wanted.read(click.value if click else "")
    if wanted is None:
        raise BadReference("This button is too old.", "Ask for the comparison again.")
    sides = await _allowed(
        ask, [parse_side(text, defaults_of(ask), disk=False) for text in wanted.sides]
    )
    async for reply in _answer(ask, sides, wanted, "short"):
        yield reply


@action("compare.open", button=RunButton("Compare With…", "compare.open", order=30))
async def open_modal(ask: Ask) -> AsyncIterator[Reply]:
    """Asks which runs to compare with, in a modal."""
    click, request = ask.request.click, ask.request
    ref = await run_of_path(ask, click.value if click else "")
    if request.trigger_id is None:
        raise BadReference("Slack did not let me open a form here.", "Write: compare A B.")
    where = {
        "run": ref.path,
        "channel": request.channel,
        "message_ts": request.message_ts,
        "thread_ts": request.thread_ts,
    }
    known = ask.services.conversation.directory.seen(ref.entity)
    name = next((run.name for run in known if run.ref == ref and run.name), ref.id)
    told = {key: value for key, value in where.items() if value}
    await ask.services.sender.open_view(request.trigger_id, compare_with.modal(name, told))
    nothing: tuple[Reply, ...] = ()
    for reply in nothing:  # the form is the answer
        yield reply


@options(compare_with.RUNS)
async def find_runs(request: Request, services: Services) -> Mapping[str, Any]:
    """The newest runs of the project, or those whose name or id holds what was typed."""
    click = request.click
    private = opened_at(click.private if click else "")
    ref = parse_run(str(private.get("run") or ""), services.defaults)
    if not isinstance(ref, RunRef) or await services.access.may_read(request, ref.entity):
        return compare_with.choices(())
    typed = (click.value if click else "").strip()
    runs: Sequence[Run] = ()
    try:
        async with asyncio.timeout(_SEARCH_S):
            runs = await _search(services, ProjectRef(ref.entity, ref.project), typed)
    except TimeoutError:
        seen = services.conversation.directory.seen(ref.entity)
        runs = [run for run in seen if _holds(run, typed)]
    return compare_with.choices([run for run in runs if run.ref != ref])


@modal(compare_with.SUBMIT)
async def submitted(ask: Ask) -> AsyncIterator[Reply]:
    """Compares what was chosen; the answer stands in the thread of the described run."""
    click = ask.request.click
    state = click.state if click else {}
    first = str(opened_at(click.private if click else "").get("run") or "")
    paths, axis = compare_with.chosen(state)
    wanted = Wanted((first, *paths), by=axis)
    sides = await _allowed(
        ask, [parse_side(text, defaults_of(ask), disk=False) for text in wanted.sides]
    )
    async for reply in _answer(ask, sides, wanted, "short"):
        yield reply


async def _answer(
    ask: Ask, sides: Sequence[SideRef], wanted: Wanted, size: Size, *, details: bool = False
) -> AsyncIterator[Reply]:
    services = ask.services
    by: Any = wanted.by
    work_now = services.compare(sides, metric=wanted.metric, by=by)
    async with background(work_now, services.clock) as work:
        yield Reply(view.comparing([_short(side) for side in sides]), interim=True)
        compared = await work.result()
    topic = _topic(compared, wanted)
    if compared.overlay is None:
        shown = _message(ask, compared, wanted, size)
        yield Reply(shown, remember=topic)
        return
    async with background(services.draw_overlay(compared.overlay), services.clock) as drawing:
        if not await drawing.done_within(PICTURE_GRACE_S):
            pending = _message(ask, compared, wanted, size, pending="Drawing the curves …")
            yield Reply(pending, remember=topic, interim=True)
        picture = await drawing.result()
    shown = _message(ask, compared, wanted, size, picture=picture, overlay=compared.overlay)
    further = (view.details(compared.report, now=services.clock.now()),) if details else ()
    yield Reply(shown, remember=topic, details=further)


def _message(ask: Ask, compared: Compared, wanted: Wanted, size: Size, **more: Any) -> Message:
    return view.message(compared.report, wanted, size, now=ask.services.clock.now(), **more)


def _topic(compared: Compared, wanted: Wanted) -> Topic:
    runs = tuple(run for side in compared.report.sides for run in side.runs)
    extra = {"sides": list(wanted.sides), "metric": wanted.metric, "by": wanted.by}
    return Topic("comparison", runs, {key: value for key, value in extra.items() if value})


def _short(side: SideRef) -> str:
    first = side.members[0]
    name = first.id if isinstance(first, RunRef) else side.text
    return name if len(side.members) == 1 else f"{name} and {len(side.members) - 1} more"


# Which sides


async def _sides(ask: Ask) -> list[SideRef]:
    """The sides of a request, at least two, each allowed to be told here.

    Raises:
        AskBack: A name fits several runs or none.
        NotComparable: One run only, or the same run twice.
        BadReference: A side cannot be read.
        NotAllowed: An entity is not answered here.
    """
    said: Sequence[str | Ref] = _typed(ask) or ask.reading.slots.runs or ()
    kept, rest = await _of_thread(ask, said)
    sides = [*kept, *(await _named(ask, rest) if rest else [])]
    if len(sides) == 1 and (name := _said_twice(ask.request.text)):
        raise NotComparable(f"{name} would be compared with itself.", "Name different runs.")
    if len(sides) == 1:
        raise NotComparable("A comparison needs two sides.", "Name two runs: compare A B.")
    if not sides:
        raise NotComparable("You did not say which runs.", "Name two runs: compare A B.")
    texts = [side_text(side) for side in sides]
    twice = next((text for text in texts if texts.count(text) > 1), None)
    if twice is not None:
        raise NotComparable(f"{twice} would be compared with itself.", "Name different runs.")
    return await _allowed(ask, sides)


async def _of_thread(
    ask: Ask, said: Sequence[str | Ref]
) -> tuple[list[SideRef], Sequence[str | Ref]]:
    """The thread's own sides, where its runs are meant, and what was named beside them."""
    request = ask.request
    if not request.channel or not request.thread_ts:
        return [], said
    topic = await ask.services.topics.about(request.channel, request.thread_ts)
    texts = topic.extra.get("sides") if topic is not None else None
    if topic is None or not texts or tuple(said[: len(topic.runs)]) != topic.runs:
        return [], said
    sides = [parse_side(str(text), defaults_of(ask), disk=False) for text in texts]
    return sides, said[len(topic.runs) :]


async def _named(ask: Ask, said: Sequence[str | Ref]) -> list[SideRef]:
    if not any(isinstance(one, str) and _composed(one) for one in said):
        found = await runs_of(replace(ask, reading=with_runs(ask.reading, tuple(said))))
        if len(found) < len(said):
            name = found[0].id if len(found) == 1 else "A run"
            raise NotComparable(f"{name} would be compared with itself.", "Name different runs.")
        return [SideRef(ref.path, (ref,)) for ref in found]
    return [await _one(ask, str(one)) for one in said]


async def _one(ask: Ask, text: str) -> SideRef:
    """A side of several runs or a group; names are looked up one by one."""
    members: list[Any] = []
    for part in (part.strip() for part in text.split(",")):
        if "group:" in part:
            members += parse_side(part, defaults_of(ask), disk=False).members
        elif part:
            only = replace(ask, reading=with_runs(ask.reading, (part,)))
            try:
                members += await runs_of(only)
            except AskBack:
                raise BadReference(
                    f"“{part[:80]}” does not name one run.", "Write its id, or its full path."
                ) from None
    if not members:
        raise BadReference("A side of the comparison names no run.")
    return SideRef(text, tuple(dict.fromkeys(members)))


def _said_twice(text: str) -> str:
    """A word that stands twice where runs are named: the understanding takes both for one."""
    words = [word for word in _FLAG.sub(" ", text).split() if word.lower() not in _BETWEEN]
    return next((word[:80] for word in words if words.count(word) > 1), "")


def _composed(text: str) -> bool:
    return "," in text or "group:" in text


def _typed(ask: Ask) -> tuple[str, ...]:
    """The sides of a slash command that joins runs by commas, or names groups, as typed."""
    if ask.request.kind != "command":
        return ()
    words = _FLAG.sub(" ", ask.request.text).split()[1:]
    sides = tuple(word.strip("<>") for word in words if word.lower() not in _BETWEEN)
    inside = any(_composed(word.strip(",")) and not word.endswith(",") for word in sides)
    return sides if inside and len(sides) >= _FEW else ()


async def _allowed(ask: Ask, sides: Sequence[SideRef]) -> list[SideRef]:
    """The sides, each entity of which may be told here; never a path on this machine's disk."""
    for entity in dict.fromkeys(_entities(sides)):
        await may_read(ask, entity)
    return list(sides)


def _entities(sides: Sequence[SideRef]) -> list[str]:
    found: list[str] = []
    for side in sides:
        for member in side.members:
            within = member.within if isinstance(member, GroupRef) else member
            if not isinstance(within, RunRef | ProjectRef):
                raise BadReference("Runs on disk are not compared from Slack.")
            found.append(within.entity)
    return found


# The list of the modal


async def _search(services: Services, within: ProjectRef, typed: str) -> Sequence[Run]:
    directory = services.conversation.directory
    recent = await directory.recent(within)
    matching = [run for run in recent if _holds(run, typed)]
    if not typed or len(matching) >= _LISTED:
        return matching[:_LISTED]
    holds = {"$regex": f"(?i){re.escape(typed)}"}
    filters = {"$or": [{"display_name": holds}, {"name": holds}]}
    page = await directory.page(RunQuery(within, filters=filters, limit=_LISTED))
    found = [*matching, *(run for run in page.runs if _holds(run, typed))]
    return list({run.ref: run for run in found}.values())[:_LISTED]


def _holds(run: Run, typed: str) -> bool:
    return typed.lower() in f"{run.name}\n{run.ref.id}".lower()
