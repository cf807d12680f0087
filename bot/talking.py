"""Puts the conversation together: the directory, the database's memory, reading and drawing."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from analysis.comparing.matter import By
from analysis.metric_lines import Lines, MetricAnswer, read_metrics
from analysis.plots.studio import Studio
from analysis.ranking import Ranking, best_runs
from analysis.refs import RunRef
from analysis.sources.base import Effort, RunQuery
from analysis.sources.wandb import WandbSource
from bot.conversation import (
    StoredAccounts,
    StoredPreferences,
    StoredQuestions,
    StoredTopics,
    StoredUndos,
)
from bot.directory import Directory
from bot.settings import Settings
from bot.storage import Database, watches
from handlers.conversation.ports import Conversation
from handlers.ports import Clock
from handlers.reply import Image

_LOG: Final = logging.getLogger(__name__)


def conversation(
    settings: Settings,
    *,
    database: Database,
    source: WandbSource,
    studio: Studio,
    directory: Directory,
    topics: StoredTopics,
    user_info: Callable[[str], Awaitable[Mapping[str, Any]]],
    clock: Clock,
) -> Conversation:
    """Everything that the conversation reaches.

    Args:
        settings: Effort and metric names.
        database: Where accounts, defaults, questions and undos are kept.
        source: Where the runs are.
        studio: Draws.
        directory: Looks runs up; whoever made it closes it.
        topics: What was last shown is kept beside what threads are about.
        user_info: Slack's ``users.info``.
        clock: Time.
    """
    effort = Effort(settings.describe.deadline_s, settings.describe.points)

    async def read(refs: Sequence[RunRef], said: Sequence[str], *, by: By = "step") -> MetricAnswer:
        return await read_metrics(
            source, refs, said, now=clock.now(), by=by, effort=effort, overrides=settings.metrics
        )

    async def rank(query: RunQuery, *, metric: str | None = None, top: int = 5) -> Ranking:
        return await best_runs(source, query, now=clock.now(), metric=metric, top=top)

    async def count(channel: str) -> int:
        async with database.read() as connection:
            return len(await watches.in_channel(connection, channel))

    return Conversation(
        directory=directory,
        accounts=StoredAccounts(database, clock, user_info, source.viewer),
        preferences=StoredPreferences(database, clock),
        questions=StoredQuestions(database, clock),
        undos=StoredUndos(database, clock),
        shown=topics,
        read_metric=read,
        rank=rank,
        draw=line_drawer(studio),
        count_watches=count,
    )


def line_drawer(studio: Studio) -> Callable[[Lines], Awaitable[Image | None]]:
    """Draws lines in a studio; a drawing that fails never costs the answer."""

    async def draw(lines: Lines) -> Image | None:
        from functools import partial

        from analysis.plots.lines import alt_text, render_lines

        if not lines.drawable:
            return None
        try:
            picture = await studio.paint(lines.key(), alt_text(lines), partial(render_lines, lines))
        except Exception:  # noqa: BLE001 - whatever matplotlib meets, the answer stands without it
            _LOG.exception("the curves of %s could not be drawn", lines.title)
            return None
        return Image("metrics", picture.png, picture.alt, picture.key)

    return draw
