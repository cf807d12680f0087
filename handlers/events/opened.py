"""The app was opened: its home tab is drawn, its messages tab gets things to ask."""

from handlers.events import Happened, event
from handlers.events.agent import greet
from handlers.services import Services


@event("app_home_opened")
async def opened(happened: Happened, services: Services) -> None:
    """Draws the tab that somebody looks at."""
    user = happened.text("user")
    if happened.text("tab") == "messages":
        await greet(happened, services)
        return
    homes = services.surface.homes
    await homes.opened(user, happened.team)
    await homes.draw(user, happened.team, services)
