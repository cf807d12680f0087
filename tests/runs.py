"""The recorded runs that tests read: the whole collection, or the bundled sample without it.

``RUNS`` is a folder of runs and their ``truth.json``; ``truth()`` is what is true of each::

    @every_run
    def test_health_is_right(recorded: Recorded) -> None:
        assert describe(recorded.log).health in recorded.health
"""

import atexit
import json
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from bot.demo.sample import unpack

_COLLECTION = Path(__file__).resolve().parents[2] / "shared" / "runs"


@dataclass(frozen=True)
class Recorded:
    """A recorded run and what is true of it; the fields are those of ``truth.json``.

    Attributes:
        folder: the run's folder.
        log: its ``.wandb`` file.
        must: codes that a good describer reports as warning or critical.
        may: codes that would be right too.
        health: acceptable healths.
    """

    name: str
    folder: Path
    log: Path
    project: str
    state: str
    rows: int
    exit_code: int | None
    must: frozenset[str]
    may: frozenset[str]
    health: frozenset[str]
    note: str


def _folder() -> Path:
    if (_COLLECTION / "truth.json").is_file():
        return _COLLECTION
    made = Path(tempfile.mkdtemp(prefix="recorded-runs-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return unpack(made)


RUNS = _folder()


@cache
def truth() -> dict[str, Recorded]:
    """What is true of each run, by its name, in the order of the file."""
    return read_truth(RUNS)


def read_truth(folder: Path) -> dict[str, Recorded]:
    """The ``truth.json`` of any folder of runs."""
    entries = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return {
        name: Recorded(
            name=name,
            folder=(folder / entry["file"]).parent,
            log=folder / entry["file"],
            project=entry["project"],
            state=entry["state"],
            rows=entry["rows"],
            exit_code=entry["exit_code"],
            must=frozenset(entry["must"]),
            may=frozenset(entry["may"]),
            health=frozenset(entry["health"]),
            note=entry.get("note", ""),
        )
        for name, entry in entries.items()
    }


every_run = pytest.mark.parametrize("recorded", truth().values(), ids=truth())
"""Runs a test once for each recorded run, as its argument ``recorded``."""
