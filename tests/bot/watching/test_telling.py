"""What a channel hears of alerts: the rules about noise, without database or Slack."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from analysis.alerts.base import Alert, Evidence, KindName
from analysis.causes.report import WhyReport
from analysis.findings import Severity
from analysis.reports import RunFacts
from bot.storage.mutes import Mute
from bot.watching.judged import Listener
from bot.watching.telling import BUNDLE, CROWD, Told, tell
from handlers.views.validate import validate_message
from handlers.watching.manners import Manners
from handlers.watching.render import render

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
RUN = "team/llm/otter"


def an_alert(
    kind: KindName = "finding",
    *,
    code: str = "loss_spike",
    severity: Severity = Severity.WARNING,
    run: str = RUN,
    card: str = "",
    closed: bool = False,
    user: str = "ada-w",
) -> Alert:
    """Something that happened to a run."""
    entity, project, name = run.split("/")
    facts = RunFacts(entity=entity, project=project, id=name, name=name, state="running", user=user)
    return Alert(
        kind=kind,
        subject=run,
        code=code,
        episode=1,
        severity=severity,
        headline=f"{kind} {code}",
        evidence=Evidence("a rule", {"value": float("nan")}),
        opened_at=NOW - timedelta(minutes=12) if closed else NOW,
        closed_at=NOW if closed else None,
        name=name,
        card=card or run,
        run=facts,
    )


def a_listener(manners: Manners | None = None, mutes: Sequence[Mute] = (), **more: Any) -> Listener:
    """A channel with one watch."""
    return Listener(1, "C1", manners or Manners(), mutes, **more)


def cards_of(told: Told) -> dict[str, Any]:
    """The cards that were changed, by subject."""
    return {change.key.subject: dict(change.payload) for change in told.cards}


def test_the_first_alert_of_a_run_is_its_card_and_nothing_else() -> None:
    told = tell(a_listener(), [an_alert()], {}, now=NOW)
    assert list(cards_of(told)) == [RUN]
    assert not told.posts
    assert not told.lines


def test_what_comes_later_goes_into_the_thread_as_one_message() -> None:
    known = cards_of(tell(a_listener(), [an_alert()], {}, now=NOW))
    more = [an_alert(code="overfitting"), an_alert(code="loss_plateau")]
    told = tell(a_listener(), more, known, now=NOW + timedelta(minutes=1))
    assert [post.thread_of is not None for post in told.posts] == [True]
    assert len(told.posts[0].what.payload["events"]) == 2


def test_a_new_critical_problem_gets_a_line_once_within_the_cooling_period() -> None:
    listener = a_listener()
    known = cards_of(tell(listener, [an_alert()], {}, now=NOW))
    lines = []
    for minutes, code in ((1, "loss_not_finite"), (30, "grad_exploding"), (62, "loss_diverged")):
        bad = an_alert(code=code, severity=Severity.CRITICAL)
        told = tell(listener, [bad], known, now=NOW + timedelta(minutes=minutes))
        known = cards_of(told)
        lines.append(len(told.lines))
    assert lines == [1, 0, 1]


def test_the_end_of_a_problem_edits_and_posts_nothing() -> None:
    known = cards_of(tell(a_listener(), [an_alert()], {}, now=NOW))
    told = tell(a_listener(), [an_alert(closed=True)], known, now=NOW)
    assert not told.posts
    assert told.resolved == (an_alert().key(1),)
    message = render("run", cards_of(told)[RUN], NOW)
    assert "lasted" in str(message.blocks)


def test_a_line_is_corrected_when_its_problem_is_over() -> None:
    bad = an_alert(code="loss_not_finite", severity=Severity.CRITICAL)
    known = cards_of(tell(a_listener(), [an_alert()], {}, now=NOW))
    told = tell(a_listener(), [bad], known, now=NOW)
    named = cards_of(told)[RUN]["line"]
    said = {named: {"items": [dict(line.item) for line in told.lines]}}
    over = an_alert(code="loss_not_finite", severity=Severity.CRITICAL, closed=True)
    after = tell(a_listener(), [over], cards_of(told), now=NOW, said=said)
    assert cards_of(after)[named]["items"][0]["closed_at"]


def test_many_mild_beginnings_are_one_message_and_no_cards() -> None:
    started = [
        an_alert("started", code="", severity=Severity.INFO, run=f"team/llm/r{n}")
        for n in range(BUNDLE + 1)
    ]
    told = tell(a_listener(), started, {}, now=NOW)
    assert not told.cards
    assert len(told.posts) == 1


def test_a_machine_that_takes_many_runs_with_it_is_one_message() -> None:
    """Two hundred failures of one look: how many, the first of them, and each owner once."""
    lost = [
        an_alert("failed", code="", severity=Severity.CRITICAL, run=f"team/llm/r{n}")
        for n in range(150)
    ]
    done = [an_alert("finished", code="", severity=Severity.INFO, run=f"team/llm/f{n}")
            for n in range(50)]  # fmt: skip
    listener = a_listener(Manners(mentions=True), owners={"ada-w": "U0001"})
    told = tell(listener, [*done, *lost], {}, now=NOW)
    assert not told.cards
    message = render(told.posts[0].what.kind, told.posts[0].what.payload, NOW)
    assert message.text == "❌ 200 runs: 150 failed, 50 finished <@U0001>"
    assert "… and 185 more" in str(message.blocks)
    assert not validate_message({"text": message.text, "blocks": list(message.blocks)})
    few = tell(listener, lost[:CROWD], {}, now=NOW)
    assert len(few.cards) == CROWD
    assert not few.posts


def test_nobody_is_mentioned_for_a_run_that_was_interrupted_by_hand() -> None:
    """Ctrl-C is what a person just did; an exception is not."""
    listener = a_listener(Manners(mentions=True), owners={"ada-w": "U0001"})
    for cause, called in (("interrupted", False), ("python_exception", True)):
        why = WhyReport.model_validate(
            {"cause": cause, "confidence": "high", "confidence_value": 0.9, "sentence": "So."}
        )
        failed = replace(an_alert("failed", code="", severity=Severity.CRITICAL), cause=why)
        told = tell(listener, [failed], {}, now=NOW)
        assert ("mention" in cards_of(told)[RUN]) is called


def test_a_mute_of_a_group_covers_its_runs() -> None:
    group = "team/llm/sweep:abc"
    mute = Mute("C1", "run", group, "U1", NOW, None)
    told = tell(a_listener(mutes=[mute]), [an_alert(card=group)], {}, now=NOW)
    assert not told.cards
    assert [note.fate for note in told.notes] == ["muted"]


def test_kinds_that_are_off_are_noted_and_not_told() -> None:
    told = tell(a_listener(Manners(off=frozenset({"finding"}))), [an_alert()], {}, now=NOW)
    assert not told.cards
    assert [note.fate for note in told.notes] == ["off"]


def test_only_a_linked_owner_is_mentioned_and_only_where_asked() -> None:
    bad = [an_alert(severity=Severity.CRITICAL)]
    owners = {"ada-w": "U0001"}
    wanted = a_listener(Manners(mentions=True), owners=owners)
    assert cards_of(tell(wanted, bad, {}, now=NOW))[RUN]["mention"] == "U0001"
    assert "mention" not in cards_of(tell(a_listener(owners=owners), bad, {}, now=NOW))[RUN]
    mild = [an_alert()]
    assert "mention" not in cards_of(tell(wanted, mild, {}, now=NOW))[RUN]
    stranger = [an_alert(severity=Severity.CRITICAL, user="bob")]
    assert "mention" not in cards_of(tell(wanted, stranger, {}, now=NOW))[RUN]


def test_a_run_that_goes_on_takes_its_end_back() -> None:
    failed = an_alert("failed", code="", severity=Severity.CRITICAL)
    known = cards_of(tell(a_listener(), [failed], {}, now=NOW))
    back = an_alert("returned", code="", severity=Severity.INFO)
    told = tell(a_listener(), [back], known, now=NOW + timedelta(minutes=5))
    assert render("run", cards_of(told)[RUN], NOW).text.startswith("▶️ otter: returned")


def test_a_card_stays_small_and_is_one_that_slack_takes() -> None:
    listener = a_listener()
    known: dict[str, Any] = {}
    for number in range(60):
        alert = an_alert(code=f"code_{number}", severity=Severity.CRITICAL)
        known = cards_of(tell(listener, [alert], known, now=NOW + timedelta(minutes=number)))
    assert len(known[RUN]["events"]) <= 12
    message = render("run", known[RUN], NOW)
    assert not validate_message({"text": message.text, "blocks": list(message.blocks)})


def test_payloads_are_plain_json_also_with_numbers_that_are_none() -> None:
    bad = replace(an_alert(), metrics={"train/loss": float("inf")})
    told = tell(a_listener(), [bad], {}, now=NOW)
    json.dumps([dict(note.payload) for note in told.notes], allow_nan=False)
    json.dumps(cards_of(told), allow_nan=False)
