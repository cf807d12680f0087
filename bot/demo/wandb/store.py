"""What a local W&B server holds, and who may read it; nothing of HTTP or GraphQL."""

import fnmatch
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bot.demo.wandb.buckets import NonFinite
from bot.demo.wandb.columns import Table
from bot.demo.wandb.model import Clock, Line, LocalProject, LocalRun, LocalSweep, User
from bot.demo.wandb.recorded import Times, fill, recording

API_KEY = "local-0123456789abcdef0123456789abcdef01234567"
"""The key that a server accepts from the start: its user reads everything."""

OWNER = User("demo-user", "Demo User", "demo-user@example.com", entity="demo", teams=("demo",))


@dataclass
class Quirks:
    """Where W&B servers differ, or surprise; each may be set while serving.

    Attributes:
        missing_fields: ``Type.field`` names that this server's schema lacks.
        validation_status: the HTTP status of a query that fails validation.
        non_finite: how buckets show NaN and ±Infinity.
        packed_buckets: each bucket list comes as a JSON string.
        bucket_factor: buckets given for one that was asked for.
        naive_times: times lack the designator of their zone.
        ignored_filters: filter keys (in snake case) that are taken for always true.
        max_aliases: more aliases of ``project``, ``run`` or ``runs`` than this are refused.
        max_runs: the most runs of one answer, however many are asked for.
        max_log_lines: the most console lines of one answer.
        rate_limit_headers: ``RateLimit-…`` headers stand in every answer.
        features: what ``serverInfo`` says it can do.
    """

    missing_fields: frozenset[str] = frozenset()
    validation_status: int = 400
    non_finite: NonFinite = "string"
    packed_buckets: bool = False
    bucket_factor: float = 1.7
    naive_times: bool = True
    ignored_filters: frozenset[str] = frozenset()
    max_aliases: int | None = None
    max_runs: int = 1_000
    max_log_lines: int = 10_000
    rate_limit_headers: bool = True
    features: tuple[str, ...] = ("SWEEPS_QUERY_FILTERING",)


@dataclass(frozen=True, slots=True)
class Account:
    """A key's user, and patterns of ``entity/project`` that it may read."""

    user: User
    reads: tuple[str, ...] = ("*",)

    def may_read(self, entity: str, project: str) -> bool:
        """Whether a project exists for this user."""
        return any(fnmatch.fnmatchcase(f"{entity}/{project}", each) for each in self.reads)


