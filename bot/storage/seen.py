"""What was seen of the runs: the compacted history of each, and what each watch made of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import chunks, to, upsert
from bot.storage.tables import memories, run_states, targets
from bot.storage.watches import Target


@dataclass(frozen=True, slots=True)
class TargetState:
    """How far the look at a project has come.

    Attributes:
        state: what the tick wants to remember (a cursor, the best run so far, …).
        unreachable_since: since when W&B has not answered for it.
        failures: looks in a row that failed.
    """

    state: Mapping[str, Any]
    unreachable_since: datetime | None = None
    failures: int = 0
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What is kept of one run between two ticks.

    Attributes:
        run: ``entity/project/id``.
        ended: whether nothing more is expected of it.
        facts: its metadata as of the last look.
        history: the bounded, compacted history, as ``analysis`` packs it.
    """

    run: str
    last_step: int | None
    ended: bool
    facts: Mapping[str, Any]
    history: bytes
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class RunState:
    """What one watch made of one run: open findings, episodes, what was said."""

    watch_id: int
    run: str
    state: Mapping[str, Any]
    ended: bool
    updated_at: datetime


async def target(connection: AsyncConnection, of: Target) -> TargetState:
    """A project's state; an empty one at first."""
    row = (await connection.execute(select(targets).where(*_is(targets, of)))).first()
    return to(TargetState, row) if row else TargetState({})


async def put_target(connection: AsyncConnection, of: Target, state: TargetState) -> None:
    """Stores a project's state."""
    values = {
        "entity": of.entity,
        "project": of.project,
        "state": dict(state.state),
        "unreachable_since": state.unreachable_since,
        "failures": state.failures,
        "looked_at": state.looked_at,
    }
    await upsert(connection, targets, values)


async def unreachable(connection: AsyncConnection, of: Target, *, now: datetime) -> TargetState:
    """Notes a look that failed; the state with the count and since when."""
    before = await target(connection, of)
    after = TargetState(
        before.state, before.unreachable_since or now, before.failures + 1, before.looked_at
    )
    await put_target(connection, of, after)
    return after


async def recall(
    connection: AsyncConnection, of: Target, runs: Iterable[str]
) -> Mapping[str, Memory]:
    """The memories of some runs."""
    found: dict[str, Memory] = {}
    for part in chunks(runs):
        query = select(memories).where(*_is(memories, of), memories.c.run.in_(part))
        found.update((row.run, to(Memory, row)) for row in await connection.execute(query))
    return found


async def open_runs(connection: AsyncConnection, of: Target) -> Mapping[str, int | None]:
    """The runs that have not ended, with the last step that was seen."""
    query = select(memories.c.run, memories.c.last_step).where(
        *_is(memories, of), memories.c.ended.is_(False)
    )
    return {row.run: row.last_step for row in await connection.execute(query)}


async def remember(connection: AsyncConnection, of: Target, what: Iterable[Memory]) -> None:
    """Stores memories, in place of what there was."""
    rows = [
        {
            "entity": of.entity,
            "project": of.project,
            "run": memory.run,
            "last_step": memory.last_step,
            "ended": memory.ended,
            "facts": dict(memory.facts),
            "history": memory.history,
            "updated_at": memory.updated_at,
        }
        for memory in what
    ]
    await upsert(connection, memories, rows)


async def states(
    connection: AsyncConnection, watch_ids: Sequence[int], runs: Iterable[str] | None = None
) -> Mapping[tuple[int, str], RunState]:
    """What watches know of runs, by watch and run; of all their runs where none are named."""
    found: dict[tuple[int, str], RunState] = {}
    query = select(run_states).where(run_states.c.watch_id.in_(watch_ids))
    parts = [None] if runs is None else list(chunks(runs))
    for part in parts:
        narrowed = query if part is None else query.where(run_states.c.run.in_(part))
        for row in await connection.execute(narrowed):
            found[(row.watch_id, row.run)] = to(RunState, row)
    return found


async def put_states(connection: AsyncConnection, what: Iterable[RunState]) -> None:
    """Stores what watches know of runs."""
    rows = [
        {
            "watch_id": state.watch_id,
            "run": state.run,
            "state": dict(state.state),
            "ended": state.ended,
            "updated_at": state.updated_at,
        }
        for state in what
    ]
    await upsert(connection, run_states, rows)


async def forget_ended(connection: AsyncConnection, *, before: datetime) -> int:
    """Drops the histories of runs that ended and were not touched since; how many.

    The watches' states stay, so that an old run that is touched again alerts nobody twice.
    """
    done = await connection.execute(
        delete(memories).where(memories.c.ended.is_(True), memories.c.updated_at < before)
    )
    return done.rowcount


async def mark_ended(connection: AsyncConnection, of: Target, runs: Sequence[str]) -> None:
    """Notes that nothing more is expected of runs (deleted, or out of the filter)."""
    for part in chunks(runs):
        await connection.execute(
            update(memories).where(*_is(memories, of), memories.c.run.in_(part)).values(ended=True)
        )


def _is(table: Any, of: Target) -> tuple[Any, Any]:
    return table.c.entity == of.entity, table.c.project == of.project
