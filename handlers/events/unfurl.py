"""Links to W&B unfurl into compact cards; where a card is not wanted or not allowed, silently not.

Not for three or more links in one message, nor for a link that was shown in the channel within
half an hour (GitHub's rules), nor in channels shared with another organisation, nor for anything
of an entity that this workspace is not told about: there is no sign of that either.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from analysis.errors import AnalysisError
from analysis.plots.curves import RunCurves
from analysis.refs import Link, ProjectRef, RunRef, read_link
from analysis.sources.base import Effort, RunQuery
from handlers.events import Happened, event
from handlers.problems import SlackProblem
from handlers.reply import Message
from handlers.request import Request
from handlers.services import Services
from handlers.surface.ports import Source
from handlers.views import unfurl as view

MOST_LINKS: Final = 2
EFFORT: Final = Effort(deadline_s=5.0)
"""A card is worth less than an answer: what has not come by then is left out."""
_COMPOSER: Final = "composer"
_PAGE: Final = 50
_LOG: Final = logging.getLogger(__name__)


@event("link_shared")
async def shared(happened: Happened, services: Services) -> None:
    """Shows cards under the links of a message, or of one that is still being written."""
    links = _links(happened, services)
    if not 0 < len(links) <= MOST_LINKS or happened.shared:
        return
    source: Source = "composer" if happened.text("source") == _COMPOSER else "conversations_history"
    channel = "" if source == "composer" else happened.text("channel")
    sightings = services.surface.sightings
    if channel and not await sightings.wanted(channel):
        return
    allowed = await _allowed(happened, services, links)
    claimed = [one for one in allowed if not channel or await sightings.claim(channel, one.path)]
    cards = await asyncio.gather(*(_card(services, one) for one in claimed))
    shown = {one.url: card for one, card in zip(claimed, cards, strict=True) if card is not None}
    try:
        if shown:
            await services.surface.panel.unfurl(happened.text("unfurl_id"), source, shown)
    except SlackProblem as problem:
        _LOG.info("Slack did not take a card: %s", problem)
        shown = {}
    for one in claimed:
        if channel and one.url not in shown:
            await sightings.release(channel, one.path)


def _links(happened: Happened, services: Services) -> list[Link]:
    """The links of the message that are ours; each page once, as it was written first."""
    told = happened.event.get("links")
    urls = [str(one.get("url") or "") for one in told or () if isinstance(one, dict)]
    if len(urls) > MOST_LINKS:
        return []
    found = (read_link(url, services.defaults) for url in urls)
    return list({one.path: one for one in reversed([f for f in found if f])}.values())[::-1]


async def _allowed(happened: Happened, services: Services, links: Sequence[Link]) -> Sequence[Link]:
    """Those that the person who posted them may be told about, and everybody there with them."""
    request = Request(
        kind="overheard",
        user=happened.text("user"),
        team=happened.team,
        channel=happened.text("channel") or None,
        thread_ts=happened.text("thread_ts") or None,
        message_ts=happened.text("message_ts") or None,
        bot_user=happened.bot_user,
    )
    access = services.access
    try:
        if await access.may_ask(request) is not None:
            return ()
        return [one for one in links if await access.may_read(request, one.entity) is None]
    except AnalysisError as error:
        _LOG.info("no card: %s", error)
        return ()


async def _card(services: Services, link: Link) -> Message | None:
    """The card of a link; none where W&B does not tell."""
    try:
        match link.kind:
            case "run":
                return await _run(services, link)
            case "sweep" | "group":
                return await _many(services, link, {link.kind: link.id})
            case "project" | "workspace" | "entity":
                return await _many(services, link, {})
            case "report":
                return view.report(link)
    except AnalysisError as error:
        _LOG.info("no card for a %s: %s", link.kind, error)
        return None


async def _run(services: Services, link: Link) -> Message:
    ref = RunRef(link.entity, link.project or "", link.id)
    examined = await services.examine(ref, effort=EFFORT)
    picture = await services.draw(_small(examined.curves))
    return view.run(examined.report, now=services.clock.now(), picture=picture)


def _small(curves: RunCurves) -> RunCurves:
    """The leading curve alone, so that the picture stays small."""
    if curves.loss is not None:
        return replace(curves, gradient=None, quality=None, learning_rate=None)
    return replace(curves, learning_rate=None)


async def _many(services: Services, link: Link, filters: dict[str, str]) -> Message | None:
    """A card of several runs; none of a sweep or group without any: there may be no such thing."""
    within = ProjectRef(link.entity, link.project)
    query = RunQuery(within, filters=filters, order="-heartbeat_at", limit=_PAGE)
    page = await services.conversation.directory.page(query)
    if filters and not page.runs:
        return None
    return view.many(link, page, now=services.clock.now())
