"""A world to watch."""

from collections.abc import AsyncIterator

import pytest

from tests.analysis.watching.world import World, a_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as made:
        yield made
