"""`describe RUN [RUN …] [--full]`: how runs are doing, and why; Refresh, and Fetch Everything."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from analysis.findings import Health
from analysis.refs import RunRef
from analysis.run import Run
from analysis.sources.base import Effort
from handlers.examining import examine_all
from handlers.language.intents import Intent
from handlers.registry import RUN_BUTTONS, Ask, action, command
from handlers.reply import Image, Message, Reply, Topic
from handlers.services import Examined
from handlers.targets import run_of_path, runs_of
from handlers.views import run as view
from handlers.views import several
from handlers.views.run import RunButton
from handlers.waiting import background

FIRST_S: Final = 1.8  # what is known stands in Slack well within 5 s, with a way to cancel
FULL_S: Final = 3_600.0  # one who asks for everything waits; Cancel is there
FACTS_S: Final = 2.2  # a second look, where not even the run's state was there at the first
PICTURE_GRACE_S: Final = 1.5  # how long a finished report waits for its picture


@command(Intent.DESCRIBE)
async def describe(ask: Ask) -> AsyncIterator[Reply]:
    """Looks at one run: first a promise, then what is known, then the report with its picture.

    Several are answered together, a few lines each.
    """
    refs = await runs_of(ask)
    replies = (
        report_on(ask, refs[0], full=bool(ask.reading.slots.full))
        if len(refs) == 1
        else _several(ask, refs)
    )
    async for reply in replies:
        yield reply


@action("run.full", button=RunButton("Fetch Everything", "run.full", order=15, partial_only=True))
async def fetch_everything(ask: Ask) -> AsyncIterator[Reply]:
    """Looks again without a limit of time and rows; the answer stands below the partial one."""
    click = ask.request.click
    ref = await run_of_path(ask, click.value if click else "")
    async for reply in report_on(ask, ref, full=True):
        yield reply


@action("run.refresh", keeps=True, button=RunButton("Refresh", "run.refresh", order=10))
async def refresh(ask: Ask) -> AsyncIterator[Reply]:
    """Looks again, and replaces the report with the button."""
    click = ask.request.click
    ref = await run_of_path(ask, click.value if click else "")
    async for reply in report_on(ask, ref):
        yield reply


async def report_on(ask: Ask, ref: RunRef, *, full: bool = False) -> AsyncIterator[Reply]:
    """The replies that describe one run; each takes the place of the one before.

    Args:
        ask: Who asks, and where.
        ref: Which run.
        full: Fetch every row, however long that takes.
    """
    services = ask.services
    facts: list[Run] = []

    def known(run: Run) -> None:
        facts.append(run)
        ask.tale.total = run.rows or run.last_step

    call = services.examine(
        ref,
        effort=Effort(FULL_S, full=True) if full else None,
        on_run=known,
        progress=ask.tale.tell,
    )
    async with background(call, services.clock) as work:
        yield Reply(view.looking(ref.path), interim=True, step="Looking the run up")
        for patience in (FIRST_S, FACTS_S):
            if await work.done_within(patience):
                break
            yield Reply(_so_far(ask, ref, facts), interim=True, step="Reading its curves")
            if facts:
                break
        examined = await work.result()
    topic = Topic("run", (examined.report.run.path,))
    async with background(services.draw(examined.curves), services.clock) as drawing:
        if not await drawing.done_within(PICTURE_GRACE_S):
            yield Reply(
                _message(ask, examined, pending="Drawing the curves …"),
                remember=topic,
                interim=True,
                if_stopped=_message(ask, examined),
                step="Drawing the curves",
            )
        picture = await drawing.result()
    yield Reply(_message(ask, examined, picture=picture), remember=topic)


async def _several(ask: Ask, refs: Sequence[RunRef]) -> AsyncIterator[Reply]:
    services = ask.services
    async with background(examine_all(services, refs), services.clock) as work:
        if not await work.done_within(FIRST_S):
            names = ", ".join(ref.id for ref in refs)
            yield Reply(view.looking(names), interim=True, step="Looking the runs up")
        found = await work.result()
    unread = [(path, error.sentence) for path, error in found.errors]
    message = several.message(
        found.reports, now=services.clock.now(), unread=unread, more=found.more
    )
    yield Reply(message, remember=Topic("list", found.paths))


def _so_far(ask: Ask, ref: RunRef, facts: list[Run]) -> Message:
    if not facts:
        return view.looking(ref.path, slow=True)
    return view.preview(facts[-1], now=ask.services.clock.now())


def _message(
    ask: Ask, examined: Examined, *, picture: Image | None = None, pending: str = ""
) -> Message:
    report = examined.report
    troubled = report.health in {Health.WARNING, Health.CRITICAL}
    return view.message(
        report,
        now=ask.services.clock.now(),
        picture=picture,
        curves=examined.curves,
        buttons=RUN_BUTTONS,
        pending=pending,
        # A channel is asked only where something was found; in a conversation there is room.
        judged=not pending and (troubled or ask.request.place == "direct"),
    )
