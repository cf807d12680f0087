"""What leaves for Slack: messages as values, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Block = dict[str, Any]
"""One Block Kit block, as sent."""

Audience = Literal["channel", "thread", "person"]
"""Seen by the channel, by the channel in a thread, or only by the person who asked."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that belongs to a message and is uploaded before it is shown.

    Attributes:
        name: the file's name, and its place among the message's pictures.
        png: the bytes.
        alt: what one sees, for those who don't.
        key: a digest of what was drawn, so that the same picture is uploaded once.
    """

    name: str
    png: bytes
    alt: str
    key: str


@dataclass(frozen=True, slots=True)
class Message:
    """A finished message; ``text`` is what notifications and screen readers say.

    Attributes:
        text: the answer in one line, mark-up already escaped.
        blocks: Block Kit; a picture's place is a block of type ``image`` whose ``slack_file`` is
            ``{"name": Image.name}`` until the sender puts the uploaded file's id there.
        images: pictures to upload first.
        metadata: ``{"event_type", "event_payload"}``, by which the message can be found again.
        plainer: the same without blocks that a workspace may not know, sent when Slack answers
            ``invalid_blocks``.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    images: tuple[Image, ...] = ()
    metadata: Mapping[str, Any] | None = None
    plainer: "Message | None" = None

    def with_metadata(self, event_type: str, payload: Mapping[str, Any]) -> "Message":
        """The same message, findable by ``event_type`` and ``payload``."""
        return replace(self, metadata={"event_type": event_type, "event_payload": dict(payload)})


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands in Slack."""

    channel: str
    ts: str
    thread_ts: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request.

    Attributes:
        message: what is said.
        audience: who sees it.
        details: further messages for the thread under it.
        remember: what the thread is about from now on (kind, and the runs' paths).
        interim: whether another reply of the same answer follows and takes its place.
        if_stopped: what stands there instead when the person cancels the rest; a word about it
            when absent.
        step: of a promise, what is being done, where a plain line says it better than the message.
        doing: of a promise, how far that is.
        kept: of a promise, whether its message stands there already: it is shown again only
            together with what is being done.
    """

    message: Message
    audience: Audience = "channel"
    details: tuple[Message, ...] = ()
    remember: "Topic | None" = None
    interim: bool = False
    if_stopped: Message | None = None
    step: str = ""
    doing: str = ""
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """What a thread is about: one run, a comparison, or a list that was shown."""

    kind: Literal["run", "comparison", "list"]
    runs: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
