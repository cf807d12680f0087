"""All candidates, the exit code and the metrics → the one cause.

Order: what a scheduler says, or what happened first, wins over what followed from it; a specific
cause wins over an assertion or any other exception; what processes print because another one died
counts only where nothing else was seen; then the exit code speaks, then the state, else `unknown`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from analysis.causes.candidates import Candidate
from analysis.causes.model import Cause, Line, MetricEvidence
from analysis.causes.reading import Reading
from analysis.causes.signs import EXIT_CODES, MEMORY_HINT

_SOFT: Final = 0.8
"""A line less sure than this does not overrule an exception."""
_TABLE_CODE: Final = re.compile(r"exitcode\s*: (-?\d{1,4})\b|failed \(exitcode: (-?\d{1,4})\)")
_DIED_WITH: Final = re.compile(
    r"died with <Signals\.\w+: (\d{1,2})>|exit(?:ed)? with (?:exit )?code (13[0-9]|143)\b|"
    # Composer. Not SIGTERM: with it the launcher stops the ranks that still live.
    r"(?:exited|crashed) with (?:exit )?code (-(?:4|6|7|8|9|11))\b"
)
_REASONS: Final = frozenset({"k8s_evicted_memory", "k8s_evicted_disk"})
_STATEMENT: Final = 15
"""Lines of what Kubernetes says about one pod."""
HIGH_MEMORY: Final = 93.0
"""Percent of the host's memory from which a kill is put down to it (the kernel kills near 100)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The cause and what it rests on.

    Attributes:
        cause: The cause.
        sure: Confidence, 0 to 1.
        rule: Id of the rule or kind of evidence.
        source: Who says so.
        candidate: The candidate that won, if the log told.
        reason: What the exit code or the state said, where these decided.
        code: Exit code in the shell's form, of the process that failed first.
    """

    cause: Cause
    sure: float
    rule: str
    source: str
    candidate: Candidate | None = None
    reason: str | None = None
    code: int | None = None


def shell_code(code: int | None) -> int | None:
    """Any exit code in the shell's form: −9 and PBS's 265 are 137."""
    if code is None:
        return None
    if code < 0:
        return 128 - code
    return 128 + code - 256 if 256 < code < 256 + 65 else code


def inner_code(reading: Reading) -> int | None:
    """Exit code of the process that failed first, as its launcher reports it."""
    root = False
    found: int | None = None
    for line in reading.lines[-3000:]:
        text = line.text
        if "Root Cause (first observed" in text:
            root = True
        if "exitcode" in text and (match := _TABLE_CODE.search(text)):
            code = shell_code(int(match[1] or match[2]))
            if root:
                return code
            found = found if found is not None else code
        elif ("died with" in text or " code " in text) and (match := _DIED_WITH.search(text)):
            code = 128 + int(match[1]) if match[1] else shell_code(int(match[2] or match[3]))
            found = found or code
    return found


def memory_evidence(reading: Reading, metrics: MetricEvidence) -> str | None:
    """What shows that the host's memory was running out, if anything does."""
    used, trend = metrics.host_memory_pct, metrics.host_memory_trend_pct
    if used is not None and (used >= HIGH_MEMORY or (used >= 80 and (trend or 0) >= 10)):
        return f"host memory was {used:.0f} % full before the end"
    for line in reading.tail(60):
        if MEMORY_HINT.search(line.text):
            return line.text.strip()[:200]
    return None


def decide(
    found: list[Candidate],
    reading: Reading,
    *,
    exit_code: int | None,
    state: str | None,
    metrics: MetricEvidence,
) -> Verdict:
    """Choose the cause."""
    ended_well = exit_code == 0 or (exit_code is None and state == "finished")
    if ended_well and state not in {"failed", "crashed", "killed", "preempted"}:
        stopped = _stopped_early(found, reading)
        if stopped is not None:
            return _of(stopped, 0)
        return Verdict("none", 0.98, "exit_code", "exit code 0", reason="it finished")
    outer = shell_code(exit_code)
    code = inner_code(reading) if outer in (None, 1, 255) else outer
    code = outer if code is None else code
    best = _reason(_with_exception(_first(found, code), found), found)
    if best is not None and best.role != "consequence":
        return _of(best, code)
    return (
        _killed(best, code, reading, metrics)
        or _by_state(best, state, code)
        or (_of(best, code) if best is not None else None)
        or _by_exit_code(code)
        or _by_metrics(reading, metrics, exit_code, state)
        or _silent(reading, exit_code, state)
    )


def _stopped_early(found: list[Candidate], reading: Reading) -> Candidate | None:
    """An interrupt that a trainer turned into a clean exit: it ended well, but not at its end."""
    if reading.finished is not None:
        return None
    return next(
        (c for c in found if c.cause == "interrupted" and not reading.after(c.index, None)),
        None,
    )


def _of(candidate: Candidate, code: int | None) -> Verdict:
    return Verdict(
        candidate.cause, candidate.sure, candidate.rule, candidate.source, candidate, code=code
    )


def _with_exception(best: Candidate | None, found: list[Candidate]) -> Candidate | None:
    """An exception of the same cause tells more than the line that announced it."""
    if best is None or best.trace is not None or best.verdict:
        return best
    return next((c for c in found if c.cause == best.cause and c.trace is not None), best)


