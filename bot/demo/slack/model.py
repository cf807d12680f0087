"""What a workspace holds: people, channels, messages, files, views; what was called and sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from handlers.views.validate import walk

Json = dict[str, Any]
PersonKind = Literal["member", "admin", "guest", "stranger"]
ChannelKind = Literal["public", "private", "im"]


@dataclass
class User:
    """A person, or the bot's own user.

    A guest has ``is_restricted``; a stranger belongs to another team and meets the workspace in
    shared channels only.
    """

    id: str
    name: str
    real_name: str
    kind: PersonKind = "member"
    team_id: str = ""
    email: str = ""
    tz: str = "Europe/London"
    is_bot: bool = False
    deleted: bool = False

    def wire(self, *, email: bool = True) -> Json:
        """The user object of the Web API; `email` needs a scope of its own."""
        profile: Json = {"real_name": self.real_name, "display_name": self.name}
        if email:
            profile["email"] = self.email
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": self.deleted,
            "tz": self.tz,
            "tz_offset": 0,
            "profile": profile,
            "is_admin": self.kind == "admin",
            "is_owner": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "is_restricted": self.kind == "guest",
            "is_ultra_restricted": False,
            "is_stranger": self.kind == "stranger",
        }


@dataclass
class File:
    """An uploaded file; it can be shown once it is `processed`."""

    id: str
    name: str
    length: int
    upload_token: str
    user: str
    created: float
    alt_text: str = ""
    title: str = ""
    mimetype: str = "application/octet-stream"
    content: bytes | None = None
    completed: bool = False
    processed: bool = False
    shares: dict[str, list[str]] = field(default_factory=dict)

    def wire(self, base_url: str) -> Json:
        """The file object of the Web API."""
        shown = {channel: [{"ts": ts} for ts in stamps] for channel, stamps in self.shares.items()}
        return {
            "id": self.id,
            "created": int(self.created),
            "name": self.name,
            "title": self.title or self.name,
            "alt_txt": self.alt_text,
            "mimetype": self.mimetype if self.processed else "",
            "size": self.length,
            "user": self.user,
            "url_private": f"{base_url}/files-pri/{self.id}/{self.name}",
            "permalink": f"{base_url}/files/{self.id}",
            "channels": sorted(self.shares),
            "shares": {"public": shown} if shown else {},
        }


@dataclass
class Message:
    """A message, a reply, or an ephemeral message (`only_for` one user)."""

    ts: str
    channel: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    thread_ts: str | None = None
    subtype: str | None = None
    from_app: bool = False
    username: str = ""
    metadata: Json | None = None
    only_for: str | None = None
    edited: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    streaming: bool = False
    stopped: bool = False
    broadcast: bool = False
    unfurls: dict[str, Json] = field(default_factory=dict)
    revisions: list[str] = field(default_factory=list)
    state: dict[str, dict[str, Json]] = field(default_factory=dict)

    @property
    def plain(self) -> str:
        """All that a reader sees: the text and the texts of all blocks, a line each."""
        return "\n".join([self.text, *texts_of([self.blocks, self.attachments])])

    @property
    def headline(self) -> str:
        """The first line: of the blocks where there are some, else of the text."""
        shown = next(iter(texts_of(self.blocks)), self.text)
        return shown.splitlines()[0] if shown else ""

    @property
    def actions(self) -> list[str]:
        """The words on all buttons."""
        return [str(b["text"]["text"]) for b in elements_of(self.blocks) if b["type"] == "button"]

    def copy(self) -> Message:
        """The message as it is now, for the `previous_message` of an edit."""
        return replace(self, blocks=list(self.blocks), reactions=dict(self.reactions))


@dataclass
class Channel:
    """A conversation, with its messages by ``ts`` and ephemeral messages beside them."""

    id: str
    name: str
    kind: ChannelKind = "public"
    members: list[str] = field(default_factory=list)
    topic: str = ""
    archived: bool = False
    shared: bool = False
    created: int = 1_700_000_000
    messages: dict[str, Message] = field(default_factory=dict)
    ephemerals: list[Message] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)

    @property
    def event_type(self) -> str:
        """The `channel_type` of events."""
        return {"public": "channel", "private": "group", "im": "im"}[self.kind]

    def replies(self, ts: str) -> list[Message]:
        """The replies to a message, oldest first."""
        return [m for m in self.messages.values() if m.thread_ts == ts and m.ts != ts]

    def wire(self, bot: str) -> Json:
        """The conversation object of the Web API, as the bot user sees it."""
        common: Json = {
            "id": self.id,
            "created": self.created,
            "is_archived": self.archived,
            "is_im": self.kind == "im",
            "is_org_shared": False,
            "is_ext_shared": self.shared,
        }
        if self.kind == "im":
            other = next((m for m in self.members if m != bot), "")
            return {**common, "user": other}
        return {
            **common,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": self.kind == "public",
            "is_group": self.kind == "private",
            "is_mpim": False,
            "is_private": self.kind == "private",
            "is_shared": self.shared,
            "is_general": self.name == "general",
            "is_member": bot in self.members,
            "num_members": len(self.members),
            "topic": {"value": self.topic, "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }


@dataclass
class View:
    """A modal on someone's stack, or a home tab."""

    id: str
    user: str
    view: Json
    hash: str
    root_id: str = ""
    previous_id: str | None = None
    state: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    channel: str = ""

    @property
    def title(self) -> str:
        """The title of a modal, empty for a home tab."""
        return str((self.view.get("title") or {}).get("text", ""))

    @property
    def callback_id(self) -> str:
        """The app's own name of the view."""
        return str(self.view.get("callback_id") or "")

    @property
    def blocks(self) -> list[Json]:
        """The blocks of the view."""
        return list(self.view["blocks"])

    @property
    def plain(self) -> str:
        """All texts of the view, a line each."""
        return "\n".join(texts_of(self.view["blocks"]))

    def wire(self, team_id: str, app_id: str, bot_id: str) -> Json:
        """The view object of payloads and answers."""
        blank = {"private_metadata": "", "callback_id": "", "external_id": ""}
        return {
            **blank,
            **({"title": None, "close": None, "submit": None} if self.previous_id else {}),
            **self.view,
            "id": self.id,
            "team_id": team_id,
            "app_id": app_id,
            "bot_id": bot_id,
            "hash": self.hash,
            "root_view_id": self.root_id or self.id,
            "previous_view_id": self.previous_id,
            "state": {"values": self.state},
        }


