"""Verdicts: on recorded runs, on made ones, and the sentences for what cannot be compared."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.comparing.compare import compare, examine
from analysis.comparing.loading import Loaded, Loader, Side
from analysis.comparing.report import Comparison
from analysis.comparing.sides import GroupRef, SideRef
from analysis.errors import NotComparable
from analysis.history import History
from analysis.run import RunState
from analysis.sources.base import Effort
from benchmarks.compare import rates
from tests.comparisons import STEPS, a_curve, a_read_run, a_side, compared, one_each
from tests.reports import NOW
from tests.runs import RUNS

pytestmark = pytest.mark.filterwarnings("error")


async def of(*sides: str) -> Comparison:
    """The comparison of recorded runs; a side names several with commas, a group with its name."""
    loader = Loader(None, NOW, Effort(30.0))
    refs = []
    for side in sides:
        if side.startswith("group:"):
            members: tuple[Path | GroupRef, ...] = (GroupRef(side.removeprefix("group:"), RUNS),)
        else:
            members = tuple(RUNS / name for name in side.split(","))
        refs.append(SideRef(side, members))
    return await compare(loader, refs)


def recorded(*names: str) -> None:
    missing = [name for name in names if not (RUNS / name).is_dir()]
    if missing:
        pytest.skip(f"not in the bundled sample: {', '.join(missing)}")


SLOW = ["lr0.0001-seed0", "lr0.0001-seed1", "lr0.0001-seed2"]
FAST = ["lr0.001-seed0", "lr0.001-seed1", "lr0.001-seed2"]


@pytest.mark.parametrize("seeds", [SLOW, FAST])
@pytest.mark.parametrize(("a", "b"), [(0, 1), (0, 2), (1, 2)])
async def test_seeds_of_one_configuration_are_too_close(seeds: list[str], a: int, b: int) -> None:
    """Runs that differ in nothing but their seed have no winner."""
    recorded(*seeds)
    report = await of(seeds[a], seeds[b])
    assert report.verdict == "too_close"
    assert "one seed only" in report.reason


async def test_one_seed_each_finds_a_real_improvement_with_low_confidence() -> None:
    """A learning rate ten times higher is better, and one seed never proves it."""
    recorded(*SLOW, *FAST)
    for fast, slow in zip(FAST, SLOW, strict=True):
        report = await of(fast, slow)
        assert (report.verdict, report.confidence) == ("a_better", "low")
        assert report.seeds == (1, 1)
        assert (report.seeds_needed or 0) >= 3
        assert [item.key for item in report.config_diff if item.important] == ["lr"]


async def test_three_seeds_each_prove_it() -> None:
    """The groups of the same runs, by their name: the spread between seeds is measured."""
    recorded(*SLOW, *FAST)
    report = await of("group:lr0.0001", "group:lr0.001")
    assert (report.verdict, report.confidence) == ("b_better", "high")
    assert report.seeds == (3, 3)
    assert report.noise_measured
    assert "the seed-to-seed spread" in report.reason
    assert report.effect is not None
    assert report.interval is not None
    assert report.interval[0] < report.effect < report.interval[1]
    again = await of(",".join(FAST), ",".join(SLOW))
    assert again.verdict == "a_better"
    assert again.effect == pytest.approx(-report.effect)


async def test_ranking_corrects_for_choosing_the_best() -> None:
    """Of three, two seeds of one configuration are tied and the verdict says so."""
    recorded(*SLOW, *FAST)
    report = await of(FAST[0], SLOW[0], FAST[1])
    assert report.verdict == "too_close"
    assert [place.tied_with_best for place in report.ranking] == [True, True, False]
    assert report.ranking[-1].label == SLOW[0]


async def test_adversarial_losses_are_not_comparable() -> None:
    """Two losses that pull against each other do not tell who is better."""
    recorded("digit-gan", "vae-digits")
    report = await of("digit-gan", "vae-digits")
    assert report.verdict == "not_comparable"
    assert "adversarial" in report.reason


async def test_a_loss_that_broke_loses() -> None:
    """NaN at the matched point is worse than any number."""
    recorded("lr-too-high", "healthy-digits")
    report = await of("lr-too-high", "healthy-digits")
    assert report.verdict == "b_better"
    assert "not a finite number" in report.reason


async def test_a_loss_that_ran_away_loses() -> None:
    """However much a diverged curve scatters, that is no doubt about which side is better."""
    recorded("char-gpt", "char-gpt-hot")
    report = await of("char-gpt-hot", "char-gpt")
    assert (report.verdict, report.confidence, report.seeds_needed) == ("b_better", "low", None)
    assert report.effect is not None
    assert report.effect > 20
    assert report.interval is None
    assert "char-gpt-hot ran away" in report.reason


def test_broken_sides_stand_last_and_blur_nothing() -> None:
    """A third side that diverged, or is not finite, changes nothing between the other two."""
    good = a_side("good", *(a_read_run(f"g{n}", a_curve(0.5, n)) for n in range(3)))
    poor = a_side("poor", *(a_read_run(f"p{n}", a_curve(0.7, 10 + n)) for n in range(3)))
    wild = np.geomspace(2.5, 900.0, STEPS) * (1 + 0.5 * np.sin(np.arange(STEPS)))
    away = a_side("away", a_read_run("w", wild), a_read_run("w2", 3 * wild))
    nan = a_side("nan", a_read_run("n", np.where(np.arange(STEPS) < 200, 1.0, np.nan)))
    report = compared(nan, poor, away, good).report
    assert report.verdict == "ranked"
    assert [place.label for place in report.ranking] == ["good", "poor", "away", "nan"]
    assert report.ranking[-1].value is None
    assert not report.ranking[1].tied_with_best
    assert report.confidence == compared(poor, good).report.confidence == "high"
    assert "away ran away" in report.reason
    assert "of nan is not a finite number" in report.reason
    alone = compared(nan, away, good).report
    assert (alone.verdict, alone.ranking[0].label) == ("ranked", "good")


def test_one_seed_of_several_that_diverges_is_a_matter_of_chance() -> None:
    """The side is not out of the race; its spread says that nothing is sure."""
    wild = np.linspace(2.5, 90.0, STEPS)
    mixed = a_side("mixed", *(a_read_run(f"m{n}", a_curve(0.5, n)) for n in range(2)),
                   a_read_run("m2", wild))  # fmt: skip
    steady = a_side("steady", *(a_read_run(f"s{n}", a_curve(0.6, 10 + n)) for n in range(3)))
    assert compared(mixed, steady).report.verdict == "too_close"


@pytest.mark.parametrize("seed", range(20))
def test_curves_that_rise_or_learn_nothing_have_not_run_away(seed: int) -> None:
    """Overfitting on both sides, or noise alone: only the test decides."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 1, STEPS)
    rise = 1.0 + 0.5 * x**2 + 0.05 * rng.standard_normal((2, STEPS))
    flat = 2.3 + 0.05 * rng.standard_normal((2, STEPS)) + 0.1 * rng.standard_normal((2, 1))
    for a, b in (rise, flat):
        report = compared(a_side("a", a_read_run("a", a)), a_side("b", a_read_run("b", b))).report
        assert "ran away" not in report.reason


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ({"vocab_size": 800}, {"vocab_size": 32_000}, "the vocabulary differs (800 and 32,000)"),
        ({"model": {"num_labels": 2}}, {"num_labels": 4}, "classes differs (2 and 4)"),
        ({"id2label": {"0": "a", "1": "b"}}, {"num_classes": 9}, "classes differs (2 and 9)"),
    ],
)
def test_losses_over_other_outcomes_are_on_another_scale(
    a: dict[str, Any], b: dict[str, Any], said: str
) -> None:
    """A shared accuracy decides instead, or what the asker names; equal counts change nothing."""
    hits = np.linspace(0.2, 0.8, STEPS)
    losses = [a_curve(0.5, 1), a_curve(1.5, 2)]

    def sides(*configs: dict[str, Any], more: dict[str, np.ndarray] | None = None) -> list[Side]:
        return [
            a_side(name, a_read_run(name, loss, more=more, **config))
            for name, loss, config in zip("ab", losses, configs, strict=True)
        ]

    report = compared(*sides(a, b)).report
    assert report.verdict == "not_comparable"
    assert said in report.reason
    assert compared(*sides(a, b), metric="train/loss").report.verdict == "a_better"
    assert compared(*sides(a, b, more={"eval/accuracy": hits})).report.metric == "eval/accuracy"
    assert compared(*sides(a, a)).report.verdict == "a_better"
    assert compared(*sides(a, {})).report.verdict == "a_better"


