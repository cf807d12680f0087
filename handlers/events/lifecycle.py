"""The app leaves the workspace: what was kept for it is deleted, and the log says so."""

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from handlers.events import Happened, event
from handlers.services import Services

_LOG: Final = logging.getLogger(__name__)


@event("app_uninstalled")
async def uninstalled(happened: Happened, services: Services) -> None:
    """Deletes everything that was kept of this workspace; nobody is left there to be told."""
    keepsakes = services.surface.keepsakes
    if keepsakes is None:
        _LOG.critical("the app was uninstalled from %s; nothing was kept", happened.team)
        return
    gone = await keepsakes.forget()
    _LOG.critical(
        "the app was uninstalled from %s: %d stored rows were deleted. "
        "After a new installation set SLACK_BOT_TOKEN and start again",
        happened.team,
        sum(gone.values()),
    )


@event("tokens_revoked")
async def revoked(happened: Happened, services: Services) -> None:
    """Says that the bot's token is void. A token can be renewed: nothing is deleted for that."""
    tokens = happened.event.get("tokens")
    bots = tokens.get("bot") if isinstance(tokens, Mapping) else None
    if isinstance(bots, Sequence) and bots:
        _LOG.critical("Slack has revoked the bot's token: set SLACK_BOT_TOKEN anew, start again")
