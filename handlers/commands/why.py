"""`why RUN`, “why did it crash?”, and the Why? button of a run that failed."""

from collections.abc import AsyncIterator

from analysis.refs import RunRef
from handlers.language.intents import Intent
from handlers.registry import Ask, action, command
from handlers.reply import Reply, Topic
from handlers.targets import one_run, run_of_path
from handlers.views import why as view
from handlers.views.run import RunButton
from handlers.waiting import background

ENDED_BADLY = frozenset({"failed", "crashed", "killed", "preempted"})


@command(Intent.WHY)
async def why(ask: Ask) -> AsyncIterator[Reply]:
    """Tells why a run ended: the cause, the lines that tell, what to do."""
    async for reply in _explained(ask, await one_run(ask)):
        yield reply


@action("run.why", button=RunButton("Why?", "run.why", order=20, states=ENDED_BADLY))
async def why_button(ask: Ask) -> AsyncIterator[Reply]:
    """The same for the run whose report holds the button, in its thread."""
    click = ask.request.click
    async for reply in _explained(ask, await run_of_path(ask, click.value if click else "")):
        yield reply


async def _explained(ask: Ask, ref: RunRef) -> AsyncIterator[Reply]:
    services = ask.services
    async with background(services.why(ref), services.clock) as work:
        yield Reply(view.looking(ref.path), interim=True)
        explained = await work.result()
    topic = Topic("run", (explained.run.ref.path,))
    yield Reply(view.message(explained, now=services.clock.now()), remember=topic)
