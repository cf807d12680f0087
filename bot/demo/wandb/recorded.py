"""Recorded runs: W&B's offline log, and the files beside it, as what the server would hold."""

import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis.sources.datastore import read_records
from bot.demo.wandb.model import Line, LocalRun, StoredFile

_TYPES = {".log": "text/plain", ".json": "application/json", ".yaml": "application/yaml"}
_STDERR = 0


@dataclass
class Recording:
    """A run as its log tells it. Times are Unix seconds.

    Attributes:
        rows: time and content of each row, nested as it was logged.
        system: the same of the system metrics.
        exit_code: ``None`` without an exit record.
    """

    run_id: str = ""
    project: str = ""
    display_name: str = ""
    group: str | None = None
    job_type: str | None = None
    sweep: str | None = None
    notes: str | None = None
    host: str | None = None
    tags: list[str] = field(default_factory=list)
    started_at: float = 0.0
    ended_at: float = 0.0
    exit_code: int | None = None
    config: dict[str, Any] = field(default_factory=dict)
    wandb_config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    rows: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    system: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)

    @property
    def state(self) -> str:
        """What W&B would call it, long after."""
        if self.exit_code is None:
            return "crashed"
        return "failed" if self.exit_code else "finished"


@lru_cache(maxsize=64)
def recording(path: Path) -> Recording:
    """Read a run's folder, or its ``.wandb`` file. Not to be changed: it is shared.

    Raises:
        LogUnreadable: when there is no log, or it is none.
    """
    log = next(iter(sorted(path.glob("run-*.wandb"))), path) if path.is_dir() else path
    made = Recording()
    printed: list[tuple[str, float, bool]] = []
    summary: dict[tuple[str, ...], Any] = {}
    for record in read_records(log):
        match record.WhichOneof("record_type"):
            case "run":
                _take_run(made, record.run)
            case "config":
                _configure(made, record.config.update)
            case "history":
                row = _nested(record.history.item)
                time = float(row.get("_timestamp", made.ended_at))
                made.rows.append((time, row))
                made.ended_at = max(made.ended_at, time)
            case "summary":
                for item in record.summary.update:
                    summary[tuple(item.nested_key) or (item.key,)] = item
            case "stats":
                time = _seconds(record.stats.timestamp)
                stats = {f"system.{i.key}": json.loads(i.value_json) for i in record.stats.item}
                made.system.append((time, stats))
            case "output_raw":
                raw = record.output_raw
                printed.append((raw.line, _seconds(raw.timestamp), raw.output_type == _STDERR))
            case "exit":
                made.exit_code = record.exit.exit_code
            case _:
                pass
    made.summary = _nested(summary.values())  # of each only the last value
    made.ended_at = max([made.ended_at, made.started_at, *(time for _, time, _ in printed)])
    made.files = _files(log.parent / "files")
    made.lines = _console(printed, made.files)
    return made


@dataclass(frozen=True, slots=True)
class Times:
    """Recorded times, moved to another start and stretched to another length.

    Only what comes after the first row is stretched: importing libraries took most of the time
    of the small recorded runs, and would be most of a long run otherwise.

    Attributes:
        recorded_start, first: when the recorded process began, and logged its first row.
        start: when it begins now.
        stretch: seconds for one recorded second, from the first row on.
    """

    recorded_start: float
    first: float
    start: float
    stretch: float = 1.0

    @classmethod
    def of(cls, source: Recording, start: float, lasts_s: float | None = None) -> "Times":
        """Times for a run that begins at ``start`` and takes as long as recorded, or other."""
        first = source.rows[0][0] if source.rows else source.started_at
        lead, span = first - source.started_at, source.ended_at - first
        if lasts_s is None or span <= 0:
            return cls(source.started_at, first, start)
        if lead >= lasts_s:
            whole = source.ended_at - source.started_at
            return cls(source.started_at, source.started_at, start, lasts_s / whole)
        return cls(source.started_at, first, start, (lasts_s - lead) / span)

    def __call__(self, recorded: float) -> float:
        """When it happens now."""
        if self.start == self.recorded_start and self.stretch == 1.0:
            return recorded  # to the last digit
        if recorded <= self.first:
            return self.start + (recorded - self.recorded_start)
        lead = self.first - self.recorded_start
        return self.start + lead + (recorded - self.first) * self.stretch


