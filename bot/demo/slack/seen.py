"""What one person sees of the workspace, as the JSON that the web page draws."""

from __future__ import annotations

from bot.demo.slack.model import Channel, Json, Message, User
from bot.demo.slack.people import People


def seen(ws: People, user_id: str, channel_id: str, thread_ts: str) -> Json:
    """The whole picture for one person, one channel and one thread that they look at.

    Unknown ids fall back to the first person and to their first channel.
    """
    people = [user for user in ws.users.values() if not user.is_bot]
    me = ws.users.get(user_id) or people[0]
    mine = [channel for channel in ws.channels.values() if me.id in channel.members]
    here = next((channel for channel in mine if channel.id == channel_id), None)
    here = here or next((channel for channel in mine if channel.kind != "im"), None)
    direct = next((channel for channel in mine if channel.kind == "im"), None)
    home = ws.homes.get(me.id)
    return {
        "version": ws.version,
        "team": ws.team,
        "connected": bool(ws.connections) or bool(ws.app.request_url),
        "me": _person(me),
        "people": [_person(user) for user in people],
        "users": {user.id: _person(user) for user in ws.users.values()},
        "app": _app(ws, direct),
        "channels": [_channel(ws, channel, me) for channel in mine if channel.kind != "im"],
        "names": {channel.id: channel.name for channel in ws.channels.values()},
        "channel": _inside(ws, here, me) if here else None,
        "thread": _thread(ws, here, thread_ts, me) if here and thread_ts else None,
        "stack": [
            {**ws.view_wire(view), "errors": view.errors} for view in ws.stacks.get(me.id, [])
        ],
        "home": ws.view_wire(home) if home else None,
    }


def _person(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "real_name": user.real_name,
        "kind": "app" if user.is_bot else user.kind,
    }


def _app(ws: People, direct: Channel | None) -> Json:
    app = ws.app
    return {
        "id": app.app_id,
        "user": app.user_id,
        "name": app.name,
        "handle": app.handle,
        "home": app.home_tab,
        "messages": app.messages_tab,
        "agent": app.agent,
        "channel": direct.id if direct else None,
        "commands": [
            {"name": one.name, "description": one.description, "hint": one.usage_hint}
            for one in app.commands.values()
        ],
        "shortcuts": [
            {"id": one.callback_id, "name": one.name, "kind": one.kind} for one in app.shortcuts
        ],
    }


def _channel(ws: People, channel: Channel, me: User) -> Json:
    others = [m for m in channel.messages.values() if m.user != me.id]
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "topic": channel.topic,
        "archived": channel.archived,
        "shared": channel.shared,
        "bot": ws.app.user_id in channel.members,
        "members": len(channel.members),
        "latest": others[-1].ts if others else "",
    }


def _inside(ws: People, channel: Channel, me: User) -> Json:
    own = [m for m in channel.ephemerals if m.only_for == me.id]
    top = ws.messages(channel) + [m for m in own if not m.thread_ts]
    prompts = ws.prompts.get((channel.id, ""))
    sessions = {
        thread: session for (where, thread), session in ws.sessions.items() if where == channel.id
    }
    return {
        **_channel(ws, channel, me),
        "messages": [_message(ws, channel, m) for m in sorted(top, key=_stamp)],
        "replies": {
            m.ts: [_message(ws, channel, reply) for reply in channel.replies(m.ts)] for m in top
        }
        if channel.kind == "im"
        else {},
        "prompts": prompts,
        "statuses": ws.working_on(channel),
        "sessions": sessions,
    }


def _stamp(message: Message) -> float:
    return float(message.ts)


def _thread(ws: People, channel: Channel, ts: str, me: User) -> Json | None:
    parent = channel.messages.get(ts)
    if parent is None:
        return None
    own = [m for m in channel.ephemerals if m.only_for == me.id and m.thread_ts == ts]
    replies = sorted([*channel.replies(ts), *own], key=_stamp)
    return {
        "ts": ts,
        "parent": _message(ws, channel, parent),
        "replies": [_message(ws, channel, reply) for reply in replies],
        "prompts": ws.prompts.get((channel.id, ts)),
    }


def _message(ws: People, channel: Channel, message: Message) -> Json:
    ready = {f"{one}": ws.files[one].processed for one in message.files if one in ws.files}
    return {
        **ws.wire(message),
        "channel": channel.id,
        "app": message.from_app,
        "ephemeral": message.only_for is not None,
        "streaming": message.streaming,
        "stopped": message.stopped,
        "unfurls": message.unfurls,
        "attachments": message.attachments,
        "ready": ready,
        "pinned": message.ts in channel.pins,
    }
