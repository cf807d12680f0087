"""Who “my” is: the linked W&B user, asked for once where nobody knows."""

import re
from typing import Final

from analysis.errors import AnalysisError, BadReference
from handlers.conversation.asking import AskBack, Doubt
from handlers.registry import Ask

ASKED: Final = "asked_to_link"
NEVER: Final = "never"
_SLACK_ID: Final = re.compile(r"[UW][A-Z0-9]{5,}\Z")
_OFFERED: Final = 4


async def owner_of(ask: Ask, said: str | None) -> str | None:
    """The W&B user name that an owner's words mean; ``None`` where no owner was said.

    Args:
        ask: Who asks.
        said: ``me``, a Slack user's id, or a W&B user name.

    Raises:
        AskBack: “me”, and it is not known who that is.
        BadReference: The same once the person did not want to be asked; or a colleague who is not
            linked.
    """
    if not said:
        return None
    accounts = ask.services.conversation.accounts
    if said == "me":
        person = await accounts.of(ask.request.user)
        if person is not None:
            return person.wandb
        raise await _unknown(ask)
    if _SLACK_ID.match(said):
        person = await accounts.of(said)
        if person is None:
            raise BadReference(
                "I do not know who that is on W&B.", "They can tell me with /wandb link NAME."
            )
        return person.wandb
    return said


async def candidates(ask: Ask) -> tuple[str, ...]:
    """W&B user names that the person may have: what the e-mail proves, then who runs things."""
    conversation = ask.services.conversation
    proved = await conversation.accounts.proved(ask.request.user)
    entity = ask.context.defaults.entity or ask.services.defaults.entity
    if entity is None:
        try:
            entity = await conversation.directory.home()
        except AnalysisError:
            entity = None
    users = [run.user for run in conversation.directory.seen(entity) if run.user] if entity else []
    return tuple(dict.fromkeys(name for name in (proved, *users) if name))[:_OFFERED]


async def _unknown(ask: Ask) -> AskBack | BadReference:
    conversation = ask.services.conversation
    if await conversation.preferences.get(ask.request.user, ASKED) == NEVER:
        return BadReference("I do not know who you are on W&B.", "Tell me with /wandb link NAME.")
    return AskBack(Doubt("who", "my", names=await candidates(ask)))
