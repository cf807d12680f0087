"""The shortcuts: “Describe this run” on a message, and “Compare runs…” from anywhere."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from analysis.errors import AnalysisError, BadReference
from analysis.refs import ProjectRef, RunRef, parse_run, read_link
from analysis.run import Run
from handlers.conversation.asking import AskBack, Doubt
from handlers.conversation.going_on import go_on
from handlers.conversation.which import run_of_path
from handlers.language.intents import Intent, Slots, Understanding
from handlers.registry import Ask, action, modal, options
from handlers.reply import Reply
from handlers.request import Request
from handlers.services import Services
from handlers.views import compare_any as view
from handlers.views import compare_with

DESCRIBE_MESSAGE: Final = "describe_message"
COMPARE_RUNS: Final = "compare_runs"
_MOST: Final = 8
_LISTED: Final = 50
_FEW: Final = 3  # fewer found among the newest: W&B is asked for older ones
_SEARCH_S: Final = 2.0
_URL: Final = re.compile(r"https?://[^\s<>|\"')]+")
_PATH: Final = re.compile(r"(?<![\w/.:-])[\w.-]+/[\w.-]+/[\w.-]+(?![\w/])")
_AXES: Final = frozenset({"step", "tokens", "time"})


@action(DESCRIBE_MESSAGE)
async def describe_message(ask: Ask) -> AsyncIterator[Reply]:
    """Describes the run that a message is about, in its thread; asks where there are several."""
    reading = Understanding(intent=Intent.DESCRIBE, confidence=1.0)
    found = await _runs_in(ask)
    if not found:
        raise BadReference(
            "I see no run in this message.",
            "It should hold a run's link, its path (entity/project/run_id) or its name.",
        )
    spoken = replace(ask, reading=reading)
    if len(found) > 1:
        runs = await _that_exist(ask, found)
        if len(runs) > 1:
            raise AskBack(Doubt("which", "the run of this message", runs), spoken)
        found = (runs[0].ref,)
    said = reading.model_copy(update={"slots": Slots(runs=(found[0].path,))})
    async for reply in go_on(spoken, said):
        yield reply


async def _that_exist(ask: Ask, refs: Sequence[RunRef]) -> tuple[Run, ...]:
    """Those that W&B knows; a name more in the message hides none of them.

    Raises:
        AnalysisError: W&B knows none.
    """
    directory = ask.services.conversation.directory
    runs: list[Run] = []
    failure: AnalysisError | None = None
    for ref in refs[:_MOST]:
        try:
            runs.append(await directory.run(ref))
        except AnalysisError as error:
            failure = failure or error
    if failure is not None and not runs:
        raise failure
    return tuple(runs)


async def _runs_in(ask: Ask) -> tuple[RunRef, ...]:
    """The runs of a message: what it is known to be about, else its links, paths, names.

    Raises:
        NotAllowed: All that it names is of entities that are not answered here.
    """
    request, defaults = ask.request, ask.services.defaults
    if request.channel and request.message_ts:
        topic = await ask.services.topics.about(request.channel, request.message_ts)
        if topic is not None and topic.runs:
            return tuple([await run_of_path(ask, path) for path in topic.runs[:_MOST]])
    text = request.click.value if request.click else ""
    links = (read_link(url, defaults) for url in _URL.findall(text))
    paths = [f"{one.entity}/{one.project}/{one.id}" for one in links if one and one.kind == "run"]
    paths += _PATH.findall(_URL.sub(" ", text))
    refs: list[RunRef] = []
    refusal: AnalysisError | None = None
    for path in dict.fromkeys(paths):
        try:
            refs.append(await run_of_path(ask, path))
        except AnalysisError as error:
            refusal = error
    if refs or not paths:
        return tuple(refs) or await _by_name(ask, text)
    raise refusal or BadReference("I see no run in this message.")


async def _by_name(ask: Ask, text: str) -> tuple[RunRef, ...]:
    """Names of runs that are known here, as the sentence is understood."""
    lines = [line for line in dict.fromkeys(text.splitlines()) if line.strip()]
    for line in lines[:5]:
        said = ask.services.understand(line, ask.context).slots.runs or ()
        known = [one for one in said if isinstance(one, str) and one.count("/") == 2]
        if known:
            return tuple([await run_of_path(ask, path) for path in known[:_MOST]])
    return ()


@action(COMPARE_RUNS)
async def compare_runs(ask: Ask) -> AsyncIterator[Reply]:
    """Opens the form at once: Slack gives three seconds for that, so nothing is asked first."""
    trigger = ask.request.trigger_id
    if trigger is None:
        raise BadReference("Slack did not let me open a form here.", "Write: compare A B.")
    await ask.services.sender.open_view(trigger, view.modal())
    nothing: tuple[Reply, ...] = ()
    for reply in nothing:  # the form is the answer
        yield reply


@options(view.RUNS)
async def find_runs(request: Request, services: Services) -> Mapping[str, Any]:
    """The newest runs of the person's default place, or those that answer to what was typed.

    Typed may be a part of a run's name, its id, a project's name, ``PROJECT/part of a name``,
    ``ENTITY/PROJECT``, or a whole path. What came in time is shown: Slack waits three seconds.
    """
    typed = (request.click.value if request.click else "").strip()
    found: dict[RunRef, Run] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(_SEARCH_S):
            if typed.count("/") >= 2:
                found |= await _exactly(request, services, typed)
            for within, part in await _places(request, services, typed):
                for run in await _held(services, within, part):
                    found.setdefault(run.ref, run)
    return compare_with.choices(list(found.values())[:_LISTED])


async def _places(request: Request, services: Services, typed: str) -> list[tuple[ProjectRef, str]]:
    """Where to look, and for which part of a name; only places that the person may read."""
    talk = services.conversation
    mine = await talk.preferences.default("user", request.user)
    entity = mine.entity if mine else services.defaults.entity or await talk.directory.home()
    project = mine.project if mine else services.defaults.project
    places: list[tuple[ProjectRef, str]] = []
    left, slash, right = typed.partition("/")
    if entity is not None:
        places.append((ProjectRef(entity, project), typed))
        if slash and left and "/" not in right:
            places.append((ProjectRef(entity, left), right))
        elif typed and not slash and project is not None:
            places.append((ProjectRef(entity), typed))
    if slash and left and right and "/" not in right:
        places.append((ProjectRef(left, right), ""))
    return [
        place
        for place in places
        if await services.access.may_read(request, place[0].entity) is None
    ]


async def _held(services: Services, within: ProjectRef, part: str) -> list[Run]:
    """Runs there whose name, id or project holds the part; none where the place cannot be read."""
    directory = services.conversation.directory
    try:
        held = [run for run in await directory.recent(within) if _holds(run, part)]
        if part and len(held) < _FEW:
            held += [run for run in await directory.named(within, part) if _holds(run, part)]
    except AnalysisError:
        return []
    return held


async def _exactly(request: Request, services: Services, typed: str) -> dict[RunRef, Run]:
    try:
        ref = parse_run(typed, services.defaults)
        if not isinstance(ref, RunRef) or await services.access.may_read(request, ref.entity):
            return {}
        return {ref: await services.conversation.directory.run(ref)}
    except AnalysisError:
        return {}


def _holds(run: Run, typed: str) -> bool:
    key = typed.lower()
    return any(key in text.lower() for text in (run.name, run.ref.id, run.ref.project))


def _enough(request: Request) -> Mapping[str, str]:
    paths, _ = view.chosen(request.click.state if request.click else {})
    return {} if len(paths) > 1 else {view.RUNS: "Choose two runs or more."}


@modal(view.SUBMIT, check=_enough)
async def compare_chosen(ask: Ask) -> AsyncIterator[Reply]:
    """Compares what was chosen, where the form says, or in private."""
    paths, axis = view.chosen(ask.request.click.state if ask.request.click else {})
    slots = Slots.model_validate({"runs": paths, "axis": axis if axis in _AXES else None})
    reading = Understanding(intent=Intent.COMPARE, slots=slots, confidence=1.0)
    async for reply in go_on(ask, reading):
        yield reply
