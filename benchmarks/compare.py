"""Error rates of ``compare`` on curves with known truth, and its power as a plot.

``python -m benchmarks.compare [--trials N] [--plot docs/images/compare-power.png]``

The generator makes training runs as they look: a power-law fall, autocorrelated and heavy-tailed
noise whose size shrinks with the loss, sparse evaluations with noise of their own, and a per-seed
offset of the whole curve. A true effect shifts one side's offset by a multiple of the seeds'
standard deviation. Everything is judged by the product's own ``judge``.

Three kinds of worlds, since noise within the curves may hide any offset between seeds: *all* that
the generator makes (in some the noise of a level is many times the spread between seeds); *calm*
ones, where the noise of a level is under 0.3 of that spread; and all, with effects in units of the
spread as anybody could *observe* it, noise of the level included.
"""

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.signal import lfilter

from analysis import signals
from analysis.comparing.compare import judge
from analysis.comparing.loading import Loaded, Side
from analysis.comparing.report import Comparison
from analysis.history import Floats, History, Series
from analysis.refs import RunRef
from analysis.robust import wilson
from analysis.run import Key, Run, RunState

NOW = datetime(2026, 1, 2, tzinfo=UTC)
Kind = Literal["all", "calm", "observed"]
KINDS: tuple[Kind, ...] = ("all", "calm", "observed")
CALM = 0.3


@dataclass(frozen=True, slots=True)
class World:
    """What a generated project looks like.

    Attributes:
        floor: where the loss ends.
        start: where it begins.
        seed_sd: standard deviation of the per-seed offset, in units of the loss.
        noise: relative size of the batch noise.
        eval_noise: relative size of the evaluation's noise.
        rho: autocorrelation of the batch noise at lag one.
        tail: degrees of freedom of the noise's t distribution (3 is heavy).
        points: logged training rows.
        evals: evaluations; 0 leaves the training loss to decide.
    """

    floor: float
    start: float
    seed_sd: float
    noise: float
    eval_noise: float
    rho: float
    tail: float
    points: int
    evals: int

    @property
    def blur(self) -> float:
        """Noise of a level, averaged over half of the curve, in units of ``seed_sd``."""
        wide = float(np.sqrt(self.tail / (self.tail - 2.0)))
        if self.evals:
            own = self.eval_noise * wide / np.sqrt(max(3.0, self.evals / 2))
        else:
            memory = (1 + self.rho) / (1 - self.rho)
            own = 0.85 * self.noise * wide * np.sqrt(memory / (self.points / 2))
        return float(1.1 * self.floor * own / self.seed_sd)


def a_world(rng: np.random.Generator) -> World:
    """A project somewhere between a tiny classifier and a language model."""
    floor = float(np.exp(rng.uniform(np.log(0.05), np.log(4.0))))
    return World(
        floor=floor,
        start=floor + float(np.exp(rng.uniform(np.log(0.5), np.log(8.0)))),
        seed_sd=floor * float(np.exp(rng.uniform(np.log(0.003), np.log(0.06)))),
        noise=float(np.exp(rng.uniform(np.log(0.01), np.log(0.2)))),
        eval_noise=float(np.exp(rng.uniform(np.log(0.0005), np.log(0.01)))),
        rho=float(rng.uniform(0.0, 0.95)),
        tail=float(rng.choice([2.5, 3.0, 5.0, 30.0])),
        points=int(rng.integers(150, 1500)),
        evals=int(rng.choice([0, 6, 15, 40])),
    )


def a_run(world: World, rng: np.random.Generator, name: str, seed: int, shift: float) -> Side:
    """One run of a world; ``shift`` is the true effect, in seeds' standard deviations."""
    offset = world.seed_sd * (rng.standard_normal() + shift)
    step = np.arange(1, world.points + 1) * 10
    fall = (world.start - world.floor) * (1 + 20 * step / step[-1]) ** -0.9
    trend = world.floor + fall + offset
    loss = trend * (1 + world.noise * _correlated(world, rng, step.size))
    columns = {"train/loss": Series.of(step, loss, step * 0.5 + 1e9)}
    if world.evals:
        at = step[np.linspace(0, step.size - 1, world.evals).astype(int)]
        jitter = 1 + world.eval_noise * rng.standard_t(world.tail, at.size)
        columns["eval/loss"] = Series.of(at, np.interp(at, step, trend) * jitter, at * 0.5 + 1e9)
    run = Run(
        RunRef("made", "world", f"{name}-{seed}"),
        f"{name}-{seed}",
        RunState.FINISHED,
        config={"lr": 1e-3, "seed": seed},
        keys={key: Key() for key in columns},
    )
    read = signals.of(run, History(columns), now=NOW)
    return Side(run.name, (run,), (read,))


