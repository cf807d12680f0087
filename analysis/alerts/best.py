"""A run that beats the best evaluation value of its project: once for each run and metric."""

from collections.abc import Iterator

from analysis.alerts.base import Context, Evidence, Kind, KindName, Moment, Said, Sight
from analysis.detectors.base import number


def see(sight: Sight, context: Context) -> Iterator[tuple[KindName, Said]]:
    """Only where another run held the record: a run's own progress is no news."""
    where = f"{sight.run.ref.entity}/{sight.run.ref.project}"
    for (project, metric), new in context.challengers.items():
        old = context.leaders.get((project, metric))
        if project != where or new.run != sight.path or old is None or old.run == new.run:
            continue
        said = f"New best {metric} of the project: {number(new.value)}, before {number(old.value)}"
        rule = "lower is better" if new.direction == "down" else "higher is better"
        numbers = {"value": new.value, "before": old.value, "before_run": old.run}
        yield (
            "best",
            Moment(said, Evidence(f"{metric}: {rule}.", numbers), code=metric,
                   metrics={metric: new.value}),
        )  # fmt: skip


KIND = Kind(("best",), see)
