"""A run's report as a message: the answer first, within Slack's limits whatever is in it."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.findings import Health, Severity
from analysis.reports import (
    EvalReport,
    FindingReport,
    GradNormReport,
    LossReport,
    MissingPart,
    NotCheckedReport,
    ProgressReport,
    RunReport,
    ThroughputReport,
)
from analysis.run import RunState
from handlers.reply import Image, Message
from handlers.views.run import RunButton, looking, message, preview
from handlers.views.validate import validate_message
from tests.reports import NOW, a_run, broken, facts, healthy

BUTTONS = (RunButton("Refresh", "run.refresh"), RunButton("Why?", "run.why", unhealthy_only=True))

NASTY = st.sampled_from(
    [
        "<!channel>",
        "<@U0123ABCD>",
        "<https://evil.example|x>",
        "*_~`" * 50,
        "&" * 5_000,
        "\ud800",
        "שלום\u202e",
        "\x00\x07\n\n",
        "",
        " ",
        "𝔘" * 9_000,
        "http://plain.example",
    ]
)
TEXT = NASTY | st.text(st.characters(exclude_categories=()), max_size=60)
VALUE = st.none() | st.floats()
STEP = st.none() | st.integers(-(2**63), 2**63)


@st.composite
def reports(draw: st.DrawFn) -> RunReport:
    """Any report at all: any text, number, time and count anywhere."""
    times = st.datetimes(datetime(1970, 1, 2), datetime(9990, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
    when = st.none() | times
    run = facts(
        draw(TEXT),
        entity=draw(TEXT),
        project=draw(TEXT),
        name=draw(TEXT),
        state=draw(TEXT | st.sampled_from(list(RunState))),
        url=draw(st.none() | TEXT | st.just("https://wandb.ai/a/b/runs/c")),
        user=draw(st.none() | TEXT),
        heartbeat_at=draw(when),
        ended_at=draw(when),
        runtime_s=draw(VALUE),
        last_step=draw(STEP),
    )
    finding = st.builds(
        FindingReport,
        code=TEXT,
        severity=st.sampled_from(Severity),
        metric=st.none() | TEXT,
        step_start=STEP,
        step_end=STEP,
        value=VALUE,
        noise_ratio=VALUE,
        message=TEXT,
        advice=TEXT,
    )
    unchecked = st.builds(NotCheckedReport, code=TEXT, reason=TEXT)
    missing = st.builds(MissingPart, what=TEXT, reason=TEXT)
    loss = st.builds(
        LossReport,
        metric=TEXT,
        first=VALUE,
        current=VALUE,
        best=VALUE,
        best_step=STEP,
        change_pct=VALUE,
        direction=st.sampled_from(["improving", "flat", "worsening", "diverged", None]),
    )
    norm = st.builds(
        GradNormReport,
        metric=TEXT,
        median=VALUE,
        p95=VALUE,
        max=VALUE,
        current=VALUE,
        verdict=st.sampled_from(["normal", "peak", "unstable", "exploding", "not_finite"]),
    )
    evaluation = st.builds(
        EvalReport,
        metric=TEXT,
        last=VALUE,
        best=VALUE,
        best_step=STEP,
        direction=st.sampled_from(["up", "down"]),
    )
    progress = st.builds(
        ProgressReport,
        step=STEP,
        total_steps=STEP,
        fraction=VALUE,
        steps_per_hour=VALUE,
        eta_s=VALUE,
    )
    pace = st.builds(ThroughputReport, metric=TEXT, recent=VALUE, overall=VALUE, unit=TEXT)
    return RunReport(
        run=run,
        health=draw(st.sampled_from(Health)),
        headline=draw(TEXT),
        findings=tuple(draw(st.lists(finding, max_size=25))),
        not_checked=tuple(draw(st.lists(unchecked, max_size=40))),
        loss=draw(st.none() | loss),
        grad_norm=draw(st.none() | norm),
        eval=tuple(draw(st.lists(evaluation, max_size=6))),
        progress=draw(st.none() | progress),
        throughput=draw(st.none() | pace),
        config=draw(st.dictionaries(TEXT, TEXT | VALUE, max_size=20)),
        metrics_used=draw(st.dictionaries(TEXT, TEXT | st.lists(TEXT, max_size=9), max_size=9)),
        partial=draw(st.booleans()),
        missing=tuple(draw(st.lists(missing, max_size=20))),
        generated_at=draw(times),
    )


def problems(shown: Message) -> list[str]:
    """What Slack would refuse; a picture's place counts as an uploaded file."""
    blocks = json.loads(
        json.dumps(shown.blocks).replace('{"name": "curves"}', '{"id": "F0123456"}')
    )
    found = validate_message({"text": shown.text, "blocks": blocks})
    return [str(problem) for problem in found]


