"""What holds in a channel: its default, what it watches, who one is, and what to do next."""

from handlers.conversation.ports import Person, Place
from handlers.reply import Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, join, mrkdwn
from handlers.views.help import TRY
from handlers.views.numbers import plural


def state(
    *,
    place: Place | None,
    own: bool,
    person: Person | None,
    watches: int | None,
    settings: bool,
) -> Message:
    """A channel's state and the next steps.

    Args:
        place: The default entity and project, where there is one.
        own: Whether it was set for this channel or person, rather than by W&B's settings.
        person: Who asks, on W&B.
        watches: How many watches the channel has; ``None`` where that is not known.
        settings: Whether there is a form of settings to open.
    """
    text = _title(place)
    lines = [text]
    if place is not None and not own:
        lines.append(
            mrkdwn("Another one for this channel: {way}", way=code("/wandb use ENTITY/PROJECT"))
        )
    if watches is not None:
        lines.append(
            mrkdwn("🔭 {count} here", count=plural(watches, "watch", "watches"))
            if watches
            else mrkdwn(
                "🔭 Nothing is watched here. {way}", way=code("/wandb watch ENTITY/PROJECT")
            )
        )
    lines.append(
        mrkdwn("👤 You are {name} on W&amp;B", name=code(person.wandb))
        if person is not None
        else mrkdwn("👤 I do not know who you are on W&amp;B. {way}", way=code("/wandb link NAME"))
    )
    tips = mrkdwn(
        "Ask in plain words, too: {one}, {two}, {three}.",
        one=code("/wandb how's training?"),
        two=code("/wandb did my run finish"),
        three=code("/wandb best run by eval/loss"),
    )
    row = b.actions(
        [
            b.button("How Is Training", f"{TRY}:now", "how's training?", style="primary"),
            b.button("Latest Runs", f"{TRY}:runs", "/wandb runs"),
            b.button("Watches", f"{TRY}:watches", "/wandb watches") if watches else None,
            b.button("Settings", "settings.open") if settings else None,
            b.button("Help", f"{TRY}:help", "/wandb help"),
        ]
    )
    return b.message(text, b.only([b.section(join("\n", lines)), b.context(tips), row]))


def _title(place: Place | None) -> Mrkdwn:
    if place is None:
        return mrkdwn("📌 No default project yet. {way}", way=code("/wandb use ENTITY/PROJECT"))
    return mrkdwn("📌 The default here is {place}", place=code(str(place)))
