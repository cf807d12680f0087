"""A run's report as a message: the answer first, then evidence, then actions, then the source.

Pure: no I/O and no clock. Sizes: ``full`` for an answer, ``compact`` for cards and lists.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from analysis.findings import Severity
from analysis.plots.curves import RunCurves
from analysis.reports import FindingReport, RunFacts, RunReport
from analysis.run import Run
from handlers.reply import Block, Image, Message
from handlers.views import blocks as b
from handlers.views import feedback
from handlers.views.charts import of_run as charts_of
from handlers.views.escape import Mrkdwn, code, date, escape, join, link, mrkdwn
from handlers.views.figures import evaluations, figures, highlights
from handlers.views.numbers import number, plural, steps
from handlers.views.tables import quoted
from handlers.views.why import sentence as cause_sentence
from handlers.views.words import HEALTH, SEVERITY, state_sentence

Size = Literal["full", "compact"]

_ENDED: Final = frozenset({"run_failed", "run_crashed"})
_QUOTED: Final = 4
_QUOTED_CHARACTERS: Final = 1_200


@dataclass(frozen=True, slots=True)
class RunButton:
    """A button of a run's report; commands put theirs into ``registry.RUN_BUTTONS``.

    Attributes:
        text: Title Case, no emoji.
        action_id: What the click is routed by; its value is the run's path.
        order: Place in the row, ascending.
        states: Only for runs in these states; all when empty.
        unhealthy_only: Only where a finding is a warning or critical.
        partial_only: Only where something did not come.
    """

    text: str
    action_id: str
    order: int = 50
    states: frozenset[str] = frozenset()
    unhealthy_only: bool = False
    partial_only: bool = False

    def suits(self, report: RunReport) -> bool:
        """Whether the button makes sense for this run."""
        troubled = any(finding.severity is not Severity.INFO for finding in report.findings)
        right_state = not self.states or report.run.state in self.states
        wanted = (troubled or not self.unhealthy_only) and (report.partial or not self.partial_only)
        return right_state and wanted


@dataclass(frozen=True, slots=True)
class _Detail:
    """How much evidence is shown; each falling step leaves out what matters least."""

    findings: int
    extras: int
    highlights: int


_DETAILS: Final = (
    _Detail(findings=6, extras=25, highlights=10),
    _Detail(findings=6, extras=8, highlights=6),
    _Detail(findings=4, extras=4, highlights=3),
    _Detail(findings=2, extras=2, highlights=0),
    _Detail(findings=1, extras=0, highlights=0),
)


def message(
    report: RunReport,
    size: Size = "full",
    *,
    now: datetime,
    picture: Image | None = None,
    curves: RunCurves | None = None,
    buttons: Sequence[RunButton] = (),
    pending: str = "",
    judged: bool = False,
) -> Message:
    """The report as a message.

    Args:
        report: What is known of the run.
        size: ``compact`` is three blocks, without picture and evidence.
        now: When the report is shown; the same for everybody.
        picture: The plot of its curves.
        curves: What the plot shows; those of a few points are Slack's own charts instead.
        buttons: What can be done with the run, beside opening it.
        pending: What is still being fetched, where this is not yet the whole answer.
        judged: Whether people are asked if the diagnosis is right.
    """
    text = headline(report)
    if size == "compact":
        return b.message(text, _compact(report, buttons))
    thumbs = b.only([feedback.buttons(report) if judged else None])
    drawn = _picture(picture)
    charts = charts_of(curves) if not pending else []
    rows = [
        [*_full(report, detail, now, charts or drawn, buttons, pending, newer=True), *thumbs]
        for detail in _DETAILS
    ]
    flat = [
        list(_full(report, detail, now, drawn, buttons, pending, newer=False))
        for detail in _DETAILS
    ]
    images = () if picture is None else (picture,)
    return b.message(text, b.first_that_fits(rows), b.first_that_fits(flat), images=images)


def looking(name: str, *, slow: bool = False) -> Message:
    """A promise: the run is being looked at."""
    what = mrkdwn("👀 Looking at {name} …", name=code(name, 120))
    if slow:
        what = mrkdwn("{what} W&amp;B is slow to answer, I keep waiting.", what=what)
    return b.message(what, [b.context(what)])


def preview(run: Run, *, now: datetime) -> Message:
    """What is known before the curves have come: how the run stands, and that more follows."""
    facts = RunFacts.of(run)
    name = facts.name or facts.id
    head = mrkdwn("{name} in {project}", name=link(facts.url, name, 120), project=facts.project)
    lines = [mrkdwn("*{head}*", head=head), state_sentence(facts)]
    note = mrkdwn("⏳ Reading its curves …  ·  W&amp;B, {when}", when=date(now))
    row = b.actions([b.link_button("Open in W&B", facts.url, "run.open")])
    text = mrkdwn("{name}: {state}", name=name, state=state_sentence(facts))
    return b.message(text, b.only([b.section(join("\n", lines)), b.context(note), row]))


def headline(report: RunReport) -> Mrkdwn:
    """The answer in one line, as notifications and screen readers say it."""
    word = HEALTH[report.health]
    return mrkdwn(
        "{emoji} {name}: {headline}",
        emoji=word.emoji,
        name=escape(report.run.name or report.run.id, 80),
        headline=escape(report.headline, 600),
    )


def _full(
    report: RunReport,
    detail: _Detail,
    now: datetime,
    drawn: Sequence[Block],
    buttons: Sequence[RunButton],
    pending: str,
    *,
    newer: bool,
) -> Iterator[Block]:
    yield b.header(report.headline)
    yield b.section(_status(report))
    yield from _cause(report)
    numbers = b.fields(figures(report))
    if numbers:
        yield numbers
    yield from _findings(report, detail.findings)
    if pending:
        yield b.context(mrkdwn("⏳ {pending}", pending=pending))
    elif report.partial:
        yield b.context(_partial(report))
    yield from drawn
    if detail.extras:
        yield from evaluations(report, native=newer)
    extras = list(_extras(report, detail, folded=newer))
    if newer:
        unfolding = b.container(_extras_title(report), extras) if extras else None
        if unfolding:
            yield unfolding
    else:
        yield from extras
    yield b.context(_source(report, now))
    row = _buttons(report, buttons)
    if row:
        yield row


def _picture(picture: Image | None) -> list[Block]:
    return [] if picture is None else [b.image(picture.name, picture.alt)]


def _compact(report: RunReport, buttons: Sequence[RunButton]) -> list[Block]:
    shown = join("  ·  ", figures(report, short=True)[:4])
    lines = [
        mrkdwn("*{headline}*", headline=escape(report.headline, 200)),
        _status(report),
        shown,
    ]
    return b.only([b.section(join("\n", lines)), _buttons(report, buttons)])


def _status(report: RunReport) -> Mrkdwn:
    run = report.run
    by = mrkdwn(" by {user}", user=escape(run.user, 60)) if run.user else Mrkdwn()
    where = mrkdwn(
        "{name} in {entity}/{project}{by}",
        name=link(run.url, run.name or run.id, 120),
        entity=escape(run.entity, 60),
        project=escape(run.project, 80),
        by=by,
    )
    return mrkdwn(
        "{health}  ·  {state}\n{where}",
        health=HEALTH[report.health].marked,
        state=state_sentence(run),
        where=where,
    )


def _cause(report: RunReport) -> Iterator[Block]:
    """Why it failed, and the last lines that tell."""
    cause = report.cause
    if cause is None:
        return
    sure = mrkdwn(" (a guess)") if cause.confidence == "low" else Mrkdwn()
    yield b.section(
        mrkdwn("🧭 *Why:* {cause}{sure}", cause=cause_sentence(cause.sentence), sure=sure)
    )
    if cause.quotes:
        yield quoted("\n".join(cause.quotes[-_QUOTED:]), _QUOTED_CHARACTERS)


def _findings(report: RunReport, shown: int) -> Iterator[Block]:
    ranked = sorted(report.findings, key=lambda finding: -finding.severity.rank)
    for finding in ranked[:shown]:
        if report.cause is not None and finding.code in _ENDED:  # the advice fits the cause
            finding = finding.model_copy(update={"advice": report.cause.advice or ""})
        yield b.section(_finding(finding, said=_said(report.headline, finding.message)))
    if len(ranked) > shown:
        left = len(ranked) - shown
        yield b.context(
            mrkdwn("… and {left}", left=f"{left} more findings" if left > 1 else "1 more finding")
        )


def _said(headline: str, message: str) -> bool:
    """Whether the headline says the same already; it need not be read twice."""
    return bool(message) and message.rstrip(". ").lower() in headline.lower()


def _finding(finding: FindingReport, *, said: bool) -> Mrkdwn:
    word = SEVERITY[finding.severity]
    text = word.text if said else finding.message
    head = mrkdwn("{emoji} *{text}*", emoji=word.emoji, text=escape(text, 500))
    where = [
        code(finding.metric, 100) if finding.metric else Mrkdwn(),
        escape(steps(finding.step_start, finding.step_end)),
    ]
    if finding.noise_ratio is not None and abs(finding.noise_ratio) >= 1:
        ratio = number(finding.noise_ratio, 2)
        where.append(mrkdwn("{ratio} × its own noise", ratio=ratio))
    evidence = join("  ·  ", where)
    if said and evidence:
        head, evidence = join("  ·  ", [head, evidence]), Mrkdwn()
    advice = (
        mrkdwn("*Try:* {advice}", advice=escape(finding.advice, 500))
        if finding.advice
        else Mrkdwn()
    )
    return join("\n", [head, evidence, advice])


def _partial(report: RunReport) -> Mrkdwn:
    first = report.missing[0] if report.missing else None
    if first is None:
        return mrkdwn("⚠️ This answer is incomplete.")
    more = len(report.missing) - 1
    tail = mrkdwn(" … and {more} more", more=more) if more else Mrkdwn()
    return mrkdwn(
        "⚠️ Incomplete: {what} ({reason}){tail}", what=first.what, reason=first.reason, tail=tail
    )


def _extras_title(report: RunReport) -> str:
    parts = []
    if report.missing:
        parts.append(f"{plural(len(report.missing), 'part')} missing")
    if report.not_checked:
        parts.append(f"{plural(len(report.not_checked), 'check')} not made")
    return "Details: " + (", ".join(parts) or "configuration")


def _extras(report: RunReport, detail: _Detail, *, folded: bool) -> Iterator[Block]:
    settings = highlights(report)[: detail.highlights]
    if settings:
        yield b.context(mrkdwn("*Configuration*  {all}", all=join("  ·  ", settings)))
    missing = [
        mrkdwn("{what}: {reason}", what=part.what, reason=part.reason) for part in report.missing
    ]
    unchecked = [
        mrkdwn("{code}: {reason}", code=code(item.code), reason=item.reason)
        for item in report.not_checked
    ]
    for title, lines in (("*Missing*", missing), ("*Not checked*", unchecked)):
        if lines and (detail.extras or folded):
            yield b.context(_listed(Mrkdwn(title), lines, max(1, detail.extras)))


def _listed(title: Mrkdwn, lines: Sequence[Mrkdwn], shown: int) -> Mrkdwn:
    """A titled list within the characters of one context text, the rest counted."""
    text, count = title, 0
    for line in lines[:shown]:
        longer = mrkdwn("{text}\n• {line}", text=text, line=line)
        if len(longer) > 2_500:
            break
        text, count = longer, count + 1
    left = len(lines) - count
    return mrkdwn("{text}\n… and {left} more", text=text, left=left) if left else text


def _source(report: RunReport, now: datetime) -> Mrkdwn:
    used: list[str] = []
    for names in report.metrics_used.values():
        used += [names] if isinstance(names, str) else names
    unique = list(dict.fromkeys(used))
    shown = join(", ", [code(name, 60) for name in unique[:6]])
    if len(unique) > 6:
        shown = mrkdwn("{shown} and {left} more", shown=shown, left=len(unique) - 6)
    parts = [mrkdwn("From {shown}", shown=shown) if unique else Mrkdwn()]
    parts.append(mrkdwn("W&amp;B, {when}", when=date(min(report.generated_at, now))))
    return join("  ·  ", parts)


def _buttons(report: RunReport, buttons: Sequence[RunButton]) -> Block | None:
    path = report.run.path
    own = [
        b.button(button.text, button.action_id, path)
        for button in sorted(buttons, key=lambda button: button.order)
        if button.suits(report)
    ]
    return b.actions([b.link_button("Open in W&B", report.run.url, "run.open"), *own])
