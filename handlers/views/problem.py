"""An error, kindly: what happened, and what to do next."""

from typing import Final

from analysis.errors import AnalysisError
from handlers.problems import SlackProblem, SlowDown, Unauthorized, Unreachable
from handlers.reply import Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, escape, mrkdwn

_SENTENCE: Final = 600


def analysis_problem(error: AnalysisError) -> Message:
    """A question that could not be answered: the sentence, and the next step."""
    emoji = "🕒" if error.retry else "🔎" if error.exit_code == 3 else "⚠️"
    return _message(emoji, escape(error.sentence, _SENTENCE), escape(error.next_step, _SENTENCE))


def slack_problem(problem: SlackProblem) -> Message:
    """Slack did not take the answer."""
    if isinstance(problem, Unreachable):
        return _message(
            "⚠️",
            mrkdwn("I cannot post in this conversation."),
            mrkdwn("Invite me with {invite} and ask again.", invite=code("/invite")),
        )
    if isinstance(problem, SlowDown):
        return _message(
            "🕒",
            mrkdwn("Slack asks me to slow down just now."),
            mrkdwn("Ask again in a minute."),
        )
    if isinstance(problem, Unauthorized):
        return _message(
            "⚠️",
            mrkdwn("Slack does not let me do that ({code}).", code=problem.code),
            mrkdwn("Whoever installed this app can check its scopes and its token."),
        )
    return _message(
        "⚠️",
        mrkdwn("Slack did not take the answer ({code}).", code=problem.code),
        mrkdwn("Ask again in a moment."),
    )


def our_fault(request_id: str) -> Message:
    """Something unexpected; the id finds it in the logs."""
    return _message(
        "💥",
        mrkdwn("Something went wrong on our side (id {id}).", id=code(request_id)),
        mrkdwn("It was logged. Try again; if it stays, tell whoever runs this bot the id."),
    )


def _message(emoji: str, what: Mrkdwn, next_step: Mrkdwn) -> Message:
    text = mrkdwn("{emoji} {what}", emoji=emoji, what=what)
    shown = mrkdwn("{text}\n{next}", text=text, next=next_step) if next_step else text
    return b.message(
        mrkdwn("{text} {next}", text=text, next=next_step) if next_step else text,
        [b.section(shown)],
    )
