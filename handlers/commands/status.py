"""“Did it finish?” and “how long left?”: the state at once, then progress and what matters."""

from collections.abc import AsyncIterator

from analysis.refs import RunRef
from analysis.reports import RunFacts
from analysis.run import Run
from handlers.commands.describe import FIRST_S
from handlers.examining import examine_all
from handlers.language.hints import asks_if_alive
from handlers.language.intents import Intent
from handlers.registry import RUN_BUTTONS, Ask, command
from handlers.reply import Reply, Topic
from handlers.targets import runs_of
from handlers.views import run as run_view
from handlers.views import status as view
from handlers.waiting import background


@command(Intent.DID_FINISH)
async def did_finish(ask: Ask) -> AsyncIterator[Reply]:
    """Whether runs are done."""
    async for reply in _status(ask, eta=False):
        yield reply


@command(Intent.ETA)
async def how_long(ask: Ask) -> AsyncIterator[Reply]:
    """How long runs still take."""
    async for reply in _status(ask, eta=True):
        yield reply


async def _status(ask: Ask, *, eta: bool) -> AsyncIterator[Reply]:
    refs = await runs_of(ask)
    if len(refs) > 1:
        async for reply in _several(ask, refs, eta=eta):
            yield reply
        return
    services, ref = ask.services, refs[0]
    alive = asks_if_alive(ask.request.text)
    facts: list[Run] = []
    topic = Topic("run", (ref.path,))
    async with background(services.examine(ref, on_run=facts.append), services.clock) as work:
        if not await work.done_within(FIRST_S):
            slow = run_view.looking(ref.path, slow=True)
            known = bool(facts)
            early = view.so_far(RunFacts.of(facts[-1]), alive=alive) if known else slow
            yield Reply(early, remember=topic if known else None, interim=True)
        report = (await work.result()).report
    now = services.clock.now()
    if eta:
        shown = view.remaining(report, now=now, buttons=RUN_BUTTONS)
    else:
        shown = view.finished(report, now=now, buttons=RUN_BUTTONS, alive=alive)
    yield Reply(shown, remember=topic)


async def _several(ask: Ask, refs: tuple[RunRef, ...], *, eta: bool) -> AsyncIterator[Reply]:
    services = ask.services
    async with background(examine_all(services, refs), services.clock) as work:
        if not await work.done_within(FIRST_S):
            names = ", ".join(ref.id for ref in refs)
            yield Reply(run_view.looking(names), interim=True, step="Looking the runs up")
        found = await work.result()
    unread = [(path, error.sentence) for path, error in found.errors]
    message = view.several(
        found.reports, now=services.clock.now(), eta=eta, unread=unread, more=found.more
    )
    yield Reply(message, remember=Topic("list", found.paths))
