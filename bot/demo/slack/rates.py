"""Slack's rate limits, per method and workspace; posting also per channel."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

_TIER_2: Final = (
    *("chat.startStream", "chat.stopStream", "conversations.list", "users.list", "pins.add"),
    "pins.remove",
)
_TIER_3: Final = (
    *("chat.update", "chat.delete", "chat.unfurl", "conversations.info", "conversations.open"),
    *("conversations.join", "conversations.history", "conversations.replies", "reactions.add"),
    *("users.conversations", "users.lookupByEmail", "agents.sessions.setStatus"),
)
PER_MINUTE: Final = {
    **dict.fromkeys(_TIER_2, 20),
    **dict.fromkeys(_TIER_3, 50),
    "apps.connections.open": 10,
}
DEFAULT: Final = 100
POST_BURST: Final = 10
POST_SECONDS: Final = 1.0


class Rates:
    """Counts calls in a sliding minute by the workspace's clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[str, deque[float]] = {}

    def wait_for(self, method: str, channel: str = "") -> int:
        """Seconds to wait before this call is welcome; 0 counts it as made."""
        if method == "chat.postMessage":
            return self._room(f"{method}:{channel}", POST_BURST, POST_BURST * POST_SECONDS)
        return self._room(method, PER_MINUTE.get(method, DEFAULT), 60.0)

    def _room(self, key: str, most: int, window: float) -> int:
        now = self._clock()
        seen = self._seen.setdefault(key, deque())
        while seen and seen[0] <= now - window:
            seen.popleft()
        if len(seen) >= most:
            return max(1, int(seen[0] + window - now + 0.999))
        seen.append(now)
        return 0
