"""What was read → everything that could be the cause, each with the rule that says so."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Final, Literal

from analysis.causes.model import Cause, Line, Trace
from analysis.causes.reading import Chain, Reading, is_noise, is_wrapper
from analysis.causes.rules import RULES, TAIL_LINES, Rule
from analysis.causes.signs import HARD
from analysis.causes.tracebacks import is_own, own_frame

Role = Literal["root", "generic", "consequence"]

_PLAIN_ERRORS: Final = frozenset(
    ("KeyError", "AttributeError", "NameError", "IndexError", "TypeError", "UnboundLocalError",
     "ZeroDivisionError", "SyntaxError", "IndentationError", "TabError", "NotImplementedError",
     "RecursionError", "StopIteration", "ConfigAttributeError", "ConfigKeyError",
     "ConfigTypeError", "ConfigValueError", "MissingConfigException", "MissingMandatoryValue",
     "ConfigCompositionException", "OverrideParseException", "InterpolationKeyError",
     "InterpolationResolutionError", "UnsupportedInterpolationType", "UnsupportedValueType",
     "ArgumentError", "LightningConfigError", "MisconfigurationException")
)  # fmt: skip
"""A fault of the program or of its options, whatever words its message holds."""
_EXHAUSTED: Final = frozenset(("gpu_oom", "host_oom", "disk_full", "cuda_error", "nan"))
"""What no program expects: a second fault while it was handled does not explain it away."""
_SILENT_WRAPPERS: Final = frozenset(
    ("ChildFailedError", "CalledProcessError", "SystemExit", "Exit", "SimplifiedTraceback",
     "ProcessExitedException", "SignalException", "ActorDiedError", "RayActorError",
     "WorkerCrashedError")
)  # fmt: skip
_NAN_WORDS: Final = re.compile(r"nan\b|isnan|isfinite|finite|\binf\b|isinf|\bloss\b", re.IGNORECASE)
_NUMERIC: Final = re.compile(
    r"\bsvd\b|cholesky|singular|eigh?\b|positive.definite|converge|\bnan\b|\binf\b|finite|\bloss\b|"
    r"diverg|explod|blew up|unstable",
    re.IGNORECASE,
)
_SUPPOSED: Final = re.compile(
    r"this could be caused by|there are some potential root causes", re.IGNORECASE
)
"""From here a message lists what may have happened, not what did."""
_SWEEPING: Final = re.compile(
    r"closing signal|unable to shutdown process|forcefully exiting|"
    r"Killing subprocess|sigkill_handler\].*return code = (?!-9|137)"
)
"""What a launcher does to its own processes once it stops: an end that had begun already."""
_IMPORT: Final = re.compile(r"(?:import|from\s+[\w.]+\s+import)\s")
_EXCEPTION_TEXT: Final = 2000
_MAX_LINE_HITS: Final = 2000


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible cause.

    Attributes:
        cause: The cause.
        index: Where in the log it was first seen.
        sure: Confidence, 0 to 1.
        role: `root`, `generic` (an exception no rule knows) or `consequence`.
        rule: Id of the rule.
        source: Who prints it.
        trace: The exception that tells, if one does.
        chain: The chain it belongs to.
        line: The line that tells, if no exception does.
        verdict: A scheduler's own statement, not a symptom.
    """

    cause: Cause
    index: int
    sure: float
    role: Role
    rule: str
    source: str
    trace: Trace | None = None
    chain: Chain | None = None
    line: Line | None = None

    @property
    def verdict(self) -> bool:
        """Whether a scheduler or the cloud says so."""
        return self.cause in {"timeout_limit", "preempted"}


def candidates(reading: Reading) -> list[Candidate]:
    """Everything that could have ended the run, in the order of the log."""
    found = [*_from_chains(reading), *_from_lines(reading)]
    return sorted(found, key=lambda c: (c.index, -c.sure))


# --- exceptions ---------------------------------------------------------------------------------


def _from_chains(reading: Reading) -> Iterator[Candidate]:
    """A chain that only reports another exception counts where that one was not printed."""
    found = [c for chain in reading.fatal if (c := _from_chain(chain, reading)) is not None]
    told = any(c.chain and not c.chain.wrapped and c.role != "consequence" for c in found)
    for candidate in found:
        hollow = candidate.role == "generic" and candidate.chain and candidate.chain.wrapped
        if not (told and hollow):
            yield candidate


def _from_chain(chain: Chain, reading: Reading) -> Candidate | None:
    """The one cause that a chain of exceptions shows."""
    matches = [(trace, rule) for trace in reversed(chain.traces) if (rule := _rule_for(trace))]
    final = chain.final
    roots = [(t, r) for t, r in matches if r.role == "root"]
    chosen: tuple[Trace, Rule] | None
    if matches and matches[0][0] is final:
        chosen = matches[0] if matches[0][1].role == "root" or not roots else roots[0]
        if matches[0][1].cause == "interrupted":
            chosen = matches[0]
        elif final.after == "context" and matches[0][1].cause not in _EXHAUSTED:
            chosen = next((m for m in roots if m[1].cause in _EXHAUSTED), chosen)
    else:
        chosen = roots[0] if roots else (matches[0] if matches else None)
    if chosen is not None and (
        chosen[0] is final or chosen[1].cause in _EXHAUSTED or not _hides(final, chosen[0])
    ):
        trace, rule = chosen
        sure = rule.sure if trace.frames or trace is not final else min(rule.sure, 0.85)
        return Candidate(
            rule.cause, chain.start, sure, rule.role, rule.id, rule.source, trace, chain
        )
    return _generic(chain, reading)


