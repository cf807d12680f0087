"""GraphQL connections: pages of things behind opaque cursors."""

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def connection(
    items: Sequence[T],
    ident: Callable[[T], str],
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    most: int = 1000,
) -> dict[str, Any]:
    """A page of items, as ``{"edges": [{"node", "cursor"}], "pageInfo"}``.

    Args:
        items: all of them, in order.
        ident: what a cursor remembers of an item; it survives items that come and go.
        first: page size; 50 when neither end is named.
        after: cursor of the item before the page.
        last: page size from the end.
        before: cursor of the item after the page.
        most: no page is larger.
    """
    start = 0 if not after else _place(items, ident, after) + 1
    stop = len(items) if not before else _place(items, ident, before)
    if last is not None:
        start = max(start, stop - min(last, most))
    else:
        stop = min(stop, start + min(50 if first is None else first, most))
    chosen = items[start:stop]
    cursors = [_cursor(ident(item)) for item in chosen]
    return {
        "edges": [
            {"node": item, "cursor": cursor} for item, cursor in zip(chosen, cursors, strict=True)
        ],
        "pageInfo": {
            "endCursor": cursors[-1] if cursors else after,
            "hasNextPage": stop < len(items),
        },
    }


def _cursor(text: str) -> str:
    return base64.urlsafe_b64encode(f"c:{text}".encode()).decode()


def _place(items: Sequence[T], ident: Callable[[T], str], cursor: str) -> int:
    for place, item in enumerate(items):
        if _cursor(ident(item)) == cursor:
            return place
    return -1
