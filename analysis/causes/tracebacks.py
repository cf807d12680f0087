"""Lines → the exceptions printed in them, chained as Python chained them.

Understands plain tracebacks with or without their header line (an emulated terminal moves or loses
it), chained ones, exception groups, syntax errors, rich's boxes, loguru's marks, IPython's cells,
faulthandler's dumps, Ray's and the data loader's nested ones, and several processes writing at once
as long as a prefix tells them apart.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, Literal

from analysis.causes.model import Frame, Line, Trace

_FRAME: Final = re.compile(
    r"^\s*(?:>\s*)?File \"(?P<file>[^\"]{1,400})\", line (?P<line>\d{1,7})"
    r"(?:,? in (?P<function>.{1,200}))?\s*$"
)
_CELL: Final = re.compile(
    r"^(?:File |Cell )(?P<file>[^\s,:][^,:\n]{0,300}?)(?::(?P<line>\d{1,7}))?"
    r"(?:, line (?P<cell>\d+))?(?:, in (?P<function>[\w.<>]+).*)?$"
)
_RICH: Final = re.compile(
    r"^\s*[│|]\s(?P<file>\S[^│]{0,300}?):(?P<line>\d{1,7}) in (?P<function>[\w.<>]+)\s*[│|]?\s*$"
)
_RICH_CODE: Final = re.compile(r"^\s*[│|]\s*❱\s*\d+ (?:[│|]\s*)*(?P<code>.*?)\s*[│|]?\s*$")
_HEADER: Final = re.compile(r"Traceback \(most recent call last\)|Stack \(most recent call last\)")
_DUMP: Final = re.compile(r"^(?:Current thread|Thread) 0x[0-9a-f]+.*\(most recent call first\)")
_EXCEPTION: Final = re.compile(
    r"^(?P<type>(?:[A-Za-z_]\w{0,60}\.){0,8}[A-Za-z_]\w{0,80}(?:\(\w{1,80}\))?)"
    r"(?::(?:\s(?P<message>.*))?)?$"
)
_NAMED: Final = re.compile(
    r"^(?P<type>(?:[A-Za-z_]\w{0,60}\.){0,8}"
    r"(?:_?[A-Z]\w{0,80}(?:Error|Exception|Interrupt|Exit|Expired|Timeout|NotFound)|"
    r"(?:[A-Za-z_]\w{0,60}\.){1,8}(?:NotFound|Forbidden|Unauthorized|Timeout|Error|Exception)|"
    r"KeyboardInterrupt|SystemExit|[a-z]{2,20}\.error|NoSuchKey|Empty)(?:\(\w{1,80}\))?)(?::(?:\s(?P<message>.*))?)?$"
)
_REPR: Final = re.compile(
    r"^(?P<type>[A-Z]\w{0,80}(?:Error|Exception))\((?P<q>['\"])(?P<message>.*)(?P=q)\)$"
)
_GROUP: Final = re.compile(r"^\s*(?:\+-\+?-{4,}|\+ Exception Group|(?:\| ?)+)")
_STOP: Final = re.compile(
    r"^(?:wandb:|srun: |slurmstepd|[WEIF]\d{4} |\[[WEI]\d* |\[[WEI] |terminate called|Exception |"
    r"Process \w|(?:ERROR|WARNING|INFO|DEBUG|CRITICAL)\b|Killed|Terminated|"
    r"Segmentation fault|Aborted|Bus error|Hangup|free\(\)|double free|malloc\(\)|"
    r"[\w./-]+: line \d+: |slurmstepd|##\[|Fatal Python|={6,}|"
    r"-{20,}|The above exception|During handling|Original Traceback|\s*\d{1,3}%\|)"
)
_CAUSE: Final = "The above exception was the direct cause of the following exception"
_CONTEXT: Final = "During handling of the above exception, another exception occurred"
_ORIGINAL: Final = "Original Traceback (most recent call last)"
"""A data loader's worker: what follows is the exception that the one before reports."""
_REMOTE: Final = re.compile(r"(?:^|\.)(?:RayTaskError(?:\(\w+\))?|CheckpointException)$")
"""The frames and the exception of the task, or of the other rank, come right after this."""
_ASIDE: Final = re.compile(
    r"^(?:Exception ignored in|Exception in thread|Exception in callback|--- Logging error|"
    r"Thread \w+:$|"
    r"Error in atexit|Exception in Tkinter|Task exception was never|Future exception was never)"
)
_MAY_BE_EXCEPTION: Final = re.compile(
    r"rror|xception|Interrupt|Exit|NotFound|Forbidden|Unauth|Timeout"
)
_MESSAGE_LINES: Final = 25
_FOREIGN: Final = re.compile(
    r"site-packages|dist-packages|[\\/]lib(?:64)?[\\/]python\d|[\\/]Lib[\\/]|^<|^python\d|"
    r"[\\/]pyenv[\\/]versions|conda\d?[\\/](?:envs[\\/][^\\/]+[\\/])?lib|\.pxi$|\.pyx$|\.cpp$|"
    r"[\\/]bin[\\/][\w.-]+$|^/usr/lib|^<frozen|^(?:torch|transformers|numpy|pyarrow|h5py)[\\/]|"
    r"[\\/]ray[\\/]_private|\.vscode|[\\/]debugpy|[\\/]runpy\.py$|[\\/]multiprocessing[\\/]\w+\.py$"
)


