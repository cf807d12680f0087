"""What a look at the installation found: a table of checks, for all who show it."""

from dataclasses import dataclass
from typing import Literal, Protocol

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what it is.
        status: ``warn`` is worth a look, ``fail`` keeps something from working.
        detail: what was found; never a secret.
        advice: what to do about it; empty when nothing is wrong.
        ms: the time of one round trip, where there was one.
        exit_code: what a failure means on the command line, by the contract's codes.
    """

    name: str
    status: Status
    detail: str
    advice: str = ""
    ms: float | None = None
    exit_code: int = 2


@dataclass(frozen=True, slots=True)
class Checkup:
    """All checks, in the order of the table."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return all(check.status != "fail" for check in self.checks)

    @property
    def exit_code(self) -> int:
        """0, or the highest code among the failures."""
        return max((check.exit_code for check in self.checks if check.status == "fail"), default=0)


class Doctor(Protocol):
    """Looks the installation over for an administrator. The application knows how, and for whom."""

    async def __call__(self, user: str) -> Checkup:
        """Runs all checks.

        Raises:
            NotAllowed: when this person is no administrator.
        """
        ...
