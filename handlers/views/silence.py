"""Mutes and snoozes in words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from analysis.alerts.base import label_of
from handlers.reply import Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, date, join, mention, mrkdwn
from handlers.watching.manners import KINDS
from handlers.watching.ports import Scope, Silence

MUTE_RUN: Final = "alert.mute_run"
MUTE_KIND: Final = "alert.mute_kind"
SNOOZE_RUN: Final = "alert.snooze"
_NAMED: Final = 5


def silenced(scope: Scope, subjects: Sequence[str], until: datetime | None, token: str) -> Message:
    """Some alerts will not come; what still does, and the way back."""
    what = _what(scope, subjects)
    if until is None:
        text = mrkdwn("🔕 No alerts about {what} here any more.", what=what)
    else:
        text = mrkdwn("💤 No alerts about {what} here until {when}.", what=what, when=date(until))
    note = mrkdwn("The board still shows everything. {way} ends it.",
                  way=code("/wandb unmute" if until is None else "/wandb unsnooze"))  # fmt: skip
    row = b.actions([b.button("Undo", "undo", token)])
    return b.message(text, b.only([b.section(text), b.context(note), row]))


def muted_anyway(scope: Scope, subjects: Sequence[str]) -> Message:
    """A snooze of what is muted for good would only end the mute."""
    text = mrkdwn(
        "🔕 Alerts about {what} are muted here already, without an end.",
        what=_what(scope, subjects),
    )
    note = mrkdwn("{way} ends it.", way=code("/wandb unmute"))
    return b.message(text, b.only([b.section(text), b.context(note)]))


def heard(silences: Sequence[Silence], token: str) -> Message:
    """Alerts come again."""
    whats = [_what(one.scope, [one.subject]) for one in silences[:_NAMED]]
    more = len(silences) - len(whats)
    what = join(", ", whats)
    if more:
        what = mrkdwn("{what} and {more} more", what=what, more=more)
    text = mrkdwn("🔔 Alerts about {what} come again.", what=what)
    row = b.actions([b.button("Undo", "undo", token)])
    return b.message(text, b.only([b.section(text), row]))


def silence_line(one: Silence) -> Mrkdwn:
    """One silence in a list."""
    what = _what(one.scope, [one.subject])
    who = mention(one.creator)
    if one.until is None:
        return mrkdwn("🔕 {what} muted by {who}", what=what, who=who)
    return mrkdwn(
        "💤 {what} snoozed by {who} until {when}", what=what, who=who, when=date(one.until)
    )


def _what(scope: Scope, subjects: Sequence[str]) -> Mrkdwn:
    if scope == "channel":
        return mrkdwn("anything")
    if scope == "kind":
        return mrkdwn("“{kind}”", kind=", ".join(KINDS.get(one, one) for one in subjects))
    names = [code(label_of(one) if scope == "run" else one) for one in subjects[:_NAMED]]
    shown = join(", ", names)
    more = len(subjects) - len(names)
    return mrkdwn("{shown} and {more} more", shown=shown, more=more) if more > 0 else shown
