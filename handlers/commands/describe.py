"""`describe RUN`: how a run is doing, and why; and the Refresh button under it."""

from collections.abc import AsyncIterator
from typing import Final

from analysis.refs import RunRef
from analysis.run import Run
from handlers.language.intents import Intent
from handlers.registry import RUN_BUTTONS, Ask, action, command
from handlers.reply import Image, Message, Reply, Topic
from handlers.services import Examined
from handlers.targets import one_run, run_of_path
from handlers.views import run as view
from handlers.views.run import RunButton
from handlers.waiting import background

FIRST_S: Final = 4.0  # something useful stands in Slack within 5 s
PICTURE_GRACE_S: Final = 1.5  # how long a finished report waits for its picture


@command(Intent.DESCRIBE)
async def describe(ask: Ask) -> AsyncIterator[Reply]:
    """Looks at one run: first a promise, then what is known, then the report with its picture."""
    ref = await one_run(ask)
    async for reply in report_on(ask, ref):
        yield reply


@action("run.refresh", in_place=True, button=RunButton("Refresh", "run.refresh", order=10))
async def refresh(ask: Ask) -> AsyncIterator[Reply]:
    """Looks again, and replaces the report with the button."""
    click = ask.request.click
    ref = await run_of_path(ask, click.value if click else "")
    async for reply in report_on(ask, ref):
        if not reply.interim:
            yield reply


async def report_on(ask: Ask, ref: RunRef) -> AsyncIterator[Reply]:
    """The replies that describe one run; each takes the place of the one before."""
    services = ask.services
    facts: list[Run] = []
    async with background(services.examine(ref, on_run=facts.append), services.clock) as work:
        yield Reply(view.looking(ref.path), interim=True)
        if not await work.done_within(FIRST_S):
            yield Reply(_so_far(ask, ref, facts), interim=True)
        examined = await work.result()
    topic = Topic("run", (examined.report.run.path,))
    async with background(services.draw(examined.curves), services.clock) as drawing:
        if not await drawing.done_within(PICTURE_GRACE_S):
            shown = _message(ask, examined, pending="Drawing the curves …")
            yield Reply(shown, remember=topic, interim=True)
        picture = await drawing.result()
    yield Reply(_message(ask, examined, picture=picture), remember=topic)


def _so_far(ask: Ask, ref: RunRef, facts: list[Run]) -> Message:
    if not facts:
        return view.looking(ref.path, slow=True)
    return view.preview(facts[-1], now=ask.services.clock.now())


def _message(
    ask: Ask, examined: Examined, *, picture: Image | None = None, pending: str = ""
) -> Message:
    return view.message(
        examined.report,
        now=ask.services.clock.now(),
        picture=picture,
        buttons=RUN_BUTTONS,
        pending=pending,
    )
