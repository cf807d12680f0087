"""The look as text: what needs somebody first, a line a run, for three runs as for 300."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from analysis.looking.arranging import arrange
from analysis.looking.report import Look, LookError
from analysis.reports import RunReport
from bot.text_look import MOST_ENDED, look
from tests.reports import NOW, broken, facts, healthy


def ended(name: str, state: str, hours: float, **more: Any) -> RunReport:
    when = NOW - timedelta(hours=hours)
    return healthy(name, run=facts(name, state=state, ended_at=when, heartbeat_at=when, **more))


def shown(report: Look, *, unfold: bool = False, width: int = 100) -> str:
    stream = StringIO()
    Console(file=stream, width=width).print(look(report, unfold=unfold))
    return stream.getvalue()


def test_three_runs() -> None:
    report = arrange([healthy("calm"), broken("bad"), ended("old", "failed", 3)], now=NOW, hours=24)
    text = shown(report)
    lines = [line for line in text.splitlines() if line.strip()]
    assert lines[0].strip() == "2 running: 1 critical; 1 failed in the last 24 h"
    assert text.index("calm-bad") < text.index("calm-calm") < text.index("calm-old")
    assert "The loss is NaN since step 100." in text
    assert "9 min 24 s" in text
    assert "3 h ago" in text


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_three_hundred_runs_fit_the_terminal(width: int) -> None:
    """Sweeps are a line each, ended runs are counted from the twentieth on."""
    reports = [healthy(f"r{i}") for i in range(20)]
    reports += [healthy(f"s{i}", run=facts(f"s{i}", sweep=f"sw{i % 3}")) for i in range(180)]
    reports += [ended(f"e{i}", "finished", i / 10) for i in range(100)]
    text = shown(arrange(reports, now=NOW, hours=24), width=width)
    assert all(len(line) <= width for line in text.splitlines())
    assert text.count("sweep") >= 3
    assert f"and {100 - MOST_ENDED} more" in " ".join(text.split())
    assert len(text.splitlines()) < 300


def test_unfolded_every_run_has_its_line() -> None:
    reports = [healthy(f"s{i}", run=facts(f"s{i}", sweep="abc")) for i in range(30)]
    reports += [ended(f"e{i}", "finished", 1) for i in range(30)]
    report = arrange(reports, now=NOW, hours=24)
    text = shown(report, unfold=True, width=200)
    assert all(f"calm-s{i}" in text and f"calm-e{i}" in text for i in range(30))
    assert "calm-s7" not in shown(report, width=200)


def test_what_could_not_be_read_is_named() -> None:
    unread = LookError(what="team/secret", reason="It may not be read.")
    text = shown(arrange([healthy()], now=NOW, hours=24, errors=[unread]))
    assert "team/secret: It may not be read." in text


def test_a_sweep_whose_runs_have_all_ended_is_one_line() -> None:
    reports = [ended(f"s{i}", "finished", 1, sweep="abc") for i in range(4)]
    reports.append(ended("s9", "killed", 1, sweep="abc"))
    report = arrange(reports, now=NOW, hours=24)
    text = shown(report)
    assert "4 of 5 runs" in text
    assert report.sentence == ("Nothing is running; 4 finished and 1 stopped in the last 24 h")
