"""What Slack and the connection answer, as the problems that callers know."""

from collections.abc import Awaitable
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from handlers.problems import (
    BadBlocks,
    Refused,
    SlackProblem,
    SlowDown,
    Unauthorized,
    Unreachable,
    Unsure,
)
from handlers.slack_errors import guarded, retry_after


def failing(error: Exception) -> Awaitable[Any]:
    async def call() -> Any:
        raise error

    return call()


def answer(status: int, body: dict[str, Any], **headers: str) -> SlackApiError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = SimpleNamespace(status_code=status, data=body, headers=named)
    return SlackApiError("failed", response)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (answer(200, {"error": "not_in_channel"}), Unreachable),
        (answer(200, {"error": "missing_scope", "needed": "files:write"}), Unauthorized),
        (answer(200, {"error": "invalid_blocks"}), BadBlocks),
        (answer(200, {"error": "brand_new_code"}), Refused),
        (answer(429, {"error": "ratelimited"}, Retry_After="7"), SlowDown),
        (answer(503, {}), Unsure),
        (answer(200, {"error": "fatal_error"}), Unsure),
        (aiohttp.ServerDisconnectedError(), Unsure),
        (TimeoutError(), Unsure),
    ],
)
async def test_each_failure_has_its_class(error: Exception, kind: type[SlackProblem]) -> None:
    """A lost answer is never mistaken for a refusal, nor the other way round."""
    with pytest.raises(kind) as caught:
        await guarded(failing(error))
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("header", "seconds"), [("30", 30.0), ("", 1.0), ("soon", 1.0), ("-5", 0.0)]
)
def test_retry_after(header: str, seconds: float) -> None:
    """Whatever stands there, there is a number of seconds."""
    assert retry_after({"retry-after": header}) == seconds
