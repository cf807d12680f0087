"""``wandb-bot config``: all settings, what they are now, and what sets them."""

import click
from pydantic import SecretStr

from bot.cli.common import console, load_settings, options, out


@click.command("config")
@click.option("--markdown", is_flag=True, help="Print the table of docs/settings.md instead.")
@options("config")
def command(markdown: bool, config: str | None) -> None:
    """Prints all settings and where each comes from; never a secret."""
    from rich.table import Table

    from bot.settings import rows

    if markdown:
        out(settings_table())
        return
    settings = load_settings(config)
    table = Table("variable", "value", "what it does", box=None, pad_edge=False)
    for row in rows():
        value: object = settings
        for name in row.path:
            value = getattr(value, name)
        table.add_row(row.variable, _shown(value, row.variable, settings), row.description)
    console().print(table)


def settings_table() -> str:
    """The settings as a Markdown table, made from their definition."""
    from bot.settings import rows

    lines = ["| variable | in the file | default | what it does |", "|---|---|---|---|"]
    for row in rows():
        default = f"`{row.default}`" if row.default else ""
        lines.append(f"| `{row.variable}` | `{row.file_key}` | {default} | {row.description} |")
    return "\n".join(lines)


def _shown(value: object, variable: str, settings: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, SecretStr):
        return "set (hidden)"
    if variable == "DATABASE_URL":
        from bot.settings import Settings

        return settings.redacted_database_url() if isinstance(settings, Settings) else ""
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "–"
    return str(value)
