"""``wandb-bot describe``: how one or more runs are doing, and why."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import (
    PNG,
    console,
    coroutine,
    err,
    load_settings,
    now_or,
    options,
    out,
    progress_bar,
    write_file,
)

if TYPE_CHECKING:
    from analysis.describe import Examination
    from analysis.sources.base import Progress
    from bot.cli.runs import Runs
    from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class _Asked:
    settings: "Settings"
    now: datetime
    full: bool


@click.command("describe")
@click.argument("run", nargs=-1, required=True)
@click.option(
    "--plot", type=PNG, metavar="FILE.png", help="Draw loss and gradient norm into a file."
)
@options("json", "full", "fail-on-critical", "now", "config")
@coroutine
async def command(
    run: tuple[str, ...],
    plot: str | None,
    as_json: bool,
    full: bool,
    fail_on_critical: bool,
    now: datetime | None,
    config: str | None,
) -> int:
    """Says how each RUN is doing: health, findings with advice, loss, gradients, progress.

    RUN is entity/project/run_id, project/run_id, a run id with a default project, a W&B run link,
    or a path on disk (a run's folder or a .wandb file).
    """
    if plot and len(run) > 1:
        raise click.UsageError("--plot takes one RUN.")
    asked = _Asked(load_settings(config), now_or(now), full)
    found, code = await _examine_all(run, asked)
    if as_json:
        _print_json(found, len(run))
    elif found:
        _print(found)
    if plot and found:  # behind the answer, which a plot that cannot be written must not cost
        await _draw(found[0], Path(plot))
    if fail_on_critical and any(e.report.health == "critical" for e in found):
        code = max(code, 1)
    return code


async def _examine_all(texts: tuple[str, ...], asked: _Asked) -> "tuple[list[Examination], int]":
    """All runs at once; what cannot be read is said on standard error, the rest goes on."""
    from analysis.errors import AnalysisError
    from analysis.refs import shorten
    from bot.cli.runs import Runs

    async with Runs(asked.now, asked.settings.describe.deadline_s) as runs:
        with progress_bar() as progress:
            results = await asyncio.gather(
                *(_examine(text, runs, asked, progress) for text in texts), return_exceptions=True
            )
    found: list[Examination] = []
    code = 0
    for text, result in zip(texts, results, strict=True):
        if isinstance(result, AnalysisError):
            err(f"{shorten(text)}: {result}" if len(texts) > 1 else str(result))
            code = max(code, result.exit_code)
        elif isinstance(result, BaseException):
            raise result
        else:
            found.append(result)
    return found, code


async def _examine(
    text: str, runs: "Runs", asked: _Asked, progress: "Progress | None"
) -> "Examination":
    from analysis.describe import examine
    from analysis.sources import Effort

    source, ref = await runs.find(text)
    settings = asked.settings
    return await examine(
        source,
        ref,
        now=asked.now,
        thresholds=settings.thresholds,
        overrides=settings.metrics,
        effort=Effort(settings.describe.deadline_s, settings.describe.points, asked.full),
        progress=progress,
    )


async def _draw(found: "Examination", file: Path) -> None:
    """Writes the plot.

    Raises:
        click.ClickException: when there is nothing to draw, or the file cannot be written.
    """
    from analysis.flight import off_loop
    from analysis.plots.curves import curves_of
    from analysis.plots.drawing import render

    curves = curves_of(found.signals, found.report)
    if not curves.drawable:
        raise click.UsageError("There is no loss and no gradient norm to draw.")
    png = await off_loop(render, curves)
    await off_loop(write_file, file, png)


def _print_json(found: "list[Examination]", asked: int) -> None:
    """One RUN: an object; several: an array of those that could be read."""
    reports = [examination.report.to_json() for examination in found]
    if asked > 1:
        out("[\n" + ",\n".join(reports) + "\n]")
    elif reports:
        out(reports[0])


def _print(found: "list[Examination]") -> None:
    from analysis.history import Series
    from bot.text import Lines, describe

    def curve(examination: "Examination") -> Series | None:
        loss = examination.signals.loss
        return None if loss is None else Series(loss.step, loss.time, loss.value)

    console().print(Lines([describe(e.report, curve(e)) for e in found]))
