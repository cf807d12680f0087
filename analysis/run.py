"""A run as a source tells it: who, when, what state, which keys; no curves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from analysis.refs import RunRef


class RunState(StrEnum):
    """States that W&B reports; one that is not listed here becomes ``UNKNOWN``."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CRASHED = "crashed"
    KILLED = "killed"
    PREEMPTING = "preempting"
    PREEMPTED = "preempted"
    CANCELED = "canceled"
    PENDING = "pending"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, text: str | None) -> "RunState":
        """The state by W&B's word for it, in any case and either spelling of “cancelled”."""
        word = (text or "").strip().lower().replace("cancelled", "canceled")
        return cls(word) if word in cls._value2member_map_ else cls.UNKNOWN

    @property
    def live(self) -> bool:
        """Whether the process may still log: its heartbeat and its pace mean something."""
        return self in {RunState.RUNNING, RunState.PREEMPTING}

    @property
    def ended(self) -> bool:
        """Whether nothing more is expected now (a crashed or pre-empted run may still return)."""
        return not self.live and self not in {RunState.PENDING, RunState.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Key:
    """One logged name.

    Attributes:
        count: rows that hold it, where the source knows.
        numeric: whether any of its values is a number (media, strings and tables are not).
        step_metric: the x-axis that ``define_metric`` gave it.
    """

    count: int | None = None
    numeric: bool = True
    step_metric: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What a source says of a run, apart from its curves.

    Attributes:
        ref: its path; of a run on disk, what its own record says.
        state: as W&B judges it (of a file on disk, as ``contract.md`` judges it).
        state_text: W&B's own word for the state.
        config: plain values as logged, unwrapped; nested dicts stay nested.
        summary: last values; may be empty although the run has a history.
        keys: logged names; empty when the source could not tell.
        heartbeat_at: last sign of life, UTC.
        ended_at: end of an ended run, UTC (the last heartbeat where W&B says nothing better).
        last_step: the largest ``_step``.
        rows: number of history rows.
        exit_code: of the process, where known (files on disk only).
        notes_on_data: what was lost or unsure while reading, one phrase each.
        handle: where the source finds it again: a storage id, or the path of the file.
    """

    ref: RunRef
    name: str
    state: RunState
    state_text: str = ""
    url: str | None = None
    user: str | None = None
    tags: tuple[str, ...] = ()
    group: str | None = None
    sweep: str | None = None
    job_type: str | None = None
    host: str | None = None
    commit: str | None = None
    command: str | None = None
    notes: str | None = None
    created_at: datetime | None = None
    heartbeat_at: datetime | None = None
    ended_at: datetime | None = None
    runtime_s: float | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, Key] = field(default_factory=dict)
    last_step: int | None = None
    rows: int | None = None
    exit_code: int | None = None
    notes_on_data: tuple[str, ...] = ()
    handle: str = ""

    @property
    def logged(self) -> list[str]:
        """The names of its numbers: its keys, else its summary."""
        return [name for name, key in self.keys.items() if key.numeric] or list(self.summary)


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """One line that the process printed.

    Attributes:
        number: its place in the log, from 0; −1 where unknown.
        error: whether it went to the error stream.
        time: Unix seconds, where known.
    """

    text: str
    number: int = -1
    error: bool = False
    time: float | None = None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who the key belongs to, and which entities that person or service account owns."""

    username: str
    entity: str | None
    teams: tuple[str, ...] = ()
    email: str | None = None

    @property
    def entities(self) -> frozenset[str]:
        """The user's own entity and the teams."""
        own = (self.entity, self.username, *self.teams)
        return frozenset(name for name in own if name)


@dataclass(frozen=True, slots=True)
class Project:
    """A project of an entity."""

    entity: str
    name: str
    last_active: datetime | None = None
    run_count: int | None = None
