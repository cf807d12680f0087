"""The numbers of a report, each as a short text with its unit, direction and baseline."""

import math
from collections.abc import Iterator

from analysis.reports import EvalReport, GradNormReport, LossReport, ProgressReport, RunReport
from analysis.run import RunState
from handlers.reply import Block
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, escape, join, mrkdwn
from handlers.views.numbers import amount, bar, change, duration, number, plural, share, step
from handlers.views.tables import fixed

_TREND = {"improving": "↘", "flat": "→", "worsening": "↗", "diverged": "⚠"}
_GRADIENTS = {
    "normal": "normal",
    "peak": "an isolated peak",
    "unstable": "unstable",
    "exploding": "exploding",
    "vanishing": "vanishing",
    "not_finite": "not finite",
}
_EVALS = 3
_FIXED = 12
_TABLE = 4_000  # of the characters that a whole message may hold
_WORDS = {"down": "lower", "up": "higher"}
_CONFIG_VALUE = 40


def figures(report: RunReport, *, short: bool = False) -> list[Mrkdwn]:
    """Loss, gradients, evaluation, progress and pace, those that there are.

    Args:
        report: Where they come from.
        short: One line each, for compact cards.
    """
    pairs = [(title, lines) for title, lines in _all(report) if lines]
    if short:
        return [mrkdwn("{title} {line}", title=title, line=lines[0]) for title, lines in pairs]
    return [
        mrkdwn("*{title}*\n{lines}", title=title, lines=join("\n", lines)) for title, lines in pairs
    ]


def highlights(report: RunReport) -> list[Mrkdwn]:
    """The configuration's telling entries, one text each."""
    shown = []
    for key, value in report.config.items():
        text = number(value) if isinstance(value, float) else str(value)
        shown.append(mrkdwn("{key} {value}", key=escape(key, 60), value=code(text, _CONFIG_VALUE)))
    return shown


def _all(report: RunReport) -> Iterator[tuple[str, list[Mrkdwn]]]:
    if report.loss:
        yield "Loss", list(_loss(report.loss))
    for evaluation in _leading(report):
        yield "Evaluation", list(_eval(evaluation))
    if report.grad_norm:
        yield "Gradient norm", list(_gradients(report.grad_norm))
    if report.progress:
        done = report.run.state == RunState.FINISHED
        yield "Progress", list(_progress(report.progress, done=done))
    if report.throughput and report.throughput.recent is not None:
        pace = report.throughput
        lines = [mrkdwn("{now}", now=amount(pace.recent, pace.unit))]
        if pace.overall is not None:
            lines.append(mrkdwn("{all} overall", all=amount(pace.overall, pace.unit)))
        yield "Throughput", lines


def _leading(report: RunReport) -> tuple[EvalReport, ...]:
    """Two or three evaluations stand here; of more the first, the others in their table."""
    return report.eval if len(report.eval) <= _EVALS else report.eval[:1]


def evaluations(report: RunReport, *, native: bool) -> list[Block]:
    """Every evaluation metric as a table that sorts, where there are more than a few.

    Args:
        report: Where they come from.
        native: As Slack's data table; else in fixed width.
    """
    if len(report.eval) <= _EVALS:
        return []
    count = plural(len(report.eval), "evaluation metric")
    if native:
        rows = [
            [each.metric, each.last, each.best, each.best_step, _WORDS[each.direction]]
            for each in report.eval
        ]
        columns = ("Metric", "Last", "Best", "At step", "Better is")
        return [b.data_table(f"All {count}", columns, rows, characters=_TABLE)]
    lines = [("Metric", "Last", "Best", "At step")]
    lines += [
        (each.metric, number(each.last), number(each.best), step(each.best_step))
        for each in report.eval[:_FIXED]
    ]
    left = len(report.eval) - _FIXED
    more = [b.context(mrkdwn("… and {left} more", left=left))] if left > 0 else []
    return [fixed(lines), *more]


def _loss(loss: LossReport) -> Iterator[Mrkdwn]:
    arrow = _TREND[loss.direction] if loss.direction else ""
    finite = loss.current is not None and math.isfinite(loss.current)
    how = change(loss.change_pct) if finite else ""
    words = f"{how} since the start" if how else loss.direction
    yield mrkdwn("{now} {arrow}", now=number(loss.current), arrow=arrow)
    if words:
        yield mrkdwn("{words}", words=words)
    if loss.best is not None:
        yield mrkdwn("best {best}{where}", best=number(loss.best), where=_at(loss.best_step))


def _eval(evaluation: EvalReport) -> Iterator[Mrkdwn]:
    name = code(evaluation.metric, 60)
    yield mrkdwn("{metric} {last}", metric=name, last=number(evaluation.last))
    if evaluation.best is not None:
        # The better end of the scale: so the word says both the best and its direction.
        which = "lowest" if evaluation.direction == "down" else "highest"
        best, where = number(evaluation.best), _at(evaluation.best_step)
        yield mrkdwn("{which} {best}{where}", which=which, best=best, where=where)


def _at(place: int | None) -> Mrkdwn:
    return Mrkdwn() if place is None else mrkdwn(" at step {place}", place=step(place))


def _gradients(norm: GradNormReport) -> Iterator[Mrkdwn]:
    yield mrkdwn("{now}, {word}", now=number(norm.current), word=_GRADIENTS[norm.verdict])
    yield mrkdwn(
        "median {median}, p95 {p95}, max {max}",
        median=number(norm.median, 3),
        p95=number(norm.p95, 3),
        max=number(norm.max, 3),
    )


def _progress(progress: ProgressReport, *, done: bool) -> Iterator[Mrkdwn]:
    if progress.step is None:
        return
    total = Mrkdwn()
    if progress.total_steps:
        total = mrkdwn(" of {total}", total=step(progress.total_steps))
    yield mrkdwn("step {step}{total}", step=step(progress.step), total=total)
    if progress.fraction is not None and not done:  # what is finished needs no bar
        yield mrkdwn("{bar} {share}", bar=bar(progress.fraction), share=share(progress.fraction))
    tail = []
    if progress.eta_s is not None:
        tail.append(f"about {duration(progress.eta_s)} left")
    if progress.steps_per_hour:
        tail.append(f"{amount(progress.steps_per_hour)} steps/h")
    if tail:
        yield mrkdwn("{tail}", tail=", ".join(tail))
