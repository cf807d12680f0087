"""A run's report: what is said of it, and that the same input gives the same output."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.describe import describe, report_of
from analysis.errors import RunNotFound, ServerFailed, TimedOut
from analysis.evaluation import Verdict, report_on_file
from analysis.history import History, Series
from analysis.refs import RunRef
from analysis.run import Key, Run, RunState
from analysis.sources.base import Effort, Progress
from analysis.sources.offline import OfflineSource
from analysis.thresholds import Thresholds
from benchmarks import synthetic
from tests.analysis.detectors.build import START, falling
from tests.runs import Recorded, every_run, truth

NOW = START + timedelta(hours=2)


@every_run
async def test_recorded_runs_are_judged_as_they_are(recorded: Recorded) -> None:
    """Every recorded run has the findings and the health that are true of it."""
    report = await report_on_file(recorded.log)
    seen = Verdict.of(report)
    assert recorded.must <= seen.codes
    assert not seen.codes - recorded.must - recorded.may
    assert seen.health in recorded.health
    if seen.health == "healthy":
        assert not any(finding.advice for finding in report.findings)


def _run(state: RunState = RunState.FINISHED, **more: object) -> Run:
    keys = {"train/loss": Key(), "eval/loss": Key()}
    plain = Run(RunRef("team", "project", "abc"), "abc", state, keys=keys, heartbeat_at=START)
    return replace(plain, **more)  # type: ignore[arg-type]  # fields by name


def _history() -> History:
    rows = np.arange(100)
    held = (np.arange(9, 100, 10), np.linspace(2.0, 0.5, 10))
    return History(
        {
            "train/loss": Series.of(rows, falling(100), START.timestamp() + rows),
            "eval/loss": Series.of(held[0], held[1], START.timestamp() + held[0]),
        }
    )


@pytest.mark.parametrize(
    ("state", "starts"),
    [
        (RunState.FINISHED, "Finished: train/loss 0.2"),
        (RunState.CRASHED, "W&B lost contact at 12:00 UTC, last step 99; it may come back"),
        (RunState.FAILED, "Failed at step 99"),
        (RunState.KILLED, "Stopped by its user at step 99"),
        (RunState.PREEMPTED, "Pre-empted at step 99"),
        (RunState.CANCELED, "Canceled at step 99"),
        (RunState.PENDING, "Waiting to start"),
        (RunState.UNKNOWN, "In state “hibernating”"),
    ],
)
def test_each_state_has_its_own_words(state: RunState, starts: str) -> None:
    report = report_of(_run(state, state_text="hibernating"), _history(), now=NOW)
    assert report.headline.startswith(starts)


def test_the_headline_names_the_worst_problem_and_since_when() -> None:
    history = _history()
    history["train/loss"].value[60:] = np.nan
    report = report_of(_run(), history, now=NOW)
    assert report.headline == "Finished: train/loss is not finite since step 60"
    assert report.loss is not None
    assert report.loss.direction == "diverged"
    assert '"current": "NaN"' in report.to_json()


def test_progress_and_eta_come_from_the_recent_pace() -> None:
    rows = np.arange(100)
    slow = START.timestamp() + np.where(rows < 50, rows, 50 + (rows - 50) * 10.0)
    history = History({"train/loss": Series.of(rows, falling(100), slow)})
    run = _run(RunState.RUNNING, config={"max_steps": 199}, heartbeat_at=NOW)
    progress = report_of(run, history, now=NOW).progress
    assert progress is not None
    assert (progress.step, progress.total_steps) == (99, 199)
    assert progress.eta_s == pytest.approx(1000, rel=0.01)


def test_a_loss_that_crosses_zero_has_no_percentage() -> None:
    rows = np.arange(100)
    history = History({"nll": Series.of(rows, np.linspace(2, -3, 100))})
    report = report_of(_run(), history, now=NOW)
    assert report.loss is not None
    assert report.loss.change_pct is None
    assert report.loss.direction == "improving"


def test_config_highlights_are_found_under_their_many_names() -> None:
    config = {
        "per_device_train_batch_size": 8,
        "optim": {"lr": 3e-4},
        "max_steps": -1,
        "num_train_epochs": 3,
        "_name_or_path": "gpt2",
        "bf16": True,
        "_wandb": {"lr": 9},
    }
    assert report_of(_run(config=config), _history(), now=NOW).config == {
        "learning_rate": 3e-4,
        "batch_size": 8,
        "model": "gpt2",
        "epochs": 3,
        "precision": "bf16",
    }


def test_thresholds_are_settings() -> None:
    rows = np.arange(100)
    history = History(
        {"loss": Series.of(rows, falling(100)), "grad_norm": Series.of(rows, rows * 0 + 7.0)}
    )
    assert report_of(_run(), history, now=NOW).health == "warning"
    lenient = Thresholds(grad_unstable=8)
    assert report_of(_run(), history, now=NOW, thresholds=lenient).health == "healthy"


class _Source(OfflineSource):
    """A source whose parts fail or hang as a test asks."""

    def __init__(self, *, history: Exception | None = None, hangs: bool = False) -> None:
        super().__init__()
        self._error, self._hangs = history, hangs

    async def run(self, ref: RunRef) -> Run:
        if ref.id == "absent":
            raise RunNotFound("There is no such run.")
        if ref.id == "slow":
            await asyncio.Event().wait()
        return _run()

    async def history(
        self,
        run: Run,
        keys: Sequence[str],
        effort: Effort,
        *,
        since_step: int | None = None,
        progress: Progress | None = None,
    ) -> History:
        if self._hangs:
            await asyncio.Event().wait()
        if self._error is not None:
            raise self._error
        return _history()

    async def system(self, run: Run, effort: Effort) -> History:
        return History()


async def test_what_fails_is_named_and_the_rest_is_still_said() -> None:
    source = _Source(history=ServerFailed("W&B failed."))
    report = await describe(source, RunRef("e", "p", "r"), now=NOW)
    assert report.partial
    assert [(m.what, m.reason) for m in report.missing] == [("history", "W&B failed.")]
    assert report.health == "unknown"
    assert report.headline == "Finished; its curves did not come"


async def test_what_hangs_is_given_up_at_the_deadline() -> None:
    source = _Source(hangs=True)
    report = await describe(source, RunRef("e", "p", "r"), now=NOW, effort=Effort(deadline_s=0.6))
    assert report.missing[0].reason == "it did not come in time"


async def test_without_metadata_there_is_no_report() -> None:
    with pytest.raises(RunNotFound):
        await describe(_Source(), RunRef("e", "p", "absent"), now=NOW)
    with pytest.raises(TimedOut):
        await describe(_Source(), RunRef("e", "p", "slow"), now=NOW, effort=Effort(deadline_s=0.05))


async def test_the_same_input_gives_the_same_output() -> None:
    file = truth()["char-gpt"].log if "char-gpt" in truth() else next(iter(truth().values())).log
    first, second = await report_on_file(file), await report_on_file(file)
    assert first.to_json() == second.to_json()


KINDS = (*synthetic.HEALTHY, *synthetic.FAULTY)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 10**6), st.floats(0.1, 1.0))
def test_describing_up_to_a_step_is_having_watched_to_that_step(
    kind: "synthetic.Kind", seed: int, share: float
) -> None:
    """Rows that come later change nothing of what is said of an earlier step."""
    made = synthetic.make(kind, seed)
    rows = np.concatenate([series.step for series in made.history.values()])
    step = int(np.quantile(rows, share))
    watched: dict[str, Series] = {}
    for name, series in made.history.items():
        part = series.until(step)
        if len(part):
            # As a watcher keeps it: page by page, joined.
            half = len(part) // 2
            pages = (
                part.take(np.arange(len(part)) < half),
                part.take(np.arange(len(part)) >= half),
            )
            joined = (
                np.concatenate([getattr(p, f) for p in pages]) for f in ("step", "value", "time")
            )
            watched[name] = Series.of(*joined)
    at_once = report_of(made.run, made.history.until(step), now=made.now)
    assert report_of(made.run, History(watched), now=made.now).to_json() == at_once.to_json()


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(synthetic.HEALTHY), st.integers(0, 10**6))
def test_healthy_made_runs_get_no_advice_when_called_healthy(
    kind: "synthetic.Kind", seed: int
) -> None:
    report = synthetic.report(synthetic.make(kind, seed))
    if report.health == "healthy":
        assert not [finding for finding in report.findings if finding.advice]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=120))
def test_any_numbers_are_borne(values: list[float]) -> None:
    rows = np.arange(len(values))
    names = ("train/loss", "eval/loss", "train/grad_norm", "lr", "tokens_per_second", "global_step")
    history = History({name: Series.of(rows, values, rows.astype(float)) for name in names})
    report = report_of(_run(), history, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert report.health in ("healthy", "warning", "critical")
    assert report.to_json()