def is_own(frame: Frame) -> bool:
    """Whether a frame is the user's own code, not an installed package or the language itself."""
    return not _FOREIGN.search(frame.file)


def own_frame(traces: Sequence[Trace]) -> Frame | None:
    """The last own frame of the first trace that has one."""
    for trace in traces:
        for frame in reversed(trace.frames):
            if is_own(frame):
                return frame
    return None


def find_traces(lines: Sequence[Line]) -> list[Trace]:
    """Every exception printed in the lines, by the place where each starts."""
    streams: dict[str | None, list[Line]] = {}
    for line in lines:
        streams.setdefault(line.rank, []).append(line)
    found = [trace for stream in streams.values() for trace in _Stream(stream).read()]
    return sorted(found, key=lambda trace: trace.start)


class _Stream:
    """Reads the traces of one process: one pass, each line looked at a bounded number of times."""

    def __init__(self, lines: list[Line]) -> None:
        grouped = any("Exception Group Traceback" in line.text for line in lines)
        self.lines = lines
        self.texts = [_ungroup(line.text) if grouped else line.text for line in lines]
        self.indices = [line.index for line in lines]
        self.traces: list[Trace] = []

    def read(self) -> list[Trace]:
        at = 0
        while at < len(self.texts):
            text = self.texts[at]
            frame = _frame(text)
            if frame is not None and (frame[1] or self._near_header(at)):
                at = self._trace(at)
            elif _MAY_BE_EXCEPTION.search(text):
                at = self._orphan(at)
            else:
                at += 1
        return self.traces

    def _near_header(self, at: int) -> bool:
        return any(_HEADER.search(text) for text in self.texts[max(0, at - 4) : at])

    def _trace(self, at: int) -> int:
        """Read the frames from `at` and the exception after them; where to go on."""
        start, frames = at, list[Frame]()
        strangers = 0
        while at < len(self.texts):
            text = self.texts[at]
            found = _frame(text)
            if found is not None:
                frames.append(found[0])
                strangers = 0
            elif (code := _code(text, frames)) is not None:
                frames[-1] = code
            elif not text.strip() or text[0] in " \t│|╭╰^┃":
                if _HEADER.search(text):
                    return at
            elif _HEADER.search(text) or _CAUSE in text or _CONTEXT in text:
                return at
            elif (exception := _exception(text)) is not None and strangers < 3:
                return self._finish(start, at, exception, frames)
            else:
                strangers += 1
                if strangers > 3:
                    return at
            at += 1
        return at

    def _finish(self, start: int, at: int, exception: tuple[str, str], frames: list[Frame]) -> int:
        end = self._message_end(at)
        message = "\n".join([exception[1], *self.texts[at + 1 : end]]).strip()
        before = self._before(start)
        self.traces.append(
            Trace(
                type=exception[0],
                message=message,
                frames=tuple(frames),
                start=self.lines[start].index,
                end=self.lines[end - 1].index,
                rank=self.lines[at].rank,
                after=self._link(before, start),
                aside=any(_ASIDE.match(text) for text in before),
            )
        )
        return end

    def _before(self, start: int) -> list[str]:
        """The few lines above a trace: its header, and what announced it."""
        return [text for text in self.texts[max(0, start - 5) : start] if text.strip()][-3:]

    def _link(self, before: list[str], start: int) -> Literal["cause", "context"] | None:
        if not self.traces:
            return None
        told = "\n".join(before)
        if _CAUSE in told or _ORIGINAL in told:
            return "cause"
        if _REMOTE.search(self.traces[-1].type) and not self._gap(start):
            return "cause"
        return "context" if _CONTEXT in told else None

    def _gap(self, start: int) -> bool:
        """Whether anything stands between the exception before and the trace at `start`."""
        end = bisect_left(self.indices, self.traces[-1].end) + 1
        return any(
            text.strip() and not _HEADER.search(text) for text in self.texts[max(end, 0) : start]
        )

    def _message_end(self, at: int) -> int:
        """Index after the last line that belongs to the message of the exception at `at`."""
        end, blanks = at + 1, 0
        for following in range(at + 1, min(len(self.texts), at + _MESSAGE_LINES)):
            text = self.texts[following]
            if not text.strip():
                blanks += 1
                if blanks > 1:
                    break
                continue
            # The next exception comes first: it is cheap, and all there is where errors repeat.
            if self.lines[following].stamped or _NAMED.match(text) or _STOP.match(text):
                break
            if _HEADER.search(text) or _frame(text) or is_progress(text):
                break
            end, blanks = following + 1, 0
        return end

    def _orphan(self, at: int) -> int:
        """An exception printed without its frames."""
        text = self.texts[at].removeprefix("Exception: ").strip()
        found = _NAMED.match(text) or _REPR.match(text)
        if found is None or "Warning" in found["type"]:
            return at + 1
        return self._finish(at, at, (found["type"], (found["message"] or "").strip()), [])


