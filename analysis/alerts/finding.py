"""A health finding that newly is a warning or critical, and its clearing."""

from collections.abc import Iterator

from analysis.alerts.base import Context, Evidence, Holds, Kind, KindName, Said, Sight, Unsure
from analysis.alerts.stalled import CODES as STALLS
from analysis.reports import FindingReport


def see(sight: Sight, context: Context) -> Iterator[tuple[KindName, Said]]:
    """Holds while the detectors report it; an ended run's findings are never cleared."""
    worst: dict[str, FindingReport] = {}
    for found in sight.report.findings:
        told = worst.get(found.code)
        if told is None or found.severity.rank > told.severity.rank:
            worst[found.code] = found
    if sight.unsure or not sight.run.state.live:
        yield "finding", Unsure()
    for code, found in worst.items():
        if found.severity.rank and code not in STALLS and not code.startswith("run_"):
            yield (
                "finding",
                Holds(
                    found.message.removesuffix("."),
                    _evidence(found),
                    found.severity,
                    code=code,
                ),
            )


def _evidence(found: FindingReport) -> Evidence:
    shown = found.model_dump(include={"metric", "step_start", "step_end", "value", "noise_ratio"})
    numbers = {key: value for key, value in shown.items() if value is not None}
    advice = {"advice": found.advice} if found.advice else {}
    return Evidence(f"{found.code}: {found.message}", {**numbers, **advice})


def over(sight: Sight, code: str) -> str:
    """What the card says once it is gone."""
    return f"Resolved: {code.replace('_', ' ')} is over"


KIND = Kind(("finding",), see, over)
