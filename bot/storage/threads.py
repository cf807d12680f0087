"""What each thread is about: never read back from Slack, and kept over restarts."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import upsert
from bot.storage.tables import threads
from handlers.reply import Topic


async def remember(
    connection: AsyncConnection, channel: str, thread_ts: str, topic: Topic, *, now: datetime
) -> None:
    """Notes what a thread is about from now on."""
    values = {
        "channel": channel,
        "thread_ts": thread_ts,
        "kind": topic.kind,
        "runs": list(topic.runs),
        "extra": dict(topic.extra),
        "updated_at": now,
    }
    await upsert(connection, threads, values)


async def topic(connection: AsyncConnection, channel: str, thread_ts: str) -> Topic | None:
    """What a thread is about, if the app takes part in it."""
    query = select(threads).where(threads.c.channel == channel, threads.c.thread_ts == thread_ts)
    row = (await connection.execute(query)).first()
    return Topic(row.kind, tuple(row.runs), row.extra) if row else None


async def forget(connection: AsyncConnection, *, before: datetime) -> int:
    """Drops threads that were quiet since; how many."""
    done = await connection.execute(delete(threads).where(threads.c.updated_at < before))
    return done.rowcount
