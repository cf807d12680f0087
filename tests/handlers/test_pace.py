"""Updates of one message keep their distance, and the newest content wins."""

import asyncio

from handlers.pace import Pace
from tests.clocks import HandClock


async def test_the_first_update_does_not_wait() -> None:
    """A message that was just posted may be edited at once."""
    async with Pace(HandClock(), 3.0).turn("m") as turn:
        assert turn.current


async def test_of_many_waiting_only_the_newest_goes() -> None:
    """Three contents within three seconds are one update, with the last of them."""
    clock = HandClock()
    pace = Pace(clock, 3.0)
    sent: list[str] = []

    async def update(content: str) -> None:
        async with pace.turn("m") as turn:
            if turn.current:
                sent.append(content)

    await update("first")
    waiting = [asyncio.create_task(update(content)) for content in ("second", "third", "fourth")]
    await clock.asleep()
    await clock.advance(2.9)
    assert sent == ["first"]
    async with clock.passing():
        await asyncio.gather(*waiting)
    assert sent == ["first", "fourth"]


async def test_old_content_is_not_sent_again_over_newer() -> None:
    """A repetition keeps its place in the order."""
    clock = HandClock()
    pace = Pace(clock, 3.0)
    async with pace.turn("m") as old:
        assert old.current
    async with clock.passing():
        async with pace.turn("m") as newer:
            assert newer.current
        async with pace.turn("m", again=old) as repeated:
            assert not repeated.current


async def test_messages_do_not_wait_for_each_other() -> None:
    """Each message has a pace of its own."""
    pace = Pace(HandClock(), 3.0)
    for key in ("a", "b", "c"):
        async with pace.turn(key) as turn:
            assert turn.current
