"""All tables, as SQLAlchemy Core; the migrations are held equal to this by a test.

Who watches what (``watches``, ``rules``, ``mutes``, ``schedules``, ``reminders``), what was seen
(``targets``, ``memories``, ``run_states``, ``alerts``), what was said (``cards``, ``outbox``,
``threads``), who people are (``accounts``, ``preferences``), and what keeps the house in order
(``replicas``, ``budgets``, ``events_seen``, ``sightings``, ``votes``, ``undos``).
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.storage.columns import Id, Json, Utc

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _watch(*, nullable: bool = False) -> Column[int]:
    return Column("watch_id", Id, ForeignKey("watches.id", ondelete="CASCADE"), nullable=nullable)


watches = Table(
    "watches",
    METADATA,
    _id(),
    Column("channel", String(64), nullable=False),
    Column("entity", String(255), nullable=False),
    Column("project", String(255), nullable=False, server_default=""),
    Column("creator", String(64), nullable=False),
    Column("filters", Json, nullable=False),
    Column("settings", Json, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("removed_at", Utc),
    Column("paused_at", Utc),
    Column("paused_reason", Text),
    Column("next_at", Utc, nullable=False),
    Column("tick", String(64)),
    Column("tick_at", Utc),
    UniqueConstraint("channel", "entity", "project"),
    Index(None, "next_at"),
)

targets = Table(
    "targets",
    METADATA,
    Column("entity", String(255), primary_key=True),
    Column("project", String(255), primary_key=True),
    Column("state", Json, nullable=False),
    Column("unreachable_since", Utc),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("looked_at", Utc),
)

memories = Table(
    "memories",
    METADATA,
    Column("entity", String(255), primary_key=True),
    Column("project", String(255), primary_key=True),
    Column("run", String(600), primary_key=True),
    Column("last_step", Id),
    Column("ended", Boolean, nullable=False),
    Column("facts", Json, nullable=False),
    Column("history", LargeBinary, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Index(None, "updated_at"),
)

run_states = Table(
    "run_states",
    METADATA,
    Column("watch_id", Id, ForeignKey("watches.id", ondelete="CASCADE"), primary_key=True),
    Column("run", String(600), primary_key=True),
    Column("state", Json, nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Index(None, "updated_at"),
)

cards = Table(
    "cards",
    METADATA,
    _id(),
    _watch(nullable=True),
    Column("channel", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject", String(700), nullable=False),
    Column("parent_id", Id, ForeignKey("cards.id", ondelete="SET NULL")),
    Column("payload", Json, nullable=False),
    Column("version", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("shown_digest", String(64)),
    Column("dirty", Boolean, nullable=False),
    Column("ts", String(32)),
    Column("thread_ts", String(32)),
    Column("post_to", String(64)),
    Column("generation", Integer, nullable=False, server_default="1"),
    Column("changed_at", Utc, nullable=False),
    Column("not_before", Utc, nullable=False),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("channel", "kind", "subject"),
    Index(None, "dirty", "changed_at"),
    Index(None, "channel", "ts"),
)

outbox = Table(
    "outbox",
    METADATA,
    _id(),
    Column("key", String(900), nullable=False, unique=True),
    Column("channel", String(64), nullable=False),
    Column("thread_ts", String(32)),
    Column("parent_id", Id, ForeignKey("cards.id", ondelete="SET NULL")),
    Column("card_id", Id, ForeignKey("cards.id", ondelete="SET NULL")),
    Column("kind", String(32), nullable=False),
    Column("payload", Json, nullable=False),
    Column("merge", String(64)),
    Column("state", String(16), nullable=False),
    Column("into_id", Id),
    Column("channel_id", String(64)),
    Column("ts", String(32)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lookups", Integer, nullable=False, server_default="0"),
    Column("tickets", Integer, nullable=False, server_default="1"),
    Column("again", Boolean, nullable=False, server_default=text("false")),
    Column("plain", Boolean, nullable=False, server_default=text("false")),
    Column("error", Text),
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("not_before", Utc, nullable=False),
    Column("sending_at", Utc),
    Column("touched_at", Utc, nullable=False),
    Column("done_at", Utc),
    Index(None, "state", "touched_at"),
    Index(None, "channel", "state"),
    Index(None, "card_id"),
)

alerts = Table(
    "alerts",
    METADATA,
    _id(),
    Column("key", String(800), nullable=False, unique=True),
    _watch(),
    Column("run", String(600), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("code", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("fate", String(16), nullable=False),
    Column("payload", Json, nullable=False),
    Column("card_id", Id, ForeignKey("cards.id", ondelete="SET NULL")),
    Column("at", Utc, nullable=False),
    Column("resolved_at", Utc),
    Index(None, "watch_id", "run"),
    Index(None, "at"),
)

mutes = Table(
    "mutes",
    METADATA,
    _id(),
    Column("channel", String(64), nullable=False),
    Column("scope", String(16), nullable=False),
    Column("subject", String(600), nullable=False),
    Column("creator", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("until", Utc),
    UniqueConstraint("channel", "scope", "subject"),
)

rules = Table(
    "rules",
    METADATA,
    _id(),
    Column("channel", String(64), nullable=False),
    Column("entity", String(255), nullable=False),
    Column("project", String(255), nullable=False),
    Column("rule", Json, nullable=False),
    Column("text", Text, nullable=False),
    Column("creator", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("removed_at", Utc),
    Index(None, "channel"),
    Index(None, "entity", "project"),
)

schedules = Table(
    "schedules",
    METADATA,
    _id(),
    Column("channel", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("cron", String(128), nullable=False),
    Column("tz", String(64), nullable=False),
    Column("args", Json, nullable=False),
    Column("creator", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("removed_at", Utc),
    Column("next_at", Utc, nullable=False),
    Index(None, "next_at"),
    Index(None, "channel"),
)

reminders = Table(
    "reminders",
    METADATA,
    _id(),
    Column("slack_user", String(64), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("run", String(600)),
    Column("note", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("next_at", Utc, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("done_at", Utc),
    Column("removed_at", Utc),
    Index(None, "next_at"),
    Index(None, "slack_user"),
)

threads = Table(
    "threads",
    METADATA,
    Column("channel", String(64), primary_key=True),
    Column("thread_ts", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("runs", Json, nullable=False),
    Column("extra", Json, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Index(None, "updated_at"),
)

accounts = Table(
    "accounts",
    METADATA,
    Column("slack_user", String(64), primary_key=True),
    Column("wandb_user", String(255), nullable=False),
    Column("proof", String(32), nullable=False),
    Column("linked_at", Utc, nullable=False),
    Index(None, "wandb_user"),
)

preferences = Table(
    "preferences",
    METADATA,
    Column("scope", String(16), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("value", Json, nullable=False),
    Column("updated_at", Utc, nullable=False),
)

events_seen = Table(
    "events_seen",
    METADATA,
    Column("event_id", String(128), primary_key=True),
    Column("at", Utc, nullable=False),
    Index(None, "at"),
)

sightings = Table(
    "sightings",
    METADATA,
    Column("channel", String(64), primary_key=True),
    Column("link", String(700), primary_key=True),
    Column("at", Utc, nullable=False),
    Index(None, "at"),
)

votes = Table(
    "votes",
    METADATA,
    Column("slack_user", String(64), primary_key=True),
    Column("message", String(128), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("run", String(600), nullable=False),
    Column("good", Boolean, nullable=False),
    Column("at", Utc, nullable=False),
)

undos = Table(
    "undos",
    METADATA,
    Column("token", String(64), primary_key=True),
    Column("channel", String(64), nullable=False),
    Column("slack_user", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("before", Json, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
)

replicas = Table(
    "replicas",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("started", Utc, nullable=False),
    Column("seen", Utc, nullable=False),
    Column("reaped", Utc, nullable=False),
)

budgets = Table(
    "budgets",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("tokens", Float, nullable=False),
    Column("at", Utc, nullable=False),
    Column("blocked_until", Utc, nullable=False),
)
