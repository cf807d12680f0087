"""One run's log on disk: read whole, and said as a ``Run``."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from analysis.errors import LogUnreadable
from analysis.redact import redact, redact_name
from analysis.refs import RunRef
from analysis.run import ConsoleLine, Run, RunState
from analysis.sources.datastore import read_records
from analysis.sources.recording import Recording
from analysis.sources.terminal import Terminal
from analysis.sources.values import instant, parse_json

# contract.md, “Offline files”: without an exit record a run is running while its last record is
# younger than this.
CRASHED_AFTER = timedelta(minutes=60)
_LOOK_EVERY = 512  # records between two looks at whether anybody still waits
_LONGEST_OUTPUT = 4_000_000  # bytes of output.log that are read, from its end


@dataclass(frozen=True, slots=True)
class Log:
    """What a log held when it was read.

    Attributes:
        file: the ``.wandb`` file.
        stamp: inode, size and time of change; the same stamp means the same content.
        recording: what its records say.
        metadata: ``files/wandb-metadata.json`` beside it, or nothing.
        notes: what was lost while reading, one phrase each.
        torn: whether the last record is incomplete: normal while it is being written.
    """

    file: Path
    stamp: tuple[int, int, int]
    recording: Recording
    metadata: Mapping[str, Any]
    notes: tuple[str, ...]
    torn: bool

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.stamp[1]


def read_log(file: Path, known: Log | None, stop: Event) -> Log:
    """Read a log, unless it is still what ``known`` says.

    Args:
        file: the ``.wandb`` file.
        known: an earlier reading.
        stop: set when nobody waits any more; the result is worthless then.

    Raises:
        LogUnreadable: when it cannot be opened, is no W&B log, or says nothing of a run.
    """
    try:
        stat = file.stat()
    except OSError as error:
        raise LogUnreadable(f"The log cannot be read: {error.strerror or 'error'}.") from error
    stamp = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
    if known is not None and known.stamp == stamp:
        return known
    recording = Recording()
    scan = read_records(file)
    for record in scan:
        recording.fold(record)
        if recording.records % _LOOK_EVERY == 0 and stop.is_set():
            scan.close()
            break
    if not recording.records:
        raise LogUnreadable("The log holds no record that can be read.")
    notes = []
    if scan.lost:
        places = "one place" if scan.lost.gaps == 1 else f"{scan.lost.gaps:,} places"
        count = scan.lost.records
        lost = "about one record" if count == 1 else f"about {count:,} records"
        notes.append(f"the log is damaged in {places}: {lost} lost")
    if recording.about is None:
        notes.append("the record that names the run is lost")
    return Log(file, stamp, recording, _metadata(file), tuple(notes), scan.torn > 0)


def run_of(log: Log, now: datetime) -> Run:
    """What the log says of the run, as seen at ``now`` (which decides running or crashed)."""
    recording, about, extra = log.recording, log.recording.about, log.metadata
    environment = recording.environment
    beat = instant(recording.last_time)
    state = _state(recording, beat, now)
    created = instant(recording.start)
    return Run(
        ref=RunRef(
            _text(about, "entity") or "local",
            _text(about, "project") or _folder_name(log.file, parent=True) or "local",
            _text(about, "run_id") or _id_of(log.file),
        ),
        name=redact_name(
            _text(about, "display_name") or _text(about, "run_id") or _id_of(log.file)
        ),
        state=state,
        state_text=state.value,
        user=_text(environment, "username") or _str(extra.get("username")),
        tags=tuple(about.tags) if about is not None else (),
        group=_text(about, "run_group"),
        sweep=_text(about, "sweep_id"),
        job_type=_text(about, "job_type"),
        host=_text(about, "host") or _text(environment, "host") or _str(extra.get("host")),
        commit=_commit(about, environment, extra),
        command=_command(environment, extra),
        notes=_text(about, "notes"),
        created_at=created,
        heartbeat_at=beat,
        ended_at=beat if state.ended else None,
        runtime_s=_runtime(recording, created, beat),
        config=recording.config,
        summary=_summary(recording),
        keys=recording.keys(),
        last_step=recording.history.last_step,
        rows=len(recording.history),
        exit_code=recording.exit_code,
        notes_on_data=_notes(log, state),
        handle=str(log.file),
    )


def output_log(file: Path, last: int) -> tuple[ConsoleLine, ...]:
    """The last lines of ``files/output.log`` beside a log; none where there is no such file."""
    try:
        with (file.parent / "files" / "output.log").open("rb") as output:
            size = output.seek(0, 2)
            output.seek(max(0, size - _LONGEST_OUTPUT))
            text = output.read().decode("utf-8", errors="replace")
    except OSError:
        return ()
    terminal = Terminal()
    terminal.write(text.replace("\r\n", "\n"))
    return tuple(terminal.lines(last))


def _state(recording: Recording, beat: datetime | None, now: datetime) -> RunState:
    if recording.exit_code == 0:
        return RunState.FINISHED
    young = beat is not None and now - beat < CRASHED_AFTER
    if recording.exit_code is None and young:
        return RunState.PREEMPTING if recording.preempting else RunState.RUNNING
    if recording.preempting:
        return RunState.PREEMPTED
    return RunState.CRASHED if recording.exit_code is None else RunState.FAILED


def _notes(log: Log, state: RunState) -> tuple[str, ...]:
    if log.torn and state.ended:
        return (*log.notes, "the log ends in the middle of a record: the last steps may be lost")
    return log.notes


def _runtime(recording: Recording, created: datetime | None, beat: datetime | None) -> float | None:
    """W&B's count of seconds (which spans a resume), or the span of this file if that is longer."""
    span = (beat - created).total_seconds() if beat and created else None
    known = [seconds for seconds in (recording.runtime, span) if seconds is not None]
    return max((s for s in known if math.isfinite(s)), default=None)


def _summary(recording: Recording) -> Mapping[str, Any]:
    """What was set explicitly, over the last logged values: the file may hold only the latter."""
    explicit = {key: value for key, value in recording.summary.items() if key != "_wandb"}
    return {**recording.last, **explicit}


def _commit(about: Any, environment: Any, extra: Mapping[str, Any]) -> str | None:
    for holder in (about, environment):
        if holder is not None and holder.HasField("git") and holder.git.commit:
            return str(holder.git.commit)
    git = extra.get("git")
    return _str(git.get("commit")) if isinstance(git, Mapping) else None


def _command(environment: Any, extra: Mapping[str, Any]) -> str | None:
    program = _text(environment, "program") or _str(extra.get("program"))
    args = list(environment.args) if environment is not None else extra.get("args")
    if program is None:
        return None
    return redact(" ".join([program, *map(str, args if isinstance(args, list) else ())]))


def _metadata(file: Path) -> Mapping[str, Any]:
    try:
        found = parse_json((file.parent / "files" / "wandb-metadata.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _id_of(file: Path) -> str:
    return file.stem.removeprefix("run-") or file.stem


def _folder_name(file: Path, *, parent: bool = False) -> str:
    folder = file.absolute().parent
    return (folder.parent if parent else folder).name


def _text(record: Any, name: str) -> str | None:
    return (getattr(record, name) or None) if record is not None else None


def _str(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
