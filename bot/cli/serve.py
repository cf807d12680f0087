"""``wandb-bot serve``: start the Slack app."""

import click

from bot.cli.common import coroutine, load_settings, options


@click.command("serve")
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=int, help="The port to listen on.")
@options("config")
@coroutine
async def command(host: str | None, port: int | None, config: str | None) -> int:
    """Starts the Slack app: Socket Mode when SLACK_APP_TOKEN is set, else HTTP."""
    from bot.app import serve

    await serve(load_settings(config, host=host, port=port))
    return 0
