"""The doctor for administrators in Slack: the same checks, for those who may see them."""

from collections.abc import Awaitable, Callable

from analysis.errors import NotAllowed
from bot.doctor import checkup
from bot.settings import Settings
from handlers.checkup import Checkup, Doctor


def for_admins(settings: Settings, is_admin: Callable[[str], Awaitable[bool]]) -> Doctor:
    """``handlers.checkup.Doctor`` over the application's own settings."""

    async def look(user: str) -> Checkup:
        if not await is_admin(user):
            raise NotAllowed(
                "Only administrators may look behind the scenes.",
                "Workspace admins may, and the user ids in WANDB_BOT_ACCESS__ADMINS.",
            )
        return await checkup(settings)

    return look
