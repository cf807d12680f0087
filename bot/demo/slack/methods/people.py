"""Who one is, who the others are: ``auth.test``, ``users.*``, ``team.info``, ``bots.info``."""

from __future__ import annotations

from bot.demo.slack.errors import SlackError
from bot.demo.slack.methods.table import Request, method, page_of
from bot.demo.slack.model import Json, User


@method("auth.test")
def auth_test(request: Request) -> Json:
    """Whose token this is."""
    ws = request.workspace
    return {
        "url": f"{ws.base_url}/",
        "team": ws.team,
        "user": ws.app.handle,
        "team_id": ws.team_id,
        "user_id": ws.app.user_id,
        "bot_id": ws.app.bot_id,
        "app_id": ws.app.app_id,
        "is_enterprise_install": False,
    }


@method("api.test")
def api_test(request: Request) -> Json:
    """That the API answers."""
    if request.text("error"):
        raise SlackError(request.text("error"), args=dict(request.args))
    return {"args": dict(request.args)}


def _wire(request: Request, user: User) -> Json:
    return user.wire(email="users:read.email" in request.workspace.app.scopes)


@method("users.info", "users:read")
def info(request: Request) -> Json:
    """One person."""
    user = request.workspace.users.get(request.needed("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": _wire(request, user)}


@method("users.list", "users:read")
def list_(request: Request) -> Json:
    """Everybody."""
    shown, more = page_of(request, list(request.workspace.users.values()))
    wires = [_wire(request, user) for user in shown]
    return {"members": wires, "response_metadata": more}


@method("users.lookupByEmail", "users:read.email")
def lookup_by_email(request: Request) -> Json:
    """The person with this address."""
    address = request.needed("email").casefold()
    for user in request.workspace.users.values():
        if user.email.casefold() == address and not user.deleted:
            return {"user": _wire(request, user)}
    raise SlackError("users_not_found")


@method("team.info", "team:read")
def team_info(request: Request) -> Json:
    """The workspace."""
    ws = request.workspace
    team = {"id": ws.team_id, "name": ws.team, "domain": "local", "url": f"{ws.base_url}/"}
    return {"team": {**team, "email_domain": "example.org", "icon": {}}}


@method("bots.info", "users:read")
def bots_info(request: Request) -> Json:
    """The app's bot."""
    app = request.workspace.app
    if request.text("bot", app.bot_id) != app.bot_id:
        raise SlackError("bot_not_found")
    bot = {"id": app.bot_id, "deleted": False, "name": app.name, "user_id": app.user_id}
    return {"bot": {**bot, "app_id": app.app_id, "icons": {}}}
