"""“Loss curve of X”, “plot eval/loss for A and B”: values, courses and curves of metrics."""

from collections.abc import AsyncIterator
from dataclasses import replace

from analysis.comparing.matter import By
from analysis.errors import RunNotFound
from analysis.refs import RunRef
from handlers.commands.describe import PICTURE_GRACE_S
from handlers.language.intents import Intent
from handlers.registry import Ask, command
from handlers.reply import Reply, Topic
from handlers.targets import runs_of
from handlers.views import metric as view
from handlers.waiting import background

_MOST_RUNS = 12
_QUIET_S = 1.0


@command(Intent.SHOW_METRIC)
async def show_metric(ask: Ask) -> AsyncIterator[Reply]:
    """Reads the metrics, says where they stand and go, and draws them."""
    services = ask.services
    found, said = await _meant(ask)
    refs = found[:_MOST_RUNS]
    paths = tuple(ref.path for ref in refs)
    topic = Topic("run" if len(paths) == 1 else "comparison", paths)
    talk = services.conversation
    by: By = ask.reading.slots.axis or "step"
    async with background(talk.read_metric(refs, said, by=by), services.clock) as work:
        if not await work.done_within(_QUIET_S):
            yield Reply(view.reading([ref.id for ref in refs], said), interim=True)
        answer = await work.result()
    async with background(talk.draw(answer.lines), services.clock) as drawing:
        if not await drawing.done_within(PICTURE_GRACE_S):
            shown = view.message(
                answer.report, now=services.clock.now(), pending="Drawing the curves …"
            )
            yield Reply(shown, remember=topic, interim=True)
        picture = await drawing.result()
    shown = view.message(
        answer.report, now=services.clock.now(), picture=picture, lines=answer.lines
    )
    yield Reply(shown, remember=topic)


async def _meant(ask: Ask) -> tuple[tuple[RunRef, ...], tuple[str, ...]]:
    """The runs and the metrics; a last name that is no run, behind one that is, is a metric."""
    slots = ask.reading.slots
    named, metrics = slots.runs or (), slots.metrics or ()
    try:
        return await runs_of(ask), metrics
    except RunNotFound:
        last = named[-1] if len(named) > 1 and not metrics else None
        if not isinstance(last, str) or last.count("/") > 1:
            raise
        rest = slots.model_copy(update={"runs": named[:-1]})
        reading = ask.reading.model_copy(update={"slots": rest})
        return await runs_of(replace(ask, reading=reading)), (last,)
