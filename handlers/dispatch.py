"""A request becomes a command and its arguments; its replies are delivered; errors become replies.

No command has a ``try`` of its own: what it raises is turned into a kind sentence here.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any, Final, cast

from analysis.errors import AnalysisError
from handlers import registry
from handlers.conversation.asking import AskBack, asked
from handlers.delivery import Delivery
from handlers.events import EVENTS, Happened
from handlers.language.intents import Context, Intent, Understanding
from handlers.problems import SlackProblem
from handlers.progress import Teller
from handlers.registry import Ask
from handlers.reply import Message, Posted, Reply
from handlers.request import Request
from handlers.services import Services
from handlers.stopping import Stopped, session_key, stoppable, whole
from handlers.streaming import StreamedDelivery, streams
from handlers.surface.home import changes
from handlers.surface.presence import presence
from handlers.views import problem as problems
from handlers.views.progress import cancel_token, cancelled
from handlers.waiting import background

_LOG: Final = logging.getLogger(__name__)
_WORKING: Final = "Working on it"
_LATE_S: Final = 15.0
"""How long the names of runs are waited for where a sentence means nothing without them."""
_UNSEEN_S: Final = 0.5
_CLICKED: Final = Understanding(intent=Intent.UNKNOWN, confidence=1.0)


class Dispatcher:
    """Answers requests.

    Args:
        services: Everything that commands may use.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        registry.load()

    async def answer(self, request: Request) -> None:
        """Answers one request, whatever happens; raises nothing but cancellation."""
        services = self._services
        action = registry.action_for(request.click.id) if request.click else None
        in_place = action is not None and action.in_place
        delivery = self._delivery(request, in_place=in_place)
        try:
            async with stoppable(services.stops, _keys(request)):
                await self._answer(request, delivery)
        except Stopped:
            _LOG.info("request %s was cancelled", request.id)
            await delivery.settle(cancelled())
        except AnalysisError as error:
            _LOG.info("request %s: %s", request.id, error)
            await delivery.complain(problems.analysis_problem(error))
        except SlackProblem as problem:
            _LOG.warning("request %s: Slack answered %s", request.id, problem)
            await delivery.complain(problems.slack_problem(problem))
        except Exception:  # noqa: BLE001 - the last line of defence: nobody is left without a word
            _LOG.exception("request %s failed", request.id)
            await delivery.complain(problems.our_fault(request.id))

    async def hear(self, happened: Happened) -> None:
        """Does what an event asks for; nobody waits for a word, so errors go to the log."""
        name = happened.text("type")
        heard = EVENTS.get(name)
        if heard is None:
            return
        try:
            await heard(happened, self._services)
        except (AnalysisError, SlackProblem) as error:
            _LOG.info("event %s: %s", name, error)
        except Exception:  # noqa: BLE001 - the last line of defence: one event is not the end
            _LOG.exception("event %s failed", name)

    async def options(self, request: Request) -> Mapping[str, Any]:
        """The choices of an external select; none where they cannot be had."""
        source = registry.OPTIONS.get(request.click.id) if request.click else None
        if source is None or await self._services.access.may_ask(request) is not None:
            return {"options": []}
        try:
            return await source(request, self._services)
        except AnalysisError as error:
            _LOG.info("request %s: %s", request.id, error)
            return {"options": []}

    def errors_in(self, request: Request) -> Mapping[str, str]:
        """What is wrong with a submitted modal, by input block."""
        modal = registry.MODALS.get(request.click.id) if request.click else None
        return modal.check(request) if modal is not None and modal.check is not None else {}

    def _delivery(self, request: Request, *, in_place: bool) -> Delivery:
        services = self._services
        if services.places is not None and streams(request):
            return StreamedDelivery(request, services.sender, services.clock, services.places.panel)
        return Delivery(request, services.sender, services.clock, in_place=in_place)

    async def _answer(self, request: Request, delivery: Delivery) -> None:
        refusal = await self._services.access.may_ask(request)
        if refusal is not None:
            if request.kind != "overheard":
                raise refusal
            return
        ask = await self._ask(request)
        replies = None if ask is None else self._replies(ask)
        if ask is None or replies is None:
            return
        async with presence(request, ask.reading.intent, self._services):
            try:
                await self._show(ask, replies, delivery)
            except AskBack as back:
                if request.kind != "overheard":  # a sentence to somebody else is never asked back
                    question = await asked(back.ask or ask, back.doubt)
                    await self._show(ask, _one(question), delivery)
        if self._services.places is not None and changes(ask):
            await self._services.places.homes.changed(request.user, self._services)

    async def _show(self, ask: Ask, replies: AsyncIterator[Reply], delivery: Delivery) -> None:
        async def show(reply: Reply) -> None:
            # What stands already is about this from now on, however long its picture takes.
            await self._remember(ask.request, delivery.posted, reply)
            fresh = delivery.posted is None
            posted = await whole(delivery.show(reply))
            if fresh:
                await self._remember(ask.request, posted, reply)

        token = cancel_token(ask.request.id, ask.request.user)
        teller = Teller(show, self._services.clock, ask.tale, token)
        last: Reply | None = None
        # Every answer is an asynchronous generator: closed here, whatever happens.
        async with teller.telling(), aclosing(cast("Any", replies)) as open_replies:
            async for reply in open_replies:
                last = reply
                await teller.show(reply)
        if last is not None and last.details and last.audience != "person":
            await delivery.follow(delivery.posted, last.details)

    async def _remember(self, request: Request, posted: Posted | None, reply: Reply) -> None:
        topic = reply.remember
        if topic is None:
            return
        if posted is not None:
            await self._services.topics.remember(posted, topic)
        if request.channel is not None and (request.thread_ts is None or topic.kind == "list"):
            shown = self._services.conversation.shown
            await shown.note(request.channel, request.user, topic)

    async def _ask(self, request: Request) -> Ask | None:
        """The request and what was understood of it; ``None`` where nothing is said to us."""
        services = self._services
        context = await services.context_of(request)
        if request.click is not None:
            return Ask(request, _CLICKED, services, context)
        if request.kind == "overheard" and context.thread.kind == "none":
            return None
        reading = services.understand(request.text, context)
        silent = reading.intent in {Intent.UNKNOWN, Intent.CLARIFY}
        if request.kind == "overheard" and silent:
            return None
        if silent and not context.known_runs:
            # The names of the runs may have been late: a plain word can be one. Read once more.
            context = await self._late_context(request, reading.intent)
            reading = services.understand(request.text, context)
        return Ask(request, reading, services, context)

    async def _late_context(self, request: Request, intent: Intent) -> Context:
        """The context, however slow W&B is; where that takes a while it is seen that we wait."""
        services = self._services
        look = services.context_of(request, patience_s=_LATE_S)
        async with background(look, services.clock) as work:
            if await work.done_within(_UNSEEN_S):
                return await work.result()
            async with presence(request, intent, services):
                return await work.result()

    def _replies(self, ask: Ask) -> AsyncIterator[Reply] | None:
        click = ask.request.click
        if click is not None:
            if ask.request.kind == "view":
                modal = registry.MODALS.get(click.id)
                return modal.answer(ask) if modal is not None else None
            action = registry.action_for(click.id)
            if action is None or not action.keeps:
                return action.answer(ask) if action is not None else None
            return _standing(action.answer(ask), click.shown)
        found = registry.command_for(ask.reading)
        if found is None and ask.request.kind == "overheard":
            return None
        return (found or registry.COMMANDS[Intent.UNKNOWN])(ask)


async def _standing(replies: AsyncIterator[Reply], shown: Message | None) -> AsyncIterator[Reply]:
    """The replies of a button whose message stays until the answer is there.

    Its promises are that message itself, with what is being done; one that cannot be shown again
    makes none.
    """
    async with aclosing(cast("Any", replies)) as open_replies:
        async for reply in open_replies:
            if not reply.interim:
                yield reply
            elif shown is not None:
                step = reply.step or _WORKING
                yield Reply(shown, interim=True, if_stopped=shown, step=step, kept=True)


def _keys(request: Request) -> tuple[str, ...]:
    """By what this answer may be stopped: its button, and in direct messages the session's Stop."""
    thread = request.thread_ts or request.message_ts
    if request.place != "direct" or request.channel is None or thread is None:
        return (request.id,)
    return request.id, session_key(request.channel, thread)


async def _one(reply: Reply) -> AsyncIterator[Reply]:
    yield reply
