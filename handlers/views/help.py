"""What the app can do: made from the table of commands, so that it is never out of date."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from handlers.language import Command
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, escape, join, mrkdwn

TRY: Final = "help.try"  # the action of an example's button; its value is the command's text
_LINES: Final = 12  # commands in one section
_GROUPS: Final = (
    ("Ask about runs", ("describe", "why", "plot", "compare", "best", "runs", "failures")),
    ("Watch", ("watch", "unwatch", "watches", "briefing", "remind", "reminders")),
    ("Choose what you hear", ("settings", "alert", "alerts", "unalert", "mute", "unmute",
                              "snooze", "unsnooze")),
    ("You and this channel", ("link", "unlink", "use", "doctor", "help")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A button: its words, and what a click on it says."""

    label: str
    text: str
    summary: str = ""


def overview(commands: Sequence[Command]) -> Message:
    """All commands, a line each, and how else one can ask."""
    text = mrkdwn("I look at your W&amp;B training runs and say how they are doing, and why.")
    chunks = [
        [mrkdwn("*{title}*", title=title), *(_described(command) for command in some)]
        for title, some in _grouped(commands)
    ]
    tips = mrkdwn(
        "In a thread or in direct messages plain words do as well: {example}. "
        "More about one command: {more}.",
        example=code("how is acme/vision/a1b2c3d4 doing?"),
        more=code("/wandb help describe"),
    )
    blocks: list[Block] = [b.header("What I can do"), b.section(text)]
    blocks += [b.section(join("\n", chunk)) for chunk in chunks]
    return b.message(text, [*blocks, b.context(tips)])


def one(command: Command) -> Message:
    """Everything about one command."""
    text = mrkdwn("{usage}: {summary}", usage=_usage(command), summary=command.summary)
    about = mrkdwn(
        "*{summary}*\n{details}", summary=command.summary, details=escape(command.details, 900)
    )
    examples = [mrkdwn("• {example}", example=code(example)) for example in command.examples]
    blocks: list[Block] = [
        b.header(f"/wandb {command.name}"),
        b.section(_usage(command)),
        b.section(about),
    ]
    if examples:
        blocks.append(b.section(mrkdwn("*Examples*\n{all}", all=join("\n", examples))))
    return b.message(text, blocks)


def no_such_command(name: str, commands: Sequence[Command]) -> Message:
    """Help was asked for something that is no command."""
    names = join(", ", [code(command.name) for command in commands])
    text = mrkdwn(
        "There is no command “{name}”. There are: {names}.", name=escape(name, 60), names=names
    )
    return b.message(text, [b.section(text)])


def not_understood(text: str, nearest: Sequence[Suggestion], *, half: bool = False) -> Message:
    """A sentence that was not understood, or only half, and what may have been meant."""
    words = "I am not sure what you mean by" if half else "I did not understand"
    what = mrkdwn("🤔 {words} “{text}”.", words=words, text=escape(text, 120))
    lines = [
        mrkdwn("• *{label}*  {summary}", label=escape(one.label, 80), summary=_further(one))
        for one in nearest
    ]
    shown = join("\n", [mrkdwn("{what} Did you mean one of these?", what=what), *lines])
    more = mrkdwn("Nothing was changed. Everything I can do: {help}", help=code("/wandb help"))
    return b.message(what, b.only([b.section(shown), _buttons(nearest), b.context(more)]))


def misread(text: str, command: Command, problem: str | None = None) -> Message:
    """A slash command that begins well and goes on in a way that cannot be read: how it is used.

    Args:
        text: What was typed.
        command: The command that it begins with.
        problem: What is wrong, in one sentence, where that is known.
    """
    unread = mrkdwn("I could not read “{text}”.", text=escape(text, 120))
    what = mrkdwn("🤔 {told}", told=escape(problem, 300) if problem else unread)
    examples = [mrkdwn("• {example}", example=code(example)) for example in command.examples]
    lines = [what, mrkdwn("Write {usage}, for example:", usage=_usage(command)), *examples]
    more = mrkdwn("Nothing was changed. {details}", details=escape(command.details, 600))
    return b.message(what, [b.section(join("\n", lines)), b.context(more)])


def greeting(nearest: Sequence[Suggestion]) -> Message:
    """Hello, and where to begin."""
    text = mrkdwn("👋 Hello! Ask me how your training runs are doing.")
    return b.message(text, b.only([b.section(text), _buttons(nearest)]))


def welcome() -> Message:
    """Thanks, answered."""
    text = mrkdwn("You’re welcome!")
    return b.message(text, [b.section(text)])


def _grouped(commands: Sequence[Command]) -> Iterator[tuple[str, Sequence[Command]]]:
    """The commands by what one wants; those of no group come last."""
    left = {command.name: command for command in commands}
    for title, names in _GROUPS:
        some = [left.pop(name) for name in names if name in left]
        if some:
            yield title, some
    rest = list(left.values())
    for start in range(0, len(rest), _LINES):
        yield "More", rest[start : start + _LINES]


def _described(command: Command) -> Mrkdwn:
    return mrkdwn("{usage}\n{summary}", usage=_usage(command), summary=command.summary)


def _further(one: Suggestion) -> str:
    """What a button's words do not say already."""
    same = one.summary.rstrip(".").lower() == one.label.rstrip("?.").lower()
    return "" if same else one.summary


def _buttons(nearest: Sequence[Suggestion]) -> Block | None:
    return b.actions(
        b.button(one.label, f"{TRY}:{place}", one.text) for place, one in enumerate(nearest)
    )


def _usage(command: Command) -> Mrkdwn:
    return code(f"/wandb {command.name} {command.usage}".strip())
