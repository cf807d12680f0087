"""``wandb-bot mcp``: the analysis for coding agents, over the Model Context Protocol."""

from importlib.util import find_spec

import click

from bot.cli.common import load_settings, options


@click.command("mcp")
@options("config")
def command(config: str | None) -> None:
    """Serves describe, watch, compare, why and failures as MCP tools on standard input and output.

    Read only. It needs the extra: pip install 'wandb-bot[mcp]'.
    """
    if find_spec("mcp") is None:
        raise click.UsageError(
            "The MCP server needs the package “mcp”, which is not installed: "
            "pip install 'wandb-bot[mcp]'."
        )
    settings = load_settings(config)
    from bot.mcp_server import build

    build(settings).run("stdio")
