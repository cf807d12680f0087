"""All the background work of one process, put together."""

from dataclasses import dataclass, field

from bot.background.engine import Engine
from bot.background.jobs.briefing import Briefing
from bot.background.jobs.deliver import Delivery, Patience
from bot.background.jobs.remind import Remind
from bot.background.jobs.tick import Tick, TickPace
from bot.background.outbox import DELIVER, Outbox
from bot.background.painter import Painter, PaintPace
from bot.background.ports import BriefingWork, ReminderWork, Render, TickWork
from bot.background.queues import POST, TICKS, WORK, Pace
from bot.background.retention import Keep, Retention
from bot.background.schedules import BRIEFING, REMIND, TICK, Sweep, SweepPace
from bot.settings import Settings
from bot.storage import Database
from handlers.ports import Clock, Sender


@dataclass(frozen=True, slots=True)
class Paces:
    """All speeds in one value; ``Paces.of`` takes from the settings what they say."""

    engine: Pace = field(default_factory=Pace)
    sweep: SweepPace = field(default_factory=SweepPace)
    tick: TickPace = field(default_factory=TickPace)
    delivery: Patience = field(default_factory=Patience)
    paint: PaintPace = field(default_factory=PaintPace)
    keep: Keep = field(default_factory=Keep)
    sweep_every_s: float = 5.0
    paint_every_s: float = 1.5
    forget_every_s: float = 3600.0

    @classmethod
    def of(cls, settings: Settings) -> "Paces":
        """As set by whoever runs the app."""
        return cls(
            engine=Pace(replica_timeout=settings.engine.replica_timeout),
            sweep=SweepPace(tick_s=settings.watch.tick_s),
            delivery=Patience(late_after_s=settings.watch.late_after_s),
            paint=PaintPace(per_minute=settings.watch.updates_per_minute),
        )


@dataclass(frozen=True, slots=True)
class Work:
    """What others bring: how to look, to compose, to check."""

    tick: TickWork
    briefing: BriefingWork
    reminder: ReminderWork


@dataclass(slots=True)
class Background:
    """The engine with its jobs and chores. ``start`` it on the loop, ``stop`` it at the end.

    Attributes:
        outbox: for whoever has something to say.
        engine: ``ready`` for the health check, ``lost`` for the main task.
    """

    database: Database
    sender: Sender
    render: Render
    work: Work
    clock: Clock
    paces: Paces = field(default_factory=Paces)
    engine: Engine = field(init=False)
    outbox: Outbox = field(init=False)
    painter: Painter = field(init=False)
    sweep: Sweep = field(init=False)

    def __post_init__(self) -> None:
        engine = Engine(self.database, self.clock, self.paces.engine)
        box = Outbox(engine)
        delivery = Delivery(
            database=self.database,
            outbox=box,
            sender=self.sender,
            render=self.render,
            clock=self.clock,
            fit=lambda: engine.life.fit,
            sleep=engine.sleep,
            patience=self.paces.delivery,
        )
        self.sweep = Sweep(self.database, engine, box, self.clock, self.paces.sweep)
        self.painter = Painter(
            self.database, box, self.sender, self.render, self.clock, self.paces.paint
        )
        retention = Retention(self.database, self.clock, self.paces.keep)
        tick = Tick(self.database, box, self.work.tick, self.clock, self.paces.tick)
        briefing = Briefing(self.database, box, self.work.briefing, self.clock)
        remind = Remind(self.database, box, self.work.reminder, self.clock)
        engine.register(TICK, tick.run, TICKS)
        engine.register(DELIVER, delivery.run, POST)
        engine.register(BRIEFING, briefing.run, WORK)
        engine.register(REMIND, remind.run, WORK)
        engine.every("sweep", self.paces.sweep_every_s, self.sweep.run)
        engine.every("paint", self.paces.paint_every_s, self.painter.round)
        engine.every("forget", self.paces.forget_every_s, retention.run)
        self.engine, self.outbox = engine, box

    async def start(self) -> None:
        """Starts everything on the running loop."""
        await self.engine.start()

    async def stop(self, grace: float = 8.0) -> None:
        """Stops taking work, and waits for what runs."""
        await self.engine.stop(grace)
