"""Messages come, change and go, and the app hears of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from bot.demo.slack import text as wire_text
from bot.demo.slack.delivery import Deliveries
from bot.demo.slack.errors import SlackError
from bot.demo.slack.model import Channel, Json, Message
from bot.demo.slack.state import SLACKBOT
from handlers.views.element_schema import ACTION_ELEMENTS, CONTEXT_ACTION_ELEMENTS, INPUT_ELEMENTS
from handlers.views.validate import walk

_INTERACTIVE = {*ACTION_ELEMENTS, *CONTEXT_ACTION_ELEMENTS, *INPUT_ELEMENTS}


class Posting(Deliveries):
    """A workspace in which messages are posted, edited and deleted."""

    # Changing messages

    def post(
        self,
        channel: Channel,
        user: str,
        text: str = "",
        *,
        thread_ts: str | None = None,
        only_for: str | None = None,
        **more: Any,
    ) -> Message:
        """Put a message into a channel, or before one person only.

        A reply to a parent that is gone is posted un-threaded, as Slack does.
        """
        if thread_ts and thread_ts not in channel.messages and only_for is None:
            thread_ts = None
        message = Message(
            self.new_ts(), channel.id, user, text, thread_ts=thread_ts, only_for=only_for, **more
        )
        message.from_app = user == self.app.user_id
        if only_for is not None:
            channel.ephemerals.append(message)
            self.touch()
            return message
        channel.messages[message.ts] = message
        if message.from_app:
            self.statuses.pop((channel.id, thread_ts or message.ts), None)
        self._heard(channel, self.told(channel, message, metadata=True))
        self.touch()
        return message

    def told(self, channel: Channel, message: Message, *, metadata: bool = False) -> Json:
        """A message as an event tells it; in shared channels with the author's team."""
        event = {**self.wire(message, metadata=metadata), "channel": channel.id}
        if channel.shared and message.user in self.users:
            team = self.users[message.user].team_id
            event |= {"user_team": team, "source_team": team}
        return event

    def change(self, message: Message, **fields: Any) -> None:
        """Give a message other contents; the app gets `message_changed`."""
        channel = self.channel(message.channel)
        before = self.wire(message)
        message.revisions.append(message.plain)
        for name, value in fields.items():
            setattr(message, name, value)
        if message.only_for is None:
            self._heard(
                channel,
                {
                    "type": "message",
                    "subtype": "message_changed",
                    "hidden": True,
                    "channel": channel.id,
                    "ts": self.new_ts(),
                    "message": self.wire(message),
                    "previous_message": before,
                },
            )
        self.touch()

    def remove(self, message: Message) -> None:
        """Delete a message; the app gets `message_deleted`."""
        channel = self.channel(message.channel)
        if message.only_for is not None:
            channel.ephemerals.remove(message)
        else:
            before = self.wire(message)
            del channel.messages[message.ts]
            self._heard(
                channel,
                {
                    "type": "message",
                    "subtype": "message_deleted",
                    "hidden": True,
                    "channel": channel.id,
                    "ts": self.new_ts(),
                    "deleted_ts": message.ts,
                    "previous_message": before,
                },
            )
        self.touch()

    def _heard(self, channel: Channel, event: Json) -> None:
        if self.app.user_id not in channel.members:
            return
        kind = channel.event_type
        name = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}[kind]
        self.emit(name, {**event, "channel_type": kind}, channel)

    def system_says(self, channel: Channel, user: str, text: str, thread: str | None) -> Message:
        """An ephemeral word from Slackbot, such as that a command failed."""
        return self.post(channel, SLACKBOT, text, only_for=user, thread_ts=thread)

    # Contents

    def with_ids(self, blocks: Sequence[Mapping[str, Any]]) -> list[Json]:
        """Blocks as Slack keeps them: each block and element has an id, stray ``&<>`` escaped."""
        kept: list[Json] = copy.deepcopy([dict(block) for block in blocks])
        for block in kept:
            block.setdefault("block_id", self.new_id("b"))
            for inner in block.get("child_blocks") or ():
                inner.setdefault("block_id", self.new_id("b"))
        for thing in walk(kept):
            if thing["type"] == "mrkdwn" and isinstance(thing, dict):
                thing["text"] = wire_text.posted(thing["text"])
            elif thing["type"] in _INTERACTIVE and isinstance(thing, dict):
                thing.setdefault("action_id", self.new_id("a"))
        return kept

    def check_blocks(self, blocks: Sequence[Mapping[str, Any]]) -> None:
        """Refuse blocks that this workspace does not know, and files that it cannot show yet."""
        for index, block in enumerate(blocks):
            if block.get("type") in self.unknown_blocks:
                self._refuse_block(f"unsupported type: {block['type']}", f"/blocks/{index}/type")
            for thing in walk(block):
                named = thing.get("slack_file") if thing["type"] == "image" else None
                if not isinstance(named, Mapping):
                    continue
                file = self.files.get(str(named.get("id"))) or next(
                    (
                        f
                        for f in self.files.values()
                        if f.wire(self.base_url)["url_private"] == named.get("url")
                    ),
                    None,
                )
                if file is None or not file.processed:
                    self._refuse_block("invalid slack file", f"/blocks/{index}/slack_file")

    @staticmethod
    def _refuse_block(why: str, at: str) -> NoReturn:
        reason = f"{why} [json-pointer:{at}]"
        raise SlackError(
            "invalid_blocks",
            errors=[reason],
            response_metadata={"messages": [f"[ERROR] {reason}"]},
        )
