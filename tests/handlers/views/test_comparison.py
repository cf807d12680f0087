"""Comparisons, causes and failures as messages: within Slack's limits whatever is in them."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.comparing.report import Comparison, ConfigDiff, Ranked, SideReport
from analysis.reports import MissingPart
from handlers.reply import Image, Message
from handlers.views import failures as failures_view
from handlers.views import why as why_view
from handlers.views.compare_with import choices, chosen, modal
from handlers.views.comparison import Wanted, comparing, details, message
from handlers.views.tables import preformatted, quoted
from handlers.views.validate import validate_message, validate_options, validate_view
from tests.comparisons import explained
from tests.handlers.views.snapshots import problems
from tests.handlers.views.test_run import NASTY
from tests.reports import NOW, a_run

PICTURE = Image("comparison", b"png", "Two curves.", "key")
TEXT = NASTY | st.text(st.characters(exclude_categories=()), max_size=60)
NUMBER = st.none() | st.floats()
WANTED = Wanted(("team/proj/alpha", "team/proj/beta"))


def check(shown: Message) -> None:
    assert problems(shown) == []
    for version in (shown, shown.plainer):
        assert version is None or version.blocks


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    """Any comparison at all."""
    count = draw(st.integers(2, 8))
    several = draw(st.integers(1, 12))
    labels = draw(st.lists(TEXT, min_size=count, max_size=count))
    sides = tuple(
        SideReport(
            label=label,
            runs=tuple(f"team/proj/{label[:20]}{k}" for k in range(several)),
            urls=(draw(st.none() | TEXT | st.just("https://wandb.ai/t/p/runs/r")),) * several,
            value=draw(NUMBER),
            spread=draw(NUMBER),
            state=draw(TEXT),
            grad_p95=draw(NUMBER),
            throughput=draw(NUMBER),
            throughput_unit="tokens/s",
            commit=draw(st.none() | TEXT),
            command=draw(st.none() | TEXT),
        )
        for label in labels
    )
    verdict = draw(st.sampled_from(["a_better", "b_better", "too_close", "not_comparable"]))
    if count > 2 and verdict in {"a_better", "b_better"}:
        verdict = "ranked"
    ranking = tuple(
        Ranked(place=k + 1, label=label, value=draw(st.floats()), p_best=0.5, tied_with_best=True)
        for k, label in enumerate(labels)
    )
    keys = draw(st.integers(0, 120))
    value = draw(NUMBER | TEXT | st.booleans() | st.lists(NUMBER, max_size=3))
    return Comparison(
        verdict=verdict,
        metric=draw(st.none() | TEXT),
        direction=draw(st.sampled_from(["down", "up", None])),
        axis=draw(st.sampled_from(["step", "tokens", "samples", "time"])),
        matched_at=draw(st.none() | st.floats(0, 1e15)),
        effect=draw(NUMBER),
        interval=None,
        confidence="low",
        confidence_value=draw(st.floats(0, 1)),
        seeds=(several,) * count,
        seeds_needed=None,
        reason=draw(TEXT),
        so_far=draw(st.booleans()),
        sides=sides,
        ranking=ranking if verdict == "ranked" else (),
        config_diff=tuple(
            ConfigDiff(
                key=f"{draw(TEXT)[:200]}{k}" if k < 3 else f"section.key{k}",
                values=(value,) * count,
                important=k % 2 == 0,
                present=(True,) * count,
            )
            for k in range(keys)
        ),
        hidden_config_differences=draw(st.integers(0, 1_000)),
        axis_reason=draw(TEXT),
        missing=tuple(MissingPart(what=draw(TEXT), reason=draw(TEXT)) for _ in range(2)),
        generated_at=NOW,
    )


@given(comparisons(), st.booleans(), st.sampled_from(["full", "short"]))
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_comparison_is_a_message_that_slack_takes(
    report: Comparison, config: bool, size: Any
) -> None:
    """Any text, number and count anywhere; the details too."""
    wanted = Wanted(tuple(run for side in report.sides for run in side.runs[:1]), config=config)
    check(message(report, wanted, size, now=NOW, picture=PICTURE))
    check(message(report, wanted, size, now=NOW, pending="Drawing …"))
    check(details(report, now=NOW))


@given(st.lists(TEXT, min_size=1, max_size=9))
def test_promises_hold_any_name(names: list[str]) -> None:
    """What was typed is shown, and nobody is pinged by it."""
    check(comparing(names))
    check(why_view.looking(names[0]))
    check(failures_view.looking(names[0]))
    assert "<!channel>" not in comparing(names).text


@given(TEXT, st.text(max_size=200))
def test_quotes_are_literal(text: str, more: str) -> None:
    """Anything can be quoted in fixed width, and nothing ends the quotation early."""
    for block in (preformatted(f"{text}\n{more}"), quoted(f"{text}\n{more}")):
        assert not validate_message({"text": "x", "blocks": [block]})
    assert block["text"]["text"].count("```") == 2


@given(TEXT)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_log_is_explained_within_limits(log: str) -> None:
    """The cause of whatever was printed last."""
    check(why_view.message(explained(log), now=NOW))


@given(st.lists(TEXT, min_size=2, max_size=8), st.none() | TEXT, st.booleans())
def test_what_a_button_holds_is_read_again(
    sides: list[str], metric: str | None, config: bool
) -> None:
    """Wanted → value → Wanted; rubbish is nothing."""
    wanted = Wanted(tuple(sides), metric or None, "time", config)
    assert Wanted.read(wanted.value()) == wanted
    assert Wanted.read(sides[0]) is None or sides[0].startswith("{")


@given(TEXT)
def test_the_form_is_one_that_slack_takes(name: str) -> None:
    """Any run's name; a submission gives the paths and the axis back."""
    shown = modal(name, {"run": "team/proj/alpha", "channel": "C1"})
    assert not validate_view(shown)
    offered = choices([a_run("beta"), a_run("x" * 200)])
    assert not validate_options(offered)
    assert [option["value"] for option in offered["options"]] == ["team/proj/beta"]
    state = {
        "compare.runs": {"compare.runs": {"selected_options": offered["options"]}},
        "compare.axis": {"compare.axis": {"selected_option": {"value": "time"}}},
    }
    assert chosen(state) == (("team/proj/beta",), "time")
    assert chosen({}) == ((), None)