def test_sides_of_which_none_is_finite_are_not_comparable() -> None:
    """There is nothing to say who is better."""
    broken = [a_side(n, a_read_run(n, np.full(STEPS, np.nan))) for n in "abc"]
    assert compared(*broken).report.verdict == "not_comparable"


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        ([FAST[0]], "needs two sides"),
        ([FAST[0]] * 2, "compared with itself"),
        ([FAST[0]] * 9, "too many"),
    ],
)
async def test_what_is_no_comparison_is_refused(sides: list[str], said: str) -> None:
    """One side, the same run twice, more than eight sides: a clear sentence each."""
    recorded(FAST[0])
    with pytest.raises(NotComparable, match=said):
        await of(*sides)


def test_runs_that_share_no_metric() -> None:
    """Nothing in common decides nothing; the configurations are still told apart."""
    one = a_read_run("a", a_curve(0.5, 1), metric="reward_model/score", lr=1)
    other = a_read_run("b", a_curve(0.5, 1), metric="train/loss", lr=2)
    report = compared(a_side("a", one), a_side("b", other)).report
    assert report.verdict == "not_comparable"
    assert "share no" in report.reason
    assert report.config_diff


def test_a_run_without_history() -> None:
    """It is named."""
    run, _ = a_read_run("empty", a_curve(0.5, 1))
    from analysis import signals

    bare = signals.of(run, History(), now=NOW)
    report = compared(
        a_side("a", a_read_run("a", a_curve(0.5, 1))), a_side("e", (run, bare))
    ).report
    assert (report.verdict, report.reason) == (
        "not_comparable", "empty has no history to compare."
    )  # fmt: skip


