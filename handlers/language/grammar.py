"""Slash commands: one table of what there is, and the strict grammar of their arguments.

`/wandb help`, `/wandb help COMMAND` and the docs are made from `COMMANDS`. A command whose
arguments are all names and flags is read strictly; anything else after `/wandb` is a sentence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from handlers.language.intents import Intent

I = Intent  # noqa: E741 - the table reads as columns


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command.

    Attributes:
        name: Its name, after `/wandb`.
        intent: What it means.
        usage: Its arguments, as help shows them.
        summary: One line.
        details: A longer explanation, in plain sentences.
        examples: Whole commands that work.
        takes: Kinds of marks that stand without a flag.
        place: What a bare unknown name is: `run`, `project`, `entity`, `metric`, `owner`, `id`.
        flags: Flag to slot.
        inline: Flags whose value may as well stand without them, and in which words.
    """

    name: str
    intent: Intent
    usage: str
    summary: str
    details: str
    examples: tuple[str, ...]
    takes: frozenset[str] = frozenset()
    place: str | None = None
    flags: Mapping[str, str] = field(default_factory=dict)
    inline: Mapping[str, str] = field(default_factory=dict)


def _kinds(text: str) -> frozenset[str]:
    return frozenset(text.split())


_RUNS = _kinds("RUN REF NAME X")
_PLACE = _kinds("PROJ INPROJ ENT INENT NAME X OWNER")

