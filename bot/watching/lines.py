"""Fresh lines: a new critical problem of a run that has a card already, told in the channel itself.

The lines of one look are one message. It is kept as a card, so that it can be corrected in place
when a problem is over: nothing that stands in the channel stays wrong. Pure.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.background.ports import CardChange
from bot.storage import CardKey
from handlers.watching.render import FRESH

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One fresh line.

    Attributes:
        card: the run's card, to whose thread it links.
        item: ``key`` of the event, ``name``, ``subject``, ``headline``, perhaps ``mention``.
    """

    card: CardKey
    item: Payload


def subject_of(lines: Iterable[Line]) -> str:
    """Names the message of some lines for ever."""
    return f"line:{digest(str(line.item['key']) for line in lines)}"


def key_of(channel: str, subject: str) -> CardKey:
    """Which card is a message of lines."""
    return CardKey(channel, FRESH, subject)


def posted(
    channel: str, watch_id: int, lines: Sequence[Line], links: Mapping[str, str]
) -> list[CardChange]:
    """The message of the lines of one look.

    Args:
        channel: where.
        watch_id: whose.
        lines: of the look.
        links: to the threads, by the subject of the run's card.
    """
    if not lines:
        return []
    items = []
    for line in lines:
        link = links.get(line.card.subject)
        items.append({**line.item, **({"link": link} if link else {})})
    return [CardChange(key_of(channel, subject_of(lines)), {"items": items}, watch_id)]


def corrected(before: Payload, card: Payload) -> dict[str, Any] | None:
    """What a message of lines says now that a run's card has changed; ``None`` for the same.

    Args:
        before: the message's content.
        card: the run's card, as it is now.
    """
    over = {event["key"]: event for event in card.get("events") or () if event.get("closed_at")}
    items = [
        {**item, "closed_at": over[item["key"]]["closed_at"], "at": over[item["key"]]["at"]}
        if item["key"] in over and not item.get("closed_at")
        else item
        for item in before.get("items") or ()
    ]
    return None if items == list(before.get("items") or ()) else {**before, "items": items}


def digest(keys: Iterable[str]) -> str:
    """A short name of several keys, whatever their order."""
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()[:32]
