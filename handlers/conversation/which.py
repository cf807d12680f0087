"""Which run: names looked up at W&B, what was pointed at, and a question back where it is open.

The order of ``handlers.language.resolve`` holds here too: path, link or exact name, other
separators, unique prefix, ending or word inside, similar name. A name is looked for in the default
place, among the newest runs first, then by asking W&B for it. Nothing is guessed: several matches
are asked back, and so are near names where there is no match.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rapidfuzz import fuzz, process

from analysis.errors import AnalysisError, BadReference, NotFound, RunNotFound, SourceUnavailable
from analysis.refs import Defaults, ProjectRef, RunRef, parse_run, shorten
from analysis.run import Run, RunState
from analysis.sources.base import RunQuery
from handlers.conversation.asking import AskBack, Doubt
from handlers.conversation.owner import owner_of
from handlers.language.intents import Context, KnownRun, Ref
from handlers.language.intents import Defaults as SaidDefaults
from handlers.language.resolve import PREFIX, SIMILAR, RunIndex, squeeze
from handlers.registry import Ask

_NEAR: Final = 55.0
"""Rapidfuzz's ``WRatio`` from which a name is worth offering."""
_OFFERED: Final = 8
_WORDS: Final = re.compile(r"[\w.\-]+")
_EXAMPLE: Final = "Write for example describe entity/project/run_id, or paste the run's link."
_POINTED_AT: Final = {
    "mine_last": "my last run",
    "latest": "the latest run",
    "crashed": "the one that crashed",
    "thread": "it",
    "these": "these runs",
    "ordinal": "that one of the list",
}
_NOBODY: Final = frozenset({"me", "us"})  # `remind me`
_FELL: Final = frozenset({RunState.FAILED, RunState.CRASHED})


async def one_run(ask: Ask) -> RunRef:
    """The one run that a request is about; see ``runs_of``."""
    named = ask.reading.slots.runs or ()
    if len(named) > 1:
        refs = await runs_of(ask)
        if len(refs) > 1:
            runs = [await ask.services.conversation.directory.run(ref) for ref in refs[:_OFFERED]]
            raise AskBack(Doubt("which", "", tuple(runs)))
        return refs[0]
    return (await runs_of(ask))[0]


async def runs_of(ask: Ask) -> tuple[RunRef, ...]:
    """The runs that a request is about, at least one, in the order in which they were named.

    Raises:
        AskBack: A name fits several runs or none, or it is not said which run.
        NotAllowed: An entity is not answered here.
        AnalysisError: A name means nothing, or W&B does not answer.
    """
    named = ask.reading.slots.runs or _typed(ask)
    if not named:
        raise await _open_question(ask, "", 0)
    found: list[RunRef] = []
    for place, said in enumerate(named):
        ref = await (
            _pointed(ask, said, place) if isinstance(said, Ref) else _named(ask, said, place)
        )
        found.append(ref)
    return tuple(dict.fromkeys(found))


async def may_read(ask: Ask, entity: str) -> None:
    """Raises ``NotAllowed`` where nothing of an entity is told here."""
    refusal = await ask.services.access.may_read(ask.request, entity)
    if refusal is not None:
        raise refusal


def defaults_of(ask: Ask) -> Defaults:
    """What completes an incomplete name here: the channel's or person's default first."""
    here, ours = ask.context.defaults, ask.services.defaults
    if here.entity:
        return Defaults(here.entity, here.project, ours.app_urls)
    return ours


async def place_of(ask: Ask) -> ProjectRef:
    """The project or entity that a request is about: as said, else the default, else the key's.

    Raises:
        BadReference: None is said and none is known.
        NotAllowed: Its entity is not answered here.
    """
    slots, defaults = ask.reading.slots, defaults_of(ask)
    entity = slots.entity or defaults.entity or await _home(ask)
    if entity is None:
        raise BadReference(
            "I do not know which entity you mean.",
            "Name one (entity/project), or set a default: /wandb use ENTITY/PROJECT.",
        )
    project = slots.projects[0] if slots.projects else None
    if project is None and not slots.entity:
        project = defaults.project
    await may_read(ask, entity)
    return ProjectRef(entity, project)


