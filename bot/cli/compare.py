"""``wandb-bot compare``: which run is better, and how sure that is."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from bot.cli.common import console, coroutine, load_settings, now_or, options, out, write_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.comparing.report import Comparison
    from analysis.comparing.sides import SideRef
    from analysis.sources import RunSource
    from bot.settings import Settings


@click.command("compare")
@click.argument("side", nargs=-1, required=True)
@click.option("--metric", metavar="M", help="The metric that decides.")
@click.option(
    "--better",
    type=click.Choice(["up", "down"]),
    help="Which way of --metric is better, where its name does not tell.",
)
@click.option(
    "--by",
    type=click.Choice(["step", "tokens", "time"]),
    help="Compare at equal steps, tokens or times; chosen by what differs when absent.",
)
@click.option("--plot", metavar="FILE.png", help="Draw the curves over each other into a file.")
@options("json", "full", "now", "config")
@coroutine
async def command(
    side: tuple[str, ...],
    metric: str | None,
    better: Literal["up", "down"] | None,
    by: Literal["step", "tokens", "time"] | None,
    plot: str | None,
    as_json: bool,
    full: bool,
    now: datetime | None,
    config: str | None,
) -> int:
    """Says which SIDE is better, and how sure that is.

    A SIDE is a RUN, several seeds joined by commas, [ENTITY/PROJECT/]group:NAME, or
    FOLDER/group:NAME for runs on disk.
    """
    from analysis.comparing.compare import check_count, judge
    from analysis.comparing.loading import Loader
    from analysis.flight import off_loop
    from analysis.sources import Effort

    check_count(len(side))
    settings = load_settings(config)
    moment = now_or(now)
    deadline = 600.0 if full else settings.describe.deadline_s
    effort = Effort(deadline, settings.describe.points, full)
    refs, server = await _sides(side, settings, moment)
    loader = Loader(server, moment, effort, metric=metric, overrides=settings.metrics)
    loaded = await loader.load(refs)
    report = await off_loop(
        lambda: judge(loaded, now=moment, metric=metric, by=by, direction=better)
    )
    if plot:
        from analysis.plots.comparison import render

        from analysis.comparing.matter import choose

        if report.verdict == "not_comparable":
            raise click.UsageError(f"There is nothing to draw: {report.reason}")
        matter = choose(loaded, metric, by, better)
        png = await off_loop(render, matter, report)
        await off_loop(write_file, Path(plot), png)
    _print(report, as_json=as_json)
    return 0


async def _sides(
    texts: tuple[str, ...], settings: "Settings", now: datetime
) -> "tuple[list[SideRef], Callable[[], RunSource] | None]":
    """The sides as named, and where their runs in W&B come from (``None`` when all are on disk)."""
    from analysis.comparing.sides import parse_side
    from analysis.errors import BadReference
    from analysis.refs import Defaults
    from analysis.sources import WandbSource
    from bot.cli.runs import Runs

    try:
        refs = [parse_side(text, Defaults()) for text in texts]
        if all(isinstance(place, Path) for ref in refs for place in ref.places):
            return refs, None
    except BadReference:
        pass  # a short name: W&B's settings, or the server, complete it
    async with Runs(now, settings.describe.deadline_s) as runs:
        refs = [
            await runs.named(lambda known, text=text: parse_side(text, known)) for text in texts
        ]
    return refs, lambda: WandbSource(deadline_s=settings.describe.deadline_s)


def _print(report: "Comparison", *, as_json: bool) -> None:
    if as_json:
        out(report.to_json())
        return
    from bot.text_compare import comparison

    console().print(comparison(report))
