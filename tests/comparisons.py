"""Comparisons to show in tests: made runs, judged by the product itself."""

from datetime import timedelta
from typing import Any

import numpy as np

from analysis import signals
from analysis.causes.diagnose import diagnose
from analysis.causes.report import WhyReport
from analysis.comparing.compare import examine
from analysis.comparing.loading import Loaded, Side
from analysis.comparing.matter import By
from analysis.history import History, Series
from analysis.plots.overlay import overlay_of
from analysis.refs import RunRef
from analysis.run import Key, Run, RunState
from analysis.signals import Signals
from analysis.why import Explanation
from handlers.services import Compared
from tests.reports import NOW

STEPS = 400


def a_curve(level: float, seed: int, *, steps: int = STEPS, noise: float = 0.02) -> np.ndarray:
    """A loss that falls from level + 2 to about ``level``."""
    rng = np.random.default_rng(seed)
    x = np.arange(1, steps + 1)
    fall = 2.0 * np.exp(-6.0 * x / STEPS)
    return np.asarray((level + fall) * (1 + noise * rng.standard_normal(steps)))


def a_read_run(
    name: str,
    loss: np.ndarray,
    *,
    state: RunState = RunState.FINISHED,
    step: np.ndarray | None = None,
    metric: str = "train/loss",
    group: str | None = None,
    more: dict[str, np.ndarray] | None = None,
    **config: Any,
) -> tuple[Run, Signals]:
    """A run whose curves were read; ``more`` are further series on the same steps."""
    step = np.arange(1, loss.size + 1) * 10 if step is None else step
    time = step * 0.5 + 1e9
    columns = {metric: Series.of(step, loss, time)}
    for key, values in (more or {}).items():
        columns[key] = Series.of(step, values, time)
    run = Run(
        RunRef("team", "proj", name),
        name,
        state,
        url=f"https://wandb.ai/team/proj/runs/{name}",
        group=group,
        config=config,
        keys={key: Key() for key in columns},
        created_at=NOW - timedelta(hours=2),
        heartbeat_at=NOW,
        runtime_s=3_600.0,
    )
    return run, signals.of(run, History(columns), now=NOW)


def a_side(label: str, *runs: tuple[Run, Signals]) -> Side:
    """A side of runs that were read."""
    return Side(label, tuple(run for run, _ in runs), tuple(read for _, read in runs))


def compared(*sides: Side, by: By | None = None, metric: str | None = None) -> Compared:
    """What the bot's ``compare`` gives for these sides."""
    report, matter = examine(Loaded(sides), now=NOW, by=by, metric=metric)
    return Compared(report, None if matter is None else overlay_of(matter, report))


def clear_win() -> Compared:
    """Three seeds a side, far apart; the configurations differ in a few ways."""
    sides = [
        a_side(
            label,
            *(
                a_read_run(
                    f"{label}-{seed}",
                    a_curve(level + 0.01 * seed, seed + place),
                    group=label,
                    lr=rate,
                    seed=seed,
                    optimizer="adamw",
                    output_dir=f"/scratch/{label}",
                    model={"depth": depth},
                )
                for seed in range(3)
            ),
        )
        for place, (label, level, rate, depth) in enumerate(
            (("warm", 0.5, 1e-3, 6), ("cold", 1.0, 1e-4, 12))
        )
    ]
    return compared(*sides)


def one_each(b_level: float = 0.505, **b: Any) -> Compared:
    """One run a side, nearly alike."""
    a_config: dict[str, Any] = {"lr": 1e-3, "seed": 0}
    return compared(
        a_side("alpha", a_read_run("alpha", a_curve(0.5, 1), **a_config)),
        a_side("beta", a_read_run("beta", a_curve(b_level, 2), **{**a_config, "seed": 1, **b})),
    )


LOG = """\
step 120 loss 2.31
Traceback (most recent call last):
  File "/home/ada/train.py", line 88, in train_step
    loss = model(batch["pixel_values"])
KeyError: 'pixel_values'
"""


def explained(log: str = LOG, state: RunState = RunState.FAILED) -> Explanation:
    """Why a made run failed."""
    run, _ = a_read_run("broken", a_curve(0.5, 1), state=state)
    code = 0 if state is RunState.FINISHED else 1
    return Explanation(run, WhyReport.of(diagnose(log, exit_code=code, state=state.value)))
