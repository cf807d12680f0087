"""The demo: a local Slack workspace, a local W&B, and the real bot between them.

The bot is a process of its own, started as an operator would start it (``wandb-bot serve``), with
nothing but other addresses in its environment. At the end nothing is left: not a process, not a
file, not a port.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import manifest
from bot.demo import story
from bot.demo.sample import unpack
from bot.demo.slack import InstalledApp, LocalSlack
from bot.demo.wandb import API_KEY, LocalWandb

CHANNEL, PERSON, BOT = "training", "ada", "wandb-bot"
LOOPBACK = "127.0.0.1"
START_S = 60.0
STOP_S = 10.0


@asynccontextmanager
async def demo(port: int) -> AsyncIterator[str]:
    """Runs the demo; yields the address of the workspace once the bot is connected to it."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="wandb-bot-demo-")))
        runs = await asyncio.to_thread(unpack, folder / "runs")
        wandb = await stack.enter_async_context(LocalWandb())
        replay = story.seed(wandb, runs)
        slack = await _workspace(port)
        stack.push_async_callback(slack.stop)
        playing = asyncio.create_task(replay.play())
        stack.push_async_callback(_cancel, playing)
        bot = await start_bot(slack, wandb, folder)
        stack.push_async_callback(stop_bot, bot)
        connected = asyncio.create_task(slack.connected(timeout=START_S))
        ended = asyncio.create_task(bot.wait())
        await asyncio.wait({connected, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            connected.cancel()
            raise RuntimeError(f"the bot ended with {ended.result()} before it was connected")
        ended.cancel()
        yield slack.base_url


async def _workspace(port: int) -> LocalSlack:
    """The workspace on the port that was asked for, or on any other when that is busy."""
    # Installed from the manifest: what that does not ask for is missing here too. The local W&B is
    # a host of one's own, added as an operator would (``wandb-bot manifest --host``).
    app = InstalledApp.from_manifest(manifest.load(), handle=BOT)
    app.unfurl_domains.append(LOOPBACK)
    slack = LocalSlack(app)
    _people(slack)
    try:
        return await slack.start(port=port)
    except OSError:
        return await slack.start(port=0)


def _people(slack: LocalSlack) -> None:
    slack.add_user(PERSON, kind="admin", email=story.ADA.email)
    slack.add_user("grace", email=story.GRACE.email)
    slack.add_channel(CHANNEL)
    slack.add_channel("random")


async def start_bot(
    slack: LocalSlack, wandb: LocalWandb, folder: Path
) -> asyncio.subprocess.Process:
    """Starts the bot as an operator would, with only its surroundings' addresses changed."""
    environment = bot_environment(slack, wandb, folder)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "serve", env=environment, start_new_session=True
    )


def bot_environment(slack: LocalSlack, wandb: LocalWandb, folder: Path) -> Mapping[str, str]:
    """The environment in which the bot finds the local servers, and nothing of this machine's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WANDB_", "SLACK_"))
        and name not in {"DATABASE_URL", "HOST", "PORT"}
    }
    return kept | {
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.app.bot_token,
        "SLACK_APP_TOKEN": slack.app.app_token,
        "DATABASE_URL": f"sqlite:///{folder / 'bot.db'}",
        "PORT": "0",
        "WANDB_BASE_URL": wandb.base_url,
        "WANDB_API_KEY": API_KEY,
        "WANDB_DIR": str(folder),
        "WANDB_CONFIG_DIR": str(folder / "config"),
        "WANDB_BOT_LOG__LEVEL": "warning",
        "WANDB_BOT_LOG__FORMAT": "text",
    }


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def stop_bot(bot: asyncio.subprocess.Process) -> None:
    """Asks the bot to finish, and ends it when it does not."""
    if bot.returncode is not None:
        return
    bot.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(bot.wait(), STOP_S)
    except TimeoutError:
        bot.kill()
        await bot.wait()