OURS = re.compile(r"<!date\^\d+\^[^|>]*\|[^|>]*>|<https?://[^|>\s]+\|[^|>]*>")
FORGED = re.compile(r"<(?:[!@#]|https?:)")


def marked(value: Any) -> list[str]:
    """The texts that Slack reads as mark-up."""
    if isinstance(value, dict):
        own = [value["text"]] if value.get("type") == "mrkdwn" else []
        return [*own, *(text for member in value.values() for text in marked(member))]
    if isinstance(value, list | tuple):
        return [text for member in value for text in marked(member)]
    return []


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, member in value.items() if key != "value" for text in strings(member)]
    if isinstance(value, list | tuple):
        return [text for member in value for text in strings(member)]
    return []


@settings(max_examples=120, suppress_health_check=list(HealthCheck), deadline=None)
@given(reports(), st.sampled_from(["full", "compact"]), st.booleans())
def test_slack_takes_any_report_and_nothing_in_it_pings(
    report: RunReport, size: Any, pictured: bool
) -> None:
    """Whatever the texts and numbers are, the limits hold and no tag is forged."""
    picture = Image("curves", b"", "Curves \ud800 <!here>", "k") if pictured else None
    shown = message(report, size, now=NOW, picture=picture, buttons=BUTTONS)
    for version in filter(None, (shown, shown.plainer)):
        assert problems(version) == []
        for text in [version.text, *marked(list(version.blocks))]:
            for tag in re.findall(r"<[^>]*>?", text):
                assert OURS.fullmatch(tag), tag
        everything = strings(list(version.blocks))
        assert not [text for text in everything if FORGED.search(OURS.sub("", text))]
        json.dumps(everything).encode()


@pytest.mark.parametrize("number", [1, 7, 60])
def test_what_does_not_fit_is_counted(number: int) -> None:
    """The worst findings are shown, the others are counted, never silently cut."""
    one = broken().findings[0]
    many = tuple(one.model_copy(update={"message": f"Finding {place}."}) for place in range(number))
    shown = message(broken().model_copy(update={"findings": many}), now=NOW)
    text = json.dumps(shown.blocks, ensure_ascii=False)
    visible = len(re.findall(r"Finding \d+\.", text))
    assert visible == min(number, 6)
    assert (f"… and {number - visible} more" in text) == (number > visible)


def test_the_worst_finding_comes_first() -> None:
    """Order by severity, whatever the order of the detectors."""
    critical = broken().findings[0]
    mild = critical.model_copy(update={"severity": Severity.WARNING, "message": "Mild."})
    shown = message(broken().model_copy(update={"findings": (mild, critical)}), now=NOW)
    text = json.dumps(shown.blocks)
    assert text.index("NaN since") < text.index("Mild.")


def test_a_healthy_run_gets_no_advice_and_no_why() -> None:
    """Buttons suit the run."""
    text = json.dumps(message(healthy(), now=NOW, buttons=BUTTONS).blocks)
    assert "*Try:*" not in text
    assert "Why?" not in text
    assert "Refresh" in text
    assert "Why?" in json.dumps(message(broken(), now=NOW, buttons=BUTTONS).blocks)


def test_emoji_stand_in_no_header_and_in_no_button() -> None:
    """Headers and buttons are plain words."""
    for block in message(broken(), now=NOW, buttons=BUTTONS).blocks:
        if block["type"] in {"header", "actions"}:
            assert json.dumps(block, ensure_ascii=False).isascii()


@pytest.mark.parametrize("state", list(RunState))
def test_states_are_told_apart_in_words(state: RunState) -> None:
    """Every state has a sentence of its own; contact lost is never called an end."""
    report = healthy(run=facts(state=str(state), ended_at=NOW))
    text = json.dumps(message(report, now=NOW).blocks, ensure_ascii=False)
    if state is RunState.CRASHED:
        assert "Contact lost" in text
        assert "it may come back" in text
        assert "last step 8,120" in text
    others = [
        message(healthy(run=facts(state=str(other), ended_at=NOW)), now=NOW).blocks
        for other in RunState
        if other is not state
    ]
    assert message(report, now=NOW).blocks not in others


def test_promises_and_previews_are_valid_messages() -> None:
    """What is shown before the report fits Slack as well."""
    for shown in (looking("a" * 10_000), looking("x", slow=True), preview(a_run(), now=NOW)):
        assert problems(shown) == []
