"""The home tab: what needs this person first, their runs and watches, the morning's look, settings.

Pure, like every view. Everybody sees their own; buttons say what one would type, so that they do
the same as the words.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from analysis.findings import Health
from analysis.looking.arranging import place_of
from analysis.looking.report import Look, LookEntry
from handlers.conversation.ports import Person, Place
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views import limits
from handlers.views.account import UNLINK
from handlers.views.choices import LINK
from handlers.views.escape import Mrkdwn, code, date, escape, join, mrkdwn, plain
from handlers.views.help import TRY
from handlers.views.look import entry_line, mark_of, several_projects
from handlers.views.numbers import plural
from handlers.views.watches import UNDO
from handlers.watching.ports import Watched

REFRESH: Final = "home.refresh"
SETTINGS: Final = "home.settings"
PROJECT: Final = "home.project"
CHANNEL: Final = "home.channel"
SAVE: Final = "home.save"
STOP: Final = "home.stop"
_URGENT: Final = 5
_MINE: Final = 8
_WATCHES: Final = 8
_MORNING: Final = 5


@dataclass(frozen=True, slots=True)
class Home:
    """What one person's home tab shows.

    Attributes:
        user: The Slack user.
        person: Who that is on W&B, where it is known.
        candidates: W&B users that it may be; the first is proved by the e-mail, if any is.
        place: The default place.
        look: How all runs there did in the last day; none where it did not come.
        mine: The same of the person's own runs.
        watches: What this person lets channels watch.
        reminders: How many this person waits for.
        trouble: Why the look did not come, as a sentence.
        reading: Whether W&B is being asked at the moment.
    """

    user: str
    person: Person | None = None
    candidates: tuple[str, ...] = ()
    place: Place | None = None
    look: Look | None = None
    mine: Look | None = None
    watches: tuple[Watched, ...] = ()
    reminders: int = 0
    trouble: str = ""
    reading: bool = False


def view(home: Home, *, now: datetime) -> dict[str, Any]:
    """The home tab's view.

    Args:
        home: What to show.
        now: When it is drawn.
    """
    blocks = [
        *_head(home, now),
        *_onboarding(home),
        *_urgent(home),
        *_mine(home),
        *_watches(home),
        *_morning(home),
        *_settings(home),
    ]
    return {"type": "home", "blocks": blocks[: limits.VIEW_BLOCKS]}


def refused(sentence: str) -> dict[str, Any]:
    """The home tab of somebody who is not answered here."""
    text = mrkdwn("🔒 {sentence}", sentence=escape(sentence, 300))
    return {"type": "home", "blocks": [b.section(text)]}


def settings(home: Home) -> dict[str, Any]:
    """The modal of a person's own settings."""
    who = (
        mrkdwn("You are {name} on W&amp;B.", name=code(home.person.wandb))
        if home.person
        else mrkdwn("I do not know who you are on W&amp;B. Write {how}.",
                    how=code("/wandb link NAME"))
    )  # fmt: skip
    select: dict[str, Any] = {
        "type": "external_select",
        "action_id": PROJECT,
        "placeholder": _text("Search by name", limits.PLACEHOLDER),
        "min_query_length": 0,
    }
    if home.place is not None:
        select["initial_option"] = option(home.place)
    hint = "Runs named without their path are looked for there first. Channels have their own."
    return {
        "type": "modal",
        "callback_id": SAVE,
        "title": _text("Your Settings", limits.VIEW_TITLE),
        "submit": _text("Save", limits.VIEW_BUTTON),
        "close": _text("Cancel", limits.VIEW_BUTTON),
        "blocks": [
            {
                "type": "input",
                "block_id": PROJECT,
                "label": _text("Default project", limits.INPUT_LABEL),
                "hint": _text(hint, limits.INPUT_HINT),
                "element": select,
            },
            b.section(who),
            b.context(
                mrkdwn(
                    "Alerts, thresholds and quiet hours belong to channels: {how} there.",
                    how=code("/wandb settings"),
                )
            ),
        ],
    }


def stopped(watched: Watched, token: str) -> Message:
    """A channel's watch was stopped from here, and can be taken up again."""
    text = mrkdwn("👁️ I no longer watch {where} in {channel}.", where=code(str(watched.where)),
                  channel=_channel(watched.channel))  # fmt: skip
    row = b.actions([b.button("Undo", UNDO, token)])
    return b.message(text, b.only([b.section(text), row]))


def option(place: Place) -> dict[str, Any]:
    """A place as an option of the project list."""
    return {"text": _text(str(place), limits.OPTION_TEXT), "value": str(place)}


