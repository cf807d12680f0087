"""``wandb-bot watch``: all running jobs at a glance, then what failed and what finished."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import click

from bot.cli.common import Span, console, coroutine, load_settings, now_or, options, out

if TYPE_CHECKING:
    from analysis.look import Targets
    from analysis.looking.report import Look
    from analysis.refs import ProjectRef


@click.command("watch")
@click.argument("where", metavar="[ENTITY[/PROJECT]]", required=False)
@click.option("--projects", metavar="P1,P2", help="Only these projects of the entity.")
@click.option("--all-projects", is_flag=True, help="Every project of the entity, however many.")
@click.option(
    "--hours",
    type=Span(24 * 366 * 1_000),
    default=24.0,
    show_default=True,
    help="How far back to show what failed and finished, by when it ended.",
)
@click.option(
    "--where",
    "condition",
    metavar="FILTER",
    help="Only some runs, such as “owner:me and (state:failed or tag:prod)”.",
)
@click.option("--unfold", is_flag=True, help="Show each run of sweeps and groups.")
@options("json", "fail-on-critical", "now", "config")
@coroutine
async def command(
    where: str | None,
    projects: str | None,
    all_projects: bool,
    hours: float,
    condition: str | None,
    unfold: bool,
    as_json: bool,
    fail_on_critical: bool,
    now: datetime | None,
    config: str | None,
) -> int:
    """Shows every running job with its health and progress, then what failed and what finished.

    The entity defaults to the key's own. Without --projects and --all-projects: projects with a
    run that runs or ended within --hours, at most 20. A folder of runs on disk will do too.
    """
    from analysis.filters import is_about_me, parse
    from analysis.look import look
    from analysis.looking.report import LookError
    from analysis.sources import Effort, OfflineSource
    from bot.cli.runs import Runs

    if projects is not None and all_projects:
        raise click.UsageError("--projects and --all-projects exclude each other.")
    only = parse(condition or "")
    settings = load_settings(config)
    moment = now_or(now)
    deadline = settings.describe.deadline_s
    async with Runs(moment, deadline) as runs:
        source, within = await runs.projects(where)
        targets = _targets(within, projects, all_projects=all_projects)
        me = (await source.viewer()).username if is_about_me(only) else None
        report = await look(
            source,
            replace(targets, condition=only, me=me),
            now=moment,
            hours=hours,
            effort=Effort(deadline),
            thresholds=settings.thresholds,
            overrides=settings.metrics,
        )
        if isinstance(source, OfflineSource):
            left = [LookError(what=str(file), reason=why) for file, why in source.unread.items()]
            report = report.model_copy(update={"errors": (*report.errors, *left)})
    _print(report, as_json=as_json, unfold=unfold)
    return 1 if fail_on_critical and report.critical else 0


def _targets(within: "ProjectRef", projects: str | None, *, all_projects: bool) -> "Targets":
    from analysis.look import Targets

    if projects is None:
        return Targets(within, all_projects=all_projects)
    names = tuple(name for part in projects.split(",") if (name := part.strip()))
    if not names:
        raise click.UsageError("--projects names no project.")
    if within.project is not None:
        raise click.UsageError("Name the projects with --projects or in ENTITY/PROJECT, not both.")
    return Targets(within, names)


def _print(report: "Look", *, as_json: bool, unfold: bool) -> None:
    if as_json:
        out(report.to_json())
        return
    from bot.text_look import look

    console().print(look(report, unfold=unfold))
