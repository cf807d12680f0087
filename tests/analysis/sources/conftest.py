"""A local W&B server, and a source on it whose waits cost no time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from analysis.sources import Account, Limits, WandbSource
from analysis.sources.credentials import ApiKey
from analysis.sources.deadline import Timing
from bot.demo.wandb import API_KEY, LocalWandb


@dataclass
class Waits:
    """A clock that stands still but for the waits that are asked of it."""

    now: float = 1_000.0
    waits: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    @property
    def timing(self) -> Timing:
        """For a source; its dice always show the longest wait."""
        return Timing(lambda: self.now, self.sleep, lambda: 1.0)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
async def server() -> AsyncIterator[LocalWandb]:
    async with LocalWandb() as local:
        yield local


def account_of(server: LocalWandb, key: str = API_KEY) -> Account:
    """The account that W&B's settings would name, were they set to the local server."""
    return Account(server.base_url, server.base_url, ApiKey(key))


@pytest.fixture
async def source(server: LocalWandb, waits: Waits) -> AsyncIterator[WandbSource]:
    limits = Limits(tries=4)
    async with WandbSource(
        account=account_of(server), timing=waits.timing, limits=limits
    ) as opened:
        yield opened