@dataclass(frozen=True)
class Call:
    """One call of a Web API method, and what was answered."""

    method: str
    args: Json
    at: float
    answer: Json
    status: int = 200

    @property
    def ok(self) -> bool:
        """Whether Slack did it."""
        return bool(self.answer.get("ok"))

    @property
    def error(self) -> str | None:
        """The error code, if any."""
        return self.answer.get("error")


@dataclass
class Envelope:
    """One delivery to the app: an event, a command or an interaction, with its attempts.

    Between two attempts it is `waiting`; `acked_after` is in real seconds.
    """

    id: str
    type: Literal["events_api", "slash_commands", "interactive"]
    payload: Json
    sent_at: float
    attempts: int = 0
    acked_after: float | None = None
    waiting: bool = False
    answer: Any = None
    error: str | None = None

    @property
    def acked(self) -> bool:
        """Whether the app acknowledged it in time."""
        return self.acked_after is not None

    @property
    def event(self) -> Json:
        """The inner event of an Events API delivery."""
        return dict(self.payload.get("event") or {})


def texts_of(value: Any) -> Iterator[str]:
    """All texts inside blocks, in reading order."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            if key in ("text", "title", "caption") and isinstance(member, str):
                yield member
            elif key not in ("confirm", "alt_text"):
                yield from texts_of(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from texts_of(member)


_PASSIVE = frozenset({"image", "plain_text", "mrkdwn"})


def elements_of(blocks: Any) -> Iterator[Json]:
    """All interactive elements inside blocks."""
    for thing in walk(blocks):
        if "action_id" in thing and thing["type"] not in _PASSIVE:
            yield dict(thing)
