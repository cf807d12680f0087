"""How many messages a channel gets: 200 runs with 30 changes each, through the real policy.

The alerts of made runs go look by look through the functions that a real tick uses
(``analysis.watching.changes`` and ``bot.watching.telling``); what would be posted is counted. Run
it with ``python -m benchmarks.replay``; nothing is sent anywhere.
"""

import argparse
import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from analysis.alerts.base import Sight
from analysis.findings import Finding, Health, Severity, severity_of
from analysis.refs import RunRef
from analysis.reports import EvalReport, FindingReport, RunFacts, RunReport
from analysis.run import Run, RunState
from analysis.watching.changes import Memory, changes
from bot.watching.judged import Listener
from bot.watching.previews import Audience
from handlers.watching.manners import Manners

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TICK = timedelta(seconds=30)
CODES = ("loss_spike", "loss_plateau", "overfitting", "grad_unstable", "throughput_drop",
         "loss_not_finite", "grad_exploding", "heartbeat_stalled", "step_stalled")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changes about a run: its state, a finding, an evaluation."""

    at: datetime
    state: RunState | None = None
    code: str = ""
    value: float | None = None


def story(many: int, rng: random.Random) -> list[Change]:
    """The changes of one run: it begins, has its troubles, and ends."""
    born = START + timedelta(minutes=rng.uniform(0, 600))
    times = sorted(born + timedelta(minutes=rng.uniform(1, 600)) for _ in range(many - 2))
    found = [Change(born, RunState.RUNNING)]
    for at in times:
        if rng.random() < 0.25:
            found.append(Change(at, value=rng.uniform(0.2, 2.0)))
        else:
            found.append(Change(at, code=rng.choice(CODES)))
    end = times[-1] + timedelta(minutes=5)
    last = rng.choices((RunState.FINISHED, RunState.FAILED, RunState.CRASHED), (8, 1, 1))[0]
    return [*found, Change(end, last)]


@dataclass(slots=True)
class Made:
    """A made run as it stands."""

    index: int
    group: str | None
    state: RunState = RunState.PENDING
    codes: frozenset[str] = frozenset()
    best: float | None = None

    def after(self, change: Change) -> None:
        """Takes a change; a finding that is there goes, one that is not comes."""
        if change.state is not None:
            self.state = change.state
        elif change.code:
            self.codes = self.codes ^ {change.code}
        elif change.value is not None:
            self.best = min(change.value, self.best or change.value)

    def sight(self, now: datetime) -> Sight:
        """The run as a tick sees it."""
        ref = RunRef("team", "llm", f"run-{self.index:03}")
        run = Run(ref, f"calm-{self.index:03}", self.state, state_text=self.state.value,
                  user="ada", group=self.group, created_at=START, heartbeat_at=now)  # fmt: skip
        findings = tuple(
            FindingReport.of(Finding(code, severity_of(code), f"{code} was seen."))
            for code in sorted(self.codes)
        )
        worst = max((finding.severity for finding in findings), key=_rank, default=None)
        evals: tuple[EvalReport, ...] = ()
        if self.best is not None:
            lead = EvalReport(
                metric="eval/loss", last=self.best, best=self.best, best_step=1, direction="down"
            )
            evals = (lead,)
        health = Health.HEALTHY if worst is None else Health(worst.value)
        report = RunReport(run=RunFacts.of(run), health=health, headline="made", eval=evals,
                           findings=findings, generated_at=now)  # fmt: skip
        return Sight(run, report, {})


def _rank(severity: Severity) -> int:
    return severity.rank


def _due(at: datetime) -> datetime:
    """The first tick from then on."""
    return START + -(-(at - START) // TICK) * TICK


def replay(runs: int, many: int, grouped: float, seed: int) -> tuple[Audience, Counter[str], int]:
    """Plays all stories; who heard what, the alerts by kind, and how many changes there were."""
    rng = random.Random(seed)
    made = [Made(n, f"sweep-{n % 4}" if rng.random() < grouped else None) for n in range(runs)]
    events = [(change, run) for run in made for change in story(many, rng)]
    events.sort(key=lambda event: event[0].at)
    audience = Audience(Listener(1, "C1", Manners()))
    memory, kinds, place = Memory(), Counter[str](), 0
    # A run that did not change says nothing new; but what comes and goes needs some looks in a row,
    # and a sweep counts as ended only after a pause.
    looks: dict[datetime, set[int]] = {}
    for change, run in events:
        first = _due(change.at)
        for later in (0, 1, 2, 12, 13):
            looks.setdefault(first + later * TICK, set()).add(run.index)
    for now in sorted(looks):
        while place < len(events) and events[place][0].at <= now:
            change, run = events[place]
            run.after(change)
            place += 1
        found = changes(memory, [made[n].sight(now) for n in sorted(looks[now])], now=now)
        memory = replace(memory, tracks={**memory.tracks, **found.tracks}, leaders=found.leaders)
        kinds.update(alert.kind for alert in found.alerts if alert.opens)
        if found.alerts:
            audience.hears(found.alerts, now)
    return audience, kinds, len(events)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(f"{asked.runs} runs with {asked.changes} changes each, seed {asked.seed}")
    for title, grouped in (("no groups", 0.0), ("half of them in 4 groups", 0.5)):
        heard, kinds, count = replay(asked.runs, asked.changes, grouped, asked.seed)
        told = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
        print(f"{title}: {count} changes, {sum(kinds.values())} alerts ({told})")
        print(f"  channel level {heard.channel}, thread level {heard.thread}")


if __name__ == "__main__":
    main()
