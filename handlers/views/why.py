"""Why a run ended, as a message: the cause first, then the lines that tell, then what to do.

Pure: no I/O and no clock. The quoted lines were redacted before anything else saw them.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from analysis.causes.report import WhyReport
from analysis.reports import RunFacts
from analysis.why import Explanation
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, date, escape, join, link, mrkdwn
from handlers.views.help import TRY
from handlers.views.numbers import number, plural
from handlers.views.tables import preformatted
from handlers.views.words import Word, state_sentence

_CAUSE: Final = {"none": Word("✅", "It did not fail"), "unknown": Word("❔", "Cause unknown")}
_KNOWN: Final = Word("🧭", "")
_SURE: Final = {"low": "a guess", "medium": "likely", "high": "sure"}
_QUOTED: Final = 3_000
_ALSO: Final = 4


def message(explanation: Explanation, *, now: datetime) -> Message:
    """The answer to “why did it fail?”."""
    report = explanation.report
    facts = RunFacts.of(explanation.run)
    text = mrkdwn(
        "{emoji} {name}: {sentence}",
        emoji=_word(report).emoji,
        name=escape(facts.name or facts.id, 80),
        sentence=sentence(report.sentence),
    )
    return b.message(text, b.first_that_fits([b.only(_blocks(explanation, facts, now))]))


def looking(name: str) -> Message:
    """A promise."""
    text = mrkdwn("👀 Reading the last lines of {name} …", name=code(name, 120))
    return b.message(text, [b.context(text)])


def sentence(text: str) -> Mrkdwn:
    """The cause in one sentence; names of functions in it stay in monospace."""
    pieces = text.split("`")
    return Mrkdwn(
        "".join(
            code(piece, 200) if place % 2 and place < len(pieces) - 1 else _spaced(piece)
            for place, piece in enumerate(pieces)
        )
    )


def _spaced(piece: str) -> str:
    """Escaped, with the blanks at its ends, which stand beside monospace."""
    inner = escape(piece, 600)
    return f"{' ' if piece[:1] == ' ' else ''}{inner}{' ' if piece[-1:] == ' ' and inner else ''}"


def _blocks(explanation: Explanation, facts: RunFacts, now: datetime) -> Iterator[Block | None]:
    report = explanation.report
    yield b.header(report.sentence.replace("`", "").rstrip("."))
    yield b.section(
        mrkdwn(
            "{emoji} {sure}\n{state}",
            emoji=_word(report).emoji,
            sure=_sure(report),
            state=mrkdwn(
                "{name} in {project}  ·  {state}",
                name=link(facts.url, facts.name or facts.id, 120),
                project=escape(facts.project, 80),
                state=state_sentence(facts),
            ),
        )
    )
    if report.quotes:
        yield preformatted("\n".join(report.quotes), _QUOTED)
    if report.advice:
        yield b.section(mrkdwn("*Try:* {advice}", advice=escape(report.advice, 700)))
    notes = [escape(note, 300) for note in report.also[:_ALSO]]
    if notes:
        yield b.context(mrkdwn("*Also:* {notes}", notes=join("  ·  ", notes)))
    yield b.context(_source(explanation, now))
    yield b.actions(
        [
            b.link_button("Open in W&B", facts.url, "run.open"),
            b.button("Describe", f"{TRY}:describe", f"/wandb describe {facts.path}"),
            b.button(
                "Failures of Project",
                f"{TRY}:failures",
                f"/wandb failures {facts.entity}/{facts.project}",
            )
            if report.cause != "none"
            else None,
        ]
    )


def _word(report: WhyReport) -> Word:
    return _CAUSE.get(report.cause, _KNOWN)


def _sure(report: WhyReport) -> Mrkdwn:
    """Which kind of cause, and how sure."""
    if report.cause in _CAUSE:
        return mrkdwn("*{title}*", title=_CAUSE[report.cause].text)
    return mrkdwn(
        "Cause {cause}  ·  *{word}* ({value})",
        cause=code(report.cause),
        word=_SURE[report.confidence],
        value=number(report.confidence_value, 2),
    )


def _source(explanation: Explanation, now: datetime) -> Mrkdwn:
    report, parts = explanation.report, []
    if report.frame:
        where = f"{report.frame.file}:{report.frame.line}"
        parts.append(mrkdwn("At {where}", where=code(where, 160)))
    exit_code = report.evidence.get("exit_code")
    if exit_code is not None:
        parts.append(mrkdwn("exit code {exit}", exit=str(exit_code)))
    parts += [
        mrkdwn("⚠️ {what} missing: {why}", what=part.what, why=part.reason)
        for part in explanation.missing[:2]
    ]
    parts.append(mrkdwn("{read}, {when}", read=_read(report), when=date(now)))
    return join("  ·  ", parts)


def _read(report: WhyReport) -> Mrkdwn:
    lines = report.evidence.get("lines")
    if isinstance(lines, int) and lines:
        return mrkdwn("W&amp;B, the last {lines}", lines=plural(lines, "console line"))
    return mrkdwn("W&amp;B")
