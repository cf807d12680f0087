"""Lists that are shown page by page: what stands on one, and the buttons that turn it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from handlers.reply import Block
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, mrkdwn

SIZE: Final = 15
"""Sections with a button each that one message holds well."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list.

    Attributes:
        items: what stands on it.
        number: which page, from 0.
        of: how many pages there are.
    """

    items: Sequence[T]
    number: int
    of: int

    @classmethod
    def cut(cls, every: Sequence[T], number: int, size: int = SIZE) -> "Page[T]":
        """The page of that number; the nearest there is, where the list has become shorter."""
        of = max(1, -(-len(every) // size))
        number = min(max(0, number), of - 1)
        return cls(every[number * size : (number + 1) * size], number, of)

    def turning(self, action_id: str) -> list[Block]:
        """The line and the buttons under it, each with the number of its page; none if alone."""
        if self.of == 1:
            return []
        where: Mrkdwn = mrkdwn("page {number} of {of}", number=self.number + 1, of=self.of)
        before, after = str(self.number - 1), str(self.number + 1)
        buttons = [
            b.button("Previous", f"{action_id}:back", before) if self.number else None,
            b.button("Next", f"{action_id}:on", after) if self.number + 1 < self.of else None,
        ]
        row = b.actions(buttons)
        return [b.context(where), *([row] if row else [])]


def number_of(value: str) -> int:
    """The page that a button's value names; the first, where it names none."""
    return int(value) if value.isdecimal() and len(value) < 5 else 0
