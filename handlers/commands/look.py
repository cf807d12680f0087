"""`watch … --once`, “how's training?”, “any failures?”: all running jobs at a glance."""

from collections.abc import AsyncIterator

from analysis.errors import BadReference
from analysis.looking.arranging import owned_by
from handlers.conversation.owner import owner_of
from handlers.language.intents import Intent
from handlers.registry import Ask, action, command
from handlers.reply import Reply, Topic
from handlers.targets import may_read
from handlers.views import look as view
from handlers.views.look import Shown
from handlers.waiting import background
from handlers.watching.filters import filters_of_flags, must_know_me
from handlers.watching.places import flags_of, shown_of, targets_of, where_shown

_LONGEST = 500  # letters of a filter: each button of the look carries it
_QUIET_S = 1.0
_SLOW_S = 4.0


@command(Intent.WATCH_NOW)
async def look(ask: Ask) -> AsyncIterator[Reply]:
    """Looks at everything that runs, failed or finished lately."""
    others = {k: v for k, v in flags_of(ask).items() if k not in ("owner", "user")}
    only = filters_of_flags(others) or ""
    if len(only) > _LONGEST:
        raise BadReference("That filter is too long for a look.", "Watch with it, or ask for less.")
    await must_know_me(ask, only)
    person = await ask.services.conversation.accounts.of(ask.request.user) if only else None
    owner = await owner_of(ask, ask.reading.slots.owner)
    shown = await shown_of(ask, owner, only=only, me=person.wandb if person else None)
    async for reply in answered(ask, shown, fresh=True):
        yield reply


@action(view.TURN, keeps=True)
async def turn(ask: Ask) -> AsyncIterator[Reply]:
    """Shows another page; the same for folding and unfolding a sweep or group."""
    async for reply in answered(ask, clicked(ask)):
        yield reply


@action(view.REFRESH, keeps=True)
async def refresh(ask: Ask) -> AsyncIterator[Reply]:
    """Looks again."""
    async for reply in answered(ask, clicked(ask), fresh=True):
        yield reply


action(view.UNFOLD, keeps=True)(turn)
action(view.FOLD, keeps=True)(turn)


def clicked(ask: Ask) -> Shown:
    """What the button's look shows.

    Raises:
        BadReference: the button is of another time.
    """
    shown = Shown.read(ask.request.click.value if ask.request.click else "")
    if shown is None:
        raise BadReference("That button is too old.", "Ask again: /wandb watch --once.")
    return shown


async def answered(ask: Ask, shown: Shown, *, fresh: bool = False) -> AsyncIterator[Reply]:
    """The replies of a look; who asks may read it, asked again at every click."""
    await may_read(ask, shown.entity)
    services, where = ask.services, where_shown(shown)
    call = services.watching.look(targets_of(shown), hours=shown.hours, fresh=fresh)
    async with background(call, services.clock) as work:
        if not await work.done_within(_QUIET_S):
            yield Reply(view.looking(where), interim=True)
            if not await work.done_within(_SLOW_S - _QUIET_S):
                yield Reply(view.looking(where, slow=True), interim=True)
        found = owned_by(await work.result(), shown.owner)
    message = view.message(found, shown, now=services.clock.now(), watch=await _offers(ask, shown))
    paths = tuple(
        row.entry.run.path for row in view.rows_of(found, shown.unfolded) if row.entry is not None
    )
    yield Reply(message, remember=Topic("list", paths[:100]) if paths else None)


async def _offers(ask: Ask, shown: Shown) -> bool:
    """Whether “Watch Here” makes sense: one place, in a conversation that does not watch it."""
    channel, targets = ask.request.channel, targets_of(shown)
    if channel is None or targets.projects or shown.owner:
        return False
    found = await ask.services.watching.subscriptions.find(channel, targets.within)
    return found is None or found.only_rules
