"""How long from a change to its message, at 1,000 watches in 100 channels of one workspace.

``python -m benchmarks.delivery [--watches N] [--channels N] [--changes-per-minute N]
[--minutes M] [--database URL]``

One process with the product's own paces (a look every 30 s, one post a second and channel) works
against the local Slack with its rate limits on. The source of changes is a clockwork: at random
moments a change happens to a random watch, and the next look finds it. Measured from the moment of
the change to the moment when the message stands in Slack. The look itself costs nothing here:
what W&B adds is measured by ``benchmarks.ticks``.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from analysis.errors import AnalysisError
from bot.background.ports import Batch, CardChange, Found, Post
from bot.background.service import Background, Paces, Work
from bot.clock import SystemClock
from bot.demo.slack import LocalSlack
from bot.storage import CardKey, Outgoing, Target, open_database, watches
from handlers.reply import Message
from handlers.sending import SlackSender, clients
from tests.support import postgres
from tests.support.replica import NothingScheduled

PROJECTS = 50


class Clockwork:
    """Changes at random moments; a look finds those since the last one."""

    def __init__(self) -> None:
        self.waiting: dict[int, list[float]] = {}
        self.happened = 0

    def change(self, watch: int) -> None:
        """Something happens to a watch's run now."""
        self.waiting.setdefault(watch, []).append(time.time())
        self.happened += 1

    async def look(self, batch: Batch) -> Found:
        """The changes of the batch's watches, each an alert in its card's thread."""
        cards: list[CardChange] = []
        posts: list[Post] = []
        for watch in batch.watches:
            for at in self.waiting.pop(watch.id, ()):
                key = CardKey(watch.channel, "run", f"{watch.id}")
                cards.append(CardChange(key, {"at": at}, watch.id))
                what = Outgoing(f"a:{watch.id}:{at}", watch.channel, "alert", {"at": at})
                posts.append(Post(what, watch.id, thread_of=key))
        return Found(batch.state, cards=tuple(cards), posts=tuple(posts))

    async def unreachable(
        self, batch: Batch, since: datetime, error: AnalysisError | None
    ) -> Found:
        """Never happens here."""
        raise AssertionError(error)


def render(kind: str, payload: Mapping[str, Any], now: datetime) -> Message:
    """A line of text."""
    return Message(f"{kind} {payload}")


async def measure(options: argparse.Namespace, url: str) -> list[float]:
    """Seconds from change to message, of all changes."""
    rng = random.Random(options.seed)
    async with LocalSlack() as slack, aiohttp.ClientSession() as session:
        slack.enforce_rates = True
        channels = [slack.add_channel(f"c{number}").id for number in range(options.channels)]
        database = await open_database(url)
        now = datetime.now(UTC)
        ids: list[int] = []
        async with database.begin() as connection:
            for number in range(options.watches):
                made = await watches.add(
                    connection,
                    channel=channels[number % len(channels)],
                    target=Target(f"team{number // len(channels)}", f"p{number % PROJECTS}"),
                    creator="U1",
                    now=now,
                )
                ids.append(made.id)
        source, nothing = Clockwork(), NothingScheduled()
        steady, once = clients(
            slack.app.bot_token, base_url=slack.api_url, session=session, clock=SystemClock()
        )
        background = Background(
            database=database,
            sender=SlackSender(steady, once, session, SystemClock()),
            render=render,
            work=Work(source, nothing, nothing),
            clock=SystemClock(),
            paces=replace(Paces()),
        )
        await background.start()
        end = time.monotonic() + options.minutes * 60
        began = time.process_time()
        while time.monotonic() < end:
            await asyncio.sleep(rng.expovariate(options.changes_per_minute / 60))
            source.change(rng.choice(ids))
        cpu = (time.process_time() - began) / (options.minutes * 60)

        def alerts() -> list[tuple[str, float]]:
            keyed = [(m, (m.metadata or {}).get("event_payload", {})) for m in slack.posts()]
            return [(p["key"], float(m.ts)) for m, p in keyed if p.get("key", "").startswith("a:")]

        await slack.until(lambda: len(alerts()) >= source.happened, 180.0)
        found = alerts()
        await background.stop()
        await database.close()
        print(f"changes {source.happened}, messages {len(found)}, CPU {cpu:.1%}")
        if len(found) != source.happened or len({key for key, _ in found}) != len(found):
            raise SystemExit("messages are missing or doubled")
        return sorted(ts - float(key.split(":")[2]) for key, ts in found)


def main(argv: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watches", type=int, default=1_000)
    parser.add_argument("--channels", type=int, default=100)
    parser.add_argument("--changes-per-minute", type=float, default=20)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument(
        "--database", default="", help="“postgres” starts one, as the tests do; SQLite by default"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = options.database or f"sqlite:///{folder / 'bot.db'}"
        if url == "postgres":
            url = stack.enter_context(stack.enter_context(postgres.server()).database())
        waits = asyncio.run(measure(options, url))
    for name, part in (("median", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
        print(f"{name:7} {waits[min(len(waits) - 1, int(part * len(waits)))]:6.1f} s")


if __name__ == "__main__":
    main()
