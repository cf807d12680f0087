"""Health for those who run the bot, in both modes."""

from collections.abc import Mapping
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from bot.web import application


def _ready(**parts: Any) -> Any:
    async def ready() -> Mapping[str, Any]:
        return parts

    return ready


async def test_healthz_answers_while_the_process_lives() -> None:
    """Whatever else is wrong."""
    async with TestClient(TestServer(application(_ready(slack="gone")))) as client:
        assert (await client.get("/healthz")).status == 200


async def test_readyz_says_what_is_wrong() -> None:
    """503 until every part is ready."""
    async with TestClient(TestServer(application(_ready(slack="gone", engine=True)))) as client:
        answer = await client.get("/readyz")
        assert answer.status == 503
        assert await answer.json() == {"ok": False, "parts": {"slack": "gone", "engine": True}}
    async with TestClient(TestServer(application(_ready(slack=True)))) as client:
        assert (await client.get("/readyz")).status == 200


async def test_slacks_address_is_not_there_in_socket_mode() -> None:
    """Nothing listens that is not needed."""
    async with TestClient(TestServer(application(_ready()))) as client:
        assert (await client.post("/slack/events")).status == 404
