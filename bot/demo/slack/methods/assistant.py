"""The agent's surface: status lines, suggested prompts, titles, sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.demo.slack.errors import SlackError
from bot.demo.slack.methods.table import Request, method, own_channel, thread_in
from bot.demo.slack.model import Json
from handlers.views import limits

_SESSION_STATES = ("processing", "active", "suspended", "closed")


@method("assistant.threads.setStatus", "chat:write", "assistant:write")
def set_status(request: Request) -> Json:
    """Say below a thread what the app is doing; an empty status clears it."""
    ws = request.workspace
    channel = own_channel(request, "channel_id")
    request.needed("thread_ts")
    thread = thread_in(request, channel) or ""
    if "status" not in request.args:
        raise SlackError("invalid_arguments")
    loading = request.value("loading_messages") or []
    if len(loading) > limits.LOADING_MESSAGES:
        raise SlackError("invalid_arguments")
    if request.text("status"):
        status = {"status": request.text("status"), "loading": loading, "at": ws.clock()}
        ws.statuses[channel.id, thread] = status
    else:
        ws.statuses.pop((channel.id, thread), None)
    ws.touch()
    return {}


@method("assistant.threads.setTitle", "assistant:write")
def set_title(request: Request) -> Json:
    """Name a conversation."""
    ws = request.workspace
    channel = own_channel(request, "channel_id")
    key = (channel.id, request.needed("thread_ts"))
    ws.sessions.setdefault(key, {"status": "active"})["title"] = request.needed("title")
    ws.touch()
    return {}


@method("assistant.threads.setSuggestedPrompts", "assistant:write")
def set_suggested_prompts(request: Request) -> Json:
    """Offer up to four things to ask."""
    ws = request.workspace
    channel = own_channel(request, "channel_id")
    prompts = request.value("prompts")
    if not isinstance(prompts, list) or not 0 < len(prompts) <= limits.SUGGESTED_PROMPTS:
        raise SlackError("invalid_arguments")
    if not all(_is_prompt(prompt) for prompt in prompts):
        raise SlackError("invalid_arguments")
    kept = {"title": request.text("title"), "prompts": prompts}
    ws.prompts[channel.id, request.text("thread_ts")] = kept
    ws.touch()
    return {}


def _is_prompt(prompt: Any) -> bool:
    return isinstance(prompt, Mapping) and bool(prompt.get("title") and prompt.get("message"))


@method("agents.sessions.setStatus", "chat:write")
def set_session_status(request: Request) -> Json:
    """Say whether the agent works, waits or has ended; `processing` shows a Stop button."""
    ws = request.workspace
    if not ws.app.agent:
        raise SlackError("not_an_agent")
    channel = own_channel(request, "channel_id")
    thread, status = request.needed("thread_ts"), request.needed("status")
    if status not in _SESSION_STATES:
        raise SlackError("invalid_arguments")
    if thread not in channel.messages:
        raise SlackError("invalid_thread_ts")
    title = request.text("title")
    if len(title) > limits.SESSION_TITLE:
        raise SlackError("invalid_arguments")
    session = ws.sessions.setdefault((channel.id, thread), {"title": title})
    session["status"] = status
    ws.touch()
    answer: Json = {"status": status, "title": session.get("title", "")}
    if not ws.app.hears("agent_session_stopped"):
        answer["warning"] = "missing_agent_session_stopped_event_subscription"
    return answer


@method("agents.sessions.rename", "chat:write")
def rename_session(request: Request) -> Json:
    """Give a session another title."""
    ws = request.workspace
    channel = own_channel(request, "channel_id")
    session = ws.sessions.get((channel.id, request.needed("thread_ts")))
    if session is None:
        raise SlackError("session_not_found")
    session["title"] = request.needed("title")
    ws.touch()
    return {"title": session["title"]}
