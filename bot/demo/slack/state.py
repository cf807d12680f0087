"""The state of a workspace: who and what there is, what was said, and waiting for it to change."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bot.demo.slack.app import InstalledApp
from bot.demo.slack.model import (
    Call,
    Channel,
    ChannelKind,
    Envelope,
    File,
    Json,
    Message,
    PersonKind,
    User,
    View,
)

T = TypeVar("T")
SLACKBOT = "USLACKBOT"


class Workspace:
    """Everything that a workspace holds, without any network.

    Args:
        app: The installed app; by default one with every scope and event.
        clock: Seconds since the epoch; message stamps, triggers and response URLs follow it.
        sleep: How to wait between the retries of an event.
        ack_timeout: Real seconds within which the app must acknowledge.
    """

    def __init__(
        self,
        app: InstalledApp | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        ack_timeout: float = 3.0,
        team: str = "Local Workspace",
    ) -> None:
        self.app = app or InstalledApp()
        self.clock = clock
        self.sleep = sleep
        self.ack_timeout = ack_timeout
        self.team_id = "T0LOCAL"
        self.team = team
        self.base_url = ""
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.statuses: dict[tuple[str, str], Json] = {}
        self.sessions: dict[tuple[str, str], Json] = {}
        self.prompts: dict[tuple[str, str], Json] = {}
        self.details: dict[str, Json] = {}
        self.unknown_blocks: set[str] = set()
        self.history_page = 1_000
        self.file_delay = 0.01
        self.files_may_process = asyncio.Event()
        self.files_may_process.set()
        self.calls: list[Call] = []
        self.envelopes: list[Envelope] = []
        self.version = 0
        self._numbers = itertools.count(1)
        self._last_ts = 0
        self._change = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        app_user = User(self.app.user_id, self.app.handle, self.app.name, is_bot=True)
        self._enrol(app_user)
        self._enrol(User(SLACKBOT, "slackbot", "Slackbot", is_bot=True))

    # Waiting

    def touch(self) -> None:
        """Something changed: wake whoever waits for a condition."""
        self.version += 1
        self._change.set()
        self._change = asyncio.Event()

    async def changed(self) -> None:
        """Wait for the next change."""
        await self._change.wait()

    async def until(self, condition: Callable[[], T], timeout: float = 20.0) -> T:  # noqa: ASYNC109
        """Wait until a condition holds, looking at each change and never polling.

        Args:
            condition: Its first true value is returned; a `LookupError` counts as "not yet".
            timeout: Real seconds after which `TimeoutError` tells what did happen.
        """
        try:
            async with asyncio.timeout(timeout):
                while True:
                    try:
                        value = condition()
                    except LookupError:
                        pass
                    else:
                        if value:
                            return value
                    await self._change.wait()
        except TimeoutError:
            raise TimeoutError(f"not within {timeout} s; last: {self._story()}") from None

    def _story(self) -> str:
        calls = [f"{call.method} → {call.error or 'ok'}" for call in self.calls[-6:]]
        sent = [f"{one.type} {one.error or one.acked}" for one in self.envelopes[-4:]]
        return "; ".join([*calls, *sent]) or "nothing was called or sent"

    def background(self, work: Awaitable[Any]) -> None:
        """Run something beside, until it ends or the workspace stops."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Names

    def new_id(self, prefix: str) -> str:
        """An id such as Slack gives: a letter for the kind, then capitals and digits."""
        return f"{prefix}{next(self._numbers):04d}{secrets.token_hex(3).upper()}"

    def new_ts(self) -> str:
        """A message stamp: the clock's time, and later than any before."""
        micros = max(int(self.clock() * 1_000_000), self._last_ts + 1)
        self._last_ts = micros
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def _enrol(self, user: User) -> User:
        user.team_id = user.team_id or self.team_id
        user.email = user.email or f"{user.name}@example.org"
        self.users[user.id] = user
        return user

    def add_user(
        self, name: str, *, real_name: str = "", kind: PersonKind = "member", **more: Any
    ) -> User:
        """A new person.

        Args:
            name: The handle, typed as ``@name``.
            real_name: What is shown; by default the handle with a capital.
            kind: `member`, `admin`, `guest`, or `stranger` of another team.
            **more: Other fields of `User`, such as `tz` and `email`.
        """
        team = "T0STRANGER" if kind == "stranger" else self.team_id
        shown = real_name or name.capitalize()
        return self._enrol(User(self.new_id("U"), name, shown, kind, team, **more))

    def add_channel(
        self,
        name: str,
        *,
        kind: ChannelKind = "public",
        members: list[str | User] | None = None,
        bot: bool = True,
        **more: Any,
    ) -> Channel:
        """A new channel.

        Args:
            name: Without the hash.
            kind: `public` or `private`.
            members: Who is in it; by default everybody but guests and strangers.
            bot: Whether the app is a member.
            **more: Other fields of `Channel`, such as `archived`, `shared` and `topic`.
        """
        people = (
            [self.user(one).id for one in members]
            if members is not None
            else [
                u.id for u in self.users.values() if not u.is_bot and u.kind in ("member", "admin")
            ]
        )
        channel = Channel(self.new_id("C"), name.lstrip("#"), kind, people, **more)
        if bot:
            channel.members.append(self.app.user_id)
        self.channels[channel.id] = channel
        self.touch()
        return channel

    def user(self, who: str | User) -> User:
        """A user by handle, ``@handle``, id or itself; `KeyError` if there is none."""
        if isinstance(who, User):
            return who
        name = who.removeprefix("@")
        found = self.users.get(name) or next(
            (user for user in self.users.values() if user.name == name), None
        )
        if found is None:
            raise KeyError(f"no user {who!r} in the workspace")
        return found

    def channel(self, where: str | Channel) -> Channel:
        """A channel by ``#name``, name, id or itself; ``@ada`` is her conversation with the bot."""
        if isinstance(where, Channel):
            return where
        if where.startswith("@"):
            return self.dm(where)
        name = where.removeprefix("#")
        found = self.channels.get(name) or next(
            (one for one in self.channels.values() if one.name == name and one.kind != "im"), None
        )
        if found is None:
            raise KeyError(f"no channel {where!r} in the workspace")
        return found

    def dm(self, who: str | User) -> Channel:
        """The direct messages between a person and the bot; made on first use."""
        user = self.user(who)
        for channel in self.channels.values():
            if channel.kind == "im" and user.id in channel.members:
                return channel
        channel = Channel(self.new_id("D"), user.name, "im", [user.id, self.app.user_id])
        self.channels[channel.id] = channel
        self.touch()
        return channel

    def message(self, channel: str | Channel, ts: str) -> Message:
        """A message by its stamp, ephemeral ones included; `KeyError` if it is gone."""
        where = self.channel(channel)
        if ts in where.messages:
            return where.messages[ts]
        for message in where.ephemerals:
            if message.ts == ts:
                return message
        raise KeyError(f"no message {ts} in {where.name}")

    # Reading, for tests

    def messages(self, channel: str | Channel) -> list[Message]:
        """What stands in a channel, oldest first, without replies and ephemeral messages."""
        where = self.channel(channel)
        return [m for m in where.messages.values() if m.thread_ts in (None, m.ts) or m.broadcast]

    def thread(self, parent: Message) -> list[Message]:
        """The replies to a message, oldest first."""
        return self.channel(parent.channel).replies(parent.thread_ts or parent.ts)

    def ephemerals(self, who: str | User, channel: str | Channel | None = None) -> list[Message]:
        """What only this person sees, oldest first, in a channel or everywhere."""
        user = self.user(who)
        where = [self.channel(channel)] if channel is not None else list(self.channels.values())
        return [m for one in where for m in one.ephemerals if m.only_for == user.id]

    def last(self, channel: str | Channel) -> Message:
        """The newest message of a channel or any thread in it; `IndexError` if there is none."""
        return list(self.channel(channel).messages.values())[-1]

    def posts(self, channel: str | Channel | None = None) -> list[Message]:
        """All that the app has posted and that still stands, oldest first."""
        where = [self.channel(channel)] if channel is not None else list(self.channels.values())
        return [m for one in where for m in one.messages.values() if m.from_app]

    def view_of(self, who: str | User) -> View:
        """The modal that a person sees; `IndexError` if none is open."""
        return self.stacks.get(self.user(who).id, [])[-1]

    def home_of(self, who: str | User) -> View:
        """A person's home tab; `KeyError` if none was published."""
        return self.homes[self.user(who).id]

    def calls_of(self, method: str, *, ok: bool | None = None) -> list[Call]:
        """The calls of a method, oldest first; `ok` keeps those that did or did not succeed."""
        return [call for call in self.calls if call.method == method and ok in (None, call.ok)]

    # Forms on the wire

    def wire(self, message: Message, *, metadata: bool = False) -> Json:
        """The message object of the Web API."""
        where = self.channel(message.channel)
        user = self.users.get(message.user)
        wire: Json = {
            "type": "message",
            "user": message.user,
            "ts": message.ts,
            "text": message.text,
            "team": user.team_id if user else self.team_id,
        }
        if message.subtype:
            wire["subtype"] = message.subtype
        if message.blocks:
            wire["blocks"] = message.blocks
        attachments = message.attachments + list(message.unfurls.values())
        if attachments:
            wire["attachments"] = attachments
        if message.from_app:
            wire |= {
                "bot_id": self.app.bot_id,
                "app_id": self.app.app_id,
                "bot_profile": {
                    "id": self.app.bot_id,
                    "app_id": self.app.app_id,
                    "name": self.app.name,
                    "team_id": self.team_id,
                    "deleted": False,
                },
            }
        if message.files:
            wire["files"] = [self.files[one].wire(self.base_url) for one in message.files]
        if message.edited:
            wire["edited"] = {"user": message.user, "ts": message.edited}
        if message.streaming:
            wire["streaming_state"] = "in_progress"
        if message.reactions:
            wire["reactions"] = [
                {"name": name, "users": users, "count": len(users)}
                for name, users in message.reactions.items()
            ]
        wire |= self._threading(where, message)
        if metadata and message.metadata:
            wire["metadata"] = message.metadata
        return wire

    def _threading(self, where: Channel, message: Message) -> Json:
        if message.thread_ts and message.thread_ts != message.ts:
            parent = where.messages.get(message.thread_ts)
            more = {"parent_user_id": parent.user} if parent else {}
            return {"thread_ts": message.thread_ts, **more}
        replies = where.replies(message.ts)
        if not replies:
            return {}
        return {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users": list(dict.fromkeys(reply.user for reply in replies)),
            "latest_reply": replies[-1].ts,
            "subscribed": False,
        }
