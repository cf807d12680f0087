"""``wandb-bot demo``: a local workspace with the bot in it."""

import asyncio
import signal
from contextlib import suppress

import click

from bot.cli.common import coroutine, out

HINTS = """
  Open  {url}  and type into #training, for example:

    /wandb describe demo/digits/lr-too-high        the loss became NaN
    /wandb describe demo/digits/tiny-train-set     overfitted
    /wandb describe demo/char-lm/char-gpt          still running: it grows while you look
    /wandb why demo/code-lm/hf-oom                 why did it fail
    /wandb compare demo/seeds/group:0.001 demo/seeds/group:0.0001
    @wandb-bot how's training?
    /wandb help

  Ctrl-C ends it and leaves nothing behind.
"""


@click.command("demo")
@click.option("--port", type=int, default=8350, show_default=True,
              help="The page's port; another is taken when it is busy.")  # fmt: skip
@coroutine
async def command(port: int) -> int:
    """Opens a local Slack-like workspace on a loopback port, with the real bot connected to it."""
    from bot.demo.run import demo

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    out("Starting the local workspace, the local W&B and the bot …")
    async with demo(port) as url:
        out(HINTS.format(url=url))
        await stop.wait()
        out("Stopping …")
    return 0
