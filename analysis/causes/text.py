"""A console log as it was written → clean lines.

Decodes any bytes, keeps the head and the tail of a long log, shows progress bars in their last
state, takes out colour codes and control characters, then secrets (`analysis.redact`), then the
prefixes that launchers and log collectors put before each line. Work is bounded by `HEAD` + `TAIL`
characters whatever the input.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from analysis.causes.model import Line
from analysis.redact import redact

READ_HEAD: Final = 256 * 1024
READ_TAIL: Final = 4 * 1024 * 1024
"""Bytes that are read of a file: imports and the start-up, and the end."""
HEAD: Final = 96 * 1024
TAIL: Final = 512 * 1024
"""Characters of clean text that are looked at."""
LINE: Final = 4000
"""A longer line keeps its first and last parts."""
_JSON_LINE: Final = 256 * 1024
"""A longer line is not read as JSON."""
CUT: Final = "[… lines left out …]"

_ANSI: Final = re.compile(
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|"
    r"[PX^_][^\x1b\n]*(?:\x1b\\)?|[ -/]{0,4}[0-Z\\^-~])"
)
_CONTROLS: Final = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\ufeff\\u200b]+")
_TELLING: Final = re.compile(r"rror|xception|Traceback|Killed|CANCELLED|abort|File \"|signal")


@dataclass(frozen=True, slots=True)
class Log:
    """A console log, as bytes or text, not yet cleaned.

    Attributes:
        data: The log, or its head and tail around a `CUT` line.
        omitted: Bytes or characters that are not in `data`.
    """

    data: str | bytes
    omitted: int = 0

    @classmethod
    def read(cls, path: Path) -> "Log":
        """Read what is needed of a file: all of a small one, the head and tail of a big one.

        Raises:
            OSError: The file cannot be read.
        """
        with path.open("rb") as file:
            if not file.seekable():
                return cls._piped(file)
            size = file.seek(0, 2)
            file.seek(0)
            if size <= READ_HEAD + READ_TAIL:
                return cls(file.read())
            head = file.read(READ_HEAD)
            file.seek(size - READ_TAIL)
            tail = file.read(READ_TAIL)
        return cls(_join(decode(head), decode(tail)), size - READ_HEAD - READ_TAIL)

    @classmethod
    def _piped(cls, file: BinaryIO) -> "Log":
        """The same of a pipe, which cannot be read from its end."""
        head, tail, omitted = file.read(READ_HEAD), b"", 0
        while part := file.read(READ_TAIL):
            whole = tail + part
            tail = whole[-READ_TAIL:]
            omitted += len(whole) - len(tail)
        if not omitted:
            return cls(head + tail)
        return cls(_join(decode(head), decode(tail)), omitted)


def _join(head: str, tail: str) -> str:
    """Head and tail as one text; a word that the cut split is dropped, it may be half a secret."""
    start = re.search(r"\s", tail[:8192])
    end = max(head.rfind(" "), head.rfind("\n"))
    return f"{head[:end] if end > 0 else ''}\n{CUT}\n{tail[start.end() if start else 8192 :]}"


def decode(data: bytes) -> str:
    """Bytes of any kind → text: UTF-16 by its mark or its many zero bytes, else lenient UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    sample = data[:4096]
    if len(sample) >= 8:
        odd, even = sample[1::2].count(0), sample[0::2].count(0)
        if odd > 0.4 * len(sample) / 2 and even < odd / 8:
            return data.decode("utf-16-le", "replace")
        if even > 0.4 * len(sample) / 2 and odd < even / 8:
            return data.decode("utf-16-be", "replace")
    return data.decode("utf-8", "replace")


def _bound(text: str, head: int, tail: int) -> str:
    return text if len(text) <= head + tail else _join(text[:head], text[-tail:])


def _last_state(line: str) -> Iterator[str]:
    """A line with carriage returns → what a terminal shows of it, and errors that were hidden."""
    parts = [part for part in line.split("\r") if part.strip()]
    if not parts:
        yield ""
        return
    for part in parts[-2000:-1]:
        if _TELLING.search(part[:LINE]):
            yield part
    yield parts[-1]


def _unfold(line: str) -> Iterator[str]:
    """A line of a structured log → itself, or its message and the traceback in its fields."""
    entry: object = None
    if len(line) <= _JSON_LINE:
        with suppress(ValueError, RecursionError):
            entry = json.loads(line)
    fields = entry if isinstance(entry, dict) else {}
    folded = [text for text in fields.values() if isinstance(text, str) and "\n" in text]
    if not folded:
        yield line
        return
    yield from (str(fields[key]) for key in ("message", "msg", "event") if key in fields)
    for text in folded:
        yield from text.split("\n")


