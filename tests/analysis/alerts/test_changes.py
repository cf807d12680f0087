"""What a look changes, from made-up looks: told once, closed once, whatever the order of things."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from analysis.alerts.base import Alert, KindName, Sight, registered
from analysis.findings import Health, Severity, severity_of
from analysis.history import Series
from analysis.refs import RunRef
from analysis.reports import EvalReport, FindingReport, RunFacts, RunReport
from analysis.rules import parse
from analysis.run import Run, RunState
from analysis.watching.changes import Memory, changes
from analysis.watching.tracks import Track

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
STATES = [RunState.RUNNING, RunState.FINISHED, RunState.FAILED, RunState.CRASHED, RunState.KILLED]
CODES = ["grad_unstable", "loss_diverged", "heartbeat_slow", "heartbeat_stalled", "step_stalled"]


def sight(
    state: RunState = RunState.RUNNING,
    *codes: str,
    name: str = "a",
    best: float | None = None,
    sweep: str | None = None,
    unsure: bool = False,
    at_most: Severity = Severity.CRITICAL,
) -> Sight:
    """A run in a state, with findings."""
    run = Run(RunRef("team", "proj", name), name, state, state_text=state.value,
              created_at=START - timedelta(minutes=1), heartbeat_at=START, sweep=sweep)  # fmt: skip
    found = tuple(
        FindingReport(code=code, message=f"{code} was seen.",
                      severity=min(severity_of(code), at_most, key=lambda s: s.rank))
        for code in codes
    )  # fmt: skip
    held_out = EvalReport(metric="eval/loss", last=best, best=best, best_step=1, direction="down")
    report = RunReport(
        run=RunFacts.of(run), health=Health.HEALTHY, headline="", findings=found,
        eval=(held_out,) if best is not None else (), generated_at=START,
    )  # fmt: skip
    return Sight(run, report, {}, unsure)


class Watching:
    """A watch that remembers through its stored form; looks every half minute."""

    def __init__(self) -> None:
        self.memory, self.now, self.alerts = Memory(), START, list[Alert]()
        self.first = True

    def sees(self, *sights: Sight, after: float = 30.0, rule: bool = False) -> list[str]:
        self.now += timedelta(seconds=after)
        rules = {"1": parse("loss < 1")} if rule else {}
        found = changes(self.memory, sights, now=self.now, rules=rules, first=self.first)
        stored = {s: Track.from_json(t.to_json()) for s, t in found.tracks.items()}
        self.memory = Memory({**self.memory.tracks, **stored}, found.leaders)
        self.first = False
        self.alerts += found.alerts
        return [f"{a.kind}{':' if a.code else ''}{a.code}{'' if a.opens else ' over'}"
                for a in found.alerts]  # fmt: skip


looks = st.lists(
    st.tuples(
        st.sampled_from(STATES),
        st.sets(st.sampled_from(CODES)),
        st.booleans(),
        st.sampled_from([-86_400.0, 1.0, 30.0, 600.0]),
    ),
    max_size=25,
)


@given(looks)
def test_nothing_is_told_twice_and_nothing_ends_that_did_not_begin(
    seen: list[tuple[RunState, set[str], bool, float]],
) -> None:
    """For any course of states and findings, any gap in what came, and any jump of the clock."""
    watch = Watching()
    for state, codes, unsure, after in seen:
        watch.sees(sight(state, *sorted(codes), unsure=unsure), after=after)
    opened = [alert.key(1) for alert in watch.alerts if alert.opens]
    closed = [alert.key(1) for alert in watch.alerts if not alert.opens]
    assert len(set(opened)) == len(opened)
    assert len(set(closed)) == len(closed)
    assert set(closed) <= set(opened)
    assert all((alert.lasted_s or 0) >= 0 for alert in watch.alerts)
    assert all(alert.headline and alert.evidence.rule for alert in watch.alerts)


@given(looks)
def test_what_stays_as_it_is_is_no_news(
    seen: list[tuple[RunState, set[str], bool, float]],
) -> None:
    """After enough equal looks nothing more is told."""
    watch = Watching()
    for state, codes, unsure, after in seen:
        watch.sees(sight(state, *sorted(codes), unsure=unsure), after=after)
    state, codes = seen[-1][:2] if seen else (RunState.RUNNING, set[str]())
    last = sight(state, *sorted(codes))
    for _ in range(4):
        watch.sees(last)
    assert watch.sees(last) == []


def test_a_slow_heartbeat_that_stalls_is_told_again_as_critical() -> None:
    watch = Watching()
    watch.sees(sight())
    assert watch.sees(sight(RunState.RUNNING, "heartbeat_slow")) == []
    assert watch.sees(sight(RunState.RUNNING, "heartbeat_slow")) == ["stalled:heartbeat"]
    assert watch.sees(sight(RunState.RUNNING, "heartbeat_stalled")) == ["stalled:heartbeat"]
    assert watch.alerts[-1].severity is Severity.CRITICAL
    assert watch.alerts[-1].episode == 2
    assert watch.sees(sight()) == ["stalled:heartbeat over"]
    assert watch.alerts[-1].episode == 2


def test_a_finding_is_over_after_two_looks_without_it() -> None:
    watch = Watching()
    watch.sees(sight())
    assert watch.sees(sight(RunState.RUNNING, "grad_unstable")) == ["finding:grad_unstable"]
    assert watch.sees(sight()) == []
    assert watch.sees(sight(RunState.RUNNING, "grad_unstable")) == []
    assert watch.sees(sight()) == []
    assert watch.sees(sight()) == ["finding:grad_unstable over"]
    assert watch.alerts[-1].lasted_s == 120.0
    assert watch.sees(sight(RunState.RUNNING, "grad_unstable")) == ["finding:grad_unstable"]
    assert watch.alerts[-1].episode == 2


def test_what_is_only_worth_knowing_is_no_alert() -> None:
    watch = Watching()
    watch.sees(sight())
    assert watch.sees(sight(RunState.RUNNING, "loss_diverged", at_most=Severity.INFO)) == []


def test_a_finding_of_a_run_that_ended_is_never_over() -> None:
    watch = Watching()
    watch.sees(sight())
    watch.sees(sight(RunState.RUNNING, "loss_diverged"))
    assert watch.sees(sight(RunState.FINISHED)) == ["finished"]
    assert watch.sees(sight(RunState.FINISHED)) == []
    assert watch.sees(sight(RunState.FINISHED)) == []


def test_a_stall_ends_with_the_run() -> None:
    watch = Watching()
    watch.sees(sight())
    watch.sees(sight(RunState.RUNNING, "step_stalled"))
    watch.sees(sight(RunState.RUNNING, "step_stalled"))
    assert watch.sees(sight(RunState.FAILED)) == ["failed", "stalled:step over"]
    assert watch.alerts[-1].headline == "No longer stalled: W&B says “failed”"


def test_a_condition_that_was_there_before_the_watch_ends_in_silence() -> None:
    watch = Watching()
    watch.sees(sight(RunState.RUNNING, "grad_unstable"))
    watch.sees(sight())
    assert watch.sees(sight()) == []
    assert watch.sees(sight(RunState.RUNNING, "grad_unstable")) == ["finding:grad_unstable"]


def test_of_several_new_records_in_one_look_the_best_counts() -> None:
    watch = Watching()
    watch.sees(sight(name="old", best=1.0))
    said = watch.sees(sight(name="a", best=0.8), sight(name="b", best=0.7))
    assert sorted(said) == ["best:eval/loss", "started", "started"]
    [best] = [alert for alert in watch.alerts if alert.kind == "best"]
    assert best.subject == "team/proj/b"
    assert best.evidence.numbers["before_run"] == "team/proj/old"
    assert watch.sees(sight(name="b", best=0.6)) == []
    assert watch.sees(sight(name="a", best=0.65)) == []
    assert watch.sees(sight(name="a", best=0.5)) == ["best:eval/loss"]


def test_the_cards_of_a_sweeps_runs_are_the_sweeps() -> None:
    """Fifty runs of a sweep are one card."""
    watch = Watching()
    watch.sees()
    watch.sees(*(sight(name=f"r{i}", sweep="abc") for i in range(50)))
    assert {alert.card for alert in watch.alerts} == {"team/proj/sweep:abc"}
    assert len(watch.alerts) == 50


def test_a_sweep_that_pauses_between_two_runs_has_not_ended() -> None:
    watch = Watching()
    first = [sight(RunState.FINISHED, name=f"r{i}", sweep="abc") for i in range(2)]
    watch.sees(*(sight(name=f"r{i}", sweep="abc") for i in range(2)))
    watch.sees(*first)
    assert watch.sees(after=200) == []
    watch.sees(sight(name="r2", sweep="abc"))
    watch.sees(sight(RunState.FINISHED, name="r2", sweep="abc"), after=200)
    assert watch.sees(after=200) == []
    assert watch.sees(after=200) == ["ended"]
    assert watch.sees(after=200) == []


def test_a_rule_that_cannot_be_told_changes_nothing() -> None:
    watch = Watching()
    run = sight()
    watch.sees(run, rule=True)
    low = replace(run, history={"loss": Series.of([1, 2], [2.0, 0.5])})
    assert watch.sees(low, rule=True) == ["rule:1"]
    for _ in range(3):
        assert watch.sees(run, rule=True) == []
    high = replace(run, history={"loss": Series.of([1, 2], [2.0, 1.5])})
    assert watch.sees(high, rule=True) == []
    assert watch.sees(high, rule=True) == ["rule:1 over"]


def test_every_kind_of_alert_has_one_file() -> None:
    names = [name for kind in registered() for name in kind.names]
    assert len(set(names)) == len(names)
    assert set(names) | {"ended"} == set(get_args(KindName))
