"""Every message and view that the app can show, at least once: ``MODULE`` → variant → it.

A variant is named by its builder, and by what is special about it after a colon. A builder that
stands in no variant fails a test, so a new one needs an entry here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from analysis.errors import NotAuthenticated, RunNotFound
from analysis.refs import Defaults, Link, read_link
from analysis.sources.base import RunPage
from handlers.conversation.ports import Person, Place
from handlers.problems import SlowDown, Unauthorized, Unreachable
from handlers.registry import RUN_BUTTONS, load
from handlers.reply import Message
from handlers.views import (
    account,
    alert,
    blind,
    board,
    channel,
    checkup,
    choices,
    compare_any,
    compare_with,
    failures,
    feedback,
    help,  # noqa: A004 - the module's own name
    home,
    look,
    metric,
    problem,
    progress,
    run,
    runs,
    settings,
    several,
    silence,
    status,
    unfurl,
    watches,
    why,
)
from handlers.views import comparison as compare
from handlers.views.comparison import Wanted
from handlers.views.escape import mention
from handlers.views.feedback import Judgement
from handlers.views.help import Suggestion
from handlers.views.home import Home
from handlers.views.look import Shown
from handlers.views.progress import Doing
from handlers.watching.manners import Manners
from tests.handlers.views import examples as x
from tests.handlers.views.snapshots import View
from tests.reports import NOW, broken, healthy

Variants = Mapping[str, Message | View]

TEAM: Final = Place("team", "proj")
ADA: Final = Person("ada-w", "email")
SIDES: Final = Wanted(("team/proj/warm", "team/proj/cold"))
QUIET: Final = Manners.model_validate(
    {"quiet_from": "22:00", "quiet_to": "07:00", "zone": "Europe/Berlin", "off": ["started"],
     "thresholds": {"grad_exploding": 20.0}}
)  # fmt: skip
ASKS: Final = (
    Suggestion("How Is Training?", "how's training?", "Looks at everything that runs."),
    Suggestion("Recent Failures", "failures", "Groups what failed by its error."),
)


def catalogue() -> Iterator[tuple[str, Variants]]:
    """All of it, a view's module at a time."""
    load()
    yield from _runs()
    yield from _many_runs()
    yield from _people()
    yield from _watching()
    yield from _surface()


def _runs() -> Iterator[tuple[str, Variants]]:
    full: dict[str, Any] = {"now": NOW, "buttons": RUN_BUTTONS}
    yield (
        "run",
        {
            "message:healthy": run.message(healthy(), picture=x.PICTURE, judged=True, **full),
            "message:warning": run.message(x.warned(), judged=True, **full),
            "message:critical": run.message(broken(), picture=x.PICTURE, **full),
            "message:failed": run.message(x.failed(), **full),
            "message:partial": run.message(x.partial(), **full),
            "message:pending": run.message(healthy(), pending="Drawing the curves …", **full),
            "message:compact": run.message(healthy(), "compact", **full),
            "looking": run.looking("team/proj/otter"),
            "looking:slow": run.looking("team/proj/otter", slow=True),
            "preview": run.preview(x.run_named("otter"), now=NOW),
        },
    )
    yield (
        "several",
        {
            "message": several.message([broken(), healthy(), x.failed()], now=NOW),
            "message:unread": several.message(
                [healthy()], now=NOW, unread=[("team/proj/x", "There is no run x.")], more=2
            ),
        },
    )
    yield (
        "status",
        {
            "finished": status.finished(x.failed(), **full),
            "finished:not yet": status.finished(healthy(), **full),
            "remaining": status.remaining(healthy(), **full),
            "several": status.several([healthy(), x.failed()], now=NOW),
            "several:unread": status.several(
                [healthy()], now=NOW, unread=[("team/proj/x", "There is no run x.")]
            ),
            "so_far": status.so_far(healthy().run),
        },
    )
    yield (
        "why",
        {
            "message": why.message(x.explanation(), now=NOW),
            "message:nothing": why.message(x.explanation("none"), now=NOW),
            "looking": why.looking("team/proj/otter"),
        },
    )
    yield (
        "metric",
        {
            "message": metric.message(x.metric_report(), now=NOW, picture=x.PICTURE),
            "message:chart": metric.message(
                x.metric_report(absent=()), now=NOW, picture=x.PICTURE, lines=x.few_points()
            ),
            "message:absent": metric.message(x.metric_report(values=()), now=NOW),
            "message:pending": metric.message(x.metric_report(), now=NOW, pending="Drawing …"),
            "reading": metric.reading(["otter"], ["loss"]),
        },
    )
    yield (
        "progress",
        {
            "with_progress": progress.with_progress(
                run.preview(x.run_named("otter"), now=NOW),
                Doing("rows read", 14_000, 50_000),
                "token",
            ),
            "cancelled": progress.cancelled(),
            "cancelled:asked": progress.cancelled("describe otter"),
            "not_yours": progress.not_yours(),
        },
    )
    yield (
        "feedback",
        {"thanks": feedback.thanks(Judgement("team/proj/otter", ("loss_spike",), True))},
    )