def _reason(best: Candidate | None, found: list[Candidate]) -> Candidate | None:
    """An eviction and the reason given for it are one statement: the reason is the cause."""
    if best is None or best.rule != "k8s_preempted":
        return best
    near = (c for c in found if 0 <= c.index - best.index <= _STATEMENT)
    return next((c for c in near if c.rule in _REASONS), best)


def _first(found: list[Candidate], code: int | None) -> Candidate | None:
    """The first cause in time that is not the effect of another one."""
    exceptions = [c for c in found if c.role != "consequence" and c.trace is not None]
    hard = [c for c in found if c.role == "root" and (c.trace or c.sure >= _SOFT)]
    soft = [c for c in found if c.role == "root" and not c.trace and c.sure < _SOFT]
    real = sorted([*hard, *(c for c in exceptions if c.role == "generic")], key=lambda c: c.index)
    best = _root_of(real) if real else (soft[0] if soft else None)
    effects = [c for c in found if c.role == "consequence"]
    stopped = next((c for c in effects if c.cause in {"interrupted", "killed"}), None)
    if best is None:
        return _first_effect(effects, code)
    asked = stopped is not None and (stopped.trace is not None or stopped.sure >= 0.5)
    if stopped is not None and asked and stopped.index < best.index and not best.verdict:
        return best if best.cause == "host_oom" and best.line else stopped
    return best


def _root_of(real: list[Candidate]) -> Candidate:
    """The first; but a specific cause in the same process corrects a plain exception before it."""
    first = real[0]
    if first.role == "generic" and first.trace is not None:
        for later in real[1:]:
            same = later.trace is not None and later.trace.rank == first.trace.rank
            if later.role == "root" and (same or later.cause == "host_oom"):
                near = later.index - (first.chain.final.end if first.chain else first.index) < 40
                if near and not later.verdict and first.trace.rank is None:
                    return later
    return first


def _first_effect(effects: list[Candidate], code: int | None) -> Candidate | None:
    """Among effects: a hard kill or a crash explains broken connections; else the first."""
    if not effects:
        return None
    if code == 137:
        ends = {c.cause: c for c in reversed(effects) if c.cause == "killed" or c.trace}
        return ends.get("killed") or ends.get("interrupted")
    if code == 130:
        return next((c for c in effects if c.cause == "interrupted"), effects[0])
    if code in (139, 135):
        return None
    kill = next((c for c in effects if c.cause == "killed" and c.sure < 0.5), None)
    return kill if kill is not None else effects[0]


def _killed(
    best: Candidate | None, code: int | None, reading: Reading, metrics: MetricEvidence
) -> Verdict | None:
    """SIGKILL: the host's memory if anything points there, else only `killed`, not surely."""
    hard_kill = code == 137 or (best is not None and best.cause == "killed" and best.sure < 0.5)
    if not hard_kill or (best is not None and best.cause not in {"killed", "network_nccl"}):
        return None
    memory = memory_evidence(reading, metrics)
    if memory:
        return Verdict("host_oom", 0.65, "sigkill_memory", "exit code 137", best, memory, code)
    says = EXIT_CODES[137].says if code == 137 else "it was killed with SIGKILL"
    return Verdict("killed", EXIT_CODES[137].sure, "sigkill", "exit code 137", best, says, code)


_ALIVE: Final[Mapping[str, str]] = {"running": "it is running", "pending": "it has not begun"}


def _by_state(best: Candidate | None, state: str | None, code: int | None) -> Verdict | None:
    if state in {"preempted", "preempting"}:
        return Verdict("preempted", 0.85, "state", "W&B's run state", best, "W&B says so", code)
    alive = _ALIVE.get(state or "")
    if alive and best is None and code is None:
        return Verdict("none", 0.9, "state", "W&B's run state", None, alive, code)
    if state == "killed" and best is None and code in (None, 1, 255, 143):
        return Verdict("killed", 0.7, "state", "W&B's run state", None, "it was stopped", code)
    return None


def _by_exit_code(code: int | None) -> Verdict | None:
    entry = EXIT_CODES.get(code) if code is not None else None
    if entry is None:
        return None
    return Verdict(entry.cause, entry.sure, "exit_code", "exit code", None, entry.says, code)


def _by_metrics(
    reading: Reading, metrics: MetricEvidence, exit_code: int | None, state: str | None
) -> Verdict | None:
    if exit_code is None and state not in {"failed", "crashed"}:
        return None
    if exit_code is not None and (metrics.nan_before_end or reading.nan_line):
        said = "the loss was not finite when it ended"
        return Verdict("nan", 0.45, "nan_at_end", "the metrics", reason=said)
    if metrics.host_memory_pct is not None and metrics.host_memory_pct >= HIGH_MEMORY:
        said = f"host memory was {metrics.host_memory_pct:.0f} % full before the end"
        return Verdict("host_oom", 0.4, "memory_at_end", "the system metrics", reason=said)
    return None


def _silent(reading: Reading, exit_code: int | None, state: str | None) -> Verdict:
    failed = exit_code is not None or state in {"failed", "crashed", "killed"}
    line: Line | None = reading.finished
    if not failed and line is not None:
        return Verdict(
            "none", 0.7, "finished_line", "the log's last lines", reason=line.text.strip()[:200]
        )
    if not failed and reading.closed is not None and not reading.chains:
        told = reading.closed.text.strip()[:200]
        return Verdict("none", 0.55, "closed_line", "W&B's closing lines", reason=told)
    return Verdict("unknown", 0.2, "unknown", "nothing in the log tells")
