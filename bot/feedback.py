"""What people's votes say about the detectors: precision as users judged it."""

import asyncio
from dataclasses import dataclass
from typing import Any

from analysis.errors import NotFound
from analysis.robust import wilson
from bot.settings import WrongSettings


class NoDatabase(NotFound):
    """There is no database yet, so nobody can have voted."""

    default_next_step = "Name it in DATABASE_URL, or start `wandb-bot serve` first."


@dataclass(frozen=True, slots=True)
class Judged:
    """One detector's votes.

    Attributes:
        code: the detector; ``"all"`` for the sum.
        good: votes that said the finding was right.
        bad: votes that said it was not.
    """

    code: str
    good: int
    bad: int

    @property
    def votes(self) -> int:
        """All of them."""
        return self.good + self.bad

    @property
    def precision(self) -> float | None:
        """Share of good votes; ``None`` without a vote."""
        return self.good / self.votes if self.votes else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the precision (Wilson)."""
        return wilson(self.good, self.votes)

    def as_json(self) -> dict[str, Any]:
        """The row as ``--json`` prints it."""
        interval = self.interval
        return {
            "code": self.code,
            "good": self.good,
            "bad": self.bad,
            "precision": self.precision,
            "interval": list(interval) if interval else None,
        }


@dataclass(frozen=True, slots=True)
class Feedback:
    """All votes, by detector, those with most votes first."""

    detectors: tuple[Judged, ...]

    @property
    def total(self) -> Judged:
        """Over all detectors."""
        return Judged(
            "all", sum(row.good for row in self.detectors), sum(row.bad for row in self.detectors)
        )

    def as_json(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return {
            "schema_version": 1,
            "detectors": [row.as_json() for row in self.detectors],
            "total": self.total.as_json(),
        }


async def read(database_url: str) -> Feedback:
    """Reads the votes; makes and migrates nothing.

    Raises:
        NoDatabase: when the SQLite file is not there, or is of no release that had votes.
        WrongSettings: when the database cannot be opened.
    """
    from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

    from bot.storage import Address, once, open_database

    file = Address.of(database_url).file
    if file is not None and not await asyncio.to_thread(file.is_file):
        raise NoDatabase("There is no database yet, so there are no votes.")
    database = await open_database(database_url, migrate=False)
    try:
        async with database.read() as connection:
            votes = await once.tally(connection)
    except (OperationalError, ProgrammingError) as error:
        if "votes" in str(error.orig):
            raise NoDatabase("This database has no votes yet.") from None
        raise WrongSettings("The database cannot be read.", "Check DATABASE_URL.") from None
    except SQLAlchemyError:
        raise WrongSettings("The database cannot be read.", "Check DATABASE_URL.") from None
    finally:
        await database.close()
    rows = [Judged(vote.code, vote.good, vote.bad) for vote in votes]
    return Feedback(tuple(sorted(rows, key=lambda row: (-row.votes, row.code))))