def _many_runs() -> Iterator[tuple[str, Variants]]:
    yield (
        "comparison",
        {
            "message": compare.message(x.comparison(), SIDES, now=NOW, picture=x.PICTURE),
            "message:short": compare.message(x.comparison(), SIDES, "short", now=NOW),
            "message:too close": compare.message(x.too_close(), SIDES, "short", now=NOW),
            "message:ranked": compare.message(x.ranked(), SIDES, "short", now=NOW),
            "message:not comparable": compare.message(x.not_comparable(), SIDES, "short", now=NOW),
            "details": compare.details(x.comparison(), now=NOW),
            "comparing": compare.comparing(["warm", "cold"]),
        },
    )
    yield "compare_with", {"modal": compare_with.modal("calm-otter", {"run": "team/proj/otter"})}
    yield "compare_any", {"modal": compare_any.modal()}
    yield (
        "failures",
        {
            "message": failures.message(x.failures(), now=NOW),
            "message:many": failures.message(x.failures(9), now=NOW),
            "message:none": failures.message(x.failures(0), now=NOW),
            "looking": failures.looking("team/proj"),
        },
    )
    listing: dict[str, Any] = {"what": "runs", "where": "team/proj", "now": NOW}
    yield (
        "runs",
        {
            "listing": runs.listing(x.RUNS, total=40, more='{"page": 0}', token="t", **listing),
            "listing:few": runs.listing(x.RUNS[:2], **listing),
            "listing:none": runs.listing((), **listing),
            "looking": runs.looking("team/proj"),
            "best": runs.best(x.ranking(), now=NOW),
            "best:one": runs.best(x.ranking(1), now=NOW),
        },
    )
    yield (
        "look",
        {
            "message": look.message(x.look(), Shown.of(x.PLACE), now=NOW, watch=True),
            "message:nothing": look.message(x.nothing(), Shown.of(x.PLACE), now=NOW),
            "looking": look.looking("team/proj"),
            "looking:slow": look.looking("team/proj", slow=True),
        },
    )
    wandb = {"where": "team/proj", "since": NOW.isoformat(), "reason": "The key is refused."}
    yield (
        "blind",
        {
            "message": blind.message({**wandb, "next_step": "Set WANDB_API_KEY."}, NOW),
            "message:over": blind.message({**wandb, "over_at": NOW.isoformat()}, NOW),
        },
    )
    content = board.content(x.look(), x.watched())
    out = {"unreachable_since": NOW.isoformat(), "reason": "It does not answer."}
    yield (
        "board",
        {
            "message": board.message(content, NOW),
            "message:stopped": board.message({**content, "stopped": True}, NOW),
            "message:unreachable": board.message({**content, **out}, NOW),
        },
    )


