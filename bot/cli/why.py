"""``wandb-bot why``: the cause of a failure, from a run or from a log file."""

import io
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import console, coroutine, load_settings, now_or, options, out

if TYPE_CHECKING:
    from analysis.causes.report import WhyReport
    from analysis.run import Run


@click.command("why")
@click.argument("run", required=False)
@click.option("--log", metavar="FILE", help="A console log instead of a run.")
@click.option("--exit-code", type=int, help="The exit code of the process that wrote --log.")
@click.option("--batch", is_flag=True, help="One JSON object a line in, one a line out, in order.")
@options("json", "now", "config")
@coroutine
async def command(
    run: str | None,
    log: str | None,
    exit_code: int | None,
    batch: bool,
    as_json: bool,
    now: datetime | None,
    config: str | None,
) -> int:
    """Says why RUN failed, or why the process that wrote a log did.

    --batch reads lines {"id", "file", "exit_code"} and answers each with the same id; a line
    that cannot be answered has the cause "unknown" and an "error".
    """
    if sum((run is not None, log is not None, batch)) != 1:
        raise click.UsageError("Give a RUN, or --log FILE, or --batch.")
    if batch:
        from analysis.causes.batch import why_batch

        # A byte that is no UTF-8 must not end the batch; in a path it opens the file it names.
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
        for line in why_batch(sys.stdin):
            out(line)
        return 0
    if log is not None:
        _print(_of_log(Path(log), exit_code), None, as_json=as_json)
        return 0
    explained = await _of_run(str(run), now_or(now), config)
    _print(explained[0], explained[1], as_json=as_json)
    return 0


def _of_log(file: Path, exit_code: int | None) -> "WhyReport":
    from analysis.causes.diagnose import diagnose
    from analysis.causes.report import WhyReport
    from analysis.causes.text import Log
    from analysis.errors import LogUnreadable

    try:
        log = Log.read(file)
    except OSError as error:
        raise LogUnreadable(f"{file} cannot be read: {error.strerror}.", " ") from None
    return WhyReport.of(diagnose(log, exit_code=exit_code))


async def _of_run(text: str, now: datetime, config: str | None) -> "tuple[WhyReport, Run]":
    from analysis.sources import Effort
    from analysis.why import why
    from bot.cli.runs import Runs

    settings = load_settings(config)
    async with Runs(now, settings.describe.deadline_s) as runs:
        source, ref = await runs.find(text)
        explained = await why(source, ref, now=now, effort=Effort(settings.describe.deadline_s))
    return explained.report, explained.run


def _print(report: "WhyReport", run: "Run | None", *, as_json: bool) -> None:
    if as_json:
        out(report.model_dump_json(indent=2))
        return
    from bot.text_why import explanation

    console().print(explanation(report, run))
