"""The whole bot for tests of watching: the real application on SQLite, with time in one's hand.

Everything is the product's own (Bolt, storage, outbox, delivery, the W&B source) but the task
engine: its jobs are kept in a list and run when a test says so.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from sqlalchemy.ext.asyncio import AsyncConnection
from wandb.sdk import wandb_setup

from bot import manifest
from bot.background.engine import Engine
from bot.demo.slack import InstalledApp, LocalSlack, Message, View
from bot.demo.wandb import API_KEY, LocalRun, LocalWandb
from bot.settings import load
from bot.wiring import Application, build
from tests.clocks import HandClock

TICK_S = 30.0


class NobodySaid(AssertionError, LookupError):
    """No message holds these words; to ``LocalSlack.until`` that means “not yet”."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it was enqueued, and when it may run."""

    kind: str
    args: Mapping[str, Any]
    due: datetime


@dataclass
class House:
    """The bot, the two servers, and the hand that moves time.

    Attributes:
        jobs: what waits to be run, as the outbox and the sweep enqueued it.
    """

    slack: LocalSlack
    wandb: LocalWandb
    clock: HandClock
    app: Application
    jobs: list[Job] = field(default_factory=list)

    async def tick(self, times: int = 1, *, seconds: float = TICK_S) -> None:
        """Lets time pass, looks at what is due, and delivers what there is to say."""
        for _ in range(times):
            await self.clock.advance(seconds)
            async with self.clock.passing():
                await self.app.background.sweep.run()
                await self.work()
                await self.app.background.painter.round()

    async def work(self) -> None:
        """Runs the jobs that wait, and those that they bring."""
        while due := [job for job in self.jobs if job.due <= self.clock.now()]:
            self.jobs.remove(due[0])
            run = self.app.background.engine._jobs[due[0].kind][0]
            await run(due[0].args)

    async def deliver(self) -> None:
        """Posts what waits, without a look."""
        async with self.clock.passing():
            await self.work()
            await self.app.background.painter.round()

    async def says(self, text: str, where: str = "#ml", who: str = "ada") -> None:
        """Somebody types; returns when the bot has done what there was to do."""
        before = self._heard()
        await self.slack.types(where, who, text)
        await self.idle(before)

    async def click(self, message: Message, what: str, who: str = "ada") -> None:
        """Somebody presses a button, and the bot does what it does."""
        before = self._heard()
        await self.slack.click(message, what, who)
        await self.idle(before)

    async def submits(self, view: View, values: Mapping[str, Any]) -> None:
        """Somebody fills a form in, and the bot does what it does."""
        before = self._heard()
        await self.slack.submit(view, values)
        if not view.errors:
            await self.idle(before)

    async def idle(self, before: int) -> None:
        """Waits until the bot has begun to answer, then until it is done, then delivers."""
        async with self.clock.passing():
            await self.slack.until(lambda: self._heard() > before)
            await self.app.listeners.drain(50.0)  # what is not done by then would be cancelled
            await self.slack.settled()
            await self.work()

    def _heard(self) -> int:
        """Grows with whatever the bot does at Slack: calls, and what it says to one person."""
        whispers = sum(len(channel.ephemerals) for channel in self.slack.channels.values())
        # Bolt asks who it is before anything of ours runs.
        calls = [call for call in self.slack.calls if call.method != "auth.test"]
        return len(calls) + whispers

    def channel(self, where: str = "#ml") -> list[Message]:
        """The messages at a channel's top, oldest first."""
        return list(self.slack.messages(where))

    def find(self, words: str, where: str = "#ml") -> Message:
        """The newest message of a channel whose text or blocks hold these words."""
        found = [m for m in self.channel(where) if words in m.text or words in m.plain]
        if not found:
            shown = "\n".join(message.text for message in self.channel(where))
            raise NobodySaid(f"{words!r}; there is:\n{shown}")
        return found[-1]

    def board(self, where: str = "#ml") -> Message:
        """The newest board."""
        return self.find("updated in place", where)

    def card(self, name: str, where: str = "#ml") -> Message:
        """The card of a run, a sweep or a group."""
        told = "what happens later is told in the thread"
        found = [m for m in self.channel(where) if told in m.plain and f" {name}:" in m.text]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} cards of {name}: {[m.text for m in found]}")
        return found[0]

    def lines(self, where: str = "#ml") -> list[Message]:
        """The fresh lines in a channel."""
        return [m for m in self.channel(where) if "|its thread>" in m.plain]

    def private(self, who: str = "ada") -> str:
        """All that one person was told alone."""
        return "\n".join(message.plain for message in self.slack.ephemerals(who))


