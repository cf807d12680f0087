"""``wandb-bot failures``: the failures of a project by cause."""

from datetime import datetime

import click

from bot.cli.common import Span, console, coroutine, err, load_settings, now_or, options, out


@click.command("failures")
@click.argument("project", required=False)
@click.option("--days", type=Span(366 * 1_000), default=7, show_default=True,
              help="How far back, by when a run ended.")  # fmt: skip
@options("json", "now", "config")
@coroutine
async def command(
    project: str | None, days: float, as_json: bool, now: datetime | None, config: str | None
) -> int:
    """Groups the failures of PROJECT (ENTITY/PROJECT) by their error."""
    from analysis.sources import Effort, OfflineSource
    from analysis.why import failures
    from bot.cli.runs import Runs

    settings = load_settings(config)
    moment = now_or(now)
    effort = Effort(settings.describe.deadline_s)
    async with Runs(moment, settings.describe.deadline_s) as runs:
        source, within = await runs.projects(project)
        report = await failures(source, within, days=days, now=moment, effort=effort)
        if isinstance(source, OfflineSource):
            for file, reason in source.unread.items():
                err(f"{file}: {reason}")
    if as_json:
        out(report.to_json())
        return 0
    from bot import text_why

    console().print(text_why.failures(report))
    return 0
