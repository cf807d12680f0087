"""What a resolver knows of the request that it answers."""

from collections.abc import Callable
from dataclasses import dataclass

from graphql import GraphQLResolveInfo

from bot.demo.wandb.faults import Faults
from bot.demo.wandb.filters import iso
from bot.demo.wandb.model import LocalRun, StoredFile
from bot.demo.wandb.store import Account, Store


@dataclass(frozen=True, slots=True)
class Ask:
    """The context of one GraphQL execution.

    Attributes:
        agent: the client's ``User-Agent``.
        file_url: makes a signed address of a run's file.
    """

    store: Store
    faults: Faults
    account: Account
    operation: str
    agent: str
    file_url: Callable[[LocalRun, StoredFile], str]

    def iso(self, time: float | None) -> str | None:
        """A time in this server's spelling."""
        return iso(time, naive=self.store.quirks.naive_times)


Info = GraphQLResolveInfo[Ask]
