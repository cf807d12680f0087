"""`runs`: what is running, the latest, mine, those that failed since Monday; a numbered list."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from analysis.run import RunState
from analysis.sources.base import RunQuery
from handlers.conversation.owner import owner_of
from handlers.language.intents import Intent, Slots, Understanding
from handlers.registry import Ask, action, command
from handlers.reply import Reply, Topic
from handlers.targets import place_of, run_of_path
from handlers.views import runs as view
from handlers.waiting import background
from handlers.watching.moments import since_of

MOST = 100
_QUIET_S = 1.0
_WORDS = {RunState.PENDING: "waiting"}  # the others go by W&B's own word


@command(Intent.LIST_RUNS)
async def list_runs(ask: Ask) -> AsyncIterator[Reply]:
    """Lists runs, the newest first."""
    async for reply in _listed(ask, 0):
        yield reply


@action(view.MORE, keeps=True)
async def turn(ask: Ask) -> AsyncIterator[Reply]:
    """Shows another ten of the same list."""
    told = _told(ask)
    slots = Slots.model_validate(told.get("slots") or {})
    page = told.get("page")
    reading = Understanding(intent=Intent.LIST_RUNS, slots=slots, confidence=1.0)
    async for reply in _listed(replace(ask, reading=reading), page if isinstance(page, int) else 0):
        yield reply


@action(view.OPEN)
async def open_run(ask: Ask) -> AsyncIterator[Reply]:
    """Describes the chosen run of a list."""
    from handlers.commands.describe import report_on

    ref = await run_of_path(ask, ask.request.click.value if ask.request.click else "")
    async for reply in report_on(ask, ref):
        yield reply


async def _listed(ask: Ask, page: int) -> AsyncIterator[Reply]:
    services = ask.services
    query, what, owner = await query_of(ask)
    look = services.conversation.directory.page(query)
    async with background(look, services.clock) as work:
        if not await work.done_within(_QUIET_S):
            yield Reply(view.looking(str(query.within)), interim=True)
        found = await work.result()
    runs = found.runs
    message = view.listing(
        runs,
        what=what,
        where=str(query.within),
        now=services.clock.now(),
        page=min(page, max(0, (len(runs) - 1) // view.PAGE)),
        total=found.total if ask.reading.slots.top_n is None else None,
        more=_value(ask, query, owner) if len(runs) > view.PAGE else "",
    )
    topic = Topic("list", tuple(run.ref.path for run in runs))
    yield Reply(message, remember=topic if runs else None)


async def query_of(ask: Ask) -> tuple[RunQuery, str, str | None]:
    """The query that slots mean, what was asked for in words, and whose runs."""
    slots = ask.reading.slots
    owner = await owner_of(ask, slots.owner)
    within = await place_of(ask)
    states = states_of(slots.state)
    since = since_of(slots, ask.services.clock.now())
    limit = min(slots.top_n or MOST, MOST)
    query = RunQuery(
        within,
        states=frozenset(states),
        active_since=since,
        filters={"username": owner} if owner else {},
        order="-created_at",
        limit=limit,
    )
    return query, _words(slots, states, owner, since), owner


def states_of(said: str | None) -> tuple[RunState, ...]:
    """The states of a slot: W&B's words, several with commas."""
    words = [word.strip() for word in (said or "").split(",") if word.strip()]
    found = [RunState.of(word) for word in words]
    return tuple(state for state in found if state is not RunState.UNKNOWN)


def _words(
    slots: Slots, states: tuple[RunState, ...], owner: str | None, since: datetime | None
) -> str:
    state = " or ".join(_WORDS.get(state, state.value) for state in states)
    parts = [f"{state} runs" if state else "runs"]
    if owner:
        parts.append(f"of {owner}")
    if slots.hours:
        hours = slots.hours
        parts.append(
            f"in the last {hours / 24:g} days" if hours >= 48 else f"in the last {hours:g} h"
        )
    elif since is not None:
        hour = f" {since:%H:%M} UTC" if (since.hour or since.minute) else ""
        parts.append(f"since {since.day} {since:%b}{hour}")
    return " ".join(parts)


def _value(ask: Ask, query: RunQuery, owner: str | None) -> str:
    """What the page buttons carry: the same question, with its place and owner spelled out."""
    slots = ask.reading.slots.model_dump(exclude_none=True, mode="json")
    slots |= {"entity": query.within.entity}
    slots |= {"projects": [query.within.project]} if query.within.project else {}
    slots |= {"owner": owner} if owner else {}
    slots.pop("runs", None)
    return json.dumps({"slots": slots, "page": 0})


def _told(ask: Ask) -> dict[str, Any]:
    try:
        told = json.loads(ask.request.click.value if ask.request.click else "")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
