"""Answers to an interaction: through its `response_url`, or in its acknowledgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.demo.slack.content import content_of
from bot.demo.slack.errors import SlackError
from bot.demo.slack.model import Channel, Message
from bot.demo.slack.posting import Posting
from handlers.views import limits


@dataclass
class ResponseUrl:
    """A place to answer an interaction: five times within thirty minutes."""

    token: str
    channel: str
    user: str
    created: float
    message_ts: str | None = None
    thread_ts: str | None = None
    uses: int = 0


class Responses(Posting):
    """A workspace whose interactions can be answered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.response_urls: dict[str, ResponseUrl] = {}

    def new_response_url(self, channel: Channel, user: str, message: Message | None = None) -> str:
        """A fresh URL that answers an interaction of `user`."""
        token = self.new_id("R")
        self.response_urls[token] = ResponseUrl(
            token,
            channel.id,
            user,
            self.clock(),
            message.ts if message else None,
            message.thread_ts if message else None,
        )
        return f"{self.base_url}/response/{token}"

    def respond(self, token: str, body: Mapping[str, Any]) -> None:
        """What a POST to a response URL does.

        Raises:
            SlackError: ``expired_url``, ``used_url``, or what is wrong with the message.
        """
        url = self.response_urls.get(token)
        if url is None or self.clock() - url.created > limits.RESPONSE_URL_SECONDS:
            raise SlackError("expired_url")
        if url.uses >= limits.RESPONSE_URL_USES:
            raise SlackError("used_url")
        url.uses += 1
        self.answer_with(body, url)

    def answer_with(self, body: Mapping[str, Any], url: ResponseUrl) -> Message | None:
        """Apply a response message, of a response URL or of an acknowledgement."""
        channel = self.channel(url.channel)
        origin = self._origin(channel, url)
        if _true(body.get("delete_original")):
            if origin is not None:
                self.remove(origin)
            return None
        content = content_of(self, body, use="response")
        if _true(body.get("replace_original")) and origin is not None:
            self.change(origin, **content.fields)
            return origin
        public = body.get("response_type") == "in_channel"
        return self.post(
            channel,
            self.app.user_id,
            thread_ts=body.get("thread_ts") or url.thread_ts,
            only_for=None if public else url.user,
            **content.fields,
        )

    def _origin(self, channel: Channel, url: ResponseUrl) -> Message | None:
        if url.message_ts is None:
            return None
        try:
            return self.message(channel, url.message_ts)
        except KeyError:
            return None


def _true(value: Any) -> bool:
    return value is True or str(value).lower() in ("true", "1")
