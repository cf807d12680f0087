"""Who somebody is on W&B, what is used by default, and what was taken back."""

from typing import Literal

from analysis.run import Run
from handlers.conversation.ports import Person, Place
from handlers.reply import Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, date, escape, join, mention, mrkdwn

CONFIRM = "link.confirm"
UNLINK = "link.forget"
ONLY_ME = "use.only_me"
UNDO = "undo"
_PROOFS = {
    "email": "your e-mail proves it",
    "key": "your key proves it",
    "confirmed": "you said so",
}


def confirm(name: str, runs: tuple[Run, ...], *, known: bool) -> Message:
    """A name that nothing proves: the person confirms it, in private."""
    text = mrkdwn("👤 Are you {name} on W&amp;B?", name=code(name))
    if runs:
        newest = runs[0]
        when = mrkdwn(" ({when})", when=date(newest.created_at)) if newest.created_at else Mrkdwn()
        more = mrkdwn(
            "The newest run of {name} is {run} in {project}{when}.",
            name=code(name),
            run=code(newest.name or newest.ref.id),
            project=escape(newest.ref.project),
            when=when,
        )
    elif known:
        more = mrkdwn("⚠️ I see no run of {name}: check the spelling.", name=code(name))
    else:
        more = Mrkdwn()
    note = mrkdwn("Your e-mail does not tell me. What I say of “my runs” will be of this user.")
    row = b.actions(
        [
            b.button("Yes, That Is Me", CONFIRM, name, style="primary"),
            b.button("No", "which.cancel"),
        ]
    )
    lines = join("\n", [text, more])
    return b.message(text, b.only([b.section(lines), b.context(note), row]))


def linked(name: str, proof: str) -> Message:
    """The link stands."""
    text = mrkdwn("👤 You are {name} on W&amp;B.", name=code(name))
    why = _PROOFS.get(proof, "")
    note = mrkdwn("{why}. “My runs” are yours now; {undo} forgets it.", why=why.capitalize(),
                  undo=code("/wandb unlink"))  # fmt: skip
    return b.message(text, [b.section(text), b.context(note)])


def who_you_are(person: Person | None, names: tuple[str, ...]) -> Message:
    """What is known of somebody, and how to change it."""
    if person is not None:
        text = mrkdwn(
            "👤 You are {name} on W&amp;B ({why}).",
            name=code(person.wandb),
            why=_PROOFS.get(person.proof, "linked"),
        )
        row = b.actions([b.button("Forget It", UNLINK)])
    else:
        text = mrkdwn(
            "👤 I do not know who you are on W&amp;B. Write {example}.",
            example=code("/wandb link NAME"),
        )
        row = b.actions(
            [b.button(f"I Am {name}"[:75], f"link.me:{place}", _named(name))
             for place, name in enumerate(names)]
        )  # fmt: skip
    return b.message(text, b.only([b.section(text), row]))


def _named(name: str) -> str:
    import json

    return json.dumps({"name": name, "question": ""})


def unlinked(*, was: bool) -> Message:
    """The link was forgotten."""
    text = (
        mrkdwn("👤 Forgotten: I no longer know who you are on W&amp;B.")
        if was
        else mrkdwn("👤 You were not linked to a W&amp;B user.")
    )
    return b.message(text, [b.section(text)])


def will_not_ask() -> Message:
    """The person does not want to be asked again."""
    text = mrkdwn("All right, I will not ask again. {way} does it whenever you like.",
                  way=code("/wandb link NAME"))  # fmt: skip
    return b.message(text, [b.context(text)])


def using(
    place: Place, scope: Literal["channel", "user"], channel: str | None, token: str
) -> Message:
    """The default that was set, and how to take it back."""
    where = (
        mrkdwn("in {channel}", channel=_channel(channel))
        if scope == "channel" and channel
        else mrkdwn("for you")
    )
    text = mrkdwn("📌 {place} is the default {where} now.", place=code(str(place)), where=where)
    note = mrkdwn("Names of runs and projects are looked for there first.")
    only_me = (
        b.button("Only for Me", ONLY_ME, str(place)) if scope == "channel" and channel else None
    )
    row = b.actions([b.button("Undo", UNDO, token), only_me])
    return b.message(text, b.only([b.section(text), b.context(note), row]))


def _channel(channel: str | None) -> Mrkdwn:
    """A channel, as Slack shows it; ids are Slack's own."""
    safe = "".join(char for char in channel or "" if char.isalnum())
    return Mrkdwn(f"<#{safe}>")


def done(sentence: str) -> Message:
    """A change was taken back."""
    text = mrkdwn("↩️ {sentence}", sentence=escape(sentence, 500))
    return b.message(text, [b.section(text)])


def nothing_to_undo() -> Message:
    """There is no change of the last five minutes."""
    text = mrkdwn("↩️ There is nothing to take back: changes can be undone for five minutes.")
    return b.message(text, [b.section(text)])


def too_late() -> Message:
    """The five minutes are over."""
    text = mrkdwn(
        "🕒 It is too late to undo that: a change can be taken back for five minutes. "
        "{way} shows what holds here, and how to change it.",
        way=code("/wandb watches"),
    )
    return b.message(text, [b.section(text)])


def undone_already() -> Message:
    """Somebody was faster, or pressed twice."""
    text = mrkdwn("↩️ That was undone already.")
    return b.message(text, [b.section(text)])


def not_yours(author: str) -> Message:
    """Only who made a change takes it back by its button."""
    text = mrkdwn("↩️ {who} made that change, so only they can undo it here.", who=mention(author))
    return b.message(text, [b.section(text)])
