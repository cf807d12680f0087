"""Slack's own charts and tables: for few points and for lists, else pictures and lines."""

from datetime import timedelta

import numpy as np
import pytest

from analysis.findings import Severity
from analysis.history import Floats
from analysis.metric_lines import Line, Lines, Panel
from analysis.plots.curves import Curve, Mark, RunCurves
from analysis.plots.overlay import Overlay, OverlaySide
from analysis.reports import EvalReport
from analysis.run import Run, RunState
from handlers.reply import Image, Message
from handlers.views import blocks as b
from handlers.views import charts, run, runs
from handlers.views.validate import validate_message
from tests.handlers.views.snapshots import problems
from tests.reports import NOW, a_run, healthy

PICTURE = Image("curves", b"png", "The curves.", "key")
EPOCHS = np.arange(1.0, 13.0)


def a_curve(name: str = "train/loss", value: Floats | None = None) -> Curve:
    return Curve(name, EPOCHS, 2.0 / EPOCHS + 1.0 if value is None else value)


def kinds(message: Message | None) -> list[str]:
    return [block["type"] for block in message.blocks] if message else []


def test_a_run_of_few_points_has_slacks_own_chart() -> None:
    """Loss and evaluation in one; a workspace without charts gets the picture in its place."""
    curves = RunCurves(loss=a_curve(), evals=(a_curve("eval/loss"),))
    shown = run.message(healthy(), now=NOW, picture=PICTURE, curves=curves)
    assert problems(shown) == []
    assert "data_visualization" in kinds(shown)
    assert "image" not in kinds(shown)
    assert "image" in kinds(shown.plainer)
    assert "data_visualization" not in kinds(shown.plainer)
    (chart,) = (block for block in shown.blocks if block["type"] == "data_visualization")
    assert [one["name"] for one in chart["chart"]["series"]] == ["train/loss", "eval/loss"]
    assert chart["chart"]["axis_config"]["categories"] == [f"{n}" for n in range(1, 13)]


DENSE = Curve("train/loss", np.arange(500.0), np.linspace(2.0, 1.0, 500))
STEEP = Curve("train/loss", EPOCHS, np.logspace(3, -3, 12))
OTHER = Curve("eval/loss", EPOCHS[::2], np.linspace(2.0, 1.0, 6))
SPIKE = Mark("loss", 3.0, 3.0, Severity.WARNING, "spike")


@pytest.mark.parametrize(
    "curves",
    [
        RunCurves(loss=DENSE),
        RunCurves(loss=STEEP),
        RunCurves(loss=a_curve(), evals=(OTHER,)),
        RunCurves(loss=a_curve(), marks=(SPIKE,)),
        RunCurves(loss=a_curve(), gradient=a_curve("grad"), quality=a_curve("eval/accuracy")),
        RunCurves(),
        None,
    ],
)
def test_where_a_picture_says_more_there_is_no_chart(curves: RunCurves | None) -> None:
    """Many points, a logarithmic axis, other steps, a marked finding, more than two panels."""
    shown = run.message(healthy(), now=NOW, picture=PICTURE, curves=curves)
    assert "data_visualization" not in kinds(shown)
    assert "image" in kinds(shown)


def test_points_that_are_not_finite_are_dropped_and_counted() -> None:
    """Slack refuses a category without a value; the reader is told what is missing."""
    value = 2.0 / EPOCHS
    value[3:5] = np.nan
    lines = Lines("otter", (Panel("loss", (Line("otter", a_curve(value=value)),)),))
    chart, note = charts.of_lines(lines)
    assert len(chart["chart"]["series"][0]["data"]) == 10
    assert "2 points not finite" in str(note)


def test_two_runs_of_few_points_are_compared_in_a_chart() -> None:
    """A line a side; several seeds a side stay a picture, which shows each of them."""
    sides = tuple(
        OverlaySide(label, (a_curve(value=level + 1.0 / EPOCHS),), None, level)
        for label, level in (("alpha", 1.0), ("beta", 1.2))
    )
    (chart,) = charts.of_overlay(Overlay("train/loss", "step", 12.0, "down", sides))
    assert [one["name"] for one in chart["chart"]["series"]] == ["alpha", "beta"]
    seeds = OverlaySide("alpha", (a_curve(), a_curve()), None, 1.0)
    assert charts.of_overlay(Overlay("train/loss", "step", 12.0, "down", (seeds,))) == []


def test_many_evaluation_metrics_are_a_table() -> None:
    """All of them, sortable; the fields keep the leading one only."""
    many = tuple(
        EvalReport(metric=f"eval/task{n}", last=0.1 * n, best=0.1 * n, best_step=n, direction="up")
        for n in range(8)
    )
    shown = run.message(healthy(eval=many), now=NOW)
    assert problems(shown) == []
    (table,) = (block for block in shown.blocks if block["type"] == "data_table")
    assert len(table["rows"]) == 9
    assert str(shown.blocks).count("*Evaluation*") == 1
    assert "eval/task7" in str(shown.plainer and shown.plainer.blocks)


def test_a_list_of_runs_sorts_by_age_and_by_its_metric() -> None:
    """Numbers are numbers, names are links; the lines stand ready for other workspaces."""
    listed = [
        Run(
            a_run(f"r{n}").ref,
            f"calm-{n}",
            RunState.FINISHED,
            url=f"https://wandb.ai/team/proj/runs/r{n}",
            heartbeat_at=NOW - timedelta(hours=n),
            summary={"eval/loss": 2.0 - n / 100},
        )
        for n in range(100)
    ]
    shown = runs.listing(listed, what="runs", where="team/proj", now=NOW, total=900, more="{}")
    assert problems(shown) == []
    (table,) = (block for block in shown.blocks if block["type"] == "data_table")
    header, *rows = table["rows"]
    assert [cell["text"] for cell in header] == ["#", "Run", "State", "Seen", "eval/loss"]
    assert {cell["type"] for cell in rows[0]} == {"raw_number", "rich_text", "raw_text"}
    assert rows[7][3] == {"type": "raw_number", "value": 25_200, "text": "7 h ago"}
    assert "of 900 runs" in table["caption"]
    assert len(rows) > 80
    assert "Older" in str(shown.plainer and shown.plainer.blocks)


@pytest.mark.parametrize("text", ["x" * 5_000, "<!channel>", "\ud800", ""])
def test_whatever_a_cell_holds_slack_takes_the_table(text: str) -> None:
    """Names are untrusted; a link that is none is plain text."""
    cells: list[b.Cell] = [text, b.Linked(text, text), b.Linked(text, "https://x.test"), 1, None]
    table = b.data_table(text, [text] * 5, [cells] * 300)
    assert validate_message({"text": "x", "blocks": [table]}) == []