def _correlated(world: World, rng: np.random.Generator, n: int) -> Floats:
    shocks = rng.standard_t(world.tail, n)
    scale = np.sqrt(1 - world.rho**2)
    noise: Floats = lfilter([scale], [1.0, -world.rho], shocks)
    # heteroscedastic: calmer towards the end
    return noise * np.linspace(1.5, 0.7, n)


def a_verdict(
    rng: np.random.Generator, seeds: int, effect: float, kind: Kind = "all"
) -> Comparison:
    """One comparison of two sides of ``seeds`` runs; B is worse by ``effect`` seed deviations."""
    world = a_world(rng)
    while kind == "calm" and world.blur >= CALM:
        world = a_world(rng)
    if kind == "observed":
        effect *= float(np.hypot(1.0, world.blur))
    sides = []
    for name, shift in (("a", 0.0), ("b", effect)):
        parts = [a_run(world, rng, name, seed, shift) for seed in range(seeds)]
        sides.append(
            Side(
                name,
                tuple(run for part in parts for run in part.runs),
                tuple(read for part in parts for read in part.signals),
            )
        )
    return judge(Loaded(tuple(sides)), now=NOW)


def rates(
    seeds: int, effect: float, trials: int, seed: int = 0, kind: Kind = "all"
) -> dict[str, float]:
    """Shares of verdicts that count (not of low confidence): right side, wrong side, any."""
    rng = np.random.default_rng([seed, seeds, int(effect * 100)])
    verdicts = [a_verdict(rng, seeds, effect, kind) for _ in range(trials)]
    counted = [v.verdict for v in verdicts if v.confidence != "low"]
    named = [v.verdict for v in verdicts]
    return {
        "right": counted.count("a_better") / trials,
        "wrong": counted.count("b_better") / trials,
        "right_low_included": named.count("a_better") / trials,
        "wrong_low_included": named.count("b_better") / trials,
    }


CASES: tuple[tuple[int, float, Kind], ...] = (
    *((seeds, 0.0, "all") for seeds in (1, 2, 3, 6)),
    *((3, 4.0, kind) for kind in KINDS),
    *((6, 2.0, kind) for kind in KINDS),
    (1, 4.0, "all"),
    (2, 4.0, "all"),
)


def main() -> None:
    """Prints the table, and draws the power curve when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    print(
        "| seeds a side | true effect (seed sd) | worlds | right | wrong | any winner "
        "| low included |"
    )
    print("|---|---|---|---|---|---|---|")
    for seeds, effect, kind in CASES:
        found = rates(seeds, effect, given.trials, kind=kind)
        named = found["right"] + found["wrong"]
        low = found["right_low_included"] + found["wrong_low_included"]
        ends = wilson(round(named * given.trials), given.trials) or (0.0, 1.0)
        print(
            f"| {seeds} | {effect:g} | {kind} | {found['right']:.1%} | {found['wrong']:.1%} | "
            f"{named:.1%} ({ends[0]:.1%} to {ends[1]:.1%}) | {low:.1%} |",
            flush=True,
        )
    if given.plot:
        draw_power(given.plot, max(20, given.trials // 2))


def draw_power(path: Path, trials: int) -> None:
    """How often the better side is found, by true effect and number of seeds."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    effects = np.array([0, 1, 2, 3, 4, 5, 6], dtype=float)
    for seeds, colour in ((2, "#CC79A7"), (3, "#0072B2"), (6, "#009E73"), (10, "#D55E00")):
        found = [rates(seeds, float(e), trials, kind="calm")["right"] for e in effects]
        axes.plot(effects, found, "o-", color=colour, label=f"{seeds} seeds a side")
    axes.axhline(0.8, color="#999999", linewidth=0.8, linestyle="--")
    axes.set_xlabel("true difference, in standard deviations between seeds")
    axes.set_ylabel("better side named (calm worlds)")
    axes.set_ylim(0, 1.02)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


if __name__ == "__main__":
    main()