@asynccontextmanager
async def a_house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **settings: str
) -> AsyncIterator[House]:
    """Starts everything; nothing is left of it at the end."""
    clock = HandClock()

    def stamp() -> float:
        return clock.now().timestamp()

    # With the scopes and events of the manifest: what it lacks is missing here too.
    installed = InstalledApp.from_manifest(manifest.load(), handle="bot")
    async with LocalSlack(installed, clock=stamp) as slack, LocalWandb(clock=stamp) as wandb:
        slack.add_user("ada", email="ada@example.com")
        slack.add_user("grace")
        slack.add_channel("ml")
        slack.add_channel("away", bot=False)
        wandb.add_project("demo", "digits")
        environment = {
            "WANDB_BASE_URL": wandb.base_url,
            "WANDB_API_KEY": API_KEY,
            "WANDB_DIR": str(tmp_path),
            "WANDB_CONFIG_DIR": str(tmp_path / "wandb"),
            **settings,
        }
        wandb_setup.teardown()  # the package keeps the settings of its first use for the process
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        for name in ("WANDB_ENTITY", "WANDB_PROJECT", "WANDB_BOT_CONFIG"):
            monkeypatch.delenv(name, raising=False)
        chosen = load(
            slack_bot_token=slack.app.bot_token,
            slack_app_token=slack.app.app_token,
            slack_api_url=slack.api_url,
            database_url=f"sqlite:///{tmp_path / 'bot.db'}",
        )
        async with build(chosen, clock=clock) as app:
            house = House(slack, wandb, clock, app)
            _by_hand(house, monkeypatch)
            handler = AsyncSocketModeHandler(app.bolt, slack.app.app_token, web_client=app.web)
            await handler.connect_async()  # type: ignore[no-untyped-call]
            await slack.connected()
            try:
                yield house
            finally:
                await app.listeners.drain(1.0)
                await handler.close_async()  # type: ignore[no-untyped-call]


def _by_hand(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs go into the house's list instead of the engine's queues."""

    async def enqueue(
        _: Engine,
        connection: AsyncConnection,
        kind: str,
        key: str,
        args: Mapping[str, Any],
        *,
        delay: float = 0.0,
        partition: str | None = None,
    ) -> None:
        due = house.clock.now() + timedelta(seconds=delay)
        house.jobs.append(Job(kind, args, due))

    async def live(_: Engine, keys: object) -> frozenset[str]:
        return frozenset()

    async def cancel(_: Engine, *keys: str) -> None:
        return None

    monkeypatch.setattr(Engine, "enqueue", enqueue)
    monkeypatch.setattr(Engine, "live", live)
    monkeypatch.setattr(Engine, "cancel", cancel)


def a_run(house: House, name: str, **more: Any) -> LocalRun:
    """A run that is going well, its last row just now."""
    return house.wandb.add_run(
        "demo",
        "digits",
        name,
        columns={"train/loss": np.linspace(2.0, 1.0, 40)},
        created_at=ago(house, seconds=40),
        **more,
    )


def ago(house: House, **span: float) -> float:
    """Unix seconds of a moment before now."""
    return (house.clock.now() - timedelta(**span)).timestamp()
