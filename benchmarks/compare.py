"""Error rates of ``compare`` on curves with known truth, and its power as a plot.

``python -m benchmarks.compare [--trials N] [--plot docs/images/compare-power.png]``

The generator makes training runs as they look: a falling course, autocorrelated and heavy-tailed
noise whose size changes along the run, sparse evaluations or none, and a per-seed offset of the
whole curve. A true effect shifts one side's offset by a multiple of the seeds' standard deviation.
Everything is decided by the product's own ``decide``.

What can be found depends on one number above all, the *blur*: how well the best estimate of a
curve's level can be, in units of the spread between seeds. *mixed* worlds are drawn at random with
a blur under 0.5; the named ones have one difficulty each; *blurred* ones are drawn without a bound
until their blur is over 0.5, so that the noise within a curve hides any offset.
"""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.signal import lfilter

from analysis.comparing.compare import decide
from analysis.comparing.curves import Placed
from analysis.comparing.matter import Matter
from analysis.comparing.verdict import Decision
from analysis.history import Floats
from analysis.robust import wilson

BLURRED = 0.5
_BURN_IN = 400
Shape = Literal["even", "shrinking", "early", "growing", "in steps", "with the loss"]
SHAPES: tuple[Shape, ...] = (
    "even", "shrinking", "early", "growing", "in steps", "with the loss"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """What a generated project looks like.

    Attributes:
        points: logged training rows.
        noise: standard deviation of a point's noise, in units of the spread between seeds.
        rho: autocorrelation of the training noise at lag one.
        tail: degrees of freedom of the shocks' t distribution (3 is heavy).
        shape: how the size of the noise changes along the run.
        evals: evaluations, whose noise is white; 0 leaves the training loss to decide.
        floor: where the loss ends.
        fall: how far it falls.
        seed_sd: standard deviation of the per-seed offset, relative to the floor.
        sparse_b: side B logs every so many rows.
        short_b: share of the steps that side B has done.
    """

    points: int = 600
    noise: float = 1.0
    rho: float = 0.8
    tail: float = 5.0
    shape: Shape = "shrinking"
    evals: int = 0
    floor: float = 0.5
    fall: float = 2.0
    seed_sd: float = 0.03
    sparse_b: int = 1
    short_b: float = 1.0

    @property
    def blur(self) -> float:
        """Standard error of a curve's best linear estimate, in units of the seeds' spread."""
        rows = self.evals or self.points / self.sparse_b
        memory = 1.0 if self.evals else (1 + self.rho) / (1 - self.rho)
        place = np.linspace(0.0, 1.0, 200)
        calm = float(np.mean(_size(self, place) ** -2.0)) ** -0.5
        return float(self.noise * calm * math.sqrt(min(1.0, memory / (rows * self.short_b))))


NAMED: dict[str, World] = {
    "calm": World(noise=0.3),
    "heavy tails": World(noise=2.0, tail=2.5),
    "noise shrinks with the loss": World(noise=2.0, shape="with the loss"),
    "noise grows": World(noise=1.5, shape="growing"),
    "noise changes in steps": World(noise=2.0, rho=0.5, shape="in steps"),
    "autocorrelation 0.9": World(noise=1.5, rho=0.9, tail=3.0, points=800),
    "autocorrelation 0.95": World(noise=1.5, rho=0.95, tail=3.0, points=1_200),
    "autocorrelation 0.99": World(noise=1.0, rho=0.99, tail=3.0, points=2_000),
    "100 points": World(noise=1.0, rho=0.6, tail=3.0, points=100),
    "10 evaluations": World(noise=0.5, tail=3.0, evals=10),
    "40 evaluations": World(noise=1.0, tail=3.0, evals=40),
    "B logs every 5th row": World(noise=1.0, tail=3.0, sparse_b=5),
    "B did 60 % of the steps": World(noise=1.0, tail=3.0, short_b=0.6),
}


def a_world(rng: np.random.Generator, *, blurred: bool = False) -> World:
    """A project somewhere between a tiny classifier and a language model."""
    while True:
        floor = float(np.exp(rng.uniform(np.log(0.05), np.log(4.0))))
        world = World(
            points=int(np.exp(rng.uniform(np.log(80), np.log(2_000)))),
            noise=float(np.exp(rng.uniform(np.log(0.2), np.log(6.0)))),
            rho=float(rng.choice([0.0, 0.5, 0.8, 0.9, 0.95, 0.98])),
            tail=float(rng.choice([2.5, 3.0, 5.0, 30.0])),
            shape=SHAPES[int(rng.integers(len(SHAPES)))],
            evals=int(rng.choice([0, 0, 0, 8, 20, 60])),
            floor=floor,
            fall=float(np.exp(rng.uniform(np.log(0.5), np.log(8.0)))),
            seed_sd=float(np.exp(rng.uniform(np.log(0.003), np.log(0.06)))),
            sparse_b=int(rng.choice([1, 1, 1, 4])),
            short_b=float(rng.choice([1.0, 1.0, 0.7])),
        )
        if (world.blur > BLURRED) == blurred:
            return world


def a_curve(
    world: World, rng: np.random.Generator, shift: float = 0.0, *, b: bool = False
) -> Placed:
    """The deciding curve of one run; ``shift`` is the true effect, in seeds' deviations."""
    spread = world.seed_sd * world.floor
    offset = spread * (rng.standard_normal() + shift)
    done = np.arange(1, world.points + 1) / world.points
    course = world.floor + world.fall * (1 + 20 * done) ** -0.9 + offset
    noise = spread * world.noise * _size(world, done)
    kept = done <= (world.short_b if b else 1.0)
    if world.evals:
        at = np.linspace(0, done.size - 1, world.evals + 1).astype(int)[1:]
        at = at[kept[at]]
        evaluated: Floats = course[at] + noise[at] * _shocks(world, rng, at.size)
        return Placed(at.astype(np.float64) * 10.0, evaluated)
    kept &= np.arange(done.size) % (world.sparse_b if b else 1) == 0
    value: Floats = course + noise * _correlated(world, rng, done.size)
    return Placed(np.flatnonzero(kept).astype(np.float64) * 10.0, value[kept])


def _size(world: World, done: Floats) -> Floats:
    """Relative size of the noise when a share of the run is ``done``."""
    course = (1 + 20 * done) ** -0.9
    sizes: dict[Shape, Floats] = {
        "even": np.ones(done.size),
        "shrinking": 1.5 - 0.8 * done,
        "early": 0.7 + 3.0 * np.exp(-8.0 * done),
        "growing": 0.5 + done,
        "in steps": np.where((done * 6).astype(int) % 2, 2.0, 0.7),
        "with the loss": (world.floor + world.fall * course) / (world.floor + world.fall * 0.1),
    }
    return sizes[world.shape]


def _shocks(world: World, rng: np.random.Generator, n: int) -> Floats:
    """Independent heavy-tailed shocks of unit variance."""
    return rng.standard_t(world.tail, n) / math.sqrt(world.tail / (world.tail - 2.0))


def _correlated(world: World, rng: np.random.Generator, n: int) -> Floats:
    """A first-order process of unit variance."""
    shocks = _shocks(world, rng, n + _BURN_IN)
    noise: Floats = lfilter([math.sqrt(1 - world.rho**2)], [1.0, -world.rho], shocks)
    return noise[_BURN_IN:]


def a_decision(rng: np.random.Generator, world: World, seeds: int, effect: float) -> Decision:
    """One comparison of two sides of ``seeds`` runs; B is worse by ``effect`` seed deviations."""
    a = tuple(a_curve(world, rng) for _ in range(seeds))
    b = tuple(a_curve(world, rng, effect, b=True) for _ in range(seeds))
    matter = Matter("loss", "down", "step", "", curves=(a, b), siblings=())
    return decide(matter, ("a", "b")).decision


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of verdicts: those that count (not of low confidence), and all that name a winner."""

    right: float
    wrong: float
    high: float
    low: float

    @property
    def named(self) -> float:
        """A winner that counts, right or wrong."""
        return self.right + self.wrong


def rates(seeds: int, effect: float, trials: int, seed: int = 0, world: str = "mixed") -> Rates:
    """How often A is named, which is better by ``effect`` standard deviations between seeds.

    Args:
        seeds: runs a side.
        effect: true difference; 0 for a null pair.
        trials: comparisons, each of new runs.
        seed: of the generator.
        world: ``mixed``, ``blurred`` or a name in ``NAMED``.
    """
    rng = np.random.default_rng([seed, seeds, int(effect * 100)])
    found = []
    for _ in range(trials):
        drawn = NAMED[world] if world in NAMED else a_world(rng, blurred=world == "blurred")
        found.append(a_decision(rng, drawn, seeds, effect))
    counted = [v for v in found if v.confidence != "low"]
    winners = ("a_better", "b_better")
    return Rates(
        right=sum(v.verdict == "a_better" for v in counted) / trials,
        wrong=sum(v.verdict == "b_better" for v in counted) / trials,
        high=sum(v.verdict in winners and v.confidence == "high" for v in found) / trials,
        low=sum(v.verdict in winners and v.confidence == "low" for v in found) / trials,
    )


CASES: Sequence[tuple[int, float, str]] = (
    *((seeds, 0.0, "mixed") for seeds in (1, 2, 3, 6)),
    (3, 4.0, "mixed"),
    (6, 2.0, "mixed"),
    (1, 4.0, "mixed"),
    (2, 4.0, "mixed"),
    (6, 0.0, "blurred"),
    (3, 4.0, "blurred"),
    (6, 2.0, "blurred"),
)


def main() -> None:
    """Prints the tables, and draws the power curve when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    print("| seeds a side | true effect (seed sd) | worlds | right | wrong | any winner | of these "
          "high | low besides |\n|---|---|---|---|---|---|---|---|")  # fmt: skip
    for seeds, effect, world in CASES:
        found = rates(seeds, effect, given.trials, world=world)
        ends = wilson(round(found.named * given.trials), given.trials) or (0.0, 1.0)
        print(
            f"| {seeds} | {effect:g} | {world} | {found.right:.1%} | {found.wrong:.1%} | "
            f"{found.named:.1%} ({ends[0]:.1%} to {ends[1]:.1%}) | {found.high:.1%} | "
            f"{found.low:.1%} |",
            flush=True,
        )
    print("\n| world | noise of a point (seed sd) | blur | 6 seeds, null | 6 seeds, effect 2 | "
          "3 seeds, effect 4 |\n|---|---|---|---|---|---|")  # fmt: skip
    for name, world_ in NAMED.items():
        cells = [
            rates(seeds, effect, given.trials, world=name)
            for seeds, effect in ((6, 0.0), (6, 2.0), (3, 4.0))
        ]
        print(
            f"| {name} | {world_.noise:g} | {world_.blur:.2f} | {cells[0].named:.1%} | "
            f"{cells[1].right:.1%} | {cells[2].right:.1%} |",
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
        found = [rates(seeds, float(effect), trials).right for effect in effects]
        axes.plot(effects, found, "o-", color=colour, label=f"{seeds} seeds a side")
    axes.axhline(0.8, color="#999999", linewidth=0.8, linestyle="--")
    axes.set_xlabel("true difference, in standard deviations between seeds")
    axes.set_ylabel("better side named (mixed worlds)")
    axes.set_ylim(0, 1.02)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


if __name__ == "__main__":
    main()
