"""Which rules fired for a run, and on what evidence."""

from collections.abc import Sequence

from analysis.findings import Severity
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views.alert.event import KIND_MARKS, Payload
from handlers.views.escape import Mrkdwn, code, date, escape, join, mrkdwn
from handlers.views.numbers import number
from handlers.views.words import SEVERITY
from handlers.watching.ports import Told


def why(told: Sequence[Told], name: str) -> Message:
    """Which rules fired for a run, and on what evidence; for one person."""
    if not told:
        text = mrkdwn("🔍 Nothing is kept of why {name} was told about.", name=code(name))
        return b.message(text, [b.section(text)])
    text = mrkdwn("🔍 Why {name} was told about", name=code(name))
    blocks: list[Block] = [b.section(mrkdwn("*{text}*", text=text))]
    blocks += [b.section(_reason(one)) for one in told[:5]]
    if len(told) > 5:
        blocks.append(b.context(mrkdwn("… and {more} earlier", more=len(told) - 5)))
    note = mrkdwn("Change what is told here with {way}.", way=code("/wandb settings"))
    return b.message(text, b.first_that_fits([[*blocks, b.context(note)]]))


def _reason(one: Told) -> Mrkdwn:
    payload = one.payload
    lines = [
        mrkdwn(
            "{mark} *{said}*  ·  {when}",
            mark=KIND_MARKS.get(one.kind) or SEVERITY[Severity(one.severity)].emoji,
            said=escape(payload.get("headline") or one.kind, 250),
            when=date(one.at),
        ),
        mrkdwn("Rule: {rule}", rule=escape(payload.get("rule") or one.kind, 400)),
    ]
    numbers: Payload = payload.get("numbers") or {}
    shown = [
        mrkdwn(
            "{key} {value}", key=escape(key.replace("_", " "), 40), value=code(_short(value), 80)
        )
        for key, value in list(numbers.items())[:8]
        if value is not None and key != "advice"
    ]
    if shown:
        lines.append(mrkdwn("Evidence: {all}", all=join("  ·  ", shown)))
    if payload.get("why"):
        lines.append(mrkdwn("Told how: {why}", why=escape(payload["why"], 200)))
    if one.resolved_at is not None:
        lines.append(mrkdwn("Over since {when}.", when=date(one.resolved_at)))
    return join("\n", lines)


def _short(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)