def choices(places: Sequence[Place]) -> dict[str, Any]:
    """The options of the project list; one whose name Slack could not hold is left out."""
    fitting = [place for place in places if len(str(place)) <= limits.OPTION_VALUE]
    return {"options": [option(place) for place in fitting[: limits.SELECT_OPTIONS]]}


def _text(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": plain(text, limit), "emoji": False}


def _head(home: Home, now: datetime) -> Iterator[Block]:
    title = "What needs you" if home.place else "Welcome"
    yield b.header(title)
    parts = [code(str(home.place)) if home.place else Mrkdwn()]
    if home.reading:
        parts.append(mrkdwn("⏳ Asking W&amp;B …"))
    elif home.look is not None:
        parts.append(mrkdwn("W&amp;B, {when}", when=date(min(home.look.generated_at, now))))
    if home.trouble:
        parts.append(mrkdwn("⚠️ {why}", why=escape(home.trouble, 300)))
    yield b.context(join("  ·  ", parts) or mrkdwn("Training runs, and how they are doing"))
    row = b.actions(
        [b.button("Refresh", REFRESH), b.button("Settings", SETTINGS) if home.place else None]
    )
    if row:
        yield row


# The first time: three steps, each with its button; they go when they are done


def _onboarding(home: Home) -> Iterator[Block]:
    done = (home.place is not None, home.person is not None, bool(home.watches))
    if all(done):
        return
    yield b.divider()
    yield b.section(mrkdwn("*Three steps to begin*  {count} of 3 done", count=sum(done)))
    yield _step(done[0], "1", "Say which project is yours", _choose_project(home))
    yield _step(done[1], "2", "Say who you are on W&B", _who(home))
    yield _step(done[2], "3", "Let a channel watch it", _choose_channel(home))


def _step(done: bool, number: str, words: str, element: Any) -> Block:
    mark = "✅" if done else f"{number}."
    struck = mrkdwn("{mark} {words}", mark=mark, words=words)
    return b.section(struck if done else mrkdwn("{mark} *{words}*", mark=mark, words=words),
                     accessory=None if done else element)  # fmt: skip


def _choose_project(home: Home) -> dict[str, Any]:
    return {
        "type": "external_select",
        "action_id": PROJECT,
        "placeholder": _text("Choose a project", limits.PLACEHOLDER),
        "min_query_length": 0,
    }


def _who(home: Home) -> Any:
    if home.candidates:
        name = home.candidates[0]
        told = json.dumps({"name": name, "question": ""})
        return b.button(f"I Am {name}"[: limits.BUTTON_TEXT], f"{LINK}:0", told)
    return b.button("Tell Me", f"{TRY}:link", "link")


def _choose_channel(home: Home) -> Any:
    if home.place is None:
        return None
    where = code(str(home.place), 120)
    text = mrkdwn("A board of {where} is posted there, and alerts as they happen.", where=where)
    return {
        "type": "conversations_select",
        "action_id": CHANNEL,
        "placeholder": _text("Choose a channel", limits.PLACEHOLDER),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
        "confirm": b.confirm("Watch there?", text, "Watch", "Not Now"),
    }


# What there is


def _urgent(home: Home) -> Iterator[Block]:
    shown = home.mine or home.look
    if shown is None:
        return
    unwell = sorted(filter(_needs_somebody, shown.entries()), key=_urgency)
    yield b.divider()
    title = "Needs you first" if home.mine is not None else "Needs somebody first"
    yield b.section(mrkdwn("*{title}*", title=title))
    if not unwell:
        running = shown.summary.running
        nothing = mrkdwn("🟢 Nothing. All that runs is healthy.") if running else None
        yield b.section(nothing or mrkdwn("🟢 Nothing. Nothing runs at the moment."))
        return
    several = several_projects(shown)
    for number, entry in enumerate(unwell[:_URGENT]):
        yield b.section(entry_line(entry, several=several), accessory=_describe(entry, number))
    if len(unwell) > _URGENT:
        yield b.context(mrkdwn("… and {more} more", more=len(unwell) - _URGENT))


def _needs_somebody(entry: LookEntry) -> bool:
    place = place_of(entry.run.state)
    running = place == "running" and entry.worst is not None and entry.worst.severity.rank > 0
    return running or place == "failed"


def _urgency(entry: LookEntry) -> int:
    """What is being lost at this moment first, then what ended badly, then what may go wrong."""
    if place_of(entry.run.state) == "failed":
        return 1
    return 0 if entry.health is Health.CRITICAL else 2


def _describe(entry: LookEntry, number: int) -> Any:
    path = entry.run.path
    ended = place_of(entry.run.state) == "failed"
    words, text = ("Why", "why") if ended else ("Describe", "describe")
    label = f"{words} {entry.run.name or entry.run.id}"
    return b.button(words, f"{TRY}:{text}{number}", f"{text} {path}", label=label)


def _mine(home: Home) -> Iterator[Block]:
    yield b.divider()
    yield b.section(mrkdwn("*Your runs*"))
    if home.person is None:
        how = code("/wandb link NAME")
        yield b.section(mrkdwn("Say who you are on W&amp;B to see them here: {how}", how=how))
        return
    if home.mine is None:
        how = mrkdwn("Say where to look for them: {how}", how=code("/wandb use ENTITY/PROJECT"))
        gone = mrkdwn("They did not come.") if home.place is not None else how
        yield b.section(mrkdwn("⏳ …") if home.reading else gone)
        return
    entries = [entry for entry in home.mine.entries() if not _needs_somebody(entry)]
    every = list(home.mine.entries())
    if not every:
        example = code("/wandb runs --owner me")
        yield b.section(
            mrkdwn(
                "Nothing ran in the last {hours} h. Older ones: {example}",
                hours=int(home.mine.summary.hours),
                example=example,
            )
        )
        return
    several = several_projects(home.mine)
    if entries:
        lines = [entry_line(entry, several=several) for entry in entries[:_MINE]]
        yield b.section(join("\n", lines))
    else:
        yield b.section(mrkdwn("All of them are listed above."))
    row = b.actions([b.button("All My Runs", f"{TRY}:runs", "runs --owner me")])
    if row:
        yield row


def _watches(home: Home) -> Iterator[Block]:
    yield b.divider()
    yield b.section(mrkdwn("*Channels that watch for you*"))
    if not home.watches:
        how = code(f"/wandb watch {home.place or 'ENTITY/PROJECT'}", 200)
        yield b.section(mrkdwn("None yet. In a channel write {how}", how=how))
        return
    for watched in home.watches[:_WATCHES]:
        line = mrkdwn(
            "{channel}  ·  {where}", channel=_channel(watched.channel), where=code(watched.where)
        )
        if watched.filters:
            line = mrkdwn("{line}  ·  only {filters}", line=line, filters=code(watched.filters))
        if watched.paused:
            line = mrkdwn("{line}\n⏸️ Paused: I cannot post there", line=line)
        stop = b.button(
            "Stop", f"{STOP}:{watched.id}", str(watched.id), label=f"Stop watching {watched.where}"
        )
        yield b.section(line, accessory=stop)
    if len(home.watches) > _WATCHES:
        more = len(home.watches) - _WATCHES
        way = code("/wandb watches")
        yield b.context(mrkdwn("… and {more} more: {way} in their channels", more=more, way=way))


def _channel(channel: str) -> Mrkdwn:
    """A channel, as Slack shows it; ids are Slack's own."""
    safe = "".join(char for char in channel if char.isalnum())
    if safe.startswith(("D", "U")):
        return mrkdwn("direct messages")
    return Mrkdwn(f"<#{safe}>")


def _morning(home: Home) -> Iterator[Block]:
    if home.place is None:
        return
    yield b.divider()
    yield b.section(mrkdwn("*The last day in {place}*", place=escape(str(home.place), 120)))
    look = home.look
    if look is None:
        yield b.section(mrkdwn("⏳ …") if home.reading else mrkdwn("It did not come."))
        return
    sentence = mrkdwn("{mark} {words}.", mark=mark_of(look), words=escape(look.sentence, 300))
    told = {entry.run.path for entry in (home.mine.entries() if home.mine else ())}
    others = [entry for entry in look.entries() if entry.run.path not in told]
    several = several_projects(look)
    lines = [entry_line(entry, several=several) for entry in others[:_MORNING]]
    yield b.section(join("\n", [sentence, *lines]))
    row = b.actions(
        [
            b.button("Look Closer", f"{TRY}:look", f"watch {home.place} --once"),
            b.button("Recent Failures", f"{TRY}:failures", _failures(home.place)),
        ]
    )
    if row:
        yield row


def _failures(place: Place) -> str:
    return f"failures {place}" if place.project else "failures"


def _settings(home: Home) -> Iterator[Block]:
    yield b.divider()
    who = (
        mrkdwn("You are {name} on W&amp;B", name=code(home.person.wandb))
        if home.person
        else mrkdwn("Not linked to a W&amp;B user")
    )
    parts = [who]
    if home.reminders:
        parts.append(mrkdwn("{count}", count=plural(home.reminders, "reminder")))
    parts.append(mrkdwn("answers are made by rules, automatically"))
    yield b.context(join("  ·  ", parts))
    row = b.actions(
        [
            b.button("Forget Who I Am", UNLINK) if home.person else None,
            b.button("My Reminders", f"{TRY}:reminders", "reminders") if home.reminders else None,
            b.button("What Can You Do?", f"{TRY}:help", "help"),
        ]
    )
    if row:
        yield row