def _shorten(line: str) -> str:
    if len(line) <= LINE:
        return line
    head, tail = line[: LINE * 3 // 4], line[-LINE // 4 :]
    end, start = head.rfind(" "), tail.find(" ")
    return f"{head[:end] if end > 0 else head[:-80]} … {tail[start + 1 if start >= 0 else 80 :]}"


def clean(log: Log) -> list[str]:
    """A log → its lines, readable and without secrets."""
    data = log.data
    if isinstance(data, bytes) and len(data) > READ_HEAD + READ_TAIL:
        text = _join(decode(data[:READ_HEAD]), decode(data[-READ_TAIL:]))
    else:
        text = decode(data) if isinstance(data, bytes) else data
        text = _bound(text, READ_HEAD, READ_TAIL)
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    shown = (
        _shorten(part)
        for line in text.split("\n")
        for whole in (_unfold(line) if line.startswith("{") and "\\n" in line else (line,))
        for part in (_last_state(whole) if "\r" in whole else (whole,))
    )
    text = _CONTROLS.sub("", _bound("\n".join(shown), HEAD, TAIL))
    return [line.rstrip() for line in redact(text).split("\n")]


# --- prefixes -----------------------------------------------------------------------------------

_RANK: Final = re.compile(
    r"\[rank(?P<torch>\d+)\]: ?|"
    r"\[default(?P<tee>\d+)\]: ?|"
    r"\[\d+,(?P<mpi>\d+)\](?:<std(?:err|out|diag)>)?: ?|"
    r"\((?:[\w.:<>=\[\] -]{1,80} )?pid=(?P<ray>\d+)(?:, ip=[\d.]+)?\) ?|"
    r"\((?P<raylet>raylet|autoscaler|bundle_reservation)[^)\n]{0,40}\) ?|"
    r"\[(?P<ip>(?:\d{1,3}\.){3}\d{1,3})\]: ?"
)
_STAMP: Final = re.compile(
    r"(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)? (?:stdout|stderr) [FP] ?)|"
    r"(?:\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?\]? ?)|"
    r"(?:\[\d\d:\d\d:\d\d(?:[.,]\d+)?\] ?)|"
    # gcloud ai custom-jobs stream-logs: severity, time, replica
    r"(?:(?:DEFAULT|CRITICAL|ERROR|WARNING|NOTICE|INFO|DEBUG)\s+"
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\s+"
    r"(?:service|(?:workerpool\d|[a-z]+)-(?:replica-)?\d+)\s)|"
    r"(?:(?:ERROR|CRITICAL|WARNING|INFO|DEBUG) \d\d-\d\d \d\d:\d\d:\d\d \[[\w./-]{1,80}:\d+\] ?)|"
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,64} [\w./-]{1,40}(?:\[\d+\])?: ?)"
)
_LABEL: Final = re.compile(
    r"(?P<srun>[ ]{0,4}\d{1,5}: ?)|"
    r"(?P<pdsh>(?:\d{1,3}\.){3}\d{1,3}: ?)|"
    r"(?P<host>(?!wandb|\w*(?:Error|Exception|Interrupt|Warning)\b|"
    r"(?i:epoch|steps?|iter(?:ation)?|batch|train(?:ing)?|val(?:id(?:ation)?)?|"
    r"eval(?:uation)?|test(?:ing)?|loss|info|debug|log) ?:)"
    r"[A-Za-z][\w.-]{1,62}(?::|[ ]{1,12}\|) ?)"
)


NO_LABELS: Final[frozenset[str]] = frozenset()


def lines_of(texts: list[str]) -> list[Line]:
    """Clean texts → lines without their prefixes, each with its rank where one is named."""
    labels = _common_labels(texts)
    return [_line(index, text, labels) for index, text in enumerate(texts)]


def _common_labels(texts: list[str]) -> frozenset[str]:
    """The labels of the one kind that most lines start with, none where few do.

    A name that stands before one line only is no label: it may be the type of an exception.
    """
    seen: Counter[str] = Counter()
    names: dict[str, Counter[str]] = {kind: Counter() for kind in _LABEL.groupindex}
    sample = [bare for text in texts[-600:] if (bare := _line(0, text, NO_LABELS).text).strip()]
    for text in sample:
        found = _LABEL.match(text)
        if found and found.lastgroup:
            seen[found.lastgroup] += 1
            names[found.lastgroup][found[0].strip(" :|")] += 1
    for kind, count in seen.items():
        if count >= 3 and count >= 0.7 * len(sample) and len(names[kind]) <= max(8, count // 8):
            return frozenset(name for name, times in names[kind].items() if times > 1)
    return NO_LABELS


def _line(index: int, text: str, labels: frozenset[str]) -> Line:
    rank: str | None = None
    stamped = False
    for _ in range(4):
        found = _RANK.match(text) if text[:1] in "[(" else None
        if found:
            rank = found["torch"] or found["tee"] or found["mpi"] or found["ip"] or rank
            if found["ray"]:
                rank = f"pid {found['ray']}"
        else:
            found = _STAMP.match(text)
            stamped = stamped or found is not None
        if not found and labels and rank is None:
            found = _LABEL.match(text)
            found = found if found and found[0].strip(" :|") in labels else None
            if found:
                rank = found[0].strip(" :|")
        if not found:
            break
        text = text[found.end() :]
    return Line(index, text, rank, stamped)
