"""The shortcuts: “Describe this run” on a message, and “Compare runs…” from anywhere."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
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
    """The newest runs of the person's default place, or those whose name holds what was typed."""
    typed = (request.click.value if request.click else "").strip()
    talk = services.conversation
    mine = await talk.preferences.default("user", request.user)
    entity = mine.entity if mine else services.defaults.entity or await talk.directory.home()
    project = mine.project if mine else services.defaults.project
    found: dict[RunRef, Run] = {}
    if typed.count("/") >= 2:
        found |= await _exactly(request, services, typed)
    if entity is not None and await services.access.may_read(request, entity) is None:
        within = ProjectRef(entity, project)
        recent = await talk.directory.recent(within)
        held = [run for run in recent if _holds(run, typed)]
        if typed and len(held) < 3:
            held += [run for run in await talk.directory.named(within, typed) if _holds(run, typed)]
        found |= {run.ref: run for run in held[:_LISTED]}
    return compare_with.choices(list(found.values()))


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
    return not key or key in run.name.lower() or key in run.ref.id.lower()


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
