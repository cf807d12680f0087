"""Did it finish, and how long is left: the answer first, in one sentence, then what it rests on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from analysis.findings import Health
from analysis.reports import RunFacts, RunReport
from analysis.run import RunState
from handlers.reply import Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, date, escape, join, link, mrkdwn
from handlers.views.numbers import amount, bar, duration, number, share, step
from handlers.views.run import RunButton
from handlers.views.several import Unread, notes_of
from handlers.views.words import HEALTH, state_word

_ANSWER: Final = {
    RunState.RUNNING: "No, {name} is still running",
    RunState.PREEMPTING: "No, {name} is being pre-empted",
    RunState.PENDING: "No, {name} has not started yet",
    RunState.FINISHED: "Yes, {name} finished",
    RunState.FAILED: "{name} ended, but it failed",
    RunState.CRASHED: "I cannot tell: W&amp;B lost contact with {name}",
    RunState.KILLED: "{name} ended: its user stopped it",
    RunState.PREEMPTED: "No, {name} was pre-empted",
    RunState.CANCELED: "{name} was canceled before it ran",
}
_TURNED: Final = frozenset({RunState.RUNNING, RunState.PREEMPTING, RunState.FINISHED})
"""States whose yes and no depend on which way it was asked."""
_OTHER_WAY: Final = {"Yes": "No", "No": "Yes"}
_RATES: Final = 40


def finished(
    report: RunReport,
    *,
    now: datetime,
    buttons: Sequence[RunButton] = (),
    alive: bool = False,
) -> Message:
    """Whether a run is done; ``alive``: the question was whether it still runs."""
    return _message(report, _answer(report.run, alive=alive), now, buttons)


def remaining(report: RunReport, *, now: datetime, buttons: Sequence[RunButton] = ()) -> Message:
    """How long a run still takes."""
    return _message(report, _left(report, now), now, buttons)


def several(
    reports: Sequence[RunReport],
    *,
    now: datetime,
    eta: bool = False,
    unread: Unread = (),
    more: int = 0,
) -> Message:
    """The same of several runs, a line each; ``unread`` and ``more`` are what it lacks."""
    lines = [
        mrkdwn("• {answer}", answer=_left(report, now) if eta else _answer(report.run))
        for report in reports
    ]
    text = join("  ", lines[:3])
    notes = [*notes_of(unread, more), _source(now)]
    return b.message(text, [b.section(join("\n", lines)), b.context(join("\n", notes))])


def so_far(run: RunFacts, *, alive: bool = False) -> Message:
    """The answer from W&B's facts alone, while the curves are read."""
    text = _answer(run, alive=alive)
    return b.message(text, [b.section(text), b.context(mrkdwn("⏳ Reading its progress …"))])


def _message(
    report: RunReport, answer: Mrkdwn, now: datetime, buttons: Sequence[RunButton]
) -> Message:
    run = report.run
    lines = [mrkdwn("*{answer}*", answer=answer), *_evidence(report)]
    row = b.actions(
        [
            b.button("Describe", "help.try", f"/wandb describe {run.path}"),
            *(
                b.button(button.text, button.action_id, run.path)
                for button in sorted(buttons, key=lambda button: button.order)
                if button.action_id != "run.refresh" and button.suits(report)
            ),
            b.link_button("Open in W&B", run.url, "run.open"),
        ]
    )
    return b.message(answer, b.only([b.section(join("\n", lines)), b.context(_source(now)), row]))


def _answer(run: RunFacts, *, alive: bool = False) -> Mrkdwn:
    state = RunState.of(run.state)
    name = _named(run)
    words = _ANSWER.get(state)
    if words is not None and alive and state in _TURNED:
        first, comma, rest = words.partition(", ")
        words = f"{_OTHER_WAY[first]}{comma}{rest}" if first in _OTHER_WAY else words
    if words is None:
        return mrkdwn("I cannot tell: {name} is in state {state}", name=name, state=code(run.state))
    said = Mrkdwn(words.replace("{name}", name))
    emoji = state_word(run.state).emoji
    since = run.ended_at or run.heartbeat_at
    tail = Mrkdwn()
    if state is RunState.CRASHED and since:
        tail = mrkdwn(" {when}; it may come back", when=date(since))
    elif state.ended and since:
        tail = mrkdwn(" {when}", when=date(since))
    elif state.live and run.runtime_s:
        tail = mrkdwn(" (for {ran})", ran=duration(run.runtime_s))
    return mrkdwn("{emoji} {said}{tail}", emoji=emoji, said=said, tail=tail)


def _left(report: RunReport, now: datetime) -> Mrkdwn:
    run, progress = report.run, report.progress
    state = RunState.of(run.state)
    if not state.live:
        return _answer(run)
    name = _named(run)
    if progress is None or progress.step is None:
        return mrkdwn("⏳ {name} has logged no step yet, so I cannot tell", name=name)
    if progress.total_steps is None:
        return mrkdwn(
            "⏳ {name} is at step {step}; it does not say how many it plans, so I cannot tell",
            name=name,
            step=step(progress.step),
        )
    if progress.eta_s is None:
        return mrkdwn(
            "⏳ {name} is at step {step} of {total}; its pace is not known yet",
            name=name,
            step=step(progress.step),
            total=step(progress.total_steps),
        )
    done = date(now + timedelta(seconds=progress.eta_s))
    return mrkdwn(
        "⏳ About {left} left for {name}: done {done} at this pace",
        left=duration(progress.eta_s),
        name=name,
        done=done,
    )


def _evidence(report: RunReport) -> list[Mrkdwn]:
    run, progress = report.run, report.progress
    lines: list[Mrkdwn] = []
    where = mrkdwn("{entity}/{project}", entity=escape(run.entity), project=escape(run.project))
    by = mrkdwn(" by {user}", user=escape(run.user, 60)) if run.user else Mrkdwn()
    if progress is not None and progress.step is not None:
        parts = [mrkdwn("step {step}", step=step(progress.step))]
        if progress.total_steps:
            parts[0] = mrkdwn(
                "step {step} of {total}", step=step(progress.step), total=step(progress.total_steps)
            )
        live = RunState.of(run.state).live  # of an ended run neither bar nor pace says anything
        if live and progress.fraction is not None:
            shown = mrkdwn(
                "{bar} {share}", bar=bar(progress.fraction), share=share(progress.fraction)
            )
            parts.append(shown)
        if live and progress.steps_per_hour:
            parts.append(mrkdwn("{pace} steps/h", pace=amount(progress.steps_per_hour)))
        lines.append(join("  ·  ", parts))
    numbers = []
    if report.loss is not None:
        numbers.append(
            mrkdwn(
                "{metric} {now}",
                metric=code(report.loss.metric, _RATES),
                now=number(report.loss.current),
            )
        )
    numbers += [
        mrkdwn("{metric} {last}", metric=code(found.metric, _RATES), last=number(found.last))
        for found in report.eval[:2]
    ]
    if numbers:
        lines.append(join("  ·  ", numbers))
    if report.health in {Health.WARNING, Health.CRITICAL}:
        word = HEALTH[report.health].marked
        lines.append(mrkdwn("{word}: {what}", word=word, what=escape(report.headline, 200)))
    lines.append(mrkdwn("{where}{by}", where=where, by=by))
    return lines


def _named(run: RunFacts) -> Mrkdwn:
    return link(run.url, run.name or run.id, 80)


def _source(now: datetime) -> Mrkdwn:
    return mrkdwn("W&amp;B, {when}", when=date(now))