def fill(run: LocalRun, source: Recording, moved: Times) -> None:
    """Put all that was recorded into a run, its times moved."""
    run.created_at = moved(source.started_at)
    run.configure(source.config)
    run.wandb_config = dict(source.wandb_config)
    for time, row in source.rows:
        run.log(moved_row(row, moved(time), run.created_at), step=row["_step"], time=moved(time))
    for time, stats in source.system:
        run.log_system(stats, time=moved(time))
    run.console = [
        Line(line.text, None if line.time is None else moved(line.time), line.error)
        for line in source.lines
    ]
    run.summary |= {**source.summary, **_stamps(run.summary)}
    run.files = {file.name: file for file in source.files}
    run.heartbeat_at = run.updated_at = moved(source.ended_at)


def moved_row(row: dict[str, Any], time: float, started_at: float) -> dict[str, Any]:
    """The row with times of its own that fit where it was moved to."""
    if time == row.get("_timestamp"):
        return row
    return {**row, "_timestamp": time, "_runtime": time - started_at}


def _stamps(summary: dict[str, Any]) -> dict[str, Any]:
    return {key: summary[key] for key in ("_timestamp", "_runtime", "_step") if key in summary}


def _take_run(made: Recording, run: Any) -> None:
    made.run_id, made.project = run.run_id, run.project
    made.display_name = run.display_name or run.run_id
    made.group, made.job_type = run.run_group or None, run.job_type or None
    made.sweep, made.notes, made.host = run.sweep_id or None, run.notes or None, run.host or None
    made.tags = list(run.tags)
    made.started_at = made.ended_at = _seconds(run.start_time)
    _configure(made, run.config.update)


def _configure(made: Recording, items: Iterable[Any]) -> None:
    config = _nested(items)
    made.wandb_config |= config.pop("_wandb", {})
    made.config |= config


def _nested(items: Iterable[Any]) -> dict[str, Any]:
    """Items with a key, or a path of keys, and a JSON value (bare ``NaN`` included)."""
    found: dict[str, Any] = {}
    items = list(items)
    values = json.loads(f"[{','.join(item.value_json for item in items)}]")
    for item, value in zip(items, values, strict=True):
        *above, key = item.nested_key or [item.key]
        place = found
        for part in above:
            inner = place.get(part)
            if not isinstance(inner, dict):
                inner = place[part] = {}
            place = inner
        place[key] = value
    return found


def _seconds(stamp: Any) -> float:
    return float(stamp.seconds) + float(stamp.nanos) / 1e9


def _files(folder: Path) -> list[StoredFile]:
    return [
        StoredFile(
            str(path.relative_to(folder)),
            path.read_bytes(),
            _TYPES.get(path.suffix, "application/octet-stream"),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


def _console(printed: list[tuple[str, float, bool]], files: list[StoredFile]) -> list[Line]:
    """The console as W&B shows it: the lines of ``output.log``, timed by the raw output.

    The log is what W&B's terminal emulation made of the raw output; without one, the raw
    output is split at its line ends, and of a redrawn line the last state counts.
    """
    raw, starts = "", []
    for text, _, _ in printed:
        starts.append(len(raw))
        raw += text
    log = next((file.content for file in files if file.name == "output.log"), None)
    if log is None:
        texts = [line.rstrip("\r").rpartition("\r")[2] for line in raw.splitlines()]
    else:
        texts = log.decode(errors="replace").removesuffix("\n").split("\n")
    lines, place = [], 0
    for text in texts:
        found = raw.find(text.strip(), place) if text.strip() else -1
        place = place if found < 0 else found
        entry = printed[bisect_right(starts, place) - 1] if printed else None
        lines.append(Line(text, entry and entry[1], bool(entry and entry[2])))
    return lines
