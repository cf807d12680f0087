"""The whole bot, as it is wired in production, between a local Slack and a local W&B."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from wandb.sdk import wandb_setup

from bot import settings
from bot.demo.slack import LocalSlack, Message
from bot.demo.slack import User as SlackUser
from bot.demo.wandb import API_KEY, LocalRun, LocalWandb, User
from bot.wiring import Application, build
from tests.clocks import HandClock

ADA = User("ada-w", "Ada", "ada@example.com", entity="demo", teams=("demo",))
BOB = User("bob-w", "Bob", "bob@example.com", entity="demo", teams=("demo",))
HOUR = 3600.0


@dataclass
class Office:
    """A workspace with the bot in it, and what W&B holds."""

    slack: LocalSlack
    wandb: LocalWandb
    app: Application
    clock: HandClock

    @property
    def bot(self) -> SlackUser:
        return self.slack.user(self.slack.app.user_id)

    def run(
        self,
        id: str,  # noqa: A002 - the field's own name
        *,
        project: str = "vision",
        name: str | None = None,
        state: str = "finished",
        user: User = ADA,
        hours_ago: float = 2.0,
        eval_loss: float = 1.9,
        rows: int = 200,
    ) -> LocalRun:
        """A run whose loss falls; evaluated every fifty steps."""
        step = np.arange(rows)
        loss = 3.0 * np.exp(-step / 80.0) + 0.5
        at = np.arange(0, rows, 50)
        now = self.clock.now().timestamp()
        made = self.wandb.add_run(
            "demo",
            project,
            id,
            columns={"train/loss": loss, "train/grad_norm": np.full(rows, 0.8)},
            sparse={"eval/loss": (at, eval_loss + np.linspace(0.5, 0.0, at.size))},
            created_at=now - hours_ago * HOUR - rows,
            state=state,
            config={"max_steps": 2 * rows if state == "running" else rows},
            user=user,
            display_name=name or id,
        )
        if state == "running":
            made.heartbeat_at = now
        return made

    async def says(
        self, text: str, *, who: str = "ada", where: str = "#ml", thread: str = ""
    ) -> str:
        """Somebody types; the message's time, of a command nothing."""
        typed = await self.slack.types(where, who, text, thread_ts=thread or None)
        return typed.ts if typed.message is not None else ""

    async def asks(self, text: str, *, who: str = "ada", where: str = "#ml") -> str:
        """Somebody mentions the bot."""
        return await self.says(f"@{self.bot.name} {text}", who=who, where=where)

    def everything(self) -> list[Message]:
        """All that the bot has said anywhere, private things too, in order."""
        places = [*(f"#{name}" for name in ("ml", "other")), "@ada", "@bob"]
        found: dict[str, Message] = {}
        for place in places:
            for parent in self.slack.messages(place):
                for message in (parent, *self.slack.thread(parent)):
                    found[message.ts] = message
        for who in ("ada", "bob"):
            found |= {message.ts: message for message in self.slack.ephemerals(who)}
        mine = self.bot.id
        return sorted((m for m in found.values() if m.user == mine), key=lambda m: m.ts)

    async def answer(self, words: str) -> Message:
        """The newest message that holds the words, once there is one."""

        def there() -> list[Message]:
            return [m for m in self.everything() if words in read(m)]

        async with self.clock.passing():
            try:
                return (await self.slack.until(there))[-1]
            except TimeoutError as error:
                error.add_note(f"said so far: {[read(message) for message in self.everything()]}")
                raise

    async def quiet(self) -> None:
        """Waits until the bot has nothing left to do: what is acknowledged is owned already."""
        for _ in range(3):  # what it said may be an event in turn
            await self.slack.settled()
            async with self.clock.passing():
                await self.app.listeners.drain(50.0)


@asynccontextmanager
async def office(
    folder: Path, environment: pytest.MonkeyPatch, *, slack: LocalSlack, wandb: LocalWandb,
    clock: HandClock,
) -> AsyncIterator[Office]:  # fmt: skip
    """Starts the bot; ``DATABASE_URL`` is a file in ``folder``, so that a second one remembers."""
    wandb_setup.teardown()  # the package keeps the settings of its first use for the process
    for name, value in {
        "WANDB_BASE_URL": wandb.base_url,
        "WANDB_API_KEY": API_KEY,
        "WANDB_DIR": str(folder),
        "WANDB_CONFIG_DIR": str(folder / "config"),
    }.items():
        environment.setenv(name, value)
    for name in ("WANDB_ENTITY", "WANDB_PROJECT"):
        environment.delenv(name, raising=False)
    chosen = settings.load(
        slack_bot_token=slack.app.bot_token,
        slack_app_token=slack.app.app_token,
        slack_api_url=slack.api_url,
        database_url=f"sqlite:///{folder / 'bot.db'}",
    )
    async with build(chosen, clock=clock) as app:
        handler = AsyncSocketModeHandler(app.bolt, slack.app.app_token, web_client=app.web)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await slack.connected()
        yield Office(slack, wandb, app, clock)
        await app.listeners.drain(1.0)
        await handler.close_async()  # type: ignore[no-untyped-call]
    wandb_setup.teardown()


def read(message: Message) -> str:
    """What one reads: links by their names, no invisible characters, the notification too."""
    text = f"{message.text}\n{message.plain}"
    text = re.sub(r"<https?:[^|>]*\|([^>]*)>", r"\1", text).replace("&amp;", "&")
    return text.replace("\u200b", "").replace("`", "").replace("*", "")


def a_workspace() -> LocalSlack:
    """Ada, Bob, the owner of the key, and two channels."""
    slack = LocalSlack()
    slack.add_user("ada", email=ADA.email)
    slack.add_user("bob", email=BOB.email)
    slack.add_user("owner", email="demo-user@example.com")  # whose W&B key the bot has
    slack.add_channel("ml")
    slack.add_channel("other")
    return slack
