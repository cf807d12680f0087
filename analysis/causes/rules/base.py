"""One entry of the table of causes: what a log must say, and where that wording comes from.

A rule names one cause. `role` settles what wins where several are seen (see `diagnose`):

- `root` explains the end by itself; the first in time wins.
- `consequence` is what processes print when another one died: it wins only if nothing else is seen.

`where` says what a pattern is matched against: `exception` (type and message of an exception that
ended a process), `line` (any line that is not part of a caught exception), `tail` (a line among the
last `TAIL_LINES`, for wordings that also occur in harmless messages). To add a cause of failure or
a wording, add an entry to a file of this folder and a log to `tests/analysis/causes/logs/build`.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from analysis.causes.model import Cause

TAIL_LINES: Final = 40


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the table.

    Attributes:
        id: Unique name.
        cause: What it shows.
        pattern: What the text must match.
        where: What it is matched against.
        source: Who prints it.
        needles: Lower-case texts, one of which every matching line holds: only lines with one are
            looked at, since a log has many lines and few of them tell.
        sure: Confidence, 0 to 1, that the cause is right when this matches.
        role: `root` or `consequence`.
        plain: Whether it is asked about a `KeyError` and its like too, which are faults of the
            program whatever words their messages hold.
    """

    id: str
    cause: Cause
    pattern: re.Pattern[str]
    where: Literal["exception", "line", "tail"]
    source: str
    needles: tuple[str, ...] = ()
    sure: float = 0.95
    role: Literal["root", "consequence"] = "root"
    plain: bool = False


def regex(pattern: str) -> re.Pattern[str]:
    """A pattern that ignores case."""
    return re.compile(pattern, re.IGNORECASE)


def accounted(states: str) -> str:
    """A pattern of Slurm's words for how a job ended: sacct's row of the job, seff, scontrol.

    The rows of a job's steps (``123.batch``, ``123.0``) tell what became of them, not why.

    Args:
        states: Lower-case alternatives; the words are cut where sacct's column ends.
    """
    upper = states.upper()
    return (
        rf"^\d[\d_]*\s.{{0,160}}\s(?-i:{upper})\S{{0,12}}(?: by \d+)?\s+\d+:\d+\s*$|"
        rf"^\s*(?:job)?state[:=]\s?(?-i:{upper})\b|\bstate=(?:{states})\b"
    )


def words(text: str) -> tuple[str, ...]:
    """Needles, written with bars between them."""
    return tuple(text.split("|"))