def _people() -> Iterator[tuple[str, Variants]]:
    yield (
        "account",
        {
            "confirm": account.confirm("ada-w", x.RUNS, known=True),
            "confirm:no run": account.confirm("ada-w", (), known=True),
            "linked": account.linked("ada-w", "email"),
            "who_you_are": account.who_you_are(ADA, ()),
            "who_you_are:unknown": account.who_you_are(None, ("ada-w", "adam")),
            "unlinked": account.unlinked(was=True),
            "unlinked:never": account.unlinked(was=False),
            "will_not_ask": account.will_not_ask(),
            "using": account.using(TEAM, "channel", "C1", "token"),
            "using:me": account.using(TEAM, "user", None, "token"),
            "done": account.done("Taken back."),
            "nothing_to_undo": account.nothing_to_undo(),
            "too_late": account.too_late(),
            "undone_already": account.undone_already(),
            "not_yours": account.not_yours("U1"),
        },
    )
    yield (
        "channel",
        {
            "state": channel.state(place=TEAM, own=False, person=ADA, watches=2, settings=True),
            "state:new": channel.state(
                place=None, own=False, person=None, watches=0, settings=False
            ),
        },
    )
    yield (
        "choices",
        {
            "which": choices.which("which", "calm", x.RUNS, "token", more=True),
            "which:none": choices.which("none", "clam", x.RUNS[:2], "token"),
            "settled": choices.settled(),
            "gone": choices.gone(),
            "who": choices.who(["ada-w", "adam"], "token"),
        },
    )
    yield (
        "help",
        {
            "overview": help.overview(x.COMMANDS),
            "one": help.one(x.COMMANDS[0]),
            "no_such_command": help.no_such_command("fly", x.COMMANDS),
            "not_understood": help.not_understood("make tea", ASKS),
            "not_understood:half": help.not_understood("compare tea", ASKS, half=True),
            "misread": help.misread("describe this that", x.COMMANDS[0]),
            "greeting": help.greeting(ASKS),
            "welcome": help.welcome(),
        },
    )
    yield "checkup", {"looking": checkup.looking(), "message": checkup.message(x.CHECKUP)}
    unknown = RunNotFound("There is no run team/proj/eel.", "Check the spelling.")
    refused = NotAuthenticated("W&B refuses the key.", "Set WANDB_API_KEY.")
    yield (
        "problem",
        {
            "analysis_problem": problem.analysis_problem(unknown),
            "analysis_problem:key": problem.analysis_problem(refused),
            "slack_problem": problem.slack_problem(Unreachable("not_in_channel")),
            "slack_problem:scope": problem.slack_problem(
                Unauthorized("missing_scope", "needs files:write")
            ),
            "slack_problem:slow": problem.slack_problem(SlowDown(30.0)),
            "our_fault": problem.our_fault("3f9a12c4"),
        },
    )


