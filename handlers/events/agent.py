"""The agent's conversation: Stop is obeyed, and what somebody looks at is what “this” means."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from handlers.events import Happened, event
from handlers.reply import Topic
from handlers.services import Services
from handlers.stopping import session_key
from handlers.surface.ports import Prompt

_CHANNEL: Final = "slack#/types/channel_id"
_MESSAGE: Final = "slack#/types/message_context"
TITLE: Final = "Ask about your training runs"
PROMPTS: Final = (
    Prompt("What needs me?", "How's training?"),
    Prompt("My last run", "How is my last run doing?"),
    Prompt("Recent failures", "Why did runs fail this week?"),
    Prompt("What can you do?", "help"),
)


@event("agent_session_stopped")
async def stopped(happened: Happened, services: Services) -> None:
    """Ends the work in a thread; the spinner goes at once, whoever does the work."""
    channel, thread = happened.text("channel"), happened.text("thread_ts")
    await services.stops.stop(session_key(channel, thread))
    panel = services.surface.panel
    await panel.session(channel, thread, "active")
    await panel.status(channel, thread, "")


@event("app_context_changed")
async def looks_elsewhere(happened: Happened, services: Services) -> None:
    """Remembers what a person looks at beside the conversation, for “this run”."""
    await note_context(happened, services)


async def greet(happened: Happened, services: Services) -> None:
    """The messages tab was opened: things to ask, about what the person looks at where known."""
    channel, user = happened.text("channel"), happened.text("user")
    await note_context(happened, services)
    if not channel:
        return
    topic = await services.conversation.shown.last(channel, user)
    prompts = [*_about(topic), *PROMPTS]
    await services.surface.panel.suggest(channel, prompts, title=TITLE)


async def note_context(happened: Happened, services: Services) -> None:
    """What a thread or channel in sight was last about becomes what “it” means here."""
    channel, user = happened.text("channel"), happened.text("user")
    context = happened.event.get("context")
    entities = context.get("entities") if isinstance(context, Mapping) else None
    if not channel or not user or not isinstance(entities, Sequence):
        return
    for entity in entities:
        topic = await _topic(entity, user, services) if isinstance(entity, Mapping) else None
        if topic is not None:
            await services.conversation.shown.note(channel, user, topic)
            return


async def _topic(entity: Mapping[str, Any], user: str, services: Services) -> Topic | None:
    value = entity.get("value")
    if entity.get("type") == _MESSAGE and isinstance(value, Mapping):
        channel, ts = str(value.get("channel_id") or ""), str(value.get("message_ts") or "")
        return await services.topics.about(channel, ts)
    if entity.get("type") == _CHANNEL and isinstance(value, str):
        return await services.conversation.shown.last(value, user)
    return None


def _about(topic: Topic | None) -> list[Prompt]:
    """A first prompt about the run that is in sight."""
    if topic is None or len(topic.runs) != 1:
        return []
    path = topic.runs[0]
    return [Prompt(f"How is {path.rpartition('/')[2]}?", f"describe {path}")]
