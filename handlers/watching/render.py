"""What is stored becomes messages: the one table of kinds of cards and outbox rows."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from analysis.looking.report import Look
from analysis.reports import RunFacts
from handlers.reply import Message
from handlers.views import alert, blind, board
from handlers.views import blocks as b
from handlers.views import look as look_view
from handlers.views.escape import Mrkdwn, code, escape, join, link, mrkdwn
from handlers.views.words import state_sentence

Payload = Mapping[str, Any]
BOARD: Final = "board"
CARD: Final = "run"
CHANGES: Final = "changes"
FRESH: Final = "fresh"
SEVERAL: Final = "several"
BRIEFING: Final = "briefing"
REMINDER: Final = "reminder"
BLIND: Final = "blind"


def render(kind: str, payload: Payload, now: datetime) -> Message:
    """The message of a stored payload: pure, and the same whenever it is made anew.

    Raises:
        KeyError: nobody renders this kind.
    """
    return _KINDS[kind](payload, now)


def briefing(payload: Payload, now: datetime) -> Message:
    """The look on schedule; or why it could not be made."""
    if payload.get("problem"):
        text = mrkdwn("☕ No briefing today: {why}", why=escape(payload["problem"], 300))
        lines = join("\n", [text, escape(payload.get("next_step") or "", 300)])
        return b.message(text, [b.section(lines)])
    looks: list[Message] = []
    for told in payload.get("looks") or ():
        shown = look_view.Shown.read(str(told["shown"]))
        if shown is not None:
            looks.append(look_view.message(Look.model_validate(told["look"]), shown, now=now))
    if not looks:
        text = mrkdwn("☕ Nothing is watched here, so there is nothing to say. Start with {how}.",
                      how=code("/wandb watch ENTITY/PROJECT"))  # fmt: skip
        return b.message(text, [b.section(text)])
    why = b.context(mrkdwn("☕ The briefing of this channel  ·  change or end it: {how}",
                           how=code("/wandb briefing")))  # fmt: skip
    if len(looks) == 1:
        only = looks[0]
        return b.message(
            Mrkdwn(f"☕ {only.text}"), b.first_that_fits([[*only.blocks, why], only.blocks])
        )
    text = mrkdwn("☕ Briefing about {count} places", count=len(looks))
    head = b.section(mrkdwn("*{text}*", text=text))
    parts = [block for each in looks for block in each.blocks if block["type"] != "actions"]
    return b.message(text, b.first_that_fits([[head, *parts, why]]))


def reminder(payload: Payload, now: datetime) -> Message:
    """What somebody waited for has come."""
    note = escape(str(payload.get("note") or "").removeprefix("⏰"), 200)
    about = mrkdwn("You asked: “{note}”", note=note) if note else mrkdwn("You asked for this.")
    if payload.get("problem"):
        text = mrkdwn(
            "⏰ I can no longer watch for that: {why}", why=escape(payload["problem"], 300)
        )
        return b.message(text, [b.section(text), b.context(about)])
    facts = payload.get("facts")
    if not facts:
        text = mrkdwn("⏰ A reminder: {note}", note=note)
        return b.message(text, [b.section(text)])
    run = RunFacts.model_validate(facts)
    name = link(run.url, run.name or run.id, 100)
    state = state_sentence(run)
    text = mrkdwn("⏰ {name}: {state}", name=escape(run.name or run.id, 80), state=state)
    lines = [mrkdwn("⏰ *{name}*: {state}", name=name, state=state)]
    if payload.get("headline"):
        lines.append(escape(payload["headline"], 300))
    if payload.get("cause"):
        lines.append(mrkdwn("*Why:* {why}", why=escape(payload["cause"], 400)))
    row = b.actions(
        [
            b.link_button("Open in W&B", run.url, "run.open"),
            b.button("Describe", "run.refresh", run.path),
        ]
    )
    return b.message(text, b.only([b.section(join("\n", lines)), b.context(about), row]))


_KINDS: Final[Mapping[str, Callable[[Payload, datetime], Message]]] = {
    BOARD: board.message,
    CARD: alert.card,
    CHANGES: alert.changes,
    FRESH: alert.fresh,
    SEVERAL: alert.several,
    BRIEFING: briefing,
    REMINDER: reminder,
    BLIND: blind.message,
}