def _ungroup(text: str) -> str:
    """Take the drawing of an exception group off a line."""
    found = re.match(r"^\s*(?:\| ?)+", text)
    if found:
        return (
            text[found.end() :]
            if not text[found.end() :].startswith(" File")
            else (" " + text[found.end() :])
        )
    return "" if _GROUP.match(text) and "Traceback" not in text else text


def _frame(text: str) -> tuple[Frame, bool] | None:
    """The frame that a line shows, and whether the line can be nothing else."""
    found = _FRAME.match(text) if 'File "' in text else None
    if found:
        return Frame(found["file"], int(found["line"]), _function(found["function"])), True
    found = _RICH.match(text) if " in " in text and text.lstrip()[:1] in "│|" else None
    if found:
        return Frame(found["file"].strip(), int(found["line"]), found["function"]), "│" in text
    found = _CELL.match(text) if text.startswith(("File ", "Cell ")) else None
    if found and (found["line"] or found["cell"]):
        number = int(found["line"] or found["cell"])
        return Frame(found["file"], number, _function(found["function"])), False
    return None


def _function(name: str | None) -> str | None:
    return name.strip() if name else None


def _code(text: str, frames: list[Frame]) -> Frame | None:
    """The last frame with its source line, if `text` is that line."""
    if not frames:
        return None
    last = frames[-1]
    rich = _RICH_CODE.match(text)
    if rich:
        return Frame(last.file, last.line, last.function, rich["code"].lstrip("│ ").strip())
    if last.code is None and text.startswith("  ") and text.strip(" ^~│|"):
        return Frame(last.file, last.line, last.function, text.strip())
    return None


_WORDS: Final = frozenset(
    (
        "Killed",
        "Terminated",
        "Aborted",
        "Epoch",
        "Done",
        "Finished",
        "Node",
        "Note",
        "Hint",
        "Loading",
    )
)


def _exception(text: str) -> tuple[str, str] | None:
    """Type and message of the line that ends a traceback."""
    found = _EXCEPTION.match(text.strip() if text.startswith("Exception: ") else text.rstrip())
    if not found:
        return None
    name = found["type"].partition("(")[0].rpartition(".")[2]
    if name in _WORDS:
        return None
    if not (name[:1].isupper() or name.lower().endswith(("error", "timeout", "exception"))):
        return None
    return found["type"], (found["message"] or "").strip()


_PROGRESS_HINT: Final = ("loss", "step", "epoch", "iter", "it/s", "%|", "s/it", "batch", "reward")
_PROGRESS: Final = re.compile(
    r"\b(?:global_?step|steps?|iter(?:ation)?s?|epochs?|batch)\b[\"'\]]?[\s:=#\[/|]{0,4}\d|"
    r"\bloss[\w]{0,12}[\"']?[\s:=]{1,4}[\"']?(?:-?\d|nan|inf)|\d{1,3}%\s?\||\d(?:it/s|s/it)\b|"
    r"\b(?:reward|ppl|acc(?:uracy)?)[\"']?\s?[:=]\s?[\"']?-?\d",
    re.IGNORECASE,
)


def is_progress(text: str) -> bool:
    """Whether a line reports that training goes on; W&B's summary at the end does not."""
    if text.startswith("wandb:"):
        return False
    lower = text[:600].lower()
    return any(hint in lower for hint in _PROGRESS_HINT) and bool(_PROGRESS.search(text[:600]))
