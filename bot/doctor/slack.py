"""Slack: the bot token, its scopes against the manifest, and the way by which events come."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from bot.doctor.base import Patient, Trip
from handlers.checkup import Check

if TYPE_CHECKING:
    from pydantic import SecretStr
    from slack_sdk.web.async_client import AsyncWebClient

_TOKEN, _SCOPES, _SOCKET = "Slack bot token", "Slack scopes", "Slack connection"

# Slack's error codes → what to do.
_ADVICE: Final[Mapping[str, str]] = {
    "invalid_auth": "Copy the token again: api.slack.com/apps → your app → OAuth & Permissions.",
    "not_authed": "Set the token.",
    "account_inactive": "The app was uninstalled: install it to the workspace again.",
    "token_revoked": "Install the app to the workspace again, and copy the new token.",
    "token_expired": "Copy the current token; token rotation must stay off.",
    "not_allowed_token_type": "This is a token of another kind: bot tokens begin with xoxb-, "
    "app-level tokens with xapp-.",
    "missing_scope": "Give the app-level token the scope connections:write.",
}
_OTHERWISE: Final = "See docs/install.md; then try again."


async def checks(patient: Patient) -> list[Check]:
    """Asks Slack who the token is, and for a web socket's address (which is not used)."""
    import aiohttp
    from slack_sdk.web.async_client import AsyncWebClient

    settings = patient.settings
    if settings.slack_bot_token is None:
        return [Check(_TOKEN, "warn", "not checked: SLACK_BOT_TOKEN is not set")]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=8)) as session:
        client = AsyncWebClient(base_url=settings.slack_api_url, session=session, retry_handlers=[])
        found = await _token(patient, client, settings.slack_bot_token)
        if found[0].status != "fail":
            found.append(await _connection(patient, client))
    return found


async def _token(patient: Patient, client: "AsyncWebClient", token: "SecretStr") -> list[Check]:
    with Trip() as trip:
        answer = await _ask(client, "auth.test", token)
    if isinstance(answer, Check):
        return [answer]
    data, headers = answer
    patient.compare_clocks("Slack", headers, trip)
    kind = "a bot token" if data.get("bot_id") else "not a bot token"
    who = f"{kind} of {data.get('user', '?')} in {data.get('team', '?')}"
    if not data.get("bot_id"):
        return [Check(_TOKEN, "fail", who, _ADVICE["not_allowed_token_type"], trip.ms, 4)]
    return [Check(_TOKEN, "ok", who, ms=trip.ms), _scopes(headers)]


def _scopes(headers: Mapping[str, str]) -> Check:
    from bot import manifest

    told = next((v for name, v in headers.items() if name.lower() == "x-oauth-scopes"), None)
    if told is None:
        return Check(_SCOPES, "warn", "Slack does not tell them")
    granted = {scope.strip() for scope in told.split(",") if scope.strip()}
    wanted = manifest.scopes(manifest.load())
    missing, surplus = sorted(wanted - granted), sorted(granted - wanted)
    if missing:
        advice = "Update the app from `wandb-bot manifest`, then install it to the workspace again."
        return Check(_SCOPES, "fail", f"missing: {', '.join(missing)}", advice, exit_code=4)
    if surplus:
        advice = "Nothing needs them: take them away (`wandb-bot manifest` has the whole list)."
        return Check(_SCOPES, "warn", f"more than needed: {', '.join(surplus)}", advice)
    return Check(_SCOPES, "ok", f"all {len(wanted)} of the manifest, no more")


async def _connection(patient: Patient, client: "AsyncWebClient") -> Check:
    settings = patient.settings
    if settings.slack_app_token is None:
        if settings.slack_signing_secret is None:
            advice = "Set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP."
            return Check(_SOCKET, "fail", "neither Socket Mode nor HTTP is set up", advice)
        where = f"HTTP: Slack posts to /slack/events on {settings.host}:{settings.port}"
        return Check(_SOCKET, "ok", where)
    with Trip() as trip:
        answer = await _ask(client, "apps.connections.open", settings.slack_app_token)
    if isinstance(answer, Check):
        return answer
    return Check(_SOCKET, "ok", "Socket Mode: Slack gives a web socket", ms=trip.ms)


async def _ask(
    client: "AsyncWebClient", method: str, token: "SecretStr"
) -> tuple[Mapping[str, Any], Mapping[str, str]] | Check:
    """Slack's answer and its headers, or the check that failed."""
    import aiohttp
    from slack_sdk.errors import SlackApiError, SlackClientError

    name = _SOCKET if method == "apps.connections.open" else _TOKEN
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    try:
        answer: Any = await client.api_call(method, headers=headers)
    except SlackApiError as error:
        response: Any = error.response
        code = str((response.data or {}).get("error", "")) if _is_json(response) else ""
        if response.status_code == 429 or response.status_code >= 500 or not code:
            detail = f"Slack answers with status {response.status_code}"
            return Check(name, "fail", detail, "Try again in a minute.", exit_code=5)
        advice = _ADVICE.get(code, _OTHERWISE)
        return Check(name, "fail", f"Slack refuses: {code}", advice, exit_code=4)
    except (aiohttp.ClientError, SlackClientError, OSError) as error:
        detail = f"Slack cannot be reached ({type(error).__name__})"
        advice = "Check the network, a proxy, and SLACK_API_URL."
        return Check(name, "fail", detail, advice, exit_code=5)
    return answer.data, answer.headers


def _is_json(response: Any) -> bool:
    return isinstance(response.data, Mapping)
