"""Work in progress: what is being done, a button to cancel, and what stands there afterwards."""

from dataclasses import dataclass, replace
from typing import Final

from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views import limits
from handlers.views.escape import Mrkdwn, mrkdwn
from handlers.views.numbers import bar, step

CANCEL: Final = "work.cancel"
_BLOCK: Final = "work"


@dataclass(frozen=True, slots=True)
class Doing:
    """What is being done, and how far it is.

    Attributes:
        phrase: As the core says it (“rows read”); empty while nothing is known.
        done: How many.
        total: Of how many, where known.
    """

    phrase: str = ""
    done: int = 0
    total: int | None = None


_WORDS: Final = {
    "rows read": ("fetching", "steps"),
    "runs read": ("looking at", "runs"),
    "lines read": ("reading", "lines of the log"),
}
"""The core's phrases as a sentence: the verb, and what is counted."""


def words(doing: Doing) -> str:
    """One line, such as “fetching 14,000 of 50,000 steps”; empty while nothing is known."""
    if not doing.phrase:
        return ""
    verb, things = _WORDS.get(doing.phrase, (doing.phrase, ""))
    many = step(doing.done)
    if doing.total and doing.total >= doing.done:
        many = f"{many} of {step(doing.total)}"
    return " ".join(part for part in (verb, many, things) if part)


def with_progress(message: Message, doing: Doing, token: str, otherwise: str = "") -> Message:
    """A message that is not the answer yet, with what is being done and how to cancel it.

    Args:
        message: What is known so far.
        doing: What is being done.
        token: What the button carries.
        otherwise: What is said while nothing is known of what is being done.
    """
    plainer = message.plainer
    return replace(
        message,
        blocks=_with(message.blocks, message.text, _line(doing, otherwise), token),
        plainer=None if plainer is None else with_progress(plainer, doing, token, otherwise),
    )


def cancel_token(request: str, user: str) -> str:
    """What the button carries: which request, and who asked."""
    return f"{request}:{user}"


def cancelled(asked: str = "") -> Message:
    """The work was stopped by who asked for it: nothing failed, nothing was changed."""
    text = mrkdwn("⏹️ Cancelled. Ask again whenever you like.")
    if asked:
        text = mrkdwn("⏹️ Cancelled: {asked}. Ask again whenever you like.", asked=asked)
    return b.message(text, [b.context(text)])


def not_yours() -> Message:
    """Somebody else asked for this."""
    text = mrkdwn("Only who asked for this can cancel it.")
    return b.message(text, [b.section(text)])


def _with(
    blocks: tuple[Block, ...], text: str, line: Block | None, token: str
) -> tuple[Block, ...]:
    shown = blocks or (b.section(Mrkdwn(text)),)
    row = b.actions([b.button("Cancel", CANCEL, token)], block_id=_BLOCK)
    added = b.only([line, row])
    return (*shown[: limits.MESSAGE_BLOCKS - len(added)], *added)


def _line(doing: Doing, otherwise: str) -> Block | None:
    if not doing.phrase:
        return b.context(mrkdwn("⏳ {words} …", words=otherwise)) if otherwise else None
    line = mrkdwn("⏳ {words} …", words=_sentence(words(doing)))
    if doing.total and doing.total >= doing.done:
        line = mrkdwn("{line}  {bar}", line=line, bar=bar(doing.done / doing.total))
    return b.context(line)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
