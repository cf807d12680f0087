"""How calls that may be repeated are repeated when Slack asks to slow down."""

import random

from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState

from handlers.ports import Clock
from handlers.slack_errors import retry_after


class SlowDownRetry(AsyncRetryHandler):
    """Waits as long as a 429 asks for, by our clock; the SDK's own handler has one of its own."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(max_retry_count=2)
        self._clock = clock

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        return response is not None and response.status_code == 429

    async def prepare_for_next_attempt_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> None:
        """Waits until Slack may be asked again."""
        state.next_attempt_requested = True
        values = response.headers.items() if response is not None else ()
        headers = {name: value[0] for name, value in values if value}
        await self._clock.sleep(retry_after(headers) + random.random())
        state.increment_current_attempt()
