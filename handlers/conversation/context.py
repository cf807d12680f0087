"""What a request's text is read with: who speaks, defaults, the thread's topic, known runs.

Nothing of it is read back from Slack. Known runs come from what is kept of the default project;
where W&B has not answered yet, a sentence is read without them after a short wait.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from analysis.errors import AnalysisError
from analysis.refs import Defaults as Ours
from analysis.refs import ProjectRef
from analysis.run import Run
from handlers.conversation.ports import Conversation, Place
from handlers.conversation.which import known_run
from handlers.language.intents import Bot, Context, Defaults, Thread, User
from handlers.ports import Clock
from handlers.reply import Topic
from handlers.request import Request
from handlers.services import Access, Topics
from handlers.waiting import background

PATIENCE_S: Final = 1.5
_MORE_S: Final = 1.0  # where no run is known at all, a name that is a plain word would be misread
_KNOWN: Final = 200
_ADDRESSED: Final = {"command": "command", "mention": "mention", "direct": "dm"}


@dataclass(frozen=True, slots=True)
class ContextBuilder:
    """``services.ContextOf``.

    Attributes:
        topics: What threads are about.
        conversation: Accounts, defaults, what was shown, the directory.
        access: Nothing of an entity that may not be told is looked up.
        clock: Time.
        ours: The defaults of W&B's own settings.
    """

    topics: Topics
    conversation: Conversation
    access: Access
    clock: Clock
    ours: Ours

    async def __call__(self, request: Request, /, *, patience_s: float | None = None) -> Context:
        """The context of a request; it never fails because W&B does.

        Args:
            request: What was said, where and by whom.
            patience_s: How long W&B may take to list the runs, if that is not the usual.
        """
        topic = await self._topic(request)
        addressed = _ADDRESSED.get(request.kind, "command" if request.click else "thread")
        if addressed == "thread" and topic is None:
            return Context(addressed="thread", now=self.clock.now())
        person = await self.conversation.accounts.of(request.user)
        place = await self.place(request)
        known = await self._known(request, place, PATIENCE_S if patience_s is None else patience_s)
        return Context(
            addressed=addressed,
            now=self.clock.now(),
            user=User(slack_id=request.user, wandb=person.wandb if person else None),
            bot=Bot(slack_id=request.bot_user or None),
            defaults=Defaults(
                entity=place.entity if place else None, project=place.project if place else None
            ),
            thread=_thread(topic),
            known_runs=tuple(known_run(run) for run in known)[:_KNOWN],
        )

    async def place(self, request: Request) -> Place | None:
        """The default place: the channel's, else the person's, else that of W&B's settings."""
        preferences = self.conversation.preferences
        if request.channel and request.place != "direct":
            found = await preferences.default("channel", request.channel)
            if found is not None:
                return found
        found = await preferences.default("user", request.user)
        if found is not None or self.ours.entity is None:
            return found
        return Place(self.ours.entity, self.ours.project)

    async def _topic(self, request: Request) -> Topic | None:
        if request.channel is None:
            return None
        thread = request.thread_ts
        if thread is not None:
            found = await self.topics.about(request.channel, thread)
            if found is not None or request.kind == "overheard":
                return found
        shown = await self.conversation.shown.last(request.channel, request.user)
        if shown is not None and shown.kind != "list" and request.place != "direct":
            return None  # in a channel “it” needs a thread; “run 3” is of the list just shown
        return shown

    async def _known(
        self, request: Request, place: Place | None, patience_s: float
    ) -> Iterable[Run]:
        allowed: list[str] = []
        try:
            async with background(self._looked_up(request, place, allowed), self.clock) as work:
                if await work.done_within(patience_s):
                    return await work.result()
                # W&B is slow to list them: those that were met before are known all the same.
                seen = self.conversation.directory.seen
                met = tuple(run for entity in allowed for run in seen(entity))
                if not met and await work.done_within(_MORE_S):
                    return await work.result()
                return met
        except AnalysisError:
            return ()

    async def _looked_up(
        self, request: Request, place: Place | None, allowed: list[str]
    ) -> Iterable[Run]:
        """The newest runs of the default place, of the key's entity without one; then others.

        Args:
            request: Who asks.
            place: The default place.
            allowed: Takes the entity once it is sure that it may be told of.
        """
        directory = self.conversation.directory
        entity = place.entity if place is not None else await directory.home()
        if entity is None or await self._refused(request, entity):
            return ()
        allowed.append(entity)
        recent: tuple[Run, ...] = ()
        if request.click is None:  # a click names its run
            recent = await directory.recent(ProjectRef(entity, place.project if place else None))
        return {run.ref: run for run in (*recent, *directory.seen(entity))}.values()

    async def _refused(self, request: Request, entity: str) -> bool:
        try:
            return await self.access.may_read(request, entity) is not None
        except AnalysisError:
            return True


def _thread(topic: Topic | None) -> Thread:
    if topic is None:
        return Thread()
    return Thread(kind=topic.kind, runs=topic.runs)