def _hides(final: Trace, earlier: Trace) -> bool:
    """Whether the last exception is a fault of its own, not a report of the earlier one."""
    return final.after == "context" and final.name in _PLAIN_ERRORS and earlier is not final


def _rule_for(trace: Trace) -> Rule | None:
    if trace.aside:
        return None
    if trace.name in _PLAIN_ERRORS:
        return _plain_rule(f"{trace.type}: {trace.message}"[:_EXCEPTION_TEXT])
    if trace.name == "KeyboardInterrupt":
        return _rule_of(trace.type)
    if trace.name == "EOFError" and any(f.function == "spawn_main" for f in trace.frames):
        return None  # The parent failed while it sent the child its work.
    return _rule_of(_SUPPOSED.split(f"{trace.type}: {trace.message}"[:_EXCEPTION_TEXT])[0])


@lru_cache(maxsize=256)
def _rule_of(text: str) -> Rule | None:
    """The first rule that an exception's text matches; remembered: ranks repeat each other."""
    return next((r for r in RULES if r.where != "tail" and r.pattern.search(text)), None)


def _plain_rule(text: str) -> Rule | None:
    return next((r for r in RULES if r.plain and r.pattern.search(text)), None)


def _generic(chain: Chain, reading: Reading) -> Candidate | None:
    inner = [trace for trace in reversed(chain.traces) if not is_wrapper(trace)]
    trace = inner[0] if inner else chain.final
    if not inner and trace.name.partition("(")[0] in _SILENT_WRAPPERS:
        return None
    sure = 0.92 if trace.frames else 0.7
    if not inner:
        sure = 0.6
    nan = _turned_nan(trace, reading)
    if nan:
        return Candidate(
            "nan", chain.start, nan, "root", "nan_before_error",
            "a check of the loss, after the loss became NaN", trace, chain,
        )  # fmt: skip
    if _importing(trace):
        return Candidate(
            "dependency", chain.start, 0.75, "root", "import_raised",
            "a package that failed while it was imported", trace, chain,
        )  # fmt: skip
    cause: Cause = "assertion" if trace.name == "AssertionError" else "python_exception"
    return Candidate(cause, chain.start, sure, "generic", cause, "Python's traceback", trace, chain)


def _importing(trace: Trace) -> bool:
    """Whether an installed package raised while the program imported it: it does not fit here."""
    own = [at for at, frame in enumerate(trace.frames) if is_own(frame)]
    if not own or own[-1] == len(trace.frames) - 1:
        return False
    inner = trace.frames[own[-1] + 1 :]
    code = (trace.frames[own[-1]].code or "").strip()
    return bool(_IMPORT.match(code)) and any(frame.function == "<module>" for frame in inner)


def _turned_nan(trace: Trace, reading: Reading) -> float:
    """How sure an assertion or numeric error is the effect of a loss that became NaN; 0 if not."""
    if trace.name in _PLAIN_ERRORS:
        return 0.0
    frame = own_frame([trace])
    code = (frame.code or "") if frame else ""
    checks = re.search(r"isnan|isfinite|isinf|\bnan\b", f"{code} {trace.message}", re.IGNORECASE)
    if reading.nan_line is None:
        return 0.85 if checks and trace.name == "AssertionError" else 0.0
    if checks or _NUMERIC.search(trace.message) or _NAN_WORDS.search(code):
        return 0.9
    return 0.75 if trace.name == "AssertionError" else 0.0


# --- lines --------------------------------------------------------------------------------------


def _from_lines(reading: Reading) -> Iterator[Candidate]:
    plain = list(reading.plain())
    tail = {line.index for line in reading.tail(TAIL_LINES)}
    lower = "\n".join(line.text for line in plain).lower()
    starts = [0, *accumulate(len(line.text.lower()) + 1 for line in plain)]
    for rule in RULES:
        if rule.where == "exception":
            continue
        for at in _lines_with(rule.needles, lower, starts):
            line = plain[at]
            if rule.where == "tail" and line.index not in tail:
                continue
            found = _line_candidate(rule, line, reading)
            if found is not None:
                yield found
                break


def _lines_with(needles: Iterable[str], lower: str, starts: list[int]) -> list[int]:
    """Numbers of the lines that hold a needle, ascending; bounded."""
    found: set[int] = set()
    for needle in needles:
        at = lower.find(needle)
        while at >= 0 and len(found) < _MAX_LINE_HITS:
            number = bisect_right(starts, at) - 1
            found.add(number)
            at = lower.find(needle, starts[number + 1])
    return sorted(found)


def _line_candidate(rule: Rule, line: Line, reading: Reading) -> Candidate | None:
    if not rule.pattern.search(line.text):
        return None
    if rule.id not in HARD and is_noise(line):
        return None
    if _SWEEPING.search(line.text) or line.text.startswith("wandb: Network"):
        return None
    if rule.cause == "killed" and reading.left is not None and reading.left[0] < line.index:
        return None  # the scheduler ends what is left of a step after a task went by itself
    verdict = rule.cause in {"timeout_limit", "preempted"} or rule.id == "slurm_cancelled"
    if not verdict and reading.goes_on(line):
        return None
    sure = rule.sure
    if rule.id == "kill_line" and re.search(
        r"sigkill|\bkilled\b|137|signal 9", line.text, re.IGNORECASE
    ):
        sure = 0.4
    return Candidate(rule.cause, line.index, sure, rule.role, rule.id, rule.source, line=line)


def user_code(candidate: Candidate) -> bool:
    """Whether the exception of a candidate was raised in the user's own code."""
    trace = candidate.trace
    return trace is not None and bool(trace.frames) and is_own(trace.frames[-1])
