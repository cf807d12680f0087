"""Curves of metrics over steps, tokens or time."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import pytest

from analysis.comparing.matter import By
from analysis.history import History, Series
from analysis.metric_lines import MetricAnswer, read_metrics
from analysis.plots.lines import alt_text
from analysis.refs import RunRef
from analysis.run import Key, Run, RunState
from analysis.sources.base import Effort

NOW = datetime(2026, 3, 1, tzinfo=UTC)
REF = RunRef("team", "proj", "otter")
STEPS = [0, 10, 20, 30]


class OneRun:
    """A source of one run."""

    def __init__(self, columns: Mapping[str, list[float]], config: Mapping[str, object]) -> None:
        self.columns = columns
        self.made = Run(
            REF,
            "otter",
            RunState.FINISHED,
            config=dict(config),
            keys={name: Key(len(STEPS), numeric=True) for name in columns},
        )

    async def run(self, ref: RunRef) -> Run:
        return self.made

    async def history(self, run: Run, keys: list[str], effort: Effort) -> History:
        time = 1_000.0 + 360.0 * np.arange(len(STEPS))
        return History(
            {k: Series.of(STEPS, self.columns[k], time) for k in keys if k in self.columns}
        )


async def read(
    columns: Mapping[str, list[float]], by: By, config: Mapping[str, object] | None = None
) -> MetricAnswer:
    source = OneRun({"train/loss": [4.0, 3.0, 2.5, 2.0], **columns}, config or {})
    return await read_metrics(source, [REF], ["loss"], now=NOW, by=by)  # type: ignore[arg-type]


async def test_by_time_is_since_the_first_row() -> None:
    """Seconds from the first row on; the words say the unit."""
    answer = await read({}, "time")
    assert answer.lines.axis == "time"
    assert list(answer.lines.panels[0].lines[0].curve.step) == [0.0, 360.0, 720.0, 1080.0]
    assert "over 18 min: from 4 to 2" in alt_text(answer.lines)


@pytest.mark.parametrize(
    ("columns", "config"),
    [
        ({"train/num_tokens": [0.0, 5e3, 1e4, 1.5e4]}, {}),
        ({}, {"per_device_train_batch_size": 5, "max_seq_length": 100}),
    ],
)
async def test_by_tokens_where_they_are_logged_or_follow_from_the_config(
    columns: Mapping[str, list[float]], config: Mapping[str, object]
) -> None:
    """What was counted, else batch times length."""
    answer = await read(columns, "tokens", config)
    assert answer.lines.axis == "tokens"
    assert list(answer.lines.panels[0].lines[0].curve.step) == [0.0, 5e3, 1e4, 1.5e4]


async def test_an_axis_that_the_run_does_not_tell_is_said() -> None:
    """By step then, and why."""
    answer = await read({}, "tokens")
    assert list(answer.lines.panels[0].lines[0].curve.step) == STEPS
    assert [(part.what, part.reason) for part in answer.report.missing] == [
        ("tokens of otter", "not logged, so the curves are shown by step")
    ]