def _watching() -> Iterator[tuple[str, Variants]]:
    told: dict[str, Any] = {
        "days": 7,
        "runs": 12,
        "channel": 3,
        "thread": 9,
        "by_kind": {"failed": 2, "best": 1},
    }
    ended = x.run_named("otter")
    yield (
        "watches",
        {
            "started": watches.started(x.watched(), Manners(), "token"),
            "started:filtered": watches.started(x.watched(filters="owner:me"), QUIET, "token"),
            "changed": watches.changed(x.watched(), Manners(), "token"),
            "stopped": watches.stopped(x.watched(), "token"),
            "narrowed": watches.narrowed(x.PLACE, "name:otter", "token"),
            "resumed": watches.resumed(x.watched()),
            "listing": watches.listing(
                x.WATCHES, "C1", silences=x.SILENCES, briefings=[x.BRIEFED], rules=1
            ),
            "listing:which": watches.listing(x.WATCHES, "C1", which=True),
            "listing:none": watches.listing((), "C1"),
            "rule_added": watches.rule_added(x.RULE, "token", watched=False),
            "rule_added:meant": watches.rule_added(
                x.RULE,
                "token",
                watched=True,
                meant=watches.Meant("otter", "loss", "train/loss"),
            ),
            "rule_added:not logged": watches.rule_added(
                x.RULE,
                "token",
                watched=True,
                meant=watches.Meant("otter", "nope", None, ("train/loss", "lr")),
            ),
            "rule_removed": watches.rule_removed(x.RULE, "token"),
            "rules": watches.rules([x.RULE]),
            "rules:none": watches.rules([]),
            "briefing_set": watches.briefing_set(x.BRIEFED, "token"),
            "briefing_ended": watches.briefing_ended("token"),
            "briefings": watches.briefings([x.BRIEFED]),
            "briefings:none": watches.briefings([]),
            "will_remind": watches.will_remind(x.REMINDED, "token", timed=False),
            "ended_already": watches.ended_already(ended),
            "waits_already": watches.waits_already("team/proj/otter"),
            "reminders": watches.reminders([x.REMINDED]),
            "reminders:none": watches.reminders([]),
            "forgotten": watches.forgotten("token"),
            "previewing": watches.previewing("team/proj"),
            "preview": watches.preview(x.PLACE, "owner:me", told),
        },
    )
    yield (
        "silence",
        {
            "silenced": silence.silenced("run", ["team/proj/otter"], None, "token"),
            "muted_anyway": silence.muted_anyway("run", ["team/proj/otter"]),
            "silenced:snooze": silence.silenced("channel", [], NOW, "token"),
            "heard": silence.heard(x.SILENCES, "token"),
        },
    )
    lines = [{**x.EVENT, "name": "calm-otter", "link": "https://x.slack.com/archives/C1/p1"}]
    over = {**lines[0], "closed_at": NOW.isoformat()}
    held = [{"payload": x.ALERT, "at": NOW.isoformat()}]
    yield (
        "alert",
        {
            "card": alert.card(x.ALERT, NOW),
            "changes": alert.changes({**x.ALERT, "events": [x.EVENT]}, NOW),
            "changes:many": alert.changes(
                {
                    "name": "200 runs",
                    "subject": "",
                    "events": [{**x.EVENT, "name": "calm-otter"}],
                    "counts": {"failed": 133, "finished": 67},
                    "mentions": ["U1"],
                },
                NOW,
            ),
            "fresh": alert.fresh({"items": lines}, NOW),
            "fresh:over": alert.fresh({"items": [over]}, NOW),
            "several": alert.several({"items": held}, NOW),
            "why": alert.why([x.TOLD], "calm-otter"),
            "why:nothing": alert.why([], "calm-otter"),
        },
    )
    yield (
        "settings",
        {
            "modal": settings.modal(Manners(), (), None, {"channel": "C1"}),
            "modal:filled": settings.modal(
                QUIET, x.WATCHES, x.BRIEFED, {"channel": "C1"}, cards=False
            ),
            "offer": settings.offer(),
            "saved": settings.saved(QUIET, mention("U1"), "token", cards=True),
            "saved:unlinked": settings.saved(QUIET, mention("U1"), "token", unlinked=True),
        },
    )


def _surface() -> Iterator[tuple[str, Variants]]:
    seen = x.look()
    busy = Home(user="U1", person=ADA, place=TEAM, look=seen, mine=seen, watches=x.WATCHES,
                reminders=2)  # fmt: skip
    yield (
        "home",
        {
            "view:first time": home.view(Home(user="U1", candidates=("ada-w",)), now=NOW),
            "view:reading": home.view(Home(user="U1", place=TEAM, reading=True), now=NOW),
            "view:busy": home.view(busy, now=NOW),
            "view:nothing": home.view(Home(user="U1", place=TEAM, look=x.nothing()), now=NOW),
            "view:trouble": home.view(Home(user="U1", place=TEAM, trouble="W&B is slow."), now=NOW),
            "refused": home.refused("Guests are not answered here."),
            "settings": home.settings(busy),
            "stopped": home.stopped(x.watched(), "token"),
        },
    )
    page = RunPage(x.RUNS, 40)
    yield (
        "unfurl",
        {
            "run": unfurl.run(healthy(), now=NOW, picture=x.PICTURE),
            "run:incomplete": unfurl.run(x.partial(), now=NOW),
            "many:project": unfurl.many(_link("team/proj"), page, now=NOW),
            "many:sweep": unfurl.many(_link("team/proj/sweeps/sw1"), page, now=NOW),
            "many:none": unfurl.many(_link("team"), RunPage(()), now=NOW),
            "report": unfurl.report(_link("team/proj/reports/Which-lr-works--Vmlldzo0MjM")),
            "unwanted": unfurl.unwanted("C1"),
            "wanted": unfurl.wanted(),
        },
    )


def _link(path: str) -> Link:
    link = read_link(f"https://wandb.ai/{path}", Defaults())
    if link is None:
        raise ValueError(f"{path} is no page of W&B")
    return link
