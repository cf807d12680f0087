"""What happens in Slack without anybody asking: each file puts its events into the table.

To hear another event, write one file here::

    @event("link_shared")
    async def shared(happened: Happened, services: Services) -> None: ...
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from handlers.services import Services


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, as Slack delivered it.

    Attributes:
        event: The inner event.
        team: The workspace that the app serves.
        shared: Whether it happened in a conversation shared with another organisation.
        bot_user: The app's own Slack id.
    """

    event: Mapping[str, Any]
    team: str = ""
    shared: bool = False
    bot_user: str = ""

    def text(self, key: str) -> str:
        """A text of the event; empty where there is none."""
        value = self.event.get(key)
        return value if isinstance(value, str) else ""


Handler = Callable[[Happened, Services], Awaitable[None]]

EVENTS: dict[str, Handler] = {}


def event(name: str) -> Callable[[Handler], Handler]:
    """Registers who hears an event; one an event."""

    def register(function: Handler) -> Handler:
        EVENTS[name] = function
        return function

    return register


@cache
def load() -> None:
    """Reads this folder, once, in order of the names."""
    package = importlib.import_module(__name__)
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        importlib.import_module(f"{__name__}.{module.name}")


def happened(body: Mapping[str, Any], bot_user: str) -> Happened:
    """The event of a delivery."""
    inner = body.get("event")
    return Happened(
        inner if isinstance(inner, Mapping) else {},
        str(body.get("team_id") or ""),
        bool(body.get("is_ext_shared_channel")),
        bot_user,
    )
