"""What the local server keeps: entities' projects, their sweeps, their runs; runs may be live."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.demo.wandb.columns import Table, flatten, jsonable

Clock = Callable[[], float]
"""Gives Unix seconds."""

LIVE = frozenset({"running", "preempting"})


@dataclass(frozen=True, slots=True)
class User:
    """A person or a service account."""

    username: str
    name: str = ""
    email: str = ""
    entity: str | None = None
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A console line: its text, Unix seconds, and whether it went to stderr."""

    text: str
    time: float | None = None
    error: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a run."""

    name: str
    content: bytes
    mimetype: str = "text/plain"


@dataclass(eq=False)
class LocalRun:
    """A run that the server serves, and the handle that makes it live while it does.

    Attributes:
        entity, project, name: its path; ``name`` is the id in URLs.
        number: counts the server's runs; the storage id is made from it.
        clock: gives the time of what is logged without one.
        table: the history.
        system: the system metrics, names without the ``system/`` of the buckets.
        heartbeat_at: Unix seconds; ``None`` is sent as null.
        updated_at: when anything last changed, for ``deltas``.
    """

    entity: str
    project: str
    name: str
    number: int
    clock: Clock
    display_name: str = ""
    state: str = "running"
    created_at: float = 0.0
    heartbeat_at: float | None = None
    updated_at: float = 0.0
    config: dict[str, Any] = field(default_factory=dict)
    wandb_config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    group: str | None = None
    job_type: str | None = None
    sweep: str | None = None
    user: User | None = None
    host: str | None = None
    notes: str | None = None
    commit: str | None = None
    exit_code: int | None = None
    table: Table = field(default_factory=Table)
    system: Table = field(default_factory=Table)
    console: list[Line] = field(default_factory=list)
    files: dict[str, StoredFile] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """``entity/project/name``."""
        return f"{self.entity}/{self.project}/{self.name}"

    @property
    def runtime_s(self) -> float:
        """Seconds from the start to the last sign of life."""
        return max(0.0, (self.heartbeat_at or self.created_at) - self.created_at)

    def log(
        self, row: Mapping[str, Any], *, step: int | None = None, time: float | None = None
    ) -> None:
        """Log a row, as ``wandb.log`` in the training process does; it is a heartbeat too.

        Args:
            row: names and values; nested dicts are flattened under dotted names.
            step: its ``_step``; the next one when absent.
            time: Unix seconds; now when absent.
        """
        at = self.clock() if time is None else time
        number = self.table.last_step + 1 if step is None else step
        full = {**row, "_step": number, "_timestamp": at}
        full.setdefault("_runtime", at - self.created_at)
        self.table.append(flatten(full))
        self.summary |= full
        self.beat(at)

    def log_system(self, row: Mapping[str, Any], *, time: float | None = None) -> None:
        """Log system metrics, such as ``{"system.gpu.0.gpu": 93.0}``."""
        at = self.clock() if time is None else time
        stamps = {"_timestamp": at, "_runtime": at - self.created_at, "_step": self.system.size}
        self.system.append(((name,), value) for name, value in {**row, **stamps}.items())
        self.beat(at)

    def print(self, text: str, *, error: bool = False, time: float | None = None) -> None:
        """Print console lines."""
        at = self.clock() if time is None else time
        self.console += [Line(line, at, error) for line in text.split("\n")]
        self.beat(at)

    def beat(self, time: float | None = None) -> None:
        """Give a sign of life."""
        at = self.clock() if time is None else time
        self.heartbeat_at = max(at, self.heartbeat_at or at)
        self.updated_at = max(self.updated_at, at)

    def becomes(self, state: str, *, exit_code: int | None = None) -> None:
        """Change state, as W&B's server does; a crashed run that returns becomes ``running``."""
        self.state = state
        self.exit_code = exit_code
        self.updated_at = self.clock()

    def configure(self, config: Mapping[str, Any]) -> None:
        """Add to the configuration."""
        self.config |= config
        self.updated_at = self.clock()

    def add_file(self, name: str, content: bytes | str, mimetype: str = "text/plain") -> None:
        """Store a file beside the run."""
        data = content.encode() if isinstance(content, str) else content
        self.files[name] = StoredFile(name, data, mimetype)

    def config_json(self, keys: list[str] | None = None) -> str:
        """The configuration as W&B sends it, its values wrapped."""
        everything = {**self.config, "_wandb": self.wandb_config}
        wanted = everything if keys is None else {k: everything[k] for k in keys if k in everything}
        wrapped = {key: {"value": value, "desc": None} for key, value in wanted.items()}
        return json.dumps(jsonable(wrapped))

    def summary_json(self, keys: list[str] | None = None) -> str:
        """The summary as W&B sends it."""
        wanted = (
            self.summary if keys is None else {k: v for k, v in self.summary.items() if k in keys}
        )
        return json.dumps(jsonable(wanted))

    def system_json(self) -> str:
        """The last value of every system metric."""
        last = {name: column.values[-1] for name, column in self.system.columns.items()}
        return json.dumps(jsonable(last))


@dataclass
class LocalSweep:
    """A sweep of a project; its runs name it."""

    name: str
    display_name: str | None = None
    method: str = "grid"
    state: str = "FINISHED"
    config: dict[str, Any] = field(default_factory=dict)
    created_at: float = 0.0
    expected: int | None = None


@dataclass
class LocalProject:
    """A project of an entity, with its runs by name."""

    entity: str
    name: str
    number: int
    created_at: float
    runs: dict[str, LocalRun] = field(default_factory=dict)
    sweeps: dict[str, LocalSweep] = field(default_factory=dict)

    @property
    def last_active(self) -> float:
        """The latest sign of life of its runs; its own birth without any."""
        signs = (run.heartbeat_at or run.created_at for run in self.runs.values())
        return max(signs, default=self.created_at)
