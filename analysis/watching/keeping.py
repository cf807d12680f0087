"""What is kept of one run between two looks, and how it becomes bytes.

The facts of a run (its config, summary and names) are kept beside its curves: a look asks for them
again only where the run moved.
"""

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from analysis.history import History, Missing
from analysis.refs import RunRef
from analysis.run import Key, Run, RunState
from analysis.watching.compact import last_step, pack, unpack

_MARK: Final = b"kept1"
_SIZES: Final = struct.Struct("<II")
_TIMES: Final = ("created_at", "heartbeat_at", "ended_at")
_TUPLES: Final = ("tags", "notes_on_data")
_LONGEST: Final = 2_000  # characters of a summary's text


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What is kept of one run between two looks.

    Attributes:
        run: as it was last seen.
        history: bounded.
        whole: whether the history holds, or stands for, every row (else it was sampled).
        beat_before: the heartbeat at the look before; says whether it moves.
        missing: why new points did not come at this look.
        names: the curves that are asked for, in the order of ``metrics.select_keys``.
        facts_at: when config and summary were last asked for.
        system: the system metrics that are judged, as they were at ``system_at``.
        system_at: when they were last asked for.
        blob: the bytes that were stored of it, while they still hold.
    """

    run: Run
    history: History
    whole: bool = True
    beat_before: datetime | None = None
    missing: tuple[Missing, ...] = ()
    names: tuple[str, ...] = ()
    facts_at: datetime | None = None
    system: History | None = None
    system_at: datetime | None = None
    blob: bytes | None = None

    @property
    def path(self) -> str:
        """The run's path."""
        return self.run.ref.path

    @property
    def last_step(self) -> int | None:
        """The last step that is kept."""
        return last_step(self.history)

    def facts(self) -> dict[str, Any]:
        """What must be known at the next look, beside ``packed``: small, plain JSON."""
        run = self.run
        return {
            "whole": self.whole,
            "beat": _text(run.heartbeat_at),
            "state": run.state.value,
            "rows": run.rows,
            "names": list(self.names),
            "facts_at": _text(self.facts_at),
            "system_at": _text(self.system_at),
        }

    def packed(self) -> bytes:
        """The run's facts, its curves and its system metrics as bytes."""
        if self.blob is not None:
            return self.blob
        head = zlib.compress(json.dumps(_plain(self.run), separators=(",", ":")).encode(), 3)
        curves = pack(self.history)
        system = b"" if self.system is None else pack(self.system)
        return _MARK + _SIZES.pack(len(head), len(curves)) + head + curves + system


@dataclass(frozen=True, slots=True)
class Stored:
    """What was stored of one run: ``Kept.facts`` and ``Kept.packed``."""

    facts: Mapping[str, Any]
    history: bytes


def restored(ref: RunRef, stored: Stored) -> Kept | None:
    """What was kept of a run; ``None`` where that cannot be told, so that it is read anew."""
    facts, data = stored.facts, stored.history
    if not data.startswith(_MARK):
        return None
    try:
        first, second = _SIZES.unpack_from(data, len(_MARK))
        start = len(_MARK) + _SIZES.size
        head, rest = data[start : start + first], data[start + first :]
        run = _run(ref, json.loads(zlib.decompress(head)) | {"state": facts["state"]})
        system = rest[second:]
        return Kept(
            run=run,
            history=unpack(rest[:second]),
            whole=bool(facts.get("whole", True)),
            beat_before=_time(facts.get("beat")),
            names=tuple(map(str, facts.get("names") or ())),
            facts_at=_time(facts.get("facts_at")),
            system=unpack(system) if system else None,
            system_at=_time(facts.get("system_at")),
            blob=data,
        )
    except (zlib.error, struct.error, ValueError, TypeError, KeyError, AttributeError):
        return None


def _plain(run: Run) -> dict[str, Any]:
    """A run as plain JSON, without its path; of its summary what no judgement reads is left out."""
    found = {each.name: getattr(run, each.name) for each in fields(run)}
    del found["ref"]
    found["state"] = run.state.value
    found |= {name: _text(found[name]) for name in _TIMES}
    found["summary"] = {key: value for key, value in run.summary.items() if _telling(value)}
    found["keys"] = {
        name: [key.count, key.numeric, key.step_metric] for name, key in run.keys.items()
    }
    return found


def _telling(value: object) -> bool:
    """Whether a summary's value may matter: no media, tables, histograms, lists or long texts."""
    if isinstance(value, str):
        return len(value) <= _LONGEST
    return not isinstance(value, list) and not (isinstance(value, Mapping) and "_type" in value)


def _run(ref: RunRef, found: Mapping[str, Any]) -> Run:
    made = dict(found)
    made |= {name: _time(made[name]) for name in _TIMES}
    made |= {name: tuple(made[name]) for name in _TUPLES}
    made["keys"] = {name: Key(*about) for name, about in made["keys"].items()}
    made["state"] = RunState.of(made["state"])
    return Run(ref=ref, **made)


def _text(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
