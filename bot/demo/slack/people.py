"""What people do in the workspace: type, edit, delete, invite, react, open the app's tabs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.demo.slack import text as wire_text
from bot.demo.slack.model import Channel, Envelope, Json, Message, User
from bot.demo.slack.responses import ResponseUrl
from bot.demo.slack.views import Views
from handlers.views import limits

_MENTION = "<@{}>"


@dataclass
class Typed:
    """What came of a line that somebody typed: a message, or a command's delivery."""

    message: Message | None = None
    command: Envelope | None = None
    events: list[Envelope] = field(default_factory=list)

    @property
    def ts(self) -> str:
        """The stamp of the message; a command leaves none."""
        if self.message is None:
            raise LookupError("a command leaves no message")
        return self.message.ts


class People(Views):
    """A workspace with people in it."""

    async def types(
        self,
        channel: str | Channel,
        user: str | User,
        text: str,
        thread_ts: str | None = None,
    ) -> Typed:
        """Somebody types a line and presses return.

        A line that starts with a slash is a command and is waited for until it is acknowledged or
        given up; anything else becomes a message whose events are delivered in the background.

        Raises:
            PermissionError: Slack would not let this person write there.
        """
        where, who = self.channel(channel), self.user(user)
        if who.id not in where.members:
            raise PermissionError(f"{who.name} is not in {where.name}")
        if where.archived:
            raise PermissionError(f"{where.name} is archived")
        if text.startswith("/"):
            return Typed(command=await self._command(where, who, text, thread_ts))
        wire = wire_text.typed(text, self._user_id, self._channel_id)
        known = len(self.envelopes)
        message = self.post(
            where,
            who.id,
            wire,
            thread_ts=thread_ts,
            blocks=[wire_text.rich_text(wire, self.new_id("b"))],
        )
        self._mentioned(where, message)
        self._linked(where, message, wire)
        return Typed(message=message, events=self.envelopes[known:])

    def _user_id(self, name: str) -> str | None:
        wanted = name.casefold()
        return next((u.id for u in self.users.values() if u.name.casefold() == wanted), None)

    def _channel_id(self, name: str) -> str | None:
        return next((c.id for c in self.channels.values() if c.name == name), None)

    def _mentioned(self, where: Channel, message: Message) -> None:
        if where.kind == "im" or _MENTION.format(self.app.user_id) not in message.text:
            return
        if self.app.user_id not in where.members:
            word = f"You mentioned <@{self.app.user_id}>, but they’re not in this channel."
            self.system_says(where, message.user, word, message.thread_ts)
            return
        self.emit("app_mention", self._said(where, message, "app_mention"), where)

    def _said(self, where: Channel, message: Message, kind: str) -> Json:
        return {**self.told(where, message), "type": kind, "event_ts": message.ts}

    def _linked(self, where: Channel, message: Message, wire: str) -> None:
        """Tell the app of links to its domains, also where it is no member."""
        links = [
            url
            for url in wire_text.links_in(wire)
            if wire_text.belongs(url, self.app.unfurl_domains)
        ]
        if not links:
            return
        event: Json = {
            "type": "link_shared",
            "channel": where.id,
            "user": message.user,
            "message_ts": message.ts,
            "unfurl_id": f"{where.id}.{message.ts}",
            "source": "conversations_history",
            "is_bot_user_member": self.app.user_id in where.members,
            "links": [{"url": url, "domain": wire_text.domain_of(url)} for url in links],
        }
        if message.thread_ts:
            event["thread_ts"] = message.thread_ts
        self.emit("link_shared", event, where)

    async def composes(self, channel: str | Channel, user: str | User, text: str) -> str | None:
        """Somebody pastes a link and has not sent it yet; the app may already unfurl it.

        Returns:
            The `unfurl_id` that the app got, or ``None`` where no link is one of the app's.
        """
        where, who = self.channel(channel), self.user(user)
        wire = wire_text.typed(text, self._user_id, self._channel_id)
        links = [
            u for u in wire_text.links_in(wire) if wire_text.belongs(u, self.app.unfurl_domains)
        ]
        if not links:
            return None
        unfurl_id = f"composer.{self.new_id('U')}"
        event: Json = {
            "type": "link_shared",
            "channel": "COMPOSER",
            "user": who.id,
            "message_ts": unfurl_id,
            "unfurl_id": unfurl_id,
            "source": "composer",
            "is_bot_user_member": self.app.user_id in where.members,
            "links": [{"url": url, "domain": wire_text.domain_of(url)} for url in links],
        }
        self.emit("link_shared", event, where)
        return unfurl_id

    async def _command(
        self, where: Channel, who: User, text: str, thread_ts: str | None
    ) -> Envelope | None:
        name, _, rest = text.partition(" ")
        command = self.app.commands.get(name)
        if thread_ts:
            word = f"{name} is not supported in threads. Sorry!"
            self.system_says(where, who.id, word, thread_ts)
            return None
        if command is None or "commands" not in self.app.scopes:
            self.system_says(where, who.id, f"`{name}` is not a valid command.", None)
            return None
        shown = (
            wire_text.typed(rest, self._user_id, self._channel_id)
            if command.should_escape
            else wire_text.escape(rest)
        )
        visible = {"im": "directmessage", "private": "privategroup", "public": where.name}
        url = self.new_response_url(where, who.id)
        payload: Json = {
            "token": "legacy",
            "team_id": self.team_id,
            "team_domain": "local",
            "channel_id": where.id,
            "channel_name": visible[where.kind],
            "user_id": who.id,
            "user_name": who.name,
            "command": name,
            "text": shown.strip(),
            "api_app_id": self.app.app_id,
            "is_enterprise_install": "false",
            "response_url": url,
            "trigger_id": self.new_trigger(who.id, where.id),
        }
        envelope = await self.request("slash_commands", payload)
        if envelope.error:
            reason = "operation_timeout" if "timeout" in envelope.error else "dispatch_failed"
            word = f"{name} failed with the error “{reason}”"
            self.system_says(where, who.id, word, None)
        elif envelope.answer:
            self._answered(envelope.answer, self.response_urls[url.rpartition("/")[2]])
        return envelope

    def _answered(self, answer: Any, url: ResponseUrl) -> None:
        """Apply the message in an acknowledgement, if there is one."""
        if isinstance(answer, dict) and (answer.get("text") or answer.get("blocks")):
            self.answer_with(answer, url)

    # Changing one's messages

    async def edits(self, message: Message, text: str) -> None:
        """The author edits a message; new links in it are shared as well."""
        where = self.channel(message.channel)
        wire = wire_text.typed(text, self._user_id, self._channel_id)
        blocks = [wire_text.rich_text(wire, self.new_id("b"))]
        fresh = [u for u in wire_text.links_in(wire) if u not in wire_text.links_in(message.text)]
        self.change(message, text=wire, blocks=blocks, edited=self.new_ts())
        self._linked(where, message, " ".join(f"<{wire_text.escape(url)}>" for url in fresh))

    async def deletes(self, message: Message) -> None:
        """Somebody deletes a message, their own or (an admin) the app's."""
        self.remove(message)

    async def reacts(self, message: Message, user: str | User, emoji: str) -> None:
        """Somebody adds a reaction."""
        who = self.user(user)
        message.reactions.setdefault(emoji, []).append(who.id)
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event = {
            "type": "reaction_added",
            "user": who.id,
            "reaction": emoji,
            "item": item,
            "item_user": message.user,
        }
        self.emit("reaction_added", event, self.channel(message.channel))
        self.touch()

    # Channels

    async def invites(self, channel: str | Channel, inviter: str | User, who: str = "") -> None:
        """Somebody invites the bot (or another user) to a channel."""
        where, user = self.channel(channel), self.user(who or self.app.user_id)
        if user.id not in where.members:
            where.members.append(user.id)
            self._membership(where, user, "member_joined_channel", self.user(inviter).id)

    async def removes(self, channel: str | Channel, remover: str | User, who: str = "") -> None:
        """Somebody removes the bot (or another user) from a channel."""
        where, user = self.channel(channel), self.user(who or self.app.user_id)
        if user.id not in where.members:
            return
        where.members.remove(user.id)
        if user.id == self.app.user_id:
            name = "group_left" if where.kind == "private" else "channel_left"
            actor = self.user(remover).id
            self.emit(name, {"type": name, "channel": where.id, "actor_id": actor}, where)
            self.touch()
        else:
            self._membership(where, user, "member_left_channel", self.user(remover).id)

    def _membership(self, where: Channel, user: User, name: str, actor: str) -> None:
        event = {
            "type": name,
            "user": user.id,
            "channel": where.id,
            "channel_type": "C" if where.kind == "public" else "G",
            "team": user.team_id,
            "inviter": actor,
        }
        self.emit(name, event, where)
        self.touch()

    async def archives(self, channel: str | Channel, user: str | User) -> None:
        """Somebody archives a channel."""
        where = self.channel(channel)
        where.archived = True
        name = "group_archive" if where.kind == "private" else "channel_archive"
        self.emit(name, {"type": name, "channel": where.id, "user": self.user(user).id}, where)
        self.touch()

    async def unarchives(self, channel: str | Channel, user: str | User) -> None:
        """Somebody brings an archived channel back."""
        where = self.channel(channel)
        where.archived = False
        name = "group_unarchive" if where.kind == "private" else "channel_unarchive"
        self.emit(name, {"type": name, "channel": where.id, "user": self.user(user).id}, where)
        self.touch()

    # The app's own places

    async def opens_home(self, user: str | User, tab: str = "home") -> Envelope | None:
        """Somebody opens the app: its `home` tab, or the `messages` tab (the agent's)."""
        who = self.user(user)
        event: Json = {
            "type": "app_home_opened",
            "user": who.id,
            "channel": self.dm(who).id,
            "tab": tab,
        }
        if tab == "home" and who.id in self.homes:
            event["view"] = self.view_wire(self.homes[who.id])
        return self.emit("app_home_opened", event)

    async def opens_details(self, user: str | User, message: Message, url: str) -> Envelope | None:
        """Somebody opens the work object that the app unfurled; see `details` for its answer."""
        who, entity = self.user(user), message.unfurls[url].get("work_object") or {}
        event = {
            "type": "entity_details_requested",
            "user": who.id,
            "channel": message.channel,
            "message_ts": message.ts,
            "app_unfurl_url": url,
            "entity_url": entity.get("url") or url,
            "external_ref": entity.get("external_ref") or {},
            "link": {"url": url, "domain": wire_text.domain_of(url)},
            "trigger_id": self.new_trigger(who.id, message.channel),
        }
        return self.emit("entity_details_requested", event, self.channel(message.channel))

    async def stops_session(
        self, user: str | User, channel: str | Channel, thread_ts: str
    ) -> Envelope | None:
        """Somebody presses Stop while the agent works; its streams end at once."""
        where = self.channel(channel)
        streams = [m for m in where.messages.values() if m.streaming and m.thread_ts == thread_ts]
        for message in streams:
            self.change(message, streaming=False, stopped=True)
        event = {
            "type": "agent_session_stopped",
            "user": self.user(user).id,
            "channel": where.id,
            "thread_ts": thread_ts,
            "streaming_message_ts": [message.ts for message in streams],
        }
        return self.emit("agent_session_stopped", event, where)

    async def uninstalls(self) -> None:
        """An admin removes the app: it hears of it, and its token is void."""
        self.emit("app_uninstalled", {"type": "app_uninstalled"})
        event = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self.app.user_id]}}
        self.emit("tokens_revoked", event)
        self.app.refusal = "account_inactive"
        self.touch()

    def reloads(self, user: str | User) -> None:
        """Somebody reloads their client: ephemeral messages are gone."""
        who = self.user(user)
        for channel in self.channels.values():
            channel.ephemerals = [m for m in channel.ephemerals if m.only_for != who.id]
        self.touch()

    def working_on(self, channel: Channel) -> dict[str, Json]:
        """The status lines of a channel's threads that have not run out."""
        alive = {}
        for (where, thread), status in self.statuses.items():
            if where == channel.id and self.clock() - status["at"] < limits.STATUS_SECONDS:
                alive[thread] = status
        return alive
