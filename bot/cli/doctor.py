"""``wandb-bot doctor``: what is set up well, and what to do about the rest."""

import json
from typing import TYPE_CHECKING

import click

from bot.cli.common import console, coroutine, load_settings, options, out

if TYPE_CHECKING:
    from rich.table import Table

    from handlers.checkup import Checkup

_MARKS = {"ok": ("✓ ok", "green"), "warn": ("! warn", "yellow"), "fail": ("✗ fail", "bold red")}


@click.command("doctor")
@options("json", "config")
@coroutine
async def command(as_json: bool, config: str | None) -> int:
    """Checks settings, tokens, scopes, W&B, the database, the engine and the clock.

    Changes nothing. Exit codes: 0 fine, 2 settings or database, 4 Slack or W&B refuses, 5 one of
    them cannot be reached; of several the highest.
    """
    from bot.doctor import checkup

    found = await checkup(load_settings(config))
    if as_json:
        out(_json(found))
    else:
        console().print(_table(found))
    return found.exit_code


def _json(found: "Checkup") -> str:
    checks = [
        {
            "name": check.name,
            "status": check.status,
            "detail": check.detail,
            "advice": check.advice or None,
            "ms": check.ms,
        }
        for check in found.checks
    ]
    told = {"schema_version": 1, "ok": found.ok, "checks": checks}
    return json.dumps(told, ensure_ascii=False, indent=2)


def _table(found: "Checkup") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("", "what", "found", "ms", box=None, pad_edge=False)
    for check in found.checks:
        mark, style = _MARKS[check.status]
        told = Text(check.detail)
        if check.advice:
            told.append(f"\n→ {check.advice}", style="bold")
        ms = "" if check.ms is None else f"{check.ms:.0f}"
        table.add_row(Text(mark, style=style), Text(check.name), told, Text(ms))
    return table
