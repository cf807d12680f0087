"""Console output as a terminal would show it: progress bars leave their last state, once."""

import re
from collections import deque
from collections.abc import Sequence

from analysis.run import ConsoleLine

# Control sequences (colours, cursor movements) and other escapes, as ECMA-48 builds them.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_KEPT = 20_000  # lines; the end of a log is what is asked for
_WIDEST = 100_000  # characters of a line


class Terminal:
    """Takes pieces of two streams and keeps the last lines.

    A carriage return goes back to the start of the line, and what follows overwrites it.
    """

    def __init__(self, keep: int = _KEPT) -> None:
        self._lines: deque[ConsoleLine] = deque(maxlen=keep)
        self._open: dict[bool, tuple[str, int, float | None]] = {}
        self._count = 0

    def write(self, text: str, *, error: bool = False, time: float | None = None) -> None:
        """Take the next piece of a stream: whole lines, parts of one, or nothing."""
        line, cursor, _ = self._open.pop(error, ("", 0, None))
        *whole, rest = _ESCAPES.sub("", text).split("\n")
        for piece in whole:
            line, cursor = _overwrite(line, cursor, piece)
            self._end(line, error, time)
            line, cursor = "", 0
        line, cursor = _overwrite(line, cursor, rest)
        if line or cursor:
            self._open[error] = (line, cursor, time)

    def lines(self, last: int) -> Sequence[ConsoleLine]:
        """The last lines in order, those that are not yet ended behind the others."""
        unfinished = [
            ConsoleLine(line.rstrip(), self._count + place, error, time)
            for place, (error, (line, _, time)) in enumerate(self._open.items())
            if line.strip()
        ]
        return [*self._lines, *unfinished][-last:] if last > 0 else []

    def _end(self, line: str, error: bool, time: float | None) -> None:
        self._lines.append(ConsoleLine(line.rstrip(), self._count, error, time))
        self._count += 1


def _overwrite(line: str, cursor: int, piece: str) -> tuple[str, int]:
    first, *returned = piece.split("\r")
    for place, part in enumerate((first, *returned)):
        if place:
            cursor = 0
        line = (line[:cursor] + part + line[cursor + len(part) :])[:_WIDEST]
        cursor = min(cursor + len(part), _WIDEST)
    return line, cursor
