"""``wandb-bot config``: all settings, what they are now, and what sets them."""

from typing import TYPE_CHECKING

import click
from pydantic import SecretStr

from bot.cli.common import console, load_settings, options, out, settings_file

if TYPE_CHECKING:
    from bot.settings import Settings


@click.command("config")
@click.option("--markdown", is_flag=True, help="Print the table of docs/settings.md instead.")
@options("config")
def command(markdown: bool, config: str | None) -> None:
    """Prints all settings and where each comes from; never a secret."""
    from rich.table import Table
    from rich.text import Text

    from bot.settings_table import origin_of, rows

    if markdown:
        out(settings_table())
        return
    settings = load_settings(config)
    file = settings_file(config)
    table = Table(box=None, pad_edge=False)
    table.add_column("variable", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("from")
    for row in rows():
        value: object = settings
        for name in row.path:
            value = getattr(value, name)
        shown = Text(_shown(value, settings))
        table.add_row(Text(row.variable), shown, origin_of(row, file))
    console().print(table)


def settings_table() -> str:
    """The settings as a Markdown table, made from their definition."""
    from bot.settings_errors import allowed
    from bot.settings_table import rows

    lines = ["| variable | in the file | takes | default | what it does |", "|---|---|---|---|---|"]
    for row in rows():
        default = f"`{row.default}`" if row.default else ""
        if row.path == ("database_url",):
            default = row.default  # words, not a value
        key = f"`{row.file_key}`"
        lines.append(
            f"| `{row.variable}` | {key} | {allowed(row.path)} | {default} | {row.description} |"
        )
    return "\n".join(lines)


def _shown(value: object, settings: "Settings") -> str:
    from bot.settings_table import in_words

    if value is None:
        return "not set"
    if isinstance(value, SecretStr):
        return "set (hidden)"
    if value == settings.database_url:
        return settings.redacted_database_url()
    return in_words(value) or "–"
