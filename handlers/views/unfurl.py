"""Compact cards under links: what one would look up, and what one would do next."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote

from analysis.refs import Link
from analysis.reports import RunFacts, RunReport
from analysis.run import RunState
from analysis.sources.base import RunPage
from handlers.reply import Image, Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, date, escape, join, link, mrkdwn
from handlers.views.figures import figures
from handlers.views.help import TRY
from handlers.views.numbers import plural
from handlers.views.words import HEALTH, state_sentence, state_word

MENU: Final = "unfurl.menu"
NEVER: Final = "never"
AGAIN: Final = "unfurl.again"
_NAMED: Final = 3
_REPORT_ID: Final = re.compile(r"-{2,}[A-Za-z0-9]+=*\Z")
_KINDS: Final = {"workspace": "project"}


def run(report: RunReport, *, now: datetime, picture: Image | None = None) -> Message:
    """A run: its verdict, state, headline numbers, and a small plot of its loss."""
    facts = report.run
    name = link(facts.url, facts.name or facts.id, 100)
    head = mrkdwn("{mark} *{headline}*", mark=HEALTH[report.health].emoji,
                  headline=escape(report.headline, 200))  # fmt: skip
    where = mrkdwn("{name} in {entity}/{project}", name=name,
                   entity=escape(facts.entity, 60), project=escape(facts.project, 80))  # fmt: skip
    numbers = join("  ·  ", figures(report, short=True)[:4])
    lines = [head, join("  ·  ", [where, state_sentence(facts)]), numbers]
    note = [mrkdwn("W&amp;B, {when}", when=date(min(report.generated_at, now)))]
    if report.partial:
        note.insert(0, mrkdwn("⚠️ incomplete: {what}", what=_missing(report)))
    path = facts.path
    row = b.actions(
        [
            b.button("Describe", f"{TRY}:describe", f"describe {path}"),
            b.button("Watch This Run", f"{TRY}:watch", f"watch {path}"),
            _menu(),
        ]
    )
    shown = b.only(
        [
            b.section(join("\n", lines)),
            b.image(picture.name, picture.alt) if picture is not None else None,
            b.context(join("  ·  ", note)),
            row,
        ]
    )
    text = mrkdwn("{head}", head=head)
    return b.message(text, shown, images=() if picture is None else (picture,))


def many(link_: Link, page: RunPage, *, now: datetime) -> Message:
    """A sweep, group, project or entity: how many runs stand how, and the newest by name."""
    kind = _KINDS.get(link_.kind, link_.kind)
    place = "/".join(part for part in (link_.entity, link_.project) if part)
    name = link_.id or place
    head = mrkdwn("📦 {kind} *{name}*", kind=kind.capitalize(), name=link(link_.url, name, 100))
    if link_.id:
        head = mrkdwn("{head} in {place}", head=head, place=escape(place, 140))
    lines = [head, _counts(page), *_newest(page)]
    row = b.actions([*_asks(link_, place), _menu()])
    note = b.context(mrkdwn("W&amp;B, {when}", when=date(now)))
    return b.message(head, b.only([b.section(join("\n", lines)), note, row]))


def report(link_: Link) -> Message:
    """A report: its title, as its address tells it, and where it belongs."""
    title = _title(link_.id)
    place = f"{link_.entity}/{link_.project}"
    head = mrkdwn("📝 Report *{title}*", title=link(link_.url, title, 150))
    line = mrkdwn("in {place}", place=escape(place, 140))
    row = b.actions([*_asks(link_, place), _menu()])
    return b.message(head, b.only([b.section(join("\n", [head, line])), row]))


def unwanted(channel: str) -> Message:
    """No cards here any more, and the way back."""
    text = mrkdwn("🔇 Links to W&amp;B no longer unfurl in this channel.")
    row = b.actions([b.button("Show Previews Again", AGAIN, channel)])
    return b.message(text, b.only([b.section(text), row]))


def wanted() -> Message:
    """Cards again."""
    text = mrkdwn("🔗 Links to W&amp;B unfurl in this channel again.")
    return b.message(text, [b.section(text)])


def _missing(report: RunReport) -> Mrkdwn:
    return escape(report.missing[0].what, 60) if report.missing else Mrkdwn("some data")


def _asks(link_: Link, place: str) -> Sequence[Any]:
    if link_.project is None:
        return [b.button("Look Now", f"{TRY}:look", f"watch {place} --once")]
    return [
        b.button("Look Now", f"{TRY}:look", f"watch {place} --once"),
        b.button("Watch Project", f"{TRY}:watch", f"watch {place}"),
    ]


def _menu() -> dict[str, Any]:
    never = {
        "text": {"type": "plain_text", "text": "Never show previews in this channel"},
        "value": NEVER,
    }
    return {"type": "overflow", "action_id": MENU, "options": [never]}


def _counts(page: RunPage) -> Mrkdwn:
    """How many runs, and how those that were read stand."""
    if not page.runs:
        return mrkdwn("No runs yet")
    total = page.total if page.total is not None else len(page.runs)
    counted = Counter(one.state for one in page.runs)
    ranked = sorted(counted.items(), key=lambda item: _ORDER.get(item[0], 9))
    states = join(
        "  ·  ",
        [
            mrkdwn("{mark} {count} {word}", mark=state_word(state.value).emoji, count=count,
                   word=state_word(state.value).text.lower())
            for state, count in ranked
        ],
    )  # fmt: skip
    if total > len(page.runs):
        newest = plural(len(page.runs), "newest run", "newest runs")
        return mrkdwn("{total}, of the {newest}: {states}", total=plural(total, "run"),
                      newest=newest, states=states)  # fmt: skip
    return mrkdwn("{total}: {states}", total=plural(total, "run"), states=states)


_ORDER: Final = {
    RunState.RUNNING: 0,
    RunState.FAILED: 1,
    RunState.CRASHED: 2,
    RunState.FINISHED: 3,
}


def _newest(page: RunPage) -> list[Mrkdwn]:
    lines = []
    for one in page.runs[:_NAMED]:
        facts = RunFacts.of(one)
        lines.append(
            mrkdwn("{name}  ·  {state}", name=link(facts.url, facts.name or facts.id, 80),
                   state=state_sentence(facts))
        )  # fmt: skip
    return lines


def _title(slug: str) -> str:
    words = _REPORT_ID.sub("", unquote(slug)).replace("-", " ").strip()
    return words or slug
