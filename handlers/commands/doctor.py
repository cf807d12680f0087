"""`doctor`: what is set up well and what is not, for administrators only."""

from collections.abc import AsyncIterator

from analysis.errors import NotAllowed
from handlers.language.intents import Intent
from handlers.registry import Ask, command
from handlers.reply import Reply
from handlers.views import checkup as view


@command(Intent.DOCTOR)
async def doctor(ask: Ask) -> AsyncIterator[Reply]:
    """Looks the installation over; the answer is for the person only."""
    look = ask.services.doctor
    if look is None:
        raise NotAllowed("There is no doctor here.", "Run `wandb-bot doctor` on the bot's machine.")
    found = await look(ask.request.user)
    yield Reply(view.message(found), audience="person")
