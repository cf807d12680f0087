"""Reactions, pins, work objects, and the check of blocks without posting them."""

from __future__ import annotations

from bot.demo.slack.errors import SlackError, refuse
from bot.demo.slack.methods.table import Request, method, own_channel, the_message
from bot.demo.slack.model import Json, Message
from handlers.views.validate import validate_blocks, validate_message, validate_view


def _marked(request: Request) -> Message:
    channel = own_channel(request)
    return the_message(channel, request.needed("timestamp"))


@method("reactions.add", "reactions:write")
def add_reaction(request: Request) -> Json:
    """React to a message."""
    ws, message, name = request.workspace, _marked(request), request.needed("name").strip(":")
    users = message.reactions.setdefault(name, [])
    if ws.app.user_id in users:
        raise SlackError("already_reacted")
    users.append(ws.app.user_id)
    ws.touch()
    return {}


@method("reactions.remove", "reactions:write")
def remove_reaction(request: Request) -> Json:
    """Take a reaction back."""
    ws, message, name = request.workspace, _marked(request), request.needed("name").strip(":")
    users = message.reactions.get(name, [])
    if ws.app.user_id not in users:
        raise SlackError("no_reaction")
    users.remove(ws.app.user_id)
    if not users:
        del message.reactions[name]
    ws.touch()
    return {}


@method("pins.add", "pins:write")
def pin(request: Request) -> Json:
    """Pin a message to its channel."""
    ws, message = request.workspace, _marked(request)
    channel = ws.channel(message.channel)
    if message.ts in channel.pins:
        raise SlackError("already_pinned")
    channel.pins.append(message.ts)
    ws.touch()
    return {}


@method("pins.remove", "pins:write")
def unpin(request: Request) -> Json:
    """Take a pin away."""
    ws, message = request.workspace, _marked(request)
    channel = ws.channel(message.channel)
    if message.ts not in channel.pins:
        raise SlackError("no_pin")
    channel.pins.remove(message.ts)
    ws.touch()
    return {}


@method("blocks.validate")
def check_blocks(request: Request) -> Json:
    """Whether blocks, a message or a view would be taken; a missing text is not looked at."""
    given = [name for name in ("blocks", "message", "view") if request.args.get(name)]
    if len(given) != 1:
        raise SlackError("invalid_arguments")
    body = request.value(given[0], "invalid_blocks_format")
    if given == ["blocks"]:
        refuse(validate_blocks(body))
        request.workspace.check_blocks(body)
    elif given == ["message"]:
        found = validate_message(body)
        refuse([problem for problem in found if problem.code != "no_text"])
    else:
        refuse(validate_view(body))
    return {}


@method("entity.presentDetails")
def present_details(request: Request) -> Json:
    """Show the details of a work object that somebody opened."""
    ws = request.workspace
    trigger = ws.spend(request.needed("trigger_id"))
    metadata = request.value("metadata")
    if not metadata and not request.args.get("error") and not request.flag("user_auth_required"):
        raise SlackError("invalid_arguments")
    ws.details[trigger.user] = metadata or {"error": request.value("error")}
    ws.touch()
    return {}
