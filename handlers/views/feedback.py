"""The thumbs under a report, and the thanks for them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from analysis.reports import RunReport
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views import limits
from handlers.views.escape import code, join, mrkdwn

ACTION: Final = "feedback.vote"
HEALTHY: Final = "healthy"
"""What is judged where nothing was found: that nothing is wrong."""
_CODES: Final = 12


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a click says: which run, which findings, right or wrong."""

    run: str
    codes: tuple[str, ...]
    good: bool


def buttons(report: RunReport) -> Block | None:
    """Thumbs about what a report found; none where the run's path is too long to send."""
    codes = tuple(dict.fromkeys(finding.code for finding in report.findings))[:_CODES]
    judged = codes or (HEALTHY,)
    values = {good: _value(report.run.path, judged, good=good) for good in (True, False)}
    if max(map(len, values.values())) > limits.BUTTON_VALUE:
        return None
    element = {
        "type": "feedback_buttons",
        "action_id": ACTION,
        "positive_button": _button("Right", values[True], "This diagnosis is right"),
        "negative_button": _button("Wrong", values[False], "This diagnosis is wrong"),
    }
    return {"type": "context_actions", "elements": [element]}


def read(value: str) -> Judgement | None:
    """What a click carries; ``None`` where that is none of ours."""
    try:
        told = json.loads(value)
        run, codes, good = told["r"], told["c"], told["g"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(run, str) or not isinstance(codes, list):
        return None
    return Judgement(run, tuple(map(str, codes)), bool(good))


def thanks(judgement: Judgement) -> Message:
    """The vote was counted."""
    about = join(", ", [code(one) for one in judgement.codes])
    word = "right" if judgement.good else "wrong"
    text = mrkdwn("🙏 Counted as {word}: {about}.", word=word, about=about)
    return b.message(text, [b.context(text)])


def _value(run: str, codes: Sequence[str], *, good: bool) -> str:
    return json.dumps({"r": run, "c": list(codes), "g": good}, separators=(",", ":"))


def _button(text: str, value: str, label: str) -> dict[str, Any]:
    return {
        "text": {"type": "plain_text", "text": text},
        "value": value,
        "accessibility_label": label,
    }
