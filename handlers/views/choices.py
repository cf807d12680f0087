"""Questions that are asked back: which run, and who somebody is."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

from analysis.reports import RunFacts
from analysis.run import Run
from handlers.reply import Message
from handlers.views import blocks as b
from handlers.views import limits
from handlers.views.escape import code, escape, mrkdwn, plain
from handlers.views.words import state_word

PICK: Final = "which.pick"
CANCEL: Final = "which.cancel"
LINK: Final = "link.me"
NOT_NOW: Final = "link.never"
ASKED: Final = "which:"  # a menu's block_id is this and the question's token
_NAMES: Final = 4


def which(
    kind: Literal["which", "none", "who"],
    said: str,
    runs: Sequence[Run],
    token: str,
    *,
    more: bool = False,
) -> Message:
    """Several runs match, or none does: a menu of those that may be meant."""
    if kind == "which":
        by = mrkdwn(" by “{said}”", said=escape(said, 80)) if said else ""
        text = mrkdwn("🤔 Which run do you mean{by}?", by=by)
    else:
        text = mrkdwn("🔎 I know no run “{said}”. Is it one of these?", said=escape(said, 80))
    note = mrkdwn("Only the newest are shown: a longer part of the name finds more.")
    row = b.actions([menu(runs), b.button("Never Mind", CANCEL, token)], block_id=f"{ASKED}{token}")
    return b.message(text, b.only([b.section(text), b.context(note) if more else None, row]))


def menu(runs: Sequence[Run], *, action_id: str = PICK, words: str = "Choose a run") -> Any:
    """A menu of runs; an option's value is its place in the list."""
    options = [
        {
            "text": {"type": "plain_text", "text": _label(run), "emoji": False},
            "description": {
                "type": "plain_text",
                "text": plain(_described(run), limits.OPTION_DESCRIPTION),
                "emoji": False,
            },
            "value": str(place),
        }
        for place, run in enumerate(runs[: limits.SELECT_OPTIONS])
    ]
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": {"type": "plain_text", "text": words, "emoji": False},
        "options": options,
    }


def _label(run: Run) -> str:
    return plain(run.name or run.ref.id, limits.OPTION_TEXT)


def _described(run: Run) -> str:
    """What tells runs of one name apart: state, when, id, project."""
    when = f", {_day(run.created_at)}" if run.created_at else ""
    return f"{state_word(RunFacts.of(run).state).text}{when} · {run.ref.id} · {run.ref.project}"


def _day(when: datetime) -> str:
    return f"{when:%d %b %H:%M}"


def settled() -> Message:
    """The question was taken back."""
    text = mrkdwn("Never mind, then.")
    return b.message(text, [b.context(text)])


def gone() -> Message:
    """The question is too old, or was asked before a long pause."""
    text = mrkdwn("🕒 That question is too old: ask again, please.")
    return b.message(text, [b.section(text)])


def who(names: Sequence[str], token: str) -> Message:
    """Who somebody is on W&B: asked once, in private."""
    text = mrkdwn("👤 Who are you on W&amp;B? Then “my runs” are yours.")
    how = mrkdwn(
        "Only you see this. You can also write {example}.", example=code("/wandb link NAME")
    )
    buttons = [
        b.button(
            plain(name, limits.BUTTON_TEXT), f"{LINK}:{place}", _value(name, token),
            label=f"I am {name}",
        )
        for place, name in enumerate(names[:_NAMES])
    ]  # fmt: skip
    row = b.actions([*buttons, b.button("Don’t Ask Again", NOT_NOW)])
    return b.message(text, b.only([b.section(text), b.context(how), row]))


def _value(name: str, token: str) -> str:
    return json.dumps({"name": name, "question": token})
