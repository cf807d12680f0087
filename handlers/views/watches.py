"""Subscriptions in words: what is watched here and by whom, rules, briefings, reminders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from analysis.refs import ProjectRef
from analysis.reports import RunFacts
from analysis.run import Run
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, date, escape, join, link, mention, mrkdwn
from handlers.views.numbers import plural, step
from handlers.views.pages import Page
from handlers.views.silence import silence_line
from handlers.views.words import state_sentence
from handlers.watching.manners import KINDS, Manners
from handlers.watching.ports import Briefed, Reminded, RuleSet, Silence, Watched

STOP: Final = "watch.stop"
SETTINGS: Final = "watch.settings"
RESUME: Final = "watch.resume"
UNALERT: Final = "alert.remove"
FORGET: Final = "remind.forget"
BRIEFING_OFF: Final = "briefing.off"
UNDO: Final = "undo"
WATCHES_PAGE: Final = "watches.page"
WHICH_PAGE: Final = "watches.which"
RULES_PAGE: Final = "alerts.page"
REMINDERS_PAGE: Final = "reminders.page"
_DAYS: Final = {"*": "every day", "1-5": "on weekdays", "0,6": "at weekends"}
_NAMES: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def started(watched: Watched, manners: Manners, token: str) -> Message:
    """Watching has begun: what, what will come, and the way back."""
    text = mrkdwn("👁️ I watch {where} here from now on.", where=code(str(watched.where)))
    return _watching(text, watched, manners, token)


def changed(watched: Watched, manners: Manners, token: str) -> Message:
    """It was watched already; perhaps it has other filters now."""
    text = mrkdwn("👁️ {where} is watched here.", where=code(str(watched.where)))
    return _watching(text, watched, manners, token)


def _watching(text: Mrkdwn, watched: Watched, manners: Manners, token: str) -> Message:
    on = [words.lower() for kind, words in KINDS.items() if kind not in manners.off]
    only = (
        mrkdwn("Only runs with {filters}. ", filters=code(watched.filters))
        if watched.filters
        else Mrkdwn()
    )
    note = mrkdwn(
        "{only}The board shows how all runs do and is kept up to date. You hear when {on}; "
        "everything about one run goes into its thread.",
        only=only,
        on=", ".join(on) if on else "nothing: all alerts are off",
    )
    row = b.actions([b.button("Undo", UNDO, token), b.button("Settings", SETTINGS)])
    return b.message(text, b.only([b.section(text), b.context(note), row]))


def stopped(watched: Watched, token: str) -> Message:
    """Watching has ended, and can be taken up again."""
    text = mrkdwn("👁️ I no longer watch {where} here.", where=code(str(watched.where)))
    return _undoable(text, token)


def narrowed(where: ProjectRef, left: str, token: str) -> Message:
    """A watch of single runs has fewer of them."""
    text = mrkdwn("👁️ In {where} I watch only {left} here now.", where=code(str(where)),
                  left=code(left))  # fmt: skip
    return _undoable(text, token)


def resumed(watched: Watched) -> Message:
    """A paused watch goes on."""
    text = mrkdwn("👁️ I watch {where} here again.", where=code(str(watched.where)))
    return b.message(text, [b.section(text)])


def _undoable(text: Mrkdwn, token: str, note: Mrkdwn | None = None) -> Message:
    row = b.actions([b.button("Undo", UNDO, token)])
    return b.message(text, b.only([b.section(text), b.context(note) if note else None, row]))


def listing(
    watches: Sequence[Watched],
    channel: str,
    *,
    which: bool = False,
    silences: Sequence[Silence] = (),
    briefings: Sequence[Briefed] = (),
    rules: int = 0,
    page: int = 0,
) -> Message:
    """What is watched in a channel, who added each, and a button to stop it.

    Args:
        watches: all of the channel's.
        channel: where.
        which: the question is which of them should stop.
        silences: what is muted or snoozed there.
        briefings: looks on schedule.
        rules: how many rules of people's own there are.
        page: which page of the watches, from 0.
    """
    if not watches:
        text = mrkdwn("👁️ Nothing is watched here.")
        how = mrkdwn("Start with {example}.", example=code("/wandb watch ENTITY/PROJECT"))
        blocks: list[Block | None] = [b.section(mrkdwn("{text} {how}", text=text, how=how))]
    else:
        text = mrkdwn("👁️ {count} here", count=plural(len(watches), "watch", "watches"))
        if which:
            text = mrkdwn("👁️ Which one should stop?")
        blocks = [b.section(mrkdwn("*{text}*", text=text))]
        shown = Page.cut(watches, page)
        blocks += [b.section(_watch_line(one), accessory=_stop(one)) for one in shown.items]
        blocks += shown.turning(WHICH_PAGE if which else WATCHES_PAGE)
        paused = [watched for watched in watches if watched.paused]
        if paused:
            blocks.append(b.actions([b.button("Go On", RESUME, str(paused[0].id))]))
    notes = [_briefing_line(one) for one in briefings[:5]]
    if rules:
        notes.append(
            mrkdwn("🔔 {count}: {how}", count=plural(rules, "rule"), how=code("/wandb alerts"))
        )
    notes += [silence_line(one) for one in silences[:8]]
    if notes and not which:
        blocks.append(b.context(join("\n", notes)))
    if not which:
        blocks.append(b.actions([b.button("Settings", SETTINGS)]))
    return b.message(text, b.only(blocks))


def _watch_line(watched: Watched) -> Mrkdwn:
    line = mrkdwn(
        "{where}  ·  added by {who}, {when}",
        where=code(str(watched.where)),
        who=mention(watched.creator),
        when=date(watched.created_at),
    )
    if watched.filters:
        line = mrkdwn("{line}\nonly {filters}", line=line, filters=code(watched.filters))
    if watched.only_rules:
        line = mrkdwn("{line}\nonly for the rules of this channel: no board", line=line)
    if watched.paused:
        why = escape(_PAUSED.get(watched.paused, watched.paused), 200)
        line = mrkdwn("{line}\n⏸️ Paused: {why}", line=line, why=why)
    return line


_PAUSED: Final[Mapping[str, str]] = {
    "is_archived": "the channel was archived",
    "not_in_channel": "I was not in the channel",
    "channel_not_found": "the channel was closed to me",
}


def _stop(watched: Watched) -> Any:
    label = f"Stop watching {watched.where}"
    return b.button("Stop", f"{STOP}:{watched.id}", str(watched.id), label=label)


# Rules


@dataclass(frozen=True, slots=True)
class Meant:
    """By which name a run logs the metric of a rule, ``None`` where it does not."""

    run: str
    said: str
    name: str | None
    near: tuple[str, ...] = ()


def rule_added(rule: RuleSet, token: str, *, watched: bool, meant: Meant | None = None) -> Message:
    """A rule holds from now on."""
    text = mrkdwn(
        "🔔 I alert here when {rule} in {where}.", rule=code(rule.text), where=code(str(rule.where))
    )
    note = mrkdwn("Rule {id}. {how} removes it.", id=rule.id, how=code(f"/wandb unalert {rule.id}"))
    if not watched:
        note = mrkdwn(
            "{note} Only this rule is looked for: nothing else of {where} is watched here.",
            note=note,
            where=code(str(rule.where)),
        )
    if meant is not None and meant.name is None:
        near = join(", ", [code(name, 80) for name in meant.near])
        note = mrkdwn(
            "{run} logs no {said}{near}: the rule waits for a run that does. {note}",
            run=code(meant.run, 80),
            said=code(meant.said, 80),
            near=mrkdwn(" (near it: {near})", near=near) if meant.near else Mrkdwn(),
            note=note,
        )
    elif meant is not None and meant.name != meant.said:
        note = mrkdwn(
            "In {run} that is {name}. {note}",
            run=code(meant.run, 80),
            name=code(meant.name or "", 80),
            note=note,
        )
    return _undoable(text, token, note)


def rule_removed(rule: RuleSet, token: str) -> Message:
    """A rule is gone."""
    return _undoable(
        mrkdwn("🔕 Rule {id} is gone: {rule}.", id=rule.id, rule=code(rule.text)), token
    )


def rules(here: Sequence[RuleSet], page: int = 0) -> Message:
    """A page of the rules of a channel, each with a button that removes it."""
    if not here:
        text = mrkdwn("🔔 There are no rules here.")
        how = mrkdwn(
            "Add one: {example}.", example=code("/wandb alert when eval/loss < 0.5 in PROJECT")
        )
        return b.message(text, [b.section(mrkdwn("{text} {how}", text=text, how=how))])
    text = mrkdwn("🔔 {count} here", count=plural(len(here), "rule"))
    blocks: list[Block] = [b.section(mrkdwn("*{text}*", text=text))]
    shown = Page.cut(here, page)
    for rule in shown.items:
        line = mrkdwn(
            "{id}. {rule} in {where}  ·  by {who}",
            id=rule.id,
            rule=code(rule.text),
            where=code(str(rule.where)),
            who=mention(rule.creator),
        )
        remove = b.button(
            "Remove", f"{UNALERT}:{rule.id}", str(rule.id), label=f"Remove rule {rule.id}"
        )
        blocks.append(b.section(line, accessory=remove))
    return b.message(text, [*blocks, *shown.turning(RULES_PAGE)])


# Briefings


def briefing_set(briefed: Briefed, token: str) -> Message:
    """A briefing comes from now on."""
    text = mrkdwn("☕ {line}", line=_briefing_words(briefed))
    return _undoable(text, token, mrkdwn("The next one: {when}.", when=date(briefed.next_at)))


def briefing_ended(token: str) -> Message:
    """No briefing any more."""
    return _undoable(mrkdwn("☕ No briefing here any more."), token)


def briefings(here: Sequence[Briefed]) -> Message:
    """The briefings of a channel, or how to get one."""
    how = mrkdwn("{example}", example=code("/wandb briefing 9:00 Europe/Berlin weekdays"))
    if not here:
        text = mrkdwn("☕ There is no briefing here. {how}", how=how)
        return b.message(text, [b.section(text)])
    text = join("\n", [_briefing_line(one) for one in here])
    row = b.actions([b.button("Turn Off", BRIEFING_OFF)])
    return b.message(
        text, b.only([b.section(text), b.context(mrkdwn("Change it: {how}", how=how)), row])
    )


def _briefing_line(briefed: Briefed) -> Mrkdwn:
    return mrkdwn("☕ {words}", words=_briefing_words(briefed))


def _briefing_words(briefed: Briefed) -> Mrkdwn:
    what = code(str(briefed.where)) if briefed.where else Mrkdwn("what is watched here")
    return mrkdwn(
        "Briefing about {what} {when}", what=what, when=schedule_words(briefed.cron, briefed.zone)
    )


def schedule_words(cron: str, zone: str) -> str:
    """A cron line of a briefing in words: “at 9:00 on weekdays (Europe/Berlin)”."""
    minute, hour, _, _, days = cron.split()
    named = _DAYS.get(days)
    if named is None:
        named = "on " + ", ".join(
            _NAMES[int(day) % 7] for day in days.split(",") if day.isdecimal()
        )
    return f"at {int(hour)}:{int(minute):02} {named} ({zone})"


# Reminders


def will_remind(reminded: Reminded, token: str, *, timed: bool) -> Message:
    """A reminder is set."""
    run = (reminded.run or "").rpartition("/")[2]
    about = mrkdwn(" about {run}", run=code(run)) if run else Mrkdwn()
    if timed:
        text = mrkdwn("⏰ I remind you{about} {when}.", about=about, when=date(reminded.at))
    else:
        text = mrkdwn("⏰ I tell you when {run} ends, in a direct message.", run=code(run))
    return _undoable(text, token)


def ended_already(run: Run) -> Message:
    """There is nothing to wait for."""
    facts = RunFacts.of(run)
    text = mrkdwn(
        "{name} has ended already: {state}.",
        name=link(facts.url, facts.name or facts.id, 100),
        state=state_sentence(facts),
    )
    return b.message(text, [b.section(text)])


def waits_already(path: str) -> Message:
    """One message is enough."""
    text = mrkdwn(
        "⏰ I tell you already when {run} ends. See yours: {how}.",
        run=code(path.rsplit("/", 1)[-1], 80),
        how=code("/wandb reminders"),
    )
    return b.message(text, [b.section(text)])


def reminders(mine: Sequence[Reminded], page: int = 0) -> Message:
    """A page of what a person waits for, each with a button that cancels it."""
    if not mine:
        text = mrkdwn("⏰ You have no reminders.")
        how = mrkdwn("Set one: {example}.", example=code("/wandb remind me when RUN finishes"))
        return b.message(text, [b.section(mrkdwn("{text} {how}", text=text, how=how))])
    text = mrkdwn("⏰ {count}", count=plural(len(mine), "reminder"))
    blocks: list[Block] = [b.section(mrkdwn("*{text}*", text=text))]
    shown = Page.cut(mine, page)
    for one in shown.items:
        cancel = b.button(
            "Cancel", f"{FORGET}:{one.id}", str(one.id), label=f"Cancel reminder {one.id}"
        )
        blocks.append(b.section(_reminder_line(one), accessory=cancel))
    return b.message(text, [*blocks, *shown.turning(REMINDERS_PAGE)])


def _reminder_line(one: Reminded) -> Mrkdwn:
    if one.run and one.waits:
        return mrkdwn("when {run} ends", run=code(one.run))
    about = mrkdwn(" about {run}", run=code(one.run)) if one.run else Mrkdwn()
    return mrkdwn(
        "{when}{about}: {note}", when=date(one.at), about=about, note=escape(one.note, 150)
    )


def forgotten(token: str) -> Message:
    """A reminder was cancelled."""
    return _undoable(mrkdwn("⏰ I will not remind you."), token)


# Previews


def previewing(where: str) -> Message:
    """A promise."""
    text = mrkdwn("🔭 Replaying the last 7 days of {where} …", where=code(where))
    return b.message(text, [b.context(text)])


def preview(where: ProjectRef, filters: str, found: Mapping[str, Any]) -> Message:
    """How many messages the last days would have made.

    Args:
        where: what would be watched.
        filters: with which condition.
        found: ``{"days", "runs", "channel", "thread", "by_kind": {kind: n}, "estimate": words}``.
    """
    channel, thread = int(found.get("channel", 0)), int(found.get("thread", 0))
    text = mrkdwn(
        "🔭 In the last {days} days I would have posted {channel} in the channel "
        "and {thread} in threads.",
        days=found.get("days", 7),
        channel=plural(channel, "message"),
        thread=plural(thread, "reply", "replies"),
    )
    by_kind: Mapping[str, int] = found.get("by_kind") or {}
    lines = [
        mrkdwn("• {what}: {count}", what=KINDS.get(kind, kind), count=step(count))
        for kind, count in by_kind.items()
        if count
    ]
    about = [
        mrkdwn("{where}", where=code(str(where))),
        mrkdwn("only {filters}", filters=code(filters)) if filters else Mrkdwn(),
        mrkdwn("{runs} replayed", runs=plural(int(found.get("runs", 0)), "run")),
        mrkdwn("⚠️ {words}", words=escape(found["estimate"], 300))
        if found.get("estimate")
        else Mrkdwn(),
        mrkdwn("nothing was saved"),
    ]
    blocks: list[Block | None] = [b.section(mrkdwn("*{text}*", text=text))]
    if lines:
        blocks.append(b.section(join("\n", lines)))
    blocks.append(b.context(join("  ·  ", about)))
    return b.message(text, b.only(blocks))
