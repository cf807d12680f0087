"""Builds everything once: settings in, a connected application out. The only place that knows all.

What is built here is handed to those who need it as values and functions; nothing is looked up.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp

from analysis.describe import examine
from analysis.plots.curves import curves_of
from analysis.plots.studio import Studio
from analysis.refs import RunRef
from analysis.run import Run
from analysis.sources import Effort, Progress, WandbSource
from analysis.sources.deadline import Timing
from bot.access import Access
from bot.background.service import Background
from bot.clock import SystemClock
from bot.conversation import StoredDeliveries, StoredTopics
from bot.directory import Directory
from bot.doctor.service import for_admins
from bot.homes import EVERY_S as HOMES_EVERY_S
from bot.homes import LiveHomes
from bot.judging import comparer, explainer, failure_finder
from bot.settings import Settings, check_tokens
from bot.stops import StoredStops
from bot.storage import Database, open_database
from bot.surface import surface
from bot.talking import conversation
from bot.watching.service import SlackMembership, background, looks_of, watching
from handlers.conversation.context import ContextBuilder
from handlers.dispatch import Dispatcher
from handlers.language import understand
from handlers.listeners import Listeners
from handlers.pictures import drawer, overlay_drawer
from handlers.ports import Clock
from handlers.sending import SlackSender, clients
from handlers.services import Examined, Services
from handlers.slack_errors import guarded

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp
    from slack_sdk.web.async_client import AsyncWebClient

_CONNECTIONS = 64
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Application:
    """Everything of one process that must be started, asked and stopped.

    Attributes:
        bolt: Slack's requests go in here, in either mode.
        web: the client for idempotent calls.
        listeners: to drain at the end.
        background: looks, deliveries and chores; to start and to stop.
    """

    settings: Settings
    clock: Clock
    database: Database
    source: WandbSource
    access: Access
    services: Services
    sender: SlackSender
    listeners: Listeners
    background: Background
    bolt: "AsyncApp"
    web: "AsyncWebClient"


@asynccontextmanager
async def build(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Application]:
    """Builds the application; what it opened is closed at the end.

    Raises:
        WrongSettings: when Slack's tokens are missing.
        bot.storage.DatabaseInUse: when another process serves from the same SQLite file.
    """
    from slack_bolt.async_app import AsyncApp

    check_tokens(settings)
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        database = await open_database(settings.database_url, exclusive=True)
        stack.push_async_callback(database.close)
        session = await stack.enter_async_context(_session())
        token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
        steady, once = clients(token, base_url=settings.slack_api_url, session=session, clock=clock)
        source = await stack.enter_async_context(
            WandbSource(deadline_s=settings.describe.deadline_s, timing=Timing(sleep=clock.sleep))
        )
        studio = Studio()
        stack.callback(studio.close)
        sender = SlackSender(steady, once, session, clock)
        access = Access(settings.access, _user_info(steady), source.viewer, clock)
        topics = StoredTopics(database, clock)
        directory = Directory(source, clock)
        stack.push_async_callback(directory.close)
        defaults = await source.defaults(ask=False)
        talk = conversation(
            settings,
            database=database,
            source=source,
            studio=studio,
            directory=directory,
            topics=topics,
            user_info=_user_info(steady),
            clock=clock,
        )
        looks = looks_of(settings, source, clock)
        work = background(
            settings, database=database, source=source, sender=sender, looks=looks, clock=clock
        )
        services = Services(
            examine=_examine(settings, source, clock.now),
            draw=drawer(studio),
            compare=comparer(settings, source, clock),
            draw_overlay=overlay_drawer(studio),
            why=explainer(settings, source, clock),
            failures=failure_finder(settings, source, clock),
            understand=understand,
            context_of=ContextBuilder(topics, talk, access, clock, defaults),
            sender=sender,
            access=access,
            topics=topics,
            clock=clock,
            defaults=defaults,
            conversation=talk,
            doctor=for_admins(settings, access.is_admin),
            watches=watching(
                database=database,
                outbox=work.outbox,
                looks=looks,
                member=SlackMembership(steady),
                clock=clock,
                cooling=timedelta(minutes=settings.watch.cooldown_min),
            ),
            stops=StoredStops(database, clock),
            places=surface(database=database, web=steady, once=once, sender=sender, clock=clock),
        )
        work.engine.every("homes", HOMES_EVERY_S, LiveHomes(database, clock, services).round)
        listeners = Listeners(Dispatcher(services), StoredDeliveries(database, clock))
        secret = settings.slack_signing_secret
        bolt = AsyncApp(client=steady, signing_secret=secret.get_secret_value() if secret else None)
        listeners.register(bolt)
        yield Application(
            settings=settings,
            clock=clock,
            database=database,
            source=source,
            access=access,
            services=services,
            sender=sender,
            listeners=listeners,
            background=work,
            bolt=bolt,
            web=steady,
        )


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
        timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
    )


def _user_info(web: "AsyncWebClient") -> Callable[[str], Any]:
    async def user_info(user: str) -> Mapping[str, Any]:
        answer = await guarded(web.users_info(user=user))
        told: Mapping[str, Any] = answer.get("user") or {}
        return told

    return user_info


def _examine(
    settings: Settings, source: WandbSource, now: Callable[[], datetime]
) -> Callable[..., Any]:
    usual = Effort(settings.describe.deadline_s, settings.describe.points)

    async def one(
        ref: RunRef,
        *,
        effort: Effort | None = None,
        on_run: Callable[[Run], None] | None = None,
        progress: Progress | None = None,
    ) -> Examined:
        found = await examine(
            source,
            ref,
            now=now(),
            thresholds=settings.thresholds,
            overrides=settings.metrics,
            effort=effort or usual,
            on_run=on_run,
            progress=progress,
        )
        return Examined(found.report, curves_of(found.signals, found.report))

    return one
