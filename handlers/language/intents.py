"""What a sentence can mean: intents, slots, the context it is read in, and the result.

All names here are those of the conversation issue; they are what `wandb-bot understand` reads and
prints. Absent slots are left out of the JSON, never null.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Intent(StrEnum):
    """The final decision about a sentence."""

    DESCRIBE = "describe"
    WATCH_NOW = "watch_now"
    START_WATCH = "start_watch"
    STOP_WATCH = "stop_watch"
    LIST_WATCHES = "list_watches"
    COMPARE = "compare"
    WHY = "why"
    DID_FINISH = "did_finish"
    ETA = "eta"
    SHOW_METRIC = "show_metric"
    LIST_RUNS = "list_runs"
    BEST_RUN = "best_run"
    REMIND = "remind"
    ALERT_RULE = "alert_rule"
    BRIEFING = "briefing"
    SNOOZE = "snooze"
    MUTE = "mute"
    LINK_ACCOUNT = "link_account"
    USE_DEFAULT = "use_default"
    SETTINGS = "settings"
    HELP = "help"
    GREETING = "greeting"
    THANKS = "thanks"
    FAILURES = "failures"
    DOCTOR = "doctor"
    UNMUTE = "unmute"
    UNSNOOZE = "unsnooze"
    UNDO = "undo"
    CLARIFY = "clarify"
    UNKNOWN = "unknown"


ACTIONS = frozenset(
    {
        Intent.START_WATCH,
        Intent.STOP_WATCH,
        Intent.REMIND,
        Intent.ALERT_RULE,
        Intent.BRIEFING,
        Intent.SNOOZE,
        Intent.UNSNOOZE,
        Intent.MUTE,
        Intent.UNMUTE,
        Intent.LINK_ACCOUNT,
        Intent.USE_DEFAULT,
        Intent.UNDO,
    }
)
"""Intents that change something that is stored; they need a clear order to the bot."""

RUN_INTENTS = frozenset(
    {
        Intent.DESCRIBE,
        Intent.START_WATCH,
        Intent.STOP_WATCH,
        Intent.COMPARE,
        Intent.WHY,
        Intent.DID_FINISH,
        Intent.ETA,
        Intent.SHOW_METRIC,
        Intent.REMIND,
        Intent.SNOOZE,
        Intent.UNSNOOZE,
        Intent.MUTE,
        Intent.UNMUTE,
    }
)
"""Intents about runs: without a named run they take the one that the thread is about."""

RefKind = Literal["mine_last", "latest", "crashed", "thread", "these", "ordinal"]


class Model(BaseModel):
    """A frozen model that ignores what it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Ref(Model):
    """A run that was pointed at instead of named, and that the context could not resolve.

    Attributes:
        ref: The kind of pointing.
        n: For `ordinal`, the place in the list just shown, from 1; negative counts from its end.
    """

    ref: RefKind
    n: int | None = None


class Rule(Model):
    """A condition of the user's own: a threshold (`op`, `value`), or a `kind` with its factor."""

    metric: str
    op: Literal["<", "<=", ">", ">=", "=="] | None = None
    value: float | None = None
    kind: Literal["ratio", "zscore", "nan"] | None = None
    factor: float | None = None
    steps: int | None = None


Run = str | Ref


class Slots(Model):
    """What a sentence says beside its intent; see docs/understanding.md for each."""

    runs: tuple[Run, ...] | None = None
    entity: str | None = None
    projects: tuple[str, ...] | None = None
    metrics: tuple[str, ...] | None = None
    top_n: int | None = None
    state: str | None = None
    owner: str | None = None
    since: str | None = None
    hours: float | None = None
    axis: Literal["step", "tokens", "time"] | None = None
    duration: str | None = None
    time: str | None = None
    timezone: str | None = None
    days: str | int | None = None
    rule: Rule | None = None
    topic: str | None = None
    id: str | None = None
    off: bool | None = None
    preview: bool | None = None
    full: bool | None = None


class Understanding(Model):
    """How a sentence was read.

    Attributes:
        intent: The final decision.
        slots: What it says beside the intent.
        confidence: 0 to 1.
        command: The slash command that answers it, where more than one shares the intent.
        notes: Why it was read so, in plain words.
        problem: One sentence for the person, where a command line says something that cannot be.
    """

    intent: Intent
    slots: Slots = Slots()
    confidence: float = Field(ge=0, le=1)
    command: str | None = None
    notes: tuple[str, ...] = ()
    problem: str | None = None


def _or_empty(value: object) -> object:
    return {} if value is None else value


def _or_none(value: object) -> object:
    return None if value == "" else value


def _path(value: object) -> object:
    """A run of a thread may come as its path or as an object of its parts."""
    if isinstance(value, Mapping):
        parts = (value.get("entity"), value.get("project"), value.get("id"))
        return "/".join(str(part) for part in parts if part)
    return value


def _or_nothing(value: object) -> object:
    return () if value is None else value


Path = Annotated[str, BeforeValidator(_path)]


class User(Model):
    """Who speaks: the Slack user, and the linked W&B user name if there is one."""

    slack_id: str | None = None
    wandb: str | None = None


class Bot(Model):
    """The bot's own Slack user."""

    slack_id: str | None = None


class Defaults(Model):
    """The channel's or user's default entity and project."""

    entity: str | None = None
    project: str | None = None


class Thread(Model):
    """What the thread is about, as the database remembers it."""

    kind: Literal["none", "run", "comparison", "list"] = "none"
    run: Path | None = None
    runs: Annotated[tuple[Path, ...], BeforeValidator(_or_nothing)] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The runs of the thread, in the order in which they were shown."""
        if self.kind == "none":
            return ()
        return self.runs or ((self.run,) if self.run else ())


class KnownRun(Model):
    """A run that the bot has seen."""

    entity: str
    project: str
    id: str
    name: str | None = None
    state: str | None = None
    user: str | None = None

    @property
    def path(self) -> str:
        """The full path, `entity/project/id`."""
        return f"{self.entity}/{self.project}/{self.id}"


class Context(Model):
    """Where a sentence was said, by whom, and what is known there."""

    addressed: Literal["mention", "dm", "thread", "command"] = "mention"
    now: Annotated[datetime | None, BeforeValidator(_or_none)] = None
    user: Annotated[User, BeforeValidator(_or_empty)] = User()
    bot: Annotated[Bot, BeforeValidator(_or_empty)] = Bot()
    defaults: Annotated[Defaults, BeforeValidator(_or_empty)] = Defaults()
    thread: Annotated[Thread, BeforeValidator(_or_empty)] = Thread()
    known_runs: Annotated[tuple[KnownRun, ...], BeforeValidator(_or_nothing)] = ()

    @model_validator(mode="before")
    @classmethod
    def _absent_means_default(cls, data: object) -> object:
        if isinstance(data, Mapping) and data.get("addressed", "") is None:
            return {key: value for key, value in data.items() if key != "addressed"}
        return data

    @property
    def overheard(self) -> bool:
        """Said in a thread of the bot, but not to it by name."""
        return self.addressed == "thread"