_TABLE = (
    Command(
        "describe", I.DESCRIBE, "RUN [RUN …]",
        "How a run is doing: state, health, loss, gradients, progress.",
        "RUN is a path (entity/project/id), a name, an id, a W&B address, or “my last run”. "
        "The answer starts with the verdict; findings carry one piece of advice each. Several runs "
        "(up to eight) are told in a few lines each, numbered for “run 2”.",
        ("/wandb describe calm-otter-1", "/wandb describe acme/vision/a1b2c3d4"),
        _RUNS, "run", {"full": "full"},
    ),
    Command(
        "watch", I.START_WATCH,
        "ENTITY[/PROJECT] | RUN [--once] [--preview] [--hours N] [--projects P1,P2] [--where …]",
        "Watch a project in this channel: a board, and alerts as they happen.",
        "With --once it only shows how all running jobs are doing now. With --preview it tells how "
        "many messages the last 7 days would have made, and saves nothing. --where narrows all "
        "three to some runs: “owner:me and (state:failed or tag:prod)”.",
        ("/wandb watch acme/vision", "/wandb watch acme --once", "/wandb watch acme --preview"),
        _RUNS | _PLACE, "entity",
        {"once": "once", "preview": "preview", "hours": "hours", "projects": "projects",
         "all-projects": "all", "state": "state", "owner": "owner", "user": "owner",
         "tag": "filter", "group": "filter", "sweep": "filter", "name": "filter",
         "config": "filter", "metric": "filter", "severity": "filter", "where": "filter"},
    ),
    Command(
        "unwatch", I.STOP_WATCH, "ENTITY[/PROJECT] | RUN",
        "Stop watching in this channel.",
        "Says what it stopped and offers Undo for five minutes.",
        ("/wandb unwatch acme/vision",), _RUNS | _PLACE, "entity",
    ),
    Command(
        "watches", I.LIST_WATCHES, "", "What is watched here, and who added it.",
        "Each line has a button to stop it.", ("/wandb watches",),
    ),
    Command(
        "compare", I.COMPARE, "A B [C …] [--metric M] [--by step|tokens|time]",
        "Which run is better, and how sure that is.",
        "A side may be a run, several runs joined by commas, or group:NAME. Curves are compared at "
        "the same step, or by tokens or time.",
        ("/wandb compare alpha beta", "/wandb compare alpha beta --by tokens"),
        _RUNS | _kinds("AXIS MET"), "run",
        {"metric": "metrics", "metrics": "metrics", "by": "axis", "on": "axis", "axis": "axis"},
    ),
    Command(
        "why", I.WHY, "RUN", "Why a run failed: the cause, the telling lines, what to do.",
        "Reads the last console lines, the exit code and the last metrics.",
        ("/wandb why calm-otter-2",), _RUNS, "run",
    ),
    Command(
        "failures", I.FAILURES, "[PROJECT] [--days N]",
        "Failures of a project, grouped by cause.",
        "The same error is one line with its count and its first run.",
        ("/wandb failures vision --days 7",), _PLACE | _kinds("HOURS SINCE DUR"), "project",
        {"days": "days", "hours": "hours", "since": "since", "project": "projects"},
    ),
    Command(
        "runs", I.LIST_RUNS, "[PROJECT] [--state S] [--owner USER|me] [--since DAY] [--limit N]",
        "List runs.", "Newest first; refer to them as “run 3” afterwards.",
        ("/wandb runs acme/vision --state failed --since monday", "/wandb runs --owner me"),
        _PLACE | _kinds("HOURS SINCE TOP"), "project",
        {"state": "state", "owner": "owner", "user": "owner", "since": "since", "hours": "hours",
         "limit": "top_n", "top": "top_n", "project": "projects"},
    ),
    Command(
        "best", I.BEST_RUN, "[PROJECT] [by METRIC] [--top N]",
        "The best runs of a project by a metric.",
        "Without a metric it takes the project's eval metric, and says which.",
        ("/wandb best vision by eval/accuracy", "/wandb best acme/vision --by eval/loss --top 3"),
        _PLACE | _kinds("MET TOP HOURS SINCE"), "project",
        {"by": "metrics", "metric": "metrics", "top": "top_n", "limit": "top_n", "since": "since",
         "hours": "hours", "owner": "owner", "user": "owner", "project": "projects"},
    ),
    Command(
        "plot", I.SHOW_METRIC, "RUN [RUN …] [METRIC …] [--by step|tokens|time]",
        "Curves of one or more runs.", "Without a metric: loss and gradient norm.",
        ("/wandb plot alpha train/loss", "/wandb plot alpha beta --metric eval/loss --by time"),
        _RUNS | _kinds("MET AXIS"), "run",
        {"metric": "metrics", "metrics": "metrics", "by": "axis", "axis": "axis"},
    ),
    Command(
        "alert", I.ALERT_RULE, "when METRIC OP VALUE [for N steps] [in PROJECT]",
        "A rule of your own.",
        "A threshold (eval/loss < 0.5), a ratio (train/loss > 2 x its median for 100 steps), a "
        "z-score (grad_norm 4 sigma above normal), or NaN (loss is nan).",
        ("/wandb alert when eval/loss < 0.5 in vision",
         "/wandb alert when train/loss > 2 x its median for 100 steps"),
        inline={"steps": "for {} steps", "for": "for {}", "in": "in {}", "project": "in {}",
                "run": "on {}", "on": "on {}"},
    ),
    Command("alerts", I.LIST_WATCHES, "", "The alert rules of this channel.",
            "Each with its id, its owner and a button to remove it.", ("/wandb alerts",)),
    Command("unalert", I.STOP_WATCH, "ID", "Remove an alert rule.",
            "The id is in /wandb alerts.", ("/wandb unalert 12",), _kinds("NAME X"), "id"),
    Command(
        "briefing", I.BRIEFING, "TIME [ZONE] [DAYS] | off", "A look at all runs on a schedule.",
        "DAYS is daily, weekdays, weekends or names of days. The zone is an IANA name.",
        ("/wandb briefing 9:00 Europe/Berlin weekdays", "/wandb briefing off"),
        _kinds("TIME ZONE DAYS PROJ INPROJ ENT"),
        inline=dict.fromkeys(("at", "time", "tz", "timezone", "zone", "days", "project"), "{}"),
    ),
    Command(
        "remind", I.REMIND, "me when RUN finishes | me about RUN in DURATION",
        "A direct message when a run ends, or later.", "It comes once, to you only.",
        ("/wandb remind me when alpha finishes", "/wandb remind me about alpha in 2h"),
        inline={"in": "in {}", "at": "at {}", "when": "when {}"},
    ),
    Command("reminders", I.LIST_WATCHES, "", "Your reminders.", "Each with a button to cancel it.",
            ("/wandb reminders",)),
    Command("link", I.LINK_ACCOUNT, "[USERNAME]", "Say which W&B user you are.",
            "Then “my runs” are yours. It is confirmed where possible.",
            ("/wandb link jane-doe",), _kinds("NAME X OWNER ENT RUN"), "owner"),
    Command("unlink", I.LINK_ACCOUNT, "", "Forget which W&B user you are.",
            "“My run” asks again afterwards.", ("/wandb unlink",)),
    Command("use", I.USE_DEFAULT, "ENTITY[/PROJECT]", "The default project of this channel.",
            "Runs and projects named without their path are looked for there first.",
            ("/wandb use acme/vision",), _PLACE, "entity"),
    Command("settings", I.SETTINGS, "", "Alerts, thresholds, quiet hours, time zone, filters.",
            "Opens a form for this channel.", ("/wandb settings",)),
    Command(
        "snooze", I.SNOOZE, "[RUN] DURATION", "No alerts about a run for a while.",
        "DURATION is like 30m, 2h or 1d. /wandb unsnooze ends it.",
        ("/wandb snooze alpha 2h", "/wandb snooze 1d"),
        _RUNS | _kinds("DUR TIME DAYS PROJ INPROJ ENT"), "run", {"for": "duration"},
    ),
    Command("unsnooze", I.UNSNOOZE, "[RUN]", "End a snooze.", "Alerts come again at once.",
            ("/wandb unsnooze alpha",), _RUNS | _kinds("PROJ ENT"), "run"),
    Command("mute", I.MUTE, "RUN | --kind KIND", "No alerts about a run any more.",
            "The board still shows it. With --kind it is about one kind of alert in this channel. "
            "/wandb unmute takes it back.",
            ("/wandb mute alpha",), _RUNS | _kinds("PROJ ENT"), "run", {"kind": "kind"}),
    Command("unmute", I.UNMUTE, "RUN", "Alerts about a run again.", "Undoes /wandb mute.",
            ("/wandb unmute alpha",), _RUNS | _kinds("PROJ ENT"), "run"),
    Command("doctor", I.DOCTOR, "", "What is set up well, and what is not.",
            "For admins: tokens, scopes, W&B, database, engine, clock.", ("/wandb doctor",)),
    Command("help", I.HELP, "[COMMAND]", "What I can do.", "With a command: all about it.",
            ("/wandb help", "/wandb help compare")),
)  # fmt: skip

