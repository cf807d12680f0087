"""The gallery's plots alone: recorded runs, drawn as the bot draws them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import numpy as np

from analysis.comparing.compare import examine as compared
from analysis.comparing.loading import Loader
from analysis.comparing.sides import SideRef
from analysis.describe import examine
from analysis.metric_lines import Line, Lines, Panel
from analysis.plots import comparison
from analysis.plots.curves import Curve, RunCurves, curves_of
from analysis.plots.lines import render_lines
from analysis.plots.overlay import overlay_of
from analysis.plots.studio import Studio
from analysis.sources.base import Effort, RunSource
from analysis.sources.offline import OfflineSource
from bot.clock import SystemClock
from tests.runs import truth

EPOCHS: Final = np.arange(1.0, 13.0)
FALLS: Final = 1.4 / np.sqrt(EPOCHS) + 0.6

Draw = Callable[[], Awaitable[bytes]]

RECORDED: Final = (
    ("plot-healthy", "Loss, evaluation, gradient norm, learning rate", "healthy-digits"),
    ("plot-diverged", "A finding marked at its step", "char-gpt-hot"),
    ("plot-spike", "A spike that came back", "bad-batch"),
    ("plot-not-finite", "A stretch that is not finite", "lr-too-high"),
    ("plot-overfitting", "Training and evaluation part", "tiny-train-set"),
    ("plot-gan", "A GAN’s loss, which need not fall", "digit-gan"),
    ("plot-reward", "Reinforcement learning", "sb3-ppo"),
)
SEEDS: Final = tuple(
    (rate, tuple(f"lr{rate}-seed{seed}" for seed in range(3))) for rate in ("0.001", "0.0001")
)


def plots() -> Iterator[tuple[str, str, Draw]]:
    """File name, title, and what draws it."""
    for name, title, recorded in RECORDED:
        yield name, title, partial(_run, recorded)
    yield "plot-log", "A logarithmic axis, where it shows more", _steep
    yield "plot-seeds", "Two sides of three seeds", partial(_overlay, SEEDS)
    single = tuple((label, runs[:1]) for label, runs in SEEDS)
    yield "plot-overlay", "Two single runs", partial(_overlay, single)
    yield "plot-lines", "Metrics of two runs", _lines


async def _run(name: str) -> bytes:
    return await _drawn(await _curves(name))


async def _drawn(curves: RunCurves) -> bytes:
    studio = Studio()
    try:
        picture = await studio.draw(curves)
    finally:
        studio.close()
    if picture is None:
        raise RuntimeError(f"{curves.title} has nothing to draw")
    return picture.png


async def _curves(name: str) -> RunCurves:
    """What the plot of a recorded run shows."""
    log = truth()[name].log
    async with OfflineSource(log) as source:
        facts = await source.run_at(log)
        found = await examine(source, facts, now=facts.heartbeat_at or SystemClock().now())
    return curves_of(found.signals, found.report)


async def _steep() -> bytes:
    """A loss that falls over four orders of magnitude."""
    step = np.arange(0.0, 2_000.0)
    noise = np.random.default_rng(7).standard_normal(step.size)
    loss = (40.0 * np.exp(-step / 180.0) + 0.004) * (1 + 0.1 * noise)
    rate = np.minimum(step / 200.0, 1.0) * 3e-4
    return await _drawn(
        RunCurves(
            "steep", loss=Curve("train/loss", step, loss), learning_rate=Curve("lr", step, rate)
        )
    )


async def _overlay(sides: tuple[tuple[str, tuple[str, ...]], ...]) -> bytes:
    """The picture of a comparison of recorded runs."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[RunSource]:
        async with OfflineSource() as source:
            yield source

    refs = [SideRef(label, tuple(truth()[run].log for run in runs)) for label, runs in sides]
    now = SystemClock().now()
    report, matter = compared(await Loader(opened, now, Effort()).load(refs), now=now)
    overlay = None if matter is None else overlay_of(matter, report)
    if overlay is None:
        raise RuntimeError("nothing could be compared")
    return await asyncio.to_thread(comparison.draw, overlay)


async def _lines() -> bytes:
    """Loss and gradient norm of two runs."""
    runs = [await _curves(f"lr{rate}-seed0") for rate in ("0.001", "0.0001")]
    losses = tuple(Line(run.title, run.loss) for run in runs if run.loss is not None)
    norms = tuple(Line(run.title, run.gradient) for run in runs if run.gradient is not None)
    panels = [Panel("loss", losses), *([Panel("grad_norm", norms)] if norms else [])]
    return await asyncio.to_thread(render_lines, Lines("two runs", tuple(panels)))
