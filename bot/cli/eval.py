"""``wandb-bot eval``: measure the detectors on labelled runs."""

from pathlib import Path

import click

from bot.cli.common import coroutine, load_settings, options, out


@click.command("eval")
@click.argument("folder", required=False)
@options("json", "config")
@coroutine
async def command(folder: str | None, as_json: bool, config: str | None) -> int:
    """Describes the labelled runs of FOLDER (with a truth.json) and scores the reports.

    Without FOLDER, the bundled sample of recorded runs is used.
    """
    from tempfile import TemporaryDirectory

    from analysis.evaluation import evaluate, render

    settings = load_settings(config)
    if folder is not None:
        report = await evaluate(Path(folder), settings.thresholds)
    else:
        from bot.demo.sample import unpack

        with TemporaryDirectory(prefix="wandb-bot-") as place:
            report = await evaluate(unpack(Path(place)), settings.thresholds)
    out(report.model_dump_json(indent=2) if as_json else render(report))
    return 0
