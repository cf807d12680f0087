"""``wandb-bot feedback``: how people judged the detectors."""

import json
from typing import TYPE_CHECKING

import click

from bot.cli.common import console, coroutine, load_settings, options, out

if TYPE_CHECKING:
    from rich.table import Table

    from bot.feedback import Feedback


@click.command("feedback")
@options("json", "config")
@coroutine
async def command(as_json: bool, config: str | None) -> int:
    """Shows each detector's precision as people judged it with the buttons under answers.

    Precision is the share of 👍 among the votes, with a 95 % interval (Wilson). One person has one
    vote on a finding of a message; the last one counts.
    """
    from bot.feedback import read

    found = await read(load_settings(config).database_url)
    if as_json:
        out(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
    else:
        console().print(_table(found))
    return 0


def _table(found: "Feedback") -> "Table | str":
    if not found.total.votes:
        return (
            "Nobody has judged a finding yet. The buttons stand under the bot’s answers in Slack."
        )
    from rich.table import Table

    table = Table("detector", "👍", "👎", "precision", "95 %", box=None, pad_edge=False)
    for row in (*found.detectors, found.total):
        low, high = row.interval or (0.0, 0.0)
        table.add_row(
            row.code, str(row.good), str(row.bad), f"{row.precision:.2f}", f"{low:.2f}–{high:.2f}"
        )
    return table
