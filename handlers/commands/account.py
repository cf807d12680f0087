"""`link NAME`, `unlink`: who a Slack user is on W&B, proved by e-mail or confirmed in private."""

import json
from collections.abc import AsyncIterator
from typing import Any

from analysis.errors import AnalysisError
from analysis.refs import ProjectRef
from analysis.run import Run
from analysis.sources.base import RunQuery
from handlers.conversation.going_on import go_on
from handlers.conversation.owner import ASKED, NEVER, candidates
from handlers.conversation.ports import Proof
from handlers.conversation.which import defaults_of, may_read
from handlers.language.intents import Intent
from handlers.registry import Ask, action, command
from handlers.reply import Reply
from handlers.views import account as view
from handlers.views.choices import LINK, NOT_NOW


@command(Intent.LINK_ACCOUNT)
async def link(ask: Ask) -> AsyncIterator[Reply]:
    """Links what an e-mail proves at once; asks to confirm what nothing proves."""
    accounts = ask.services.conversation.accounts
    name = (ask.reading.slots.owner or "").strip().lstrip("@")
    if not name:
        person = await accounts.of(ask.request.user)
        names = () if person else await candidates(ask)
        yield Reply(view.who_you_are(person, names), audience="person")
        return
    yield await _linked_or_asked(ask, name)


@command("unlink")
async def unlink(ask: Ask) -> AsyncIterator[Reply]:
    """Forgets the link."""
    was = await ask.services.conversation.accounts.unlink(ask.request.user)
    yield Reply(view.unlinked(was=was), audience="person")


@action(view.UNLINK, in_place=True)
async def forget(ask: Ask) -> AsyncIterator[Reply]:
    """The button does the same."""
    async for reply in unlink(ask):
        yield reply


@action(LINK, in_place=True)
async def link_me(ask: Ask) -> AsyncIterator[Reply]:
    """“I am NAME”, said by a click: links, then goes on with what was asked, if anything was."""
    told = _told(ask)
    name = str(told.get("name") or "")
    conversation = ask.services.conversation
    proved = await conversation.accounts.proved(ask.request.user)
    proof: Proof = "email" if proved is not None and proved.lower() == name.lower() else "confirmed"
    await conversation.accounts.link(ask.request.user, name, proof)
    yield Reply(view.linked(name, proof), audience="person")
    question = await conversation.questions.recall(str(told.get("question") or ""))
    if question is not None and question.asker == ask.request.user:
        async for reply in go_on(ask, question.reading):
            yield reply


@action(view.CONFIRM, in_place=True)
async def confirm(ask: Ask) -> AsyncIterator[Reply]:
    """The person says that the name is theirs."""
    name = ask.request.click.value if ask.request.click else ""
    await ask.services.conversation.accounts.link(ask.request.user, name, "confirmed")
    yield Reply(view.linked(name, "confirmed"), audience="person")


@action(NOT_NOW, in_place=True)
async def never(ask: Ask) -> AsyncIterator[Reply]:
    """“Don’t ask again” is remembered."""
    await ask.services.conversation.preferences.put(ask.request.user, ASKED, NEVER)
    yield Reply(view.will_not_ask(), audience="person")


async def _linked_or_asked(ask: Ask, name: str) -> Reply:
    accounts = ask.services.conversation.accounts
    proved = await accounts.proved(ask.request.user)
    if proved is not None and proved.lower() == name.lower():
        await accounts.link(ask.request.user, proved, "email")
        return Reply(view.linked(proved, "email"), audience="person")
    runs, known = await _runs_of(ask, name)
    return Reply(view.confirm(name, runs, known=known), audience="person")


async def _runs_of(ask: Ask, name: str) -> tuple[tuple[Run, ...], bool]:
    """The user's newest run, for the person to recognise; and whether it could be looked for."""
    directory = ask.services.conversation.directory
    try:
        defaults = defaults_of(ask)
        entity = defaults.entity or await directory.home()
        if entity is None:
            return (), False
        await may_read(ask, entity)
        query = RunQuery(ProjectRef(entity, defaults.project), filters={"username": name}, limit=1)
        return (await directory.page(query)).runs, True
    except AnalysisError:
        return (), False


def _told(ask: Ask) -> dict[str, Any]:
    try:
        told = json.loads(ask.request.click.value if ask.request.click else "")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
