"""Lines and exceptions → what of it can have ended the run.

An exception that the program survived is no cause: normal progress of the same process follows it,
or a later exception with ordinary output in between. An exception printed late (the standard output
of a finished process is flushed after its errors) is one.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final

from analysis.causes.model import Line, Trace
from analysis.causes.signs import (
    CAUGHT_AFTER,
    CAUGHT_BEFORE,
    CLOSED,
    FINISHED,
    NAN_LOSS,
    NOISE,
    POINTS_ELSEWHERE,
    WRAPPERS,
)
from analysis.causes.tracebacks import find_traces, is_progress

_STEP: Final = re.compile(
    r"\b(?:global_?step|steps?|iter(?:ation)?s?|epochs?|batch)\b[\"'\]]?"
    r"[\s:=#\[/|]{0,4}(\d{1,12}(?:\.\d+)?)|"
    r"(?:^|\s)(\d{1,12})/\d{1,12}\s?\[",
    re.IGNORECASE,
)
_SEVERAL: Final = re.compile(
    r"\brank ?[1-9]|local_rank|torchrun|torch[./]distributed|mpirun|horovod|deepspeed|"
    r"RayTrainWorker|ProcessRaisedException|-- Process \d"
)
_LEFT: Final = re.compile(r"tasks? [\d,-]+: Exited with exit code (\d{1,3})\b")
_SIGNALS: Final = 128
"""Exit codes from here on tell of a signal."""
_WANDB: Final = re.compile(r"wandb:")
_ORDINARY_LINES: Final = 3
_FIRST, _LAST = 60, 100
"""A log with more exceptions than these is judged by its first and last ones."""
_SURVIVED_LINES: Final = 5


@dataclass(frozen=True)
class Chain:
    """Exceptions that Python printed as one, the last one last."""

    traces: tuple[Trace, ...]

    @property
    def final(self) -> Trace:
        """The exception that was not caught."""
        return self.traces[-1]

    @property
    def start(self) -> int:
        """Index of its first line."""
        return self.traces[0].start

    @property
    def aside(self) -> bool:
        """Printed by a destructor, a helper thread or the logging module."""
        return all(trace.aside for trace in self.traces)

    @property
    def wrapped(self) -> bool:
        """Only reports that something else failed."""
        return all(is_wrapper(trace) for trace in self.traces)


def is_wrapper(trace: Trace) -> bool:
    """Whether an exception only reports another one."""
    return (
        bool(WRAPPERS.search(trace.type))
        or (trace.message.startswith("Caught ") and " in " in trace.message[:120])
        or bool(POINTS_ELSEWHERE.search(trace.message[:300]))
    )


@dataclass(frozen=True)
class Reading:
    """A log, read: its lines, its exceptions, and what they mean for each other."""

    lines: Sequence[Line]
    traces: Sequence[Trace]

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Reading":
        """Read the exceptions of cleaned lines."""
        return cls(lines, find_traces(lines))

    @cached_property
    def chains(self) -> tuple[Chain, ...]:
        """All exceptions, joined as Python chained them."""
        groups: list[list[Trace]] = []
        last: dict[str | None, list[Trace]] = {}
        for trace in _bounded(self.traces):
            group = last.get(trace.rank)
            if trace.after and group:
                group.append(trace)
            else:
                last[trace.rank] = group = [trace]
                groups.append(group)
        return tuple(Chain(tuple(group)) for group in groups)

    @cached_property
    def inside(self) -> frozenset[int]:
        """Indices of the lines that belong to an exception."""
        return frozenset(i for trace in self.traces for i in range(trace.start, trace.end + 1))

    @cached_property
    def progress(self) -> tuple[Line, ...]:
        """Lines that report progress, in order."""
        inside = self.inside
        return tuple(
            line for line in self.lines if line.index not in inside and is_progress(line.text)
        )

    @cached_property
    def several(self) -> bool:
        """Whether more than one process writes to this log."""
        ranks = {line.rank for line in self.lines if line.rank is not None}
        return len(ranks) > 1 or any(_SEVERAL.search(line.text) for line in self.lines[-4000:])

    def after(self, index: int, rank: str | None) -> list[Line]:
        """Progress of the same process after a line."""
        at = bisect_right(self.progress, index, key=lambda line: line.index)
        return [line for line in self.progress[at:] if rank in (None, line.rank)]

    def before(self, index: int, rank: str | None) -> list[Line]:
        """Progress of the same process before a line."""
        at = bisect_right(self.progress, index - 1, key=lambda line: line.index)
        return [line for line in self.progress[:at] if rank in (None, line.rank)]

    def goes_on(self, line: Line, least: int = _SURVIVED_LINES) -> bool:
        """Whether training went on after a line as if nothing had happened."""
        after = self.after(line.index, line.rank)
        return len(after) >= least and self._advances(self.before(line.index, line.rank), after)

    @staticmethod
    def _advances(before: Sequence[Line], after: Sequence[Line]) -> bool:
        reached, later = _steps(before[-20:]), _steps(after[-20:])
        if reached and later:
            return max(later) > max(reached)
        return bool(before)

    def caught(self, chain: Chain) -> bool:
        """Whether the program survived an exception."""
        return chain.start in self._caught

    @cached_property
    def _caught(self) -> frozenset[int]:
        return frozenset(chain.start for chain in self.chains if self._survives(chain))

    def _survives(self, chain: Chain) -> bool:
        trace = chain.final
        after = self.after(trace.end, trace.rank)
        if len(after) >= 2 and self._advances(self.before(chain.start, trace.rank), after):
            return True
        if after and (
            any(CAUGHT_BEFORE.search(line.text) for line in self._around(chain.start - 4, 4))
            or any(CAUGHT_AFTER.search(line.text) for line in self._around(trace.end + 1, 3))
            or any(CAUGHT_AFTER.search(text) for text in trace.message.split("\n")[1:3])
        ):
            return True
        return not self.several and self._superseded(chain)

    def _around(self, start: int, count: int) -> Sequence[Line]:
        return self.lines[max(0, start) : max(0, start + count)]

    def _superseded(self, chain: Chain) -> bool:
        """One process that fails again after ordinary output survived the first time."""
        end = chain.final.end
        later = [c for c in self.chains if c.start > end and not (c.aside or c.wrapped)]
        if not later:
            return False
        ordinary = self._ordinary
        return ordinary[later[-1].start] - ordinary[end + 1] >= _ORDINARY_LINES

    @cached_property
    def _ordinary(self) -> list[int]:
        """How many lines of ordinary output stand before each line."""
        inside = self.inside
        return list(
            accumulate(
                (
                    bool(line.text.strip())
                    and line.index not in inside
                    and "Traceback" not in line.text
                    and not line.text.startswith((" ", "The above", "During handling"))
                    for line in self.lines
                ),
                initial=0,
            )
        )

    @cached_property
    def fatal(self) -> tuple[Chain, ...]:
        """Exceptions that can have ended a process, in the order they were printed."""
        return tuple(c for c in self.chains if not c.aside and not self.caught(c))

    @cached_property
    def survived(self) -> tuple[Chain, ...]:
        """Exceptions that the program survived."""
        return tuple(c for c in self.chains if not c.aside and self.caught(c))

    @cached_property
    def nan_line(self) -> Line | None:
        """The first progress line of a non-finite loss that lasted to the end."""
        first: Line | None = None
        for line in reversed(self.progress):
            if NAN_LOSS.search(line.text):
                first = line
            elif "loss" in line.text.lower():
                break
        return first

    def tail(self, count: int) -> list[Line]:
        """The last lines that say anything."""
        found: list[Line] = []
        for line in reversed(self.lines):
            if line.text.strip():
                found.append(line)
                if len(found) == count:
                    break
        return found[::-1]

    @cached_property
    def finished(self) -> Line | None:
        """The line near the end that says training is complete."""
        return next((ln for ln in reversed(self._own_tail) if FINISHED.search(ln.text)), None)

    @cached_property
    def closed(self) -> Line | None:
        """W&B's closing line, where it is among the last ones: the process came to its exit."""
        return next((ln for ln in reversed(self.tail(8)) if CLOSED.search(ln.text)), None)

    @cached_property
    def _own_tail(self) -> list[Line]:
        """The last lines that the program itself wrote: W&B's summary at the end is long."""
        own = [ln for ln in self.lines[-200:] if ln.text.strip() and not _WANDB.match(ln.text)]
        return own[-20:]

    @cached_property
    def left(self) -> tuple[int, int] | None:
        """The first task that left with a code of its own, as srun says: its line, its code."""
        for line in self.lines[-3000:]:
            if "srun: error" in line.text and (found := _LEFT.search(line.text)):
                code = int(found[1])
                if 0 < code < _SIGNALS:
                    return line.index, code
        return None

    def plain(self) -> Iterator[Line]:
        """Lines outside of exceptions."""
        inside = self.inside
        return (line for line in self.lines if line.text and line.index not in inside)


def _bounded(traces: Sequence[Trace]) -> Sequence[Trace]:
    return traces if len(traces) <= _FIRST + _LAST else (*traces[:_FIRST], *traces[-_LAST:])


def is_noise(line: Line) -> bool:
    """Whether a line is a warning, a retry or a remark: no evidence, whatever words it holds."""
    return bool(NOISE.search(line.text[:400]))


def _steps(lines: Sequence[Line]) -> list[float]:
    found = (_STEP.search(line.text) for line in lines)
    return [float(match[1] or match[2]) for match in found if match]
