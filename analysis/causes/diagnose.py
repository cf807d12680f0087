"""Why did it fail: a log, an exit code and metrics → one diagnosis.

Pure; no input makes it raise.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from analysis.causes.advice import Context, advise, gpu_capacity
from analysis.causes.candidates import Candidate, candidates
from analysis.causes.model import Diagnosis, Frame, MetricEvidence, Trace
from analysis.causes.reading import Chain, Reading, is_noise
from analysis.causes.rules import RULES
from analysis.causes.text import CUT, Log, clean, lines_of
from analysis.causes.tracebacks import is_own, own_frame
from analysis.causes.verdict import Verdict, decide
from analysis.reports import iso_utc

MAX_QUOTES: Final = 6
MAX_QUOTE: Final = 300
_MAX_ALSO: Final = 5
_LAST: Final = 60
_DRIVER: Final = 200
_TOLD_BY_METRICS: Final = frozenset(("nan_at_end", "memory_at_end"))
_RECORD: Final = re.compile(
    r"torch[./]distributed|ChildFailedError|"
    r"^\s*(?:time|host|rank|exitcode|error_file|traceback)\s*: |"
    r"^\s*[=*-]{10,}|Root Cause \(first|^\s*\[\d+\]:|<NO_OTHER_FAILURES>|^Failures:"
)
"""What a launcher records of a failed process: it does not say why."""
_USER_CODE: Final = "from user code:"
_USER_LINES: Final = 40
_USER_FRAME: Final = re.compile(r'\s*File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<name>.+)$')
_DUMP_FRAME: Final = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<name>.+)$')


def diagnose(
    log: Log | bytes | str,
    *,
    exit_code: int | None,
    state: str | None = None,
    metrics: MetricEvidence | None = None,
    config: Mapping[str, object] | None = None,
) -> Diagnosis:
    """Tell why a run ended.

    Args:
        log: The console log, or as much of its end as there is.
        exit_code: Of the process or its launcher; negative for a signal; `None` if not known.
        state: W&B's state of the run (`failed`, `crashed`, …), if known.
        metrics: What the run's metrics say about its end.
        config: The run's config, flat or nested, for advice that fits it.

    Returns:
        The diagnosis; `unknown` with the last lines where nothing tells the cause.
    """
    log = log if isinstance(log, Log) else Log(log)
    metrics = metrics or MetricEvidence()
    reading = Reading.of(lines_of(clean(log)))
    found = candidates(reading)
    verdict = decide(found, reading, exit_code=exit_code, state=state, metrics=metrics)
    trace = verdict.candidate.trace if verdict.candidate else None
    frame = _frame(verdict, reading)
    if frame is not None and frame.code is not None:
        frame = replace(frame, code=_shown(frame.code))
    quotes = tuple(_quotes(verdict, reading, frame))
    text = _telling(verdict, quotes, reading)
    return Diagnosis(
        cause=verdict.cause,
        confidence_value=round(_sure(verdict, exit_code), 2),
        exception_type=trace.type if trace else None,
        exception_message=_shown(trace.message.partition("\n")[0]) if trace else None,
        frame=frame,
        quotes=quotes,
        advice=advise(Context(verdict.cause, text, config or {}, metrics, _functions(trace))),
        also=tuple(_also(verdict, found, reading, metrics))[:_MAX_ALSO],
        evidence=_evidence(verdict, reading, exit_code, state, metrics, log, text),
        rule=verdict.rule,
        source=verdict.source,
    )


def _sure(verdict: Verdict, exit_code: int | None) -> float:
    """An exit code that is not known leaves room for doubt about how the run ended."""
    doubt = exit_code is None and verdict.cause not in {"none", "unknown"} and verdict.candidate
    if doubt and verdict.candidate and not verdict.candidate.verdict:
        return verdict.sure * 0.95
    return verdict.sure


def _frame(verdict: Verdict, reading: Reading) -> Frame | None:
    """The last own frame of the telling exception, of its chain, or of a crash dump."""
    candidate = verdict.candidate
    if candidate is not None and candidate.trace is not None:
        rest = reversed(candidate.chain.traces) if candidate.chain else ()
        if (compiled := _compiled(candidate.trace, reading)) is not None:
            return compiled
        return own_frame([candidate.trace, *rest])
    if verdict.cause != "segfault":
        return None
    for at, line in enumerate(reading.lines):
        if "(most recent call first)" in line.text:
            for following in reading.lines[at + 1 : at + 60]:
                found = _DUMP_FRAME.match(following.text)
                if found is None:
                    break
                frame = Frame(found["file"], int(found["line"]), found["name"].strip())
                if is_own(frame):
                    return frame
    return None


def _compiled(trace: Trace, reading: Reading) -> Frame | None:
    """Where compiled code was written (TorchDynamo); the traceback shows where it was called."""
    after = [line.text for line in reading.lines[trace.start : trace.end + _USER_LINES]]
    told = next((at for at, text in enumerate(after) if text.startswith(_USER_CODE)), None)
    if told is None:
        return None
    frames = (_USER_FRAME.match(text) for text in after[told + 1 :])
    found = [Frame(f["file"], int(f["line"]), f["name"].strip()) for f in frames if f]
    return next((frame for frame in reversed(found) if is_own(frame)), None)


def _functions(trace: Trace | None) -> tuple[str, ...]:
    return tuple(frame.function for frame in trace.frames if frame.function) if trace else ()


def _shown(text: str) -> str:
    text = text.strip()
    return text if len(text) <= MAX_QUOTE else f"{text[: MAX_QUOTE - 1]}…"


def _quotes(verdict: Verdict, reading: Reading, frame: Frame | None) -> Iterator[str]:
    """The telling lines: the exception and where it was raised, or the line that tells."""
    lines = list(_quoted(verdict, reading, frame))
    seen: set[str] = set()
    for text in lines:
        shown = _shown(text)
        if shown and shown not in seen and len(seen) < MAX_QUOTES:
            seen.add(shown)
            yield shown


def _quoted(verdict: Verdict, reading: Reading, frame: Frame | None) -> Iterator[str]:
    candidate = verdict.candidate
    if verdict.cause == "none":
        if verdict.reason and verdict.rule in {"finished_line", "closed_line"}:
            yield verdict.reason
        return
    if candidate is not None and candidate.trace is not None:
        if frame is not None:
            where = f", in {frame.function}" if frame.function else ""
            yield f'File "{frame.file}", line {frame.line}{where}'
            yield frame.code or ""
        yield from _message(candidate.trace, verdict.rule)
        if verdict.rule == "nan_before_error" and reading.nan_line is not None:
            yield reading.nan_line.text
        return
    if candidate is not None and candidate.line is not None:
        yield candidate.line.text
        return
    if verdict.cause == "nan" and reading.nan_line is not None:
        yield reading.nan_line.text
    if verdict.rule in _TOLD_BY_METRICS:
        return  # the last lines would look like evidence, and are none
    last = [line for line in reading.tail(_LAST) if line.text != CUT]
    since = reading.progress[-1].index if reading.progress else -1
    last = [line for line in last if line.index > since] or last
    quiet = [ln for ln in last if not is_noise(ln) and not _RECORD.search(ln.text)]
    own = [ln for ln in quiet if ln.index not in reading.inside and "Traceback (" not in ln.text]
    if reading.left is not None:
        yield reading.lines[reading.left[0]].text
    telling = own or quiet or last
    for line in telling[-MAX_QUOTES:]:  # what a launcher adds below is long, and says nothing
        yield line.text


def _message(trace: Trace, rule: str) -> Iterator[str]:
    """The headline, the line that told where that is another one, and what follows the headline."""
    yield trace.headline
    rest = trace.message.split("\n")[1:]
    pattern = next((each.pattern for each in RULES if each.id == rule), None)
    if pattern is not None and not pattern.search(trace.headline):
        yield from (line for line in rest if pattern.search(line.strip()))
    yield from rest[:2]


def _telling(verdict: Verdict, quotes: tuple[str, ...], reading: Reading) -> str:
    """The whole text that told the cause, for advice: quotes are cut, messages are not."""
    candidate = verdict.candidate
    if candidate is not None and candidate.chain is not None:
        told = [f"{t.type}: {t.message}" for t in candidate.chain.traces]
        if verdict.cause == "cuda_error":  # the driver's own word stands above the traceback
            told += [ln.text[:MAX_QUOTE] for ln in reading.tail(_DRIVER) if "Xid" in ln.text]
        return "\n".join(told)[:8000]
    if candidate is not None and candidate.line is not None:
        return candidate.line.text
    return "\n".join(quotes)


_EFFECTS: Final = {
    "network_nccl": "Communication errors followed on {who}; they are an effect.",
    "killed": "The launcher then stopped the other processes.",
    "interrupted": "An interrupt was seen too.",
}


def _also(
    verdict: Verdict, found: list[Candidate], reading: Reading, metrics: MetricEvidence
) -> Iterator[str]:
    """Other things seen, a sentence each, the more telling first."""
    if metrics.similar_failures:
        scope = metrics.similar_scope or "project"
        count = metrics.similar_failures
        runs = "run" if count == 1 else "runs"
        yield f"{count} other {runs} of this {scope} ended with the same error."
    if verdict.cause != "nan":
        yield from _also_nan(reading, metrics)
    yield from _trends(metrics)
    named: set[str] = {verdict.cause}
    verdict_line = verdict.candidate.line if verdict.candidate else None
    for other in found:
        if other is verdict.candidate or other.cause in named:
            continue
        named.add(other.cause)
        if other.line is not None and other.line is verdict_line:
            continue
        if other.cause == "killed" and not reading.several:
            yield "A signal then ended the process."
        elif other.cause == "network_nccl" and (verdict.cause == "none" or not reading.several):
            told = other.trace.headline if other.trace else other.line.text if other.line else ""
            yield f"Also seen: {_shown(told)[:160]}"
        elif other.cause in _EFFECTS:
            who = f"rank {other.trace.rank}" if other.trace and other.trace.rank else "other ranks"
            yield _EFFECTS[other.cause].format(who=who)
        else:
            told = other.trace.headline if other.trace else other.line.text if other.line else ""
            yield f"Also seen: {_shown(told)[:160]}"
    if reading.survived:
        headline = _shown(reading.survived[-1].final.headline)[:160]
        yield f"An exception the program survived: {headline}"


def _also_nan(reading: Reading, metrics: MetricEvidence) -> Iterator[str]:
    if metrics.nan_since_step is not None:
        yield f"The loss was not finite since step {metrics.nan_since_step}."
    elif metrics.nan_before_end or reading.nan_line is not None:
        yield "The loss was not finite before the end."


def _trends(metrics: MetricEvidence) -> Iterator[str]:
    for what, used, trend, high in (
        ("GPU memory", metrics.gpu_memory_pct, metrics.gpu_memory_trend_pct, 95),
        ("Host memory", metrics.host_memory_pct, metrics.host_memory_trend_pct, 90),
        ("The disk", metrics.disk_pct, metrics.disk_trend_pct, 95),
    ):
        if used is None:
            continue
        rising = trend is not None and trend >= 5
        if used >= high or rising:
            rose = f" and had risen by {trend:.0f} points" if rising else ""
            yield f"{what} was {used:.0f} % full before the end{rose}."


def _evidence(
    verdict: Verdict,
    reading: Reading,
    exit_code: int | None,
    state: str | None,
    metrics: MetricEvidence,
    log: Log,
    text: str,
) -> dict[str, object]:
    """Facts the verdict rests on; what is not known is left out."""
    candidate = verdict.candidate
    rank = None
    if candidate is not None:
        told = candidate.trace or candidate.line
        rank = told.rank if told else None
    facts: dict[str, object | None] = {
        "rule": verdict.rule,
        "source": verdict.source,
        "reason": verdict.reason,
        "exit_code": exit_code,
        "first_exit_code": verdict.code if verdict.code != exit_code else None,
        "state": state,
        "rank": rank,
        "failed_ranks": sorted({c.final.rank for c in reading.fatal if c.final.rank}) or None,
        "gpu_memory_gb": gpu_capacity(text, metrics) if verdict.cause == "gpu_oom" else None,
        "last_step": metrics.last_step,
        "last_time": _moment(metrics.last_time),
        "last_loss": metrics.last_loss,
        "last_grad_norm": metrics.last_grad_norm,
        "nan_before_end": metrics.nan_before_end,
        "nan_since_step": metrics.nan_since_step,
        "gpu_memory_pct": metrics.gpu_memory_pct,
        "host_memory_pct": metrics.host_memory_pct,
        "disk_pct": metrics.disk_pct,
        "similar_failures": metrics.similar_failures,
        "chain": _chain(candidate.chain) if candidate and candidate.chain else None,
        "survived": [c.final.headline[:MAX_QUOTE] for c in reading.survived[-3:]] or None,
        "lines": len(reading.lines),
        "omitted": log.omitted or None,
    }
    return {key: value for key, value in facts.items() if value is not None}


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else iso_utc(datetime.fromtimestamp(seconds, UTC))


def _chain(chain: Chain) -> list[str] | None:
    return [t.headline[:MAX_QUOTE] for t in chain.traces[-4:]] if len(chain.traces) > 1 else None
