"""The Slack side, whole, against the local workspace: real Bolt over Socket Mode."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from analysis.errors import AnalysisError, NotAllowed, RunNotFound
from analysis.plots.curves import RunCurves
from analysis.refs import Defaults, RunRef
from analysis.run import Run
from analysis.sources.base import Effort, Progress
from bot.demo.slack import LocalSlack
from handlers.dispatch import Dispatcher
from handlers.language import Context, understand
from handlers.listeners import Listeners
from handlers.memory import RecentDeliveries, RecentTopics
from handlers.reply import Image
from handlers.request import Request
from handlers.sending import SlackSender, clients
from handlers.services import Examined, Services
from tests.clocks import HandClock

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@dataclass
class Runs:
    """The runs that the bot knows in a test: what describing each gives, and when."""

    known: dict[str, Examined | AnalysisError | Exception] = field(default_factory=dict)
    facts: dict[str, Run] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def examine(
        self,
        ref: RunRef,
        *,
        effort: Effort | None = None,
        on_run: Callable[[Run], None] | None = None,
        progress: Progress | None = None,
    ) -> Examined:
        self.asked.append(ref.path)
        if on_run is not None and ref.path in self.facts:
            on_run(self.facts[ref.path])
        await self.gate.wait()
        found = self.known.get(ref.path, RunNotFound(f"There is no run {ref.path}."))
        if isinstance(found, Exception):
            raise found
        return found


class OnlyTeam:
    """The entity “team” may be read, by everybody but “guest”."""

    def __init__(self) -> None:
        self.refused: set[str] = set()

    async def may_ask(self, request: Request) -> NotAllowed | None:
        return NotAllowed("Guests are not answered here.") if request.user in self.refused else None

    async def may_read(self, request: Request, entity: str) -> NotAllowed | None:
        if entity == "team":
            return None
        return NotAllowed(f"Runs of {entity} are not told here.")


@dataclass
class Bot:
    """The running Slack side, and what a test may change."""

    runs: Runs
    access: OnlyTeam
    clock: HandClock
    listeners: Listeners
    drawn: asyncio.Event
    topics: RecentTopics


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[LocalSlack]:
    async with LocalSlack() as workspace:
        workspace.add_user("ada")
        workspace.add_channel("ml")
        yield workspace


@pytest.fixture
async def bot(slack: LocalSlack) -> AsyncIterator[Bot]:
    clock, runs, access, topics = HandClock(), Runs(), OnlyTeam(), RecentTopics()
    drawn = asyncio.Event()
    drawn.set()

    async def draw(curves: RunCurves) -> Image | None:
        await drawn.wait()
        if not curves.drawable:
            return None
        return Image("curves", PNG, f"The curves of {curves.title}.", curves.key())

    async def context_of(request: Request) -> Context:
        addressed = {"command": "command", "mention": "mention", "direct": "dm"}
        return Context.model_validate(
            {
                "addressed": addressed.get(request.kind, "thread"),
                "now": clock.now(),
                "bot": {"slack_id": request.bot_user},
            }
        )

    async with aiohttp.ClientSession() as session:
        steady, once = clients(slack.app.bot_token, base_url=slack.api_url, session=session)
        services = Services(
            examine=runs.examine,
            draw=draw,
            understand=understand,
            context_of=context_of,
            sender=SlackSender(steady, once, session, clock),
            access=access,
            topics=topics,
            clock=clock,
            defaults=Defaults(entity="team", project="proj"),
        )
        listeners = Listeners(Dispatcher(services), RecentDeliveries())
        app = AsyncApp(client=steady)
        listeners.register(app)
        handler = AsyncSocketModeHandler(app, slack.app.app_token, web_client=steady)
        await handler.connect_async()
        await slack.connected()
        yield Bot(runs, access, clock, listeners, drawn, topics)
        await listeners.drain(1.0)
        await handler.close_async()
