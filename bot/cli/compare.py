"""``wandb-bot compare``: which run is better, and how sure that is."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from bot.cli.common import PNG, console, coroutine, load_settings, now_or, options, out, write_file

if TYPE_CHECKING:
    from analysis.comparing.report import Comparison


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
@click.option(
    "--plot", type=PNG, metavar="FILE.png", help="Draw the curves over each other into a file."
)
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
    from analysis.sources import Effort, WandbSource
    from bot.questions import read_sides

    check_count(len(side))
    settings = load_settings(config)
    moment = now_or(now)
    deadline = 600.0 if full else settings.describe.deadline_s
    effort = Effort(deadline, settings.describe.points, full)
    refs, on_disk = await read_sides(side, settings, moment)
    server = None if on_disk else lambda: WandbSource(deadline_s=settings.describe.deadline_s)
    loader = Loader(server, moment, effort, metric=metric, overrides=settings.metrics)
    loaded = await loader.load(refs)

    def judged() -> "Comparison":
        return judge(loaded, now=moment, metric=metric, by=by, direction=better)

    report = await off_loop(judged)
    _print(report, as_json=as_json)
    if plot:
        from analysis.comparing.matter import choose
        from analysis.plots.comparison import render

        if report.verdict == "not_comparable":
            raise click.UsageError(f"There is nothing to draw: {report.reason}")
        matter = choose(loaded, metric, by, better)
        png = await off_loop(render, matter, report)
        await off_loop(write_file, Path(plot), png)
    return 0


def _print(report: "Comparison", *, as_json: bool) -> None:
    if as_json:
        out(report.to_json())
        return
    from bot.text_compare import comparison

    console().print(comparison(report))
