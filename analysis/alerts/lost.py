"""A run that W&B has lost: never the last word, it may come back."""

from collections.abc import Iterator

from analysis.alerts.base import Context, Evidence, Holds, Kind, KindName, Said, Sight, at_step
from analysis.findings import Severity
from analysis.run import RunState


def see(sight: Sight, context: Context) -> Iterator[tuple[KindName, Said]]:
    """Holds while W&B says “crashed”."""
    run = sight.run
    if run.state is not RunState.CRASHED:
        return
    beat = run.heartbeat_at
    when = "" if beat is None else f" at {beat:%H:%M UTC}"
    last = at_step(sight).replace(" at ", ", last ")
    rule = Evidence(
        "W&B calls a run crashed after about five minutes without a heartbeat.",
        {"heartbeat_at": None if beat is None else beat.isoformat()},
    )
    said = f"W&B lost contact{when}{last}; it may come back"
    yield "crashed", Holds(said, rule, Severity.CRITICAL, leave=1)


def over(sight: Sight, code: str) -> str:
    """What the card says once W&B hears of it again."""
    if sight.run.state.live:
        return f"Contact is back{at_step(sight)}; it runs"
    return "Contact is back: it has ended meanwhile"


KIND = Kind(("crashed",), see, over)
