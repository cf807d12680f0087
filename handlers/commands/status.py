"""“Did it finish?” and “how long left?”: the state at once, then progress and what matters."""

from collections.abc import AsyncIterator
from functools import partial

from analysis.flight import gather_bounded
from analysis.refs import RunRef
from analysis.reports import RunFacts, RunReport
from analysis.run import Run
from handlers.commands.describe import FIRST_S
from handlers.language.intents import Intent
from handlers.registry import RUN_BUTTONS, Ask, command
from handlers.reply import Reply, Topic
from handlers.targets import runs_of
from handlers.views import run as run_view
from handlers.views import status as view
from handlers.waiting import background

_MOST = 8
_AT_ONCE = 4


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
    refs = (await runs_of(ask))[:_MOST]
    if len(refs) > 1:
        async for reply in _several(ask, refs, eta=eta):
            yield reply
        return
    services, ref = ask.services, refs[0]
    facts: list[Run] = []
    topic = Topic("run", (ref.path,))
    async with background(services.examine(ref, on_run=facts.append), services.clock) as work:
        if not await work.done_within(FIRST_S):
            slow = run_view.looking(ref.path, slow=True)
            known = bool(facts)
            early = view.so_far(RunFacts.of(facts[-1])) if known else slow
            yield Reply(early, remember=topic if known else None, interim=True)
        report = (await work.result()).report
    shown = view.remaining if eta else view.finished
    yield Reply(shown(report, now=services.clock.now(), buttons=RUN_BUTTONS), remember=topic)


async def _several(ask: Ask, refs: tuple[RunRef, ...], *, eta: bool) -> AsyncIterator[Reply]:
    async def one(ref: RunRef) -> RunReport:
        return (await ask.services.examine(ref)).report

    services = ask.services
    every = gather_bounded([partial(one, ref) for ref in refs], _AT_ONCE)
    async with background(every, services.clock) as work:
        if not await work.done_within(FIRST_S):
            names = ", ".join(ref.id for ref in refs)
            yield Reply(run_view.looking(names), interim=True, step="Looking the runs up")
        reports = await work.result()
    message = view.several(reports, now=services.clock.now(), eta=eta)
    yield Reply(message, remember=Topic("list", tuple(ref.path for ref in refs)))
