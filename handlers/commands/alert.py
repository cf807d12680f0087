"""`alert when METRIC …`: a rule of one's own, for this channel."""

from collections.abc import AsyncIterator

from analysis.errors import AnalysisError, BadReference
from analysis.metric_names import nearest_metrics
from analysis.refs import ProjectRef, RunRef
from analysis.rules import logged_as, rule_of
from handlers.commands.undo import undoing
from handlers.conversation.ports import Change
from handlers.language.intents import Intent
from handlers.registry import Ask, command
from handlers.reply import Reply
from handlers.targets import may_read, runs_of
from handlers.views import watches as view
from handlers.watching.places import must_be_heard, where_of

_KIND = "alert"
_EXAMPLE = "Write for example /wandb alert when eval/loss < 0.5 in PROJECT."


@command(Intent.ALERT_RULE)
async def alert(ask: Ask) -> AsyncIterator[Reply]:
    """Stores a rule; the runs of its project are looked at as those of a watch are."""
    said = ask.reading.slots.rule
    if said is None:
        raise BadReference("You did not say when to alert.", _EXAMPLE)
    rule = rule_of(said.model_dump(exclude_none=True))
    channel = await must_be_heard(ask)
    where, run = await _about(ask)
    await may_read(ask, where.entity)
    about = None if run is None else RunRef(*run.split("/", 2))
    if run is None and where.project is not None:
        # A name that is mistyped is said now, not by rules that never hold.
        newest = next(iter(await ask.services.conversation.directory.recent(where)), None)
        about = newest.ref if newest else None
    watching = ask.services.watching
    told = rule.to_json() | ({"run": run} if run else {})
    words = f"{rule} of {run}" if run else str(rule)
    here = await watching.subscriptions.in_channel(channel)
    places = {where, ProjectRef(where.entity)}
    watched = any(one.where in places and not one.only_rules for one in here)
    kept = await watching.rules.add(channel, where, rule=told, text=words, creator=ask.request.user)
    token = await ask.services.conversation.undos.offer(
        Change(_KIND, channel, ask.request.user, {"rule": kept.id})
    )
    meant = None if about is None else await _meant(ask, rule.metric, about)
    yield Reply(view.rule_added(kept, token, watched=watched, meant=meant))


async def _meant(ask: Ask, metric: str, about: RunRef) -> view.Meant | None:
    """By which name a run logs the metric, or which names are near; no answer costs no rule."""
    try:
        run = await ask.services.conversation.directory.run(about)
    except AnalysisError:
        return None
    names = run.logged
    if not names:
        return None
    return view.Meant(
        run.name or run.ref.id,
        metric,
        logged_as(metric, run),
        tuple(nearest_metrics(metric, names)),
    )


async def _about(ask: Ask) -> tuple[ProjectRef, str | None]:
    """The project that a rule is about, and the run where it is about one only."""
    if ask.reading.slots.runs:
        refs = await runs_of(ask)
        return ProjectRef(refs[0].entity, refs[0].project), refs[0].path
    return await where_of(ask), None


@undoing(_KIND)
async def _undo(ask: Ask, change: Change) -> str:
    await ask.services.watching.rules.remove(change.channel, int(change.before["rule"]))
    return "Taken back: that rule is gone."