@dataclass
class Store:
    """Entities, their projects and runs, and accounts by key.

    Attributes:
        clock: gives the server's time, Unix seconds.
        crash_after_s: a running run whose heartbeat is older becomes crashed, and running again
            when it beats; never when ``None``.
    """

    clock: Clock = time.time
    quirks: Quirks = field(default_factory=Quirks)
    crash_after_s: float | None = None
    accounts: dict[str, Account] = field(default_factory=lambda: {API_KEY: Account(OWNER)})
    projects: dict[tuple[str, str], LocalProject] = field(default_factory=dict)
    entities: set[str] = field(default_factory=set)
    _made: int = 0

    def add_key(self, key: str, user: User, *, reads: Sequence[str] = ("*",)) -> None:
        """Accept one more key, of at least 40 characters, as the real client wants them."""
        self.accounts[key] = Account(user, tuple(reads))

    def add_entity(self, name: str) -> None:
        """An entity, perhaps one without projects."""
        self.entities.add(name)

    def add_project(self, entity: str, name: str) -> LocalProject:
        """A project, perhaps one without runs; the one that is there already, if so."""
        self.entities.add(entity)
        if (entity, name) not in self.projects:
            self.projects[entity, name] = LocalProject(entity, name, self._next(), self.clock())
        return self.projects[entity, name]

    def add_sweep(self, entity: str, project: str, sweep: LocalSweep) -> LocalSweep:
        """A sweep of a project; runs belong to it by its name."""
        self.add_project(entity, project).sweeps[sweep.name] = sweep
        return sweep

    def add_run(
        self,
        entity: str = "demo",
        project: str = "made",
        name: str | None = None,
        *,
        columns: Mapping[str, npt.ArrayLike] | None = None,
        sparse: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]] | None = None,
        steps: npt.ArrayLike | None = None,
        seconds_a_step: float = 1.0,
        state: str = "running",
        created_at: float | None = None,
        heartbeat_at: float | Literal["null"] | None = None,
        config: Mapping[str, Any] | None = None,
        summary: Mapping[str, Any] | None = None,
        console: Sequence[str] = (),
        **more: Any,
    ) -> LocalRun:
        """A made run, which can be logged to afterwards.

        Args:
            entity: created where it is new.
            project: created where it is new.
            name: the id in URLs; made up when absent.
            columns: by metric name, [n] values, one a row.
            sparse: by metric name, the steps it was logged at and its values there.
            steps: [n] steps of the rows, ascending; 0 … n−1 when absent.
            seconds_a_step: from it ``_runtime`` and ``_timestamp`` are made, where the columns
                hold none.
            state: ``running``, ``finished``, ….
            created_at: Unix seconds; so that the last row is now, when absent.
            heartbeat_at: the time of the last row, when absent; ``"null"`` for none at all.
            config: plain values.
            summary: the last values, when absent.
            console: lines, spread evenly over the run's time.
            more: any other attribute of ``LocalRun``: tags, group, sweep, user, host, notes, ….
        """
        dense = dict(columns or {})
        rows = max([len(np.asarray(v)) for v in dense.values()], default=0)
        at = np.asarray(np.arange(rows) if steps is None else steps, dtype=np.int64)
        span = float(at[-1]) * seconds_a_step if at.size else 0.0
        born = self.clock() - span if created_at is None else created_at
        run = self._new_run(entity, project, name, born)
        dense.setdefault("_runtime", at * float(seconds_a_step))
        dense.setdefault("_timestamp", born + at * float(seconds_a_step))
        if at.size:
            run.table = Table.of(at, dense, sparse or {})
        last = {key: c.values[-1].item() for key, c in run.table.columns.items() if c.size}
        run.summary = dict(last if summary is None else summary)
        run.configure(config or {})
        end = last.get("_timestamp", born)
        run.heartbeat_at = None if heartbeat_at == "null" else heartbeat_at or end
        run.state, run.updated_at = state, run.heartbeat_at or end
        pace = span / max(1, len(console))
        run.console = [Line(text, born + number * pace) for number, text in enumerate(console)]
        _set(run, more)
        return run

    def add_recorded(
        self,
        path: Path,
        *,
        entity: str = "demo",
        project: str | None = None,
        name: str | None = None,
        state: str | None = None,
        ended_at: float | None = None,
        lasted_s: float | None = None,
        **more: Any,
    ) -> LocalRun:
        """A recorded run, as W&B would hold it.

        Args:
            path: its folder, or its ``.wandb`` file (with ``files/`` beside it).
            entity: where it is put.
            project: as recorded, when absent.
            name: the id in URLs; as recorded, when absent.
            state: as its log ends, when absent: finished, failed, or crashed.
            ended_at: move it in time, so that its last record falls on these Unix seconds.
            lasted_s: stretch it in time, to this many seconds.
            more: any other attribute of ``LocalRun``.

        Raises:
            LogUnreadable: when there is no W&B log.
        """
        source = recording(path)
        times = Times.of(source, source.started_at, lasted_s)
        if ended_at is not None:
            start = source.started_at + ended_at - times(source.ended_at)
            times = Times.of(source, start, lasted_s)
        run = self._new_run(entity, project or source.project, name or source.run_id, times.start)
        fill(run, source, times)
        run.state, run.exit_code = state or source.state, source.exit_code
        run.display_name, run.group, run.job_type = (
            source.display_name,
            source.group,
            source.job_type,
        )
        run.sweep, run.notes, run.host = source.sweep, source.notes, source.host
        run.tags = list(source.tags)
        _set(run, more)
        return run

    def resume_recorded(self, run: LocalRun, path: Path) -> None:
        """Append a recorded run to one that ended, as a resumed process does: ``_step`` goes on.

        Args:
            run: the run that is resumed.
            path: what was recorded after the resume, a folder or a ``.wandb`` file.
        """
        source = recording(path)
        first = run.table.last_step + 1
        for at, row in source.rows:
            run.log(row, step=first + int(row["_step"]), time=at)
        run.configure(source.config)
        run.console += source.lines
        run.beat(source.ended_at)
        run.becomes(source.state, exit_code=source.exit_code)

    def _new_run(self, entity: str, project: str, name: str | None, born: float) -> LocalRun:
        home = self.add_project(entity, project)
        number = self._next()
        run = LocalRun(entity, project, name or f"run{number:05d}", number, self.clock)
        run.display_name = run.name
        run.created_at, run.user = born, OWNER
        home.created_at = min(home.created_at, born)
        home.runs[run.name] = run
        return run

    def run(self, path: str) -> LocalRun:
        """The run at ``entity/project/name``.

        Raises:
            KeyError: when there is none.
        """
        entity, project, name = path.split("/")
        return self.projects[entity, project].runs[name]

    def runs(self) -> Iterator[LocalRun]:
        """All runs."""
        for project in self.projects.values():
            yield from project.runs.values()

    def remove(self, run: LocalRun) -> None:
        """Delete a run."""
        del self.projects[run.entity, run.project].runs[run.name]

    def remove_entity(self, name: str) -> None:
        """Delete an entity with all its projects."""
        self.entities.discard(name)
        for key in [key for key in self.projects if key[0] == name]:
            del self.projects[key]

    def settle(self) -> None:
        """Call silent runs crashed, and those that beat again running, as W&B's server does."""
        if self.crash_after_s is None:
            return
        limit = self.clock() - self.crash_after_s
        for run in self.runs():
            silent = (run.heartbeat_at or run.created_at) < limit
            if run.state == "running" and silent:
                run.becomes("crashed")
            elif run.state == "crashed" and run.exit_code is None and not silent:
                run.becomes("running")

    def _next(self) -> int:
        self._made += 1
        return self._made


def _set(run: LocalRun, more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if not hasattr(run, name):
            raise TypeError(f"a run has no {name!r}")
        setattr(run, name, value)
