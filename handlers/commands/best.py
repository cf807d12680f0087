"""`best [PROJECT] [by METRIC] [--top N]`: the best runs by a metric, as a table."""

from collections.abc import AsyncIterator

from handlers.commands.runs import query_of
from handlers.language.intents import Intent
from handlers.registry import Ask, command
from handlers.reply import Reply, Topic
from handlers.views import runs as view
from handlers.waiting import background

_USUAL = 5
_MOST = 25
_QUIET_S = 1.0


@command(Intent.BEST_RUN)
async def best(ask: Ask) -> AsyncIterator[Reply]:
    """Ranks runs by the metric that was named, else by what they are evaluated by."""
    services, slots = ask.services, ask.reading.slots
    query, _, _ = await query_of(ask)
    metric = slots.metrics[0] if slots.metrics else None
    top = max(1, min(slots.top_n or _USUAL, _MOST))
    look = services.conversation.rank(query, metric=metric, top=top)
    async with background(look, services.clock) as work:
        if not await work.done_within(_QUIET_S):
            yield Reply(view.looking(str(query.within)), interim=True)
        ranking = await work.result()
    topic = Topic("list", tuple(each.run.path for each in ranking.runs))
    yield Reply(view.best(ranking, now=services.clock.now()), remember=topic)
