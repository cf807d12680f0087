"""What is set up well and what is not: settings, Slack, W&B, database, engine, clock.

Each part of the installation is a module with one function that gives its checks; ``PARTS`` is the
table. A check never raises, never waits longer than ``PART_S``, and never tells a secret. Nothing
is changed: the database is neither made nor migrated, nothing is posted.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bot.doctor import clock, configuration, database, slack, wandb
from bot.doctor.base import Part, Patient
from bot.settings import Settings
from handlers.checkup import Check, Checkup

PART_S: Final = 12.0
"""Seconds for all checks of one part."""

PARTS: Final[Sequence[tuple[str, Part]]] = (
    ("Settings", configuration.checks),
    ("Slack", slack.checks),
    ("W&B", wandb.checks),
    ("Database", database.checks),
)


async def checkup(settings: Settings, *, parts: Sequence[tuple[str, Part]] = PARTS) -> Checkup:
    """Looks everything over, all parts at once; the clock is judged by the answers that came."""
    patient = Patient(settings)
    found = await asyncio.gather(*(_bounded(name, part, patient) for name, part in parts))
    checks = [check for part in found for check in part]
    return Checkup((*checks, *clock.checks(patient)))


async def _bounded(
    name: str, part: Callable[[Patient], Awaitable[list[Check]]], patient: Patient
) -> list[Check]:
    try:
        async with asyncio.timeout(PART_S):
            return await part(patient)
    except TimeoutError:
        detail = f"no answer within {PART_S:.0f} s"
        return [Check(name, "fail", detail, "Check the network, then try again.", exit_code=5)]


__all__ = ["PARTS", "PART_S", "checkup"]