def test_a_running_run_is_compared_where_it_stands() -> None:
    """The verdict is “so far”, and what the finished one had by its end is said."""
    young = a_read_run("young", a_curve(0.5, 1)[: STEPS // 2], state=RunState.RUNNING)
    old = a_read_run("old", a_curve(0.9, 2))
    report = compared(a_side("young", young), a_side("old", old)).report
    assert report.so_far
    assert report.matched_at == 10 * STEPS // 2
    assert report.reason.startswith("So far")
    assert report.sides[1].later == pytest.approx(0.9, rel=0.05)
    assert "old had" in report.reason


def test_equal_samples_are_fair_where_batches_differ() -> None:
    """Twice the batch at half the steps: compared by samples, and said so."""
    small = a_read_run("small", a_curve(0.5, 1), batch_size=16)
    large = a_read_run("large", a_curve(0.5, 2)[: STEPS // 2], batch_size=64)
    report = compared(a_side("small", small), a_side("large", large)).report
    assert report.axis == "samples"
    assert report.matched_at == 16 * 10 * STEPS
    assert "16 and 64" in report.axis_reason
    by_step = compared(a_side("small", small), a_side("large", large), by="step").report
    assert by_step.axis == "step"


def test_restarts_and_other_intervals_do_not_change_the_verdict() -> None:
    """A run that went back and one that logs every eighth step are the same as before."""
    loss = a_curve(0.5, 3)
    step = np.arange(1, STEPS + 1) * 10
    back = np.concatenate([step[:300], step[250:]])
    restarted = a_read_run("b", np.concatenate([loss[:300] + 5.0, loss[250:]]), step=back)
    sparse = a_read_run("b", loss[::8], step=step[::8])
    rival = a_read_run("a", a_curve(1.5, 4))
    plain = compared(a_side("a", rival), a_side("b", a_read_run("b", loss))).report
    for other in (restarted, sparse):
        report = compared(a_side("a", rival), a_side("b", other)).report
        assert report.verdict == plain.verdict == "b_better"
        assert report.effect == pytest.approx(plain.effect, rel=0.05)


def test_the_metric_may_be_asked_for_in_words() -> None:
    """“accuracy” means the accuracy that is logged; a higher one is better."""
    more = {"eval/accuracy": np.linspace(0.1, 0.9, STEPS)}
    less = {"eval/accuracy": np.linspace(0.1, 0.6, STEPS)}
    a = a_read_run("a", a_curve(0.5, 1), more=more)
    b = a_read_run("b", a_curve(0.4, 1), more=less)
    report = compared(a_side("a", a), a_side("b", b), metric="accuracy").report
    assert (report.metric, report.direction, report.verdict) == ("eval/accuracy", "up", "a_better")


def test_many_sides_are_ranked_where_seeds_prove_the_best() -> None:
    """Four sides of three seeds: the best is named, the others stand in order."""
    sides = [
        a_side(
            label,
            *(
                a_read_run(f"{label}-{seed}", a_curve(level + 0.01 * seed, 10 * place + seed))
                for seed in range(3)
            ),
        )
        for place, (label, level) in enumerate((("c", 1.4), ("a", 0.5), ("d", 1.8), ("b", 1.0)))
    ]
    report = compared(*sides).report
    assert (report.verdict, report.confidence) == ("ranked", "high")
    assert [place.label for place in report.ranking] == ["a", "b", "c", "d"]
    assert not any(place.tied_with_best for place in report.ranking[1:])
    assert report.reason.startswith("a is better")


def test_equal_tokens_are_fair_where_sequences_differ() -> None:
    """Twice the sequence length at half the steps: compared by tokens, and said so."""
    short = a_read_run("short", a_curve(0.5, 1), batch_size=8, max_seq_length=512)
    long = a_read_run("long", a_curve(0.5, 2)[: STEPS // 2], batch_size=8, max_seq_length=1024)
    report = compared(a_side("short", short), a_side("long", long)).report
    assert report.axis == "tokens"
    assert report.matched_at == 8 * 512 * 10 * STEPS
    assert "sequence lengths differ (512 and 1,024)" in report.axis_reason


def with_seeds(label: str, curve: np.ndarray, first: int) -> Side:
    """Four seeds of a course, with offsets and noise of their own."""
    rng = np.random.default_rng(first)
    runs = [
        a_read_run(
            f"{label}-{seed}",
            curve + 0.01 * rng.standard_normal() + 0.02 * rng.standard_normal(curve.size),
        )
        for seed in range(4)
    ]
    return a_side(label, *runs)


def test_an_early_lead_wins_nothing() -> None:
    """One side falls sooner, both end alike: the matched point decides, not the way there."""
    done = np.linspace(0, 1, STEPS)
    sooner, later = 0.5 + 2 * np.exp(-12 * done), 0.5 + 2 * np.exp(-7 * done)
    report = compared(with_seeds("sooner", sooner, 1), with_seeds("later", later, 2)).report
    assert report.verdict == "too_close"


def test_a_late_lead_wins() -> None:
    """One side is behind for most of the way and ahead at the matched point: it is better."""
    done = np.linspace(0, 1, STEPS)
    fast, deep = 0.6 + 2 * np.exp(-9 * done), 0.5 + 2.2 * np.exp(-6 * done)
    assert np.mean(deep[: STEPS // 2]) > np.mean(fast[: STEPS // 2])
    report = compared(with_seeds("fast", fast, 1), with_seeds("deep", deep, 2)).report
    assert report.verdict == "b_better"
    assert report.effect == pytest.approx(0.1, abs=0.03)


def test_seeds_beside_the_sides_measure_the_spread() -> None:
    """Single runs with siblings that differ only in seed: the spread is measured, not assumed."""
    curve = 0.5 + 2 * np.exp(-6 * np.linspace(0, 1, STEPS))
    a, b = with_seeds("a", curve, 3), with_seeds("b", curve + 0.3, 4)
    sides = (a_side("a", (a.runs[0], a.signals[0])), a_side("b", (b.runs[0], b.signals[0])))
    alone, _ = examine(Loaded(sides), now=NOW)
    helped, _ = examine(Loaded(sides, siblings=(a.signals, b.signals)), now=NOW)
    assert not alone.noise_measured
    assert helped.noise_measured
    assert helped.noise_floor == pytest.approx(0.01, rel=0.8)
    assert (helped.verdict, helped.confidence) == ("a_better", "low")


def test_a_seed_that_ended_early_says_nothing_of_the_matched_point() -> None:
    """A sibling that crashed at a tenth of the way does not count as a wild seed."""
    curve = 0.5 + 2 * np.exp(-6 * np.linspace(0, 1, STEPS))
    a, b = with_seeds("a", curve, 3), with_seeds("b", curve + 0.3, 4)
    sides = (a_side("a", (a.runs[0], a.signals[0])), a_side("b", (b.runs[0], b.signals[0])))
    _, crashed = a_read_run("crashed", curve[: STEPS // 10])
    whole, _ = examine(Loaded(sides, siblings=(a.signals, b.signals)), now=NOW)
    with_it, _ = examine(Loaded(sides, siblings=((*a.signals, crashed), b.signals)), now=NOW)
    assert with_it.noise_floor == whole.noise_floor


def test_the_interval_says_what_the_verdict_says() -> None:
    """It excludes zero exactly where a winner is named."""
    for gap in (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05):
        curve = 0.5 + 2 * np.exp(-6 * np.linspace(0, 1, STEPS))
        report = compared(with_seeds("a", curve, 3), with_seeds("b", curve + gap, 4)).report
        assert report.interval is not None
        excludes_zero = report.interval[0] > 0 or report.interval[1] < 0
        assert excludes_zero == (report.verdict != "too_close")


def test_the_same_input_gives_the_same_answer() -> None:
    """No clock, no chance."""
    assert one_each().report == one_each().report


def test_an_unread_side_is_a_pure_failure() -> None:
    """Judging nothing names what is missing instead of raising."""
    run, _ = a_read_run("x", a_curve(0.5, 1))
    from analysis import signals

    bare = a_side("x", (run, signals.of(run, History(), now=NOW)))
    report, matter = examine(Loaded((bare, bare)), now=NOW)
    assert matter is None
    assert report.verdict == "not_comparable"


@pytest.mark.parametrize("seeds", [1, 3])
def test_false_winners_are_rare(seeds: int) -> None:
    """Null pairs: within three standard deviations of at most 5 % winners that count."""
    found = rates(seeds, 0.0, 60, seed=11)
    assert found.named <= 0.05 + 3 * (0.05 * 0.95 / 60) ** 0.5


def test_a_real_difference_is_found() -> None:
    """Three seeds a side, four standard deviations: three of four at the least, never wrong."""
    found = rates(3, 4.0, 60, seed=11)
    assert found.right >= 0.75
    assert found.wrong == 0.0