async def _home(ask: Ask) -> str | None:
    try:
        return await ask.services.conversation.directory.home()
    except AnalysisError:
        return None


# By name


async def _named(ask: Ask, said: str, place: int) -> RunRef:
    text = said.strip()
    if "://" in text or text.count("/") >= 2:
        ref = await run_of_path(ask, text)
        meant = _meant(ask, ref)
        if meant is None:
            return ref
        try:
            return await _looked_up(ask, ProjectRef(ref.entity, ref.project), meant, place)
        except SourceUnavailable:
            return ref  # the sentence was read by what is known, and the answer names the run
    if _is_path(text):
        raise _no_name(text)
    within, name = await _where(ask, text)
    if within is None:
        return await run_of_path(ask, text)
    try:
        return await _looked_up(ask, within, name, place)
    except SourceUnavailable:
        # The name may be an id; whoever fetches it will tell what is wrong with W&B.
        if within.project is None:
            raise
        return await run_of_path(ask, f"{within}/{name}")


async def _looked_up(ask: Ask, within: ProjectRef, name: str, place: int) -> RunRef:
    directory = ask.services.conversation.directory
    recent = await directory.recent(within)
    exact = _exactly(recent, name)
    if len(exact) == 1 and exact[0].ref.id == name:
        return exact[0].ref
    named = await directory.named(within, name)
    everybody = list({run.ref: run for run in (*recent, *named)}.values())
    found = _matching(everybody, name, defaults_of(ask))
    if len(found) == 1:
        return found[0].ref
    if found:
        ranked = sorted(found, key=_newest, reverse=True)
        raise AskBack(Doubt("which", name, tuple(ranked), place, more=len(found) >= 50))
    near = _nearest(everybody, name)
    if not near:
        raise RunNotFound(
            f"There is no run “{shorten(name)}” in {within}.",
            "Check the spelling, or write entity/project/run_id.",
        )
    raise AskBack(Doubt("none", name, tuple(near), place))


async def _where(ask: Ask, text: str) -> tuple[ProjectRef | None, str]:
    """Where a name is looked for, and the name: ``project/name`` says its project."""
    defaults = defaults_of(ask)
    entity = ask.reading.slots.entity or defaults.entity or await _home(ask)
    if entity is None:
        return None, text
    project, _, name = text.rpartition("/")
    slots = ask.reading.slots
    said = slots.projects[0] if slots.projects else None
    within = ProjectRef(entity, project or said or defaults.project)
    await may_read(ask, entity)
    return within, name


def _meant(ask: Ask, ref: RunRef) -> str | None:
    """The word that was taken for a run of another name: a prefix, or a similar name.

    A sentence is read by the runs that are known at that moment. What was no exact name is looked
    up once more, because W&B may hold others that it fits as well.
    """
    text = ask.request.text
    if not text or ref.path in ask.context.thread.paths:
        return None
    typed = squeeze(text)
    run = next((known for known in ask.context.known_runs if known.path == ref.path), None)
    if run is None or squeeze(run.id) in typed or squeeze(run.name or run.id) in typed:
        return None
    name = squeeze(run.name or run.id)
    words = [word for word in _WORDS.findall(text) if len(squeeze(word)) >= PREFIX]
    begun = [
        word
        for word in words
        if name.startswith(key := squeeze(word)) or (len(key) > PREFIX and key in name)
    ]
    if begun:
        return str(max(begun, key=len))
    near: str = max(words, key=lambda word: fuzz.ratio(name, squeeze(word)), default="")
    return near if near and fuzz.ratio(name, squeeze(near)) >= SIMILAR else None


def _exactly(runs: Sequence[Run], name: str) -> list[Run]:
    key = name.lower()
    return [run for run in runs if key in {run.ref.id.lower(), run.name.lower()}]


def _matching(runs: Sequence[Run], name: str, defaults: Defaults) -> list[Run]:
    by_path = {run.ref.path: run for run in runs}
    known = tuple(known_run(run) for run in runs)
    said = SaidDefaults(entity=defaults.entity, project=defaults.project)
    paths = RunIndex(Context(known_runs=known, defaults=said)).find(name).paths
    return [by_path[path] for path in paths if path in by_path]


