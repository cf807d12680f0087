"""A run that begins, and one that had ended and goes on."""

from collections.abc import Iterator
from datetime import timedelta

from analysis.alerts.base import Context, Evidence, Kind, KindName, Moment, Said, Sight, at_step

_LONG_AGO = timedelta(hours=1)


def see(sight: Sight, context: Context) -> Iterator[tuple[KindName, Said]]:
    """“Started” once in a run's life, “returned” at each later beginning."""
    run = sight.run
    if run.state.live or run.state.ended:
        by = f" by {run.user}" if run.user else ""
        born = run.created_at
        said = f"Started{by}"
        if born is not None and context.now - born > _LONG_AGO:
            said = f"Runs again{by}; it was created on {born:%d %b at %H:%M UTC}"
        rule = "It was not known before." if born is None else f"Created at {born:%H:%M UTC}."
        yield "started", Moment(said, Evidence(rule))
    if run.state.live and context.attempt > 1:
        rule = "W&B says that it runs; it had ended before."
        said = f"Goes on again{at_step(sight)}"
        yield "returned", Moment(said, Evidence(rule), time=context.attempt - 1)


KIND = Kind(("started", "returned"), see)
