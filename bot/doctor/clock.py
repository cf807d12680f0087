"""The clock, by the dates that Slack and W&B put on their answers."""

from typing import Final

from bot.doctor.base import Patient
from handlers.checkup import Check

# Slack refuses, and we refuse, what is signed more than five minutes off; well before that,
# “12 minutes ago” and the stall rules begin to lie.
_WARN_S: Final = 30.0
_FAIL_S: Final = 300.0
_ADVICE: Final = "Let this machine set its clock by NTP."


def checks(patient: Patient) -> list[Check]:
    """One check over all servers that told the time."""
    if not patient.skews:
        return [Check("Clock", "warn", "not checked: no server told the time")]
    server, skew = max(patient.skews.items(), key=lambda entry: abs(entry[1]))
    way = "ahead of" if skew > 0 else "behind"
    detail = f"{abs(skew):.0f} s {way} {server}"
    if abs(skew) >= _FAIL_S:
        return [Check("Clock", "fail", detail, _ADVICE)]
    if abs(skew) >= _WARN_S:
        return [Check("Clock", "warn", detail, _ADVICE)]
    return [
        Check("Clock", "ok", f"within {max(1.0, abs(skew)):.0f} s of {', '.join(patient.skews)}")
    ]
