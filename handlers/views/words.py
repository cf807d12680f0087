"""The emoji and words for states, health, severities and codes: the same in every message."""

from dataclasses import dataclass
from typing import Final

from analysis.findings import Health, Severity
from analysis.reports import RunFacts
from analysis.run import RunState
from handlers.views.escape import Mrkdwn, date, mrkdwn
from handlers.views.numbers import duration, step


@dataclass(frozen=True, slots=True)
class Word:
    """A word and the emoji beside it; the word alone says everything."""

    emoji: str
    text: str

    @property
    def marked(self) -> Mrkdwn:
        """Both, the word in bold."""
        return mrkdwn("{emoji} *{text}*", emoji=self.emoji, text=self.text)


HEALTH: Final[dict[Health, Word]] = {
    Health.HEALTHY: Word("🟢", "Healthy"),
    Health.WARNING: Word("🟡", "Warning"),
    Health.CRITICAL: Word("🔴", "Critical"),
    Health.UNKNOWN: Word("⚪", "Health unknown"),
}
SEVERITY: Final[dict[Severity, Word]] = {
    Severity.CRITICAL: Word("🔴", "Critical"),
    Severity.WARNING: Word("🟡", "Warning"),
    Severity.INFO: Word("🔵", "Note"),
}
STATE: Final[dict[RunState, Word]] = {
    RunState.RUNNING: Word("▶️", "Running"),
    RunState.FINISHED: Word("✅", "Finished"),
    RunState.FAILED: Word("❌", "Failed"),
    RunState.CRASHED: Word("📡", "Contact lost"),
    RunState.KILLED: Word("⏹️", "Stopped by its user"),
    RunState.PREEMPTING: Word("⏏️", "Being pre-empted"),
    RunState.PREEMPTED: Word("⏏️", "Pre-empted"),
    RunState.CANCELED: Word("🚫", "Canceled before it ran"),
    RunState.PENDING: Word("⏳", "Waiting to start"),
}
_LIVE: Final = frozenset({RunState.RUNNING, RunState.PREEMPTING})


def state_word(state: str) -> Word:
    """The word for a state, also for one that nobody has heard of."""
    known = RunState.of(state)
    return STATE.get(known) or Word("❔", f"State “{state}”")


def state_sentence(run: RunFacts) -> Mrkdwn:
    """How the run stands, and since when, in the reader's own time; never more than is known."""
    known = RunState.of(run.state)
    word = state_word(run.state).marked
    ran = duration(run.runtime_s) if run.runtime_s else ""
    ended = run.ended_at or run.heartbeat_at
    if known in _LIVE:
        if run.heartbeat_at is None:
            return mrkdwn("{word} for {ran}", word=word, ran=ran) if ran else word
        seen = date(run.heartbeat_at)
        tail = mrkdwn(" for {ran}", ran=ran) if ran else Mrkdwn()
        return mrkdwn("{word}{tail}, last sign of life {seen}", word=word, tail=tail, seen=seen)
    if known is RunState.CRASHED:
        return _lost(run, word)
    if known is RunState.PENDING or ended is None:
        return word
    tail = mrkdwn(" after {ran}", ran=ran) if ran else Mrkdwn()
    return mrkdwn("{word}{tail}, {when}", word=word, tail=tail, when=date(ended))


def _lost(run: RunFacts, word: Mrkdwn) -> Mrkdwn:
    """W&B calls a run crashed when it hears nothing more: it may live on and come back."""
    since = run.heartbeat_at or run.ended_at
    text = mrkdwn("{word}", word=word)
    if since is not None:
        text = mrkdwn("{text} {since}", text=text, since=date(since))
    if run.last_step is not None:
        text = mrkdwn("{text}, last step {last}", text=text, last=step(run.last_step))
    return mrkdwn("{text}; it may come back", text=text)
