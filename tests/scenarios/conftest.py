"""The Slack side, whole, against the local workspace: real Bolt over Socket Mode."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from analysis.plots.curves import RunCurves
from analysis.refs import Defaults
from bot.demo.slack import LocalSlack
from bot.demo.wandb import LocalWandb
from handlers.conversation.context import ContextBuilder
from handlers.dispatch import Dispatcher
from handlers.language import understand
from handlers.listeners import Listeners
from handlers.memory import RecentDeliveries, RecentTopics
from handlers.reply import Image
from handlers.sending import SlackSender, clients
from handlers.services import Services
from handlers.surface.home import Homes
from handlers.surface.memory import KnownVotes, RecentSightings
from handlers.surface.panel import SlackPanel
from handlers.surface.ports import Surface
from tests.clocks import HandClock
from tests.scenarios.harness import PNG, Answers, Bot, OnlyTeam, Runs, talk
from tests.scenarios.office import Office, a_workspace, office
from tests.scenarios.watching import House, a_house


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack() as workspace:
        workspace.add_user("ada")
        workspace.add_channel("ml")
        yield workspace


@pytest.fixture
async def bot(slack: LocalSlack) -> AsyncIterator[Bot]:
    clock, runs, access, topics = HandClock(), Runs(), OnlyTeam(), RecentTopics()
    drawn = asyncio.Event()
    drawn.set()
    answers = Answers()

    async def draw(curves: RunCurves) -> Image | None:
        await drawn.wait()
        if not curves.drawable:
            return None
        return Image("curves", PNG, f"The curves of {curves.title}.", curves.key())

    defaults, conversation = Defaults(entity="team", project="proj"), talk(runs, clock)
    async with aiohttp.ClientSession() as session:
        steady, once = clients(
            slack.app.bot_token, base_url=slack.api_url, session=session, clock=clock
        )
        sender = SlackSender(steady, once, session, clock)
        surface = Surface(
            panel=SlackPanel(steady, once, sender.placed, clock),
            homes=Homes(),
            sightings=RecentSightings(clock),
            votes=KnownVotes(),
        )
        services = Services(
            examine=runs.examine,
            draw=draw,
            compare=answers.compare,
            draw_overlay=answers.draw,
            why=answers.why,
            failures=answers.failures,
            understand=understand,
            context_of=ContextBuilder(topics, conversation, access, clock, defaults),
            sender=sender,
            access=access,
            topics=topics,
            clock=clock,
            defaults=defaults,
            conversation=conversation,
            places=surface,
        )
        listeners = Listeners(Dispatcher(services), RecentDeliveries())
        app = AsyncApp(client=steady)
        listeners.register(app)
        handler = AsyncSocketModeHandler(app, slack.app.app_token, web_client=steady)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await slack.connected()
        yield Bot(
            runs,
            access,
            clock,
            listeners,
            drawn,
            topics,
            answers,
            surface=surface,
            services=services,
        )
        await listeners.drain(1.0)
        await handler.close_async()  # type: ignore[no-untyped-call]


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """The whole bot with its jobs in one's hand, for watching."""
    async with a_house(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
async def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """The whole bot between a workspace and a W&B that hold nothing yet."""
    clock = HandClock()
    async with (
        a_workspace() as slack,
        LocalWandb(clock=lambda: clock.now().timestamp()) as wandb,
        office(tmp_path, monkeypatch, slack=slack, wandb=wandb, clock=clock) as made,
    ):
        yield made