def _nearest(runs: Sequence[Run], name: str) -> list[Run]:
    names = [run.name or run.ref.id for run in runs]
    found = process.extract(
        name.lower(), names, scorer=fuzz.WRatio, limit=_OFFERED, processor=str.lower
    )
    return [runs[place] for _, score, place in found if score >= _NEAR]


def known_run(run: Run) -> KnownRun:
    """A run as the language knows it."""
    return KnownRun(
        entity=run.ref.entity,
        project=run.ref.project,
        id=run.ref.id,
        name=run.name or None,
        state=run.state.value,
        user=run.user,
    )


def _is_path(text: str) -> bool:
    return text.startswith(("/", ".", "~")) or text.endswith(".wandb")


def _no_name(text: str) -> BadReference:
    return BadReference(f"“{shorten(text)}” is not the name of a run.", _EXAMPLE)


# Pointed at


async def _pointed(ask: Ask, ref: Ref, place: int) -> RunRef:
    match ref.ref:
        case "mine_last":
            owner = await owner_of(ask, "me")
            return await _newest_of(ask, owner, f"You ({owner}) have no run")
        case "latest":
            owner = await owner_of(ask, ask.reading.slots.owner)
            return await _newest_of(ask, owner, "There is no run")
        case "crashed":
            return await _fallen(ask)
        case _:
            raise await _open_question(ask, _POINTED_AT[ref.ref], place)


async def _newest_of(ask: Ask, owner: str | None, none: str) -> RunRef:
    """The newest run of the place; a person's own may be in another project of the entity."""
    within = await place_of(ask)
    filters = {"username": owner} if owner else {}
    places = [within]
    if owner and within.project and not ask.reading.slots.projects:
        places.append(ProjectRef(within.entity))
    for where in places:
        query = RunQuery(where, filters=filters, limit=1)
        page = await ask.services.conversation.directory.page(query)
        if page.runs:
            return page.runs[0].ref
    raise NotFound(f"{none} in {places[-1]}.", "Name the run, or another project.")


async def _fallen(ask: Ask) -> RunRef:
    """The one that crashed: of the thread where it tells, else the newest of the place."""
    directory = ask.services.conversation.directory
    for path in ask.context.thread.paths[:20]:
        ref = await run_of_path(ask, path)
        if (await directory.run(ref)).state in _FELL:
            return ref
    owner = await owner_of(ask, ask.reading.slots.owner)
    filters = {"username": owner} if owner else {}
    within = await place_of(ask)
    query = RunQuery(within, states=_FELL, filters=filters, order="-heartbeat_at", limit=1)
    page = await directory.page(query)
    if not page.runs:
        raise NotFound(f"No run in {within} failed or crashed.", "Name the run you mean.")
    return page.runs[0].ref


async def _open_question(ask: Ask, said: str, place: int) -> AskBack | BadReference:
    """It is not said which run: a menu of the newest, where they can be had."""
    try:
        runs = await ask.services.conversation.directory.recent(await place_of(ask))
    except AnalysisError:
        return BadReference("You did not say which run.", _EXAMPLE)
    if not runs:
        return BadReference("You did not say which run.", _EXAMPLE)
    return AskBack(Doubt("which", said, tuple(runs), place))


async def run_of_path(ask: Ask, text: str) -> RunRef:
    """The run of a path, a link or an id, if it may be told here.

    Raises:
        BadReference: The text is none of these. Paths on disk are never read from Slack.
        NotAllowed: Its entity is not answered here.
    """
    ref = parse_run(text, defaults_of(ask))
    if isinstance(ref, Path):
        raise _no_name(text)
    await may_read(ask, ref.entity)
    return ref


def _typed(ask: Ask) -> tuple[str, ...]:
    """The one word after a slash command's name: a run's, even where it looks like a plain word."""
    words = ask.request.text.split() if ask.request.kind == "command" else []
    named = [word for word in words[1:] if not word.startswith("--") and word not in _NOBODY]
    return (named[0],) if len(named) == 1 else ()


def _newest(run: Run) -> float:
    return run.created_at.timestamp() if run.created_at else 0.0
