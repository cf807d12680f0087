"""“Loss curve of X”, “plot eval/loss for A and B”: values, courses and curves of metrics."""

from collections.abc import AsyncIterator

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
    services, said = ask.services, ask.reading.slots.metrics or ()
    refs = (await runs_of(ask))[:_MOST_RUNS]
    paths = tuple(ref.path for ref in refs)
    topic = Topic("run" if len(paths) == 1 else "comparison", paths)
    talk = services.conversation
    async with background(talk.read_metric(refs, said), services.clock) as work:
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
