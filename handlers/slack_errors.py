"""What the SDK raises becomes ``handlers.problems``; the only file that knows both."""

from collections.abc import Awaitable, Mapping
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from handlers.problems import SlackProblem, SlowDown, Unsure, refused

# Slack failed on its side: the call may have been carried out all the same.
_FAILED: Final = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
_UNREACHED_WAIT_S: Final = 2.0
_DEFAULT_WAIT_S: Final = 1.0


async def guarded(call: Awaitable[Any]) -> Mapping[str, Any]:
    """Awaits a call of the SDK.

    Returns:
        Slack's answer.

    Raises:
        SlowDown: 429, or nothing was sent because the connection could not be opened.
        Unsure: The answer was lost, or Slack failed while working on it.
        Refused: Slack said no; the narrowest class for its code.
    """
    try:
        answer = await call
    except SlackApiError as error:
        raise _translated(error) from error
    except aiohttp.ClientConnectorError as error:
        raise SlowDown(_UNREACHED_WAIT_S) from error
    except (aiohttp.ClientError, SlackClientError, OSError) as error:
        raise Unsure("answer_lost", type(error).__name__) from error
    data = answer.data
    return data if isinstance(data, Mapping) else {}


def _translated(error: SlackApiError) -> SlackProblem:
    response: Any = error.response
    status = int(getattr(response, "status_code", None) or getattr(response, "status", 0) or 0)
    data = getattr(response, "data", None)
    body: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    headers: Mapping[str, Any] = getattr(response, "headers", None) or {}
    code = str(body.get("error") or "")
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        return SlowDown(retry_after(headers))
    if status >= 500 or not code or code in _FAILED:
        return Unsure(code or "answer_lost", f"status {status}")
    return refused(code, _reasons(body))


def retry_after(headers: Mapping[str, Any]) -> float:
    """Seconds of a ``Retry-After`` header; one second where there is none that can be read."""
    found = next((value for key, value in headers.items() if key.lower() == "retry-after"), "")
    try:
        return max(0.0, float(str(found)))
    except ValueError:
        return _DEFAULT_WAIT_S


def _reasons(body: Mapping[str, Any]) -> str:
    more = body.get("response_metadata")
    reasons = more.get("messages") if isinstance(more, Mapping) else None
    needed = f"needs {body['needed']}" if body.get("needed") else ""
    return "; ".join([needed, *map(str, reasons or ())]).strip("; ")
