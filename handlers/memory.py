"""What the handlers remember, in bounded memory: enough for one process without a database."""

from collections import OrderedDict

from handlers.reply import Posted, Topic


class RecentDeliveries:
    """``services.Seen`` for one process.

    Args:
        size: Deliveries that are remembered; the oldest are forgotten first.
    """

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def first(self, delivery: str) -> bool:
        """Whether this delivery is new; it is remembered from now on."""
        if delivery in self._seen:
            return False
        self._seen[delivery] = None
        if len(self._seen) > self._size:
            self._seen.popitem(last=False)
        return True


class RecentTopics:
    """``services.Topics`` for one process.

    Args:
        size: Threads that are remembered; the least recently used are forgotten first.
    """

    def __init__(self, size: int = 5_000) -> None:
        self._size = size
        self._topics: OrderedDict[tuple[str, str], Topic] = OrderedDict()

    async def about(self, channel: str, thread_ts: str) -> Topic | None:
        """What a thread is about, where it is known."""
        found = self._topics.get((channel, thread_ts))
        if found is not None:
            self._topics.move_to_end((channel, thread_ts))
        return found

    async def remember(self, posted: Posted, topic: Topic) -> None:
        """A message, and the thread that it stands in or may open, is about this from now on."""
        key = (posted.channel, posted.thread_ts or posted.ts)
        self._topics[key] = topic
        self._topics.move_to_end(key)
        if len(self._topics) > self._size:
            self._topics.popitem(last=False)
