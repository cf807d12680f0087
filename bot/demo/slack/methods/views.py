"""``views.*``: modals and home tabs."""

from __future__ import annotations

from bot.demo.slack.methods.table import Request, method
from bot.demo.slack.model import Json


@method("views.open")
def open_(request: Request) -> Json:
    """Open a modal."""
    ws = request.workspace
    view = ws.open_view(request.needed("trigger_id"), request.value("view", "invalid_view"))
    return {"view": ws.view_wire(view)}


@method("views.push")
def push(request: Request) -> Json:
    """Open a modal over another."""
    ws = request.workspace
    view = ws.push_view(request.needed("trigger_id"), request.value("view", "invalid_view"))
    return {"view": ws.view_wire(view)}


@method("views.update")
def update(request: Request) -> Json:
    """Change an open view."""
    ws = request.workspace
    view = ws.update_view(request.args, request.value("view", "invalid_view"))
    return {"view": ws.view_wire(view)}


@method("views.publish")
def publish(request: Request) -> Json:
    """Set a person's home tab."""
    ws = request.workspace
    body = request.value("view", "invalid_view")
    view = ws.publish(request.needed("user_id"), body, request.text("hash") or None)
    return {"view": ws.view_wire(view)}
