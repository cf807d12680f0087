"""A run without a heartbeat, or one that beats and logs nothing new; and its recovery."""

from collections.abc import Iterator

from analysis.alerts.base import Context, Evidence, Holds, Kind, KindName, Said, Sight, at_step

CODES = {
    "heartbeat_stalled": "heartbeat",
    "heartbeat_slow": "heartbeat",
    "step_stalled": "step",
}
"""Findings that this kind speaks of; a heartbeat that is slow and then stalled is one episode."""


def see(sight: Sight, context: Context) -> Iterator[tuple[KindName, Said]]:
    """Holds after two looks: after an outage of W&B, or of ours, the first heartbeat is old."""
    for found in sight.report.findings:
        if found.code in CODES and found.severity.rank:
            rule = Evidence(found.message, {"code": found.code, "value": found.value})
            yield (
                "stalled",
                Holds(
                    found.message.removesuffix("."),
                    rule,
                    found.severity,
                    code=CODES[found.code],
                    enter=2,
                    leave=1,
                ),
            )


def over(sight: Sight, code: str) -> str:
    """What the card says once it moves again, or has ended."""
    if not sight.run.state.live:
        return f"No longer stalled: W&B says “{sight.run.state_text or sight.run.state.value}”"
    return f"Recovered{at_step(sight)}"


KIND = Kind(("stalled",), see, over)