COMMANDS: Mapping[str, Command] = {command.name: command for command in _TABLE}
"""Every slash command, by name, in the order in which help shows them."""

ALSO: Mapping[str, frozenset[Intent]] = {
    "describe": frozenset({I.WATCH_NOW, I.SHOW_METRIC}),
    "watch": frozenset({I.WATCH_NOW}),
    "compare": frozenset({I.SHOW_METRIC}),
    "why": frozenset({I.FAILURES, I.DESCRIBE, I.SHOW_METRIC}),
    "runs": frozenset({I.BEST_RUN}),
    "best": frozenset({I.COMPARE}),
    "alert": frozenset({I.REMIND}),
    "remind": frozenset({I.ALERT_RULE}),
    "snooze": frozenset({I.MUTE}),
    "mute": frozenset({I.SNOOZE}),
}
"""What a sentence that begins with a command's name may mean beside the command itself."""

_TOKEN = re.compile(
    r"""
    (?P<flag>--[\w-]+)=(?:"(?P<given>[^"]*)"|'(?P<given_single>[^']*)'(?!\S))
  | "(?P<quoted>[^"]*)"
  | (?<!\S)'(?P<single>[^']*)'(?!\S)
  | (?P<word>\S+)
    """,
    re.VERBOSE,
)
"""A flag with its value in quotes, words in quotes, or one word."""
_SLASH = re.compile(r"^\s*/wandb(?:[\s:,]+|$)", re.IGNORECASE)
VALUELESS = frozenset({"once", "preview", "full", "all-projects", "json"})
"""Flags that take no value."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command line, taken apart.

    Attributes:
        command: The command, or None for a sentence.
        rest: Its words without the flags, quotes kept.
        flags: Flags and their values; several values of one flag are joined by commas.
        unknown: Flags that the command does not have.
    """

    command: Command | None
    rest: str
    flags: Mapping[str, str]
    unknown: tuple[str, ...] = ()


def without_slash(text: str) -> str | None:
    """The text after `/wandb`, or None where it does not begin so."""
    found = _SLASH.match(text)
    return text[found.end() :] if found else None


def without_mention(text: str, bot: str | None) -> str | None:
    """A command with flags that was typed after a mention, or in a direct message.

    Args:
        text: The message in the normal form.
        bot: The bot's Slack id.

    Returns:
        The command line; None where no command with a flag of its own stands there.
    """
    if " --" not in text:
        return None
    line = re.sub(rf"^\s*<@{re.escape(bot)}(?:\|[^>]*)?>[\s,:]*", "", text) if bot else text
    parsed = parse(line)
    known = parsed.command is not None and parsed.flags and not parsed.unknown
    return line if known else None


def parse(text: str) -> Parsed:
    """Splits a command line into its command, arguments and flags.

    Args:
        text: What follows `/wandb`, in the normal form of `text.normal`.

    Returns:
        The parts; the command is None if the first word is none.
    """
    tokens = list(_TOKEN.finditer(text))
    name = (tokens[0]["word"] or "").lower() if tokens else ""
    command = COMMANDS.get(name)
    rest: list[str] = []
    flags: dict[str, str] = {}
    unknown: list[str] = []
    place = 1 if command else 0
    while place < len(tokens):
        token = tokens[place]
        place += 1
        if token["flag"]:
            flag = token["flag"][2:].lower()
            value = token["given"] or token["given_single"] or ""
        elif not (word := token["word"] or "").startswith("--") or len(word) == 2:
            rest += [token[0]] if token[0] != '""' else []
            continue
        else:
            flag, has_value, value = word[2:].partition("=")
            flag = flag.lower()
            if not has_value and flag not in VALUELESS and place < len(tokens):
                following = tokens[place]
                if not following[0].startswith("--"):
                    value = following["quoted"] or following["single"] or following["word"] or ""
                    place += 1
        if command and flag in command.inline:
            rest.append(command.inline[flag].format(value))
            continue
        if command and flag not in command.flags:
            unknown.append(flag)
        value = value.strip('"')
        flags[flag] = f"{flags[flag]},{value}" if flags.get(flag) else value
    return Parsed(command, " ".join(rest), flags, tuple(unknown))
