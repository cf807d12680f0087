"""Writes docs/diagnosis.md: every detector from its own docstring, with a plot, and the scores.

``python -m benchmarks.diagnosis [--runs ../shared/runs] [--n 20] [--no-images]``. The page holds
nothing that is not in the code: formulas come from the detectors' docstrings, numbers from the
thresholds, plots from recorded runs (from made ones where none shows it), tables from
``wandb-bot eval`` and ``benchmarks.synthetic``.
"""

import argparse
import asyncio
import inspect
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from analysis import metrics, signals
from analysis.describe import report_on
from analysis.detectors.base import Detector, registered, run_all
from analysis.evaluation import Verdict, evaluate, read_labels, render, score
from analysis.findings import severity_of
from analysis.history import Floats
from analysis.plots import drawing, style
from analysis.plots.curves import curves_of
from analysis.reports import RunReport
from analysis.signals import Signals
from analysis.sources.base import Effort
from analysis.sources.offline import OfflineSource
from analysis.thresholds import DEFAULTS, Thresholds
from benchmarks import faulty, synthetic
from benchmarks.synthetic import START

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "diagnosis.md"
IMAGES = ROOT / "docs" / "images" / "detectors"

# A recorded run that shows the code, else a made one (kind, seed).
EXAMPLES: dict[str, str | tuple[Callable[[Any], Any], int]] = {
    "loss_not_finite": (faulty.nan_tail, 3),
    "loss_diverged": "char-gpt-hot",
    "loss_spike": "bad-batch",
    "loss_plateau": (faulty.plateau, 1),
    "loss_not_decreasing": "deep-sigmoid",
    "grad_exploding": (faulty.exploding, 4),
    "grad_unstable": (faulty.unstable, 2),
    "grad_vanishing": (faulty.never_learns, 1),
    "grad_not_finite": (faulty.gradient_nan, 2),
    "overfitting": "lit-overfit",
    "eval_degraded": (faulty.reward_lost, 1),
    "heartbeat_stalled": (faulty.beat_lost, 2),
    "heartbeat_slow": (faulty.beat_lost, 1),
    "step_stalled": (faulty.hung, 1),
    "throughput_drop": "slow-loader",
    "learning_rate_zero": (faulty.rate_ended, 1),
    "gpu_idle": (faulty.idle, 1),
    "memory_near_limit": (faulty.memory_full, 1),
    "run_failed": "out-of-memory",
    "run_crashed": "killed",
}

_INTRO = """# Diagnosis: what is looked for, how, and how well

*This page is written by `python -m benchmarks.diagnosis` from the detectors' docstrings, the
thresholds and labelled runs; `make eval RUNS=folder` prints the same table for any folder.*

A description runs every detector below on the run's curves. A detector is a pure function
`Signals, Thresholds → findings`: no clock of its own, no network, the same answer for the same
rows, so describing a run as it stood at some step gives what watching it to that step gave. Each
finding says what was seen, since which step, how large it is against the run's own noise
(`noise_ratio`, in robust standard deviations) and what to try. A detector that could not be applied
is listed under `not_checked` with the reason. Severities are those of the contract; a detector may
lower its own (an isolated peak of the gradient is information), never raise it.

**Names and axes.** Signals are found by the words of their names (`analysis/metrics.py`,
`analysis/naming.py`); which name stands for what is in `metrics_used`, and the setting `[metrics]`
overrides it. Steps are the optimiser's (`train/global_step`, `trainer/global_step`, …, or what
`define_metric` set); training and evaluation are paired by W&B's row, never by index. Points that
a rewind has superseded are left out.

**Noise.** Levels are medians with standard errors that count autocorrelation; spread is 1.4826
times the median absolute deviation around a smoothed curve that does not lag; slopes are
Theil–Sen's. No test compares a loss with a fixed number, except at its floor.

**Losses that say nothing by falling.** In adversarial, reinforcement, variational and contrastive
training (told by metric names and config, `analysis/objectives.py`) no verdict is drawn from a
loss that does not fall. Values that are not finite, gradients, evaluation rewards, pace and state
are judged all the same.
"""


async def recorded(folder: Path, name: str) -> Signals | None:
    """Signals of a recorded run, if the folder has it."""
    if not (folder / "truth.json").is_file() or name not in read_labels(folder):
        return None
    async with OfflineSource(folder / read_labels(folder)[name].file) as source:
        (run,) = await source.all()
        history = await source.history(run, metrics.select_keys(run), Effort(full=True))
        return signals.of(run, history, now=run.heartbeat_at or START)


def made(kind: Callable[[Any], Any], seed: int) -> Signals:
    """Signals of a made run."""
    run = synthetic.make(kind, seed)
    return signals.of(run.run, run.history, run.system, now=run.now)


async def example(code: str, folder: Path) -> tuple[Signals, RunReport, str]:
    """A run that shows a code, its report, and where it comes from."""
    chosen = EXAMPLES[code]
    found = await recorded(folder, chosen) if isinstance(chosen, str) else None
    origin = f"recorded run `{chosen}`" if found is not None else "made run"
    if found is not None:
        report = report_on(found, run_all(found, DEFAULTS))
        if code in {finding.code for finding in report.findings}:
            return found, report, origin
    kinds = [chosen] if not isinstance(chosen, str) else []
    kinds += [(kind, 0) for kind in synthetic.FAULTY]
    for kind, first in kinds:
        for seed in range(first, first + 12):
            s = made(kind, seed)
            report = report_on(s, run_all(s, DEFAULTS))
            if code in {f.code for f in report.findings if f.severity.rank}:
                return s, report, "made run"
    raise SystemExit(f"no example shows {code}")


def picture(code: str, s: Signals, report: RunReport) -> bytes:
    """The plot of an example, as PNG with few colours."""
    png = _special(code, s)
    if png is None:
        png = drawing.render(curves_of(s, report))
    return _small(png)


def _special(code: str, s: Signals) -> bytes | None:
    if code == "throughput_drop" and s.pace is not None:
        return _line(s.pace.curve.step, s.pace.curve.value, s.pace.unit, "step", log=True)
    if code == "gpu_idle":
        use = s.gpu_use[0]
        return _line(use.step, use.value, "GPU use, %", "sample", top=100)
    if code == "memory_near_limit":
        memory = s.memory[0]
        return _line(memory.step, memory.value, "memory, %", "sample", top=100)
    if code in ("heartbeat_stalled", "heartbeat_slow", "step_stalled"):
        minutes = (s.row_times - s.row_times[0]) / 60
        now = (s.now.timestamp() - s.row_times[0]) / 60
        return _line(
            minutes, np.arange(minutes.size, dtype=np.float64), "rows logged", "minutes", now=now
        )
    return None


def _line(
    x: Any, y: Floats, what: str, along: str, *, top: float = 0, now: float = 0, log: bool = False
) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(
        figsize=(style.WIDTH_IN, 2.4), dpi=style.DPI, facecolor=style.PAPER, layout="constrained"
    )
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    axis.set_facecolor(style.PAPER)
    axis.plot(x, y, color=style.LOSS, linewidth=1.0)
    if now:
        axis.axvline(now, color=style.FAINT, linestyle="--", linewidth=1.0)
        axis.annotate("now", (now, y[-1] * 0.5), ha="right", color=style.FAINT, fontsize=9)
    if top:
        axis.set_ylim(0, top)
    if log:
        axis.set_yscale("log")
    axis.set_xlabel(along, fontsize=style.SMALL_PT)
    axis.set_ylabel(what, fontsize=style.SMALL_PT)
    axis.grid(color=style.GRID, linewidth=0.6)
    axis.spines[["top", "right"]].set_visible(False)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", facecolor=style.PAPER, metadata={"Software": None})
    return buffer.getvalue()


def _small(png: bytes) -> bytes:
    """The picture at two thirds of its size with 48 colours: a tenth of the bytes."""
    from PIL import Image

    image = Image.open(BytesIO(png)).convert("RGB")
    image = image.resize((image.width * 2 // 3, image.height * 2 // 3), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    image.quantize(48).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def section(detector: Detector, examples: dict[str, tuple[RunReport, str]]) -> str:
    """A detector's part of the page."""
    doc = inspect.getdoc(inspect.getmodule(detector.detect)) or ""
    first, _, rest = doc.partition("\n\n")
    title = ", ".join(f"`{code}`" for code in detector.codes)
    greatest = ", ".join(dict.fromkeys(severity_of(code).value for code in detector.codes))
    lines = [f"### {title}", "", f"{' '.join(first.split())} Greatest severity: {greatest}.", ""]
    for label, text in re.findall(
        r"^(Sees|Formula|Thresholds|Stays silent on): (.*?)(?=^\w[\w ]*: |\Z)",
        rest,
        re.MULTILINE | re.DOTALL,
    ):
        lines.append(f"- **{label}**: {_plain(text)}")
    lines += ["", *_numbers(detector.codes)]
    for code, (report, origin) in examples.items():
        message = next(f.message for f in report.findings if f.code == code)
        lines += [
            f"![{code}: {message}](images/detectors/{code}.png)",
            "",
            f"*{origin[0].upper()}{origin[1:]}: “{message}”*",
            "",
        ]
    return "\n".join(lines)


def _plain(text: str) -> str:
    text = " ".join(text.split())
    text = re.sub(r"\bt\.(\w+)", r"`\1`", text).replace("``", "`")
    return text.replace("|", "\\|").replace(" < ", " &lt; ").replace(" > ", " &gt; ")


def _numbers(codes: tuple[str, ...]) -> list[str]:
    rows = [
        f"| `{name}` | {getattr(DEFAULTS, name):g} | {field.description} | {_source(name)} |"
        for name, field in Thresholds.model_fields.items()
        if any(name == code or name.startswith(f"{code}_") for code in codes)
    ]
    head = ["| setting | default | what | source |", "|---|---|---|---|"]
    return [*head, *rows, ""] if rows else []


def _source(name: str) -> str:
    extra = Thresholds.model_fields[name].json_schema_extra
    return str(extra["source"]) if isinstance(extra, dict) else ""


def shared_numbers() -> str:
    """The thresholds that belong to no single code."""
    codes = [code for detector in registered() for code in detector.codes]
    rows = [
        f"| `{name}` | {getattr(DEFAULTS, name):g} | {field.description} | {_source(name)} |"
        for name, field in Thresholds.model_fields.items()
        if not any(name == code or name.startswith(f"{code}_") for code in codes)
    ]
    return "\n".join(["| setting | default | what | source |", "|---|---|---|---|", *rows])


FIRST_SIGHT = """
### On freshly trained runs, at first sight

The tables above show what was also learned from. Five times other runs were trained (numpy, JAX,
PyTorch, Keras, XGBoost, LightGBM; recorded offline by `wandb`), their truth was written from how
they were built and from the curves, and only then were the detectors run: among them a grokking
run, a diffusion model, DPO, REINFORCE, a DQN, GANs, a VAE, SimCLR, matrix factorisation,
fine-tuning with few rows, curricula, resumed, killed and failed runs. The detectors were mended
afterwards, so the right-hand columns measure no more than the tables above do. The runs are not
kept.

| batch | runs | recall | precision | health | recall, mended | precision, mended | health, mended |
|---|---|---|---|---|---|---|---|
| first | 43 | 14/17 = 0.82 | 14/16 = 0.88 | 39/43 = 0.91 | 17/17 | 17/17 | 43/43 |
| second | 24 | 9/11 = 0.82 | 9/12 = 0.75 | 22/24 = 0.92 | 10/11 | 10/11 | 23/24 |
| third | 83 | 36/37 = 0.97 | 36/37 = 0.97 | 83/83 = 1.00 | 37/37 | 37/38 | 83/83 |
| fourth, meant to be hard | 21 | 8/9 = 0.89 | 8/9 = 0.89 | 20/21 = 0.95 | 9/9 | 9/9 | 21/21 |
| fifth, harder | 69 | 22/27 = 0.81 | 22/26 = 0.85 | 66/69 = 0.96 | 24/27 | 24/26 | 67/69 |
| sixth, blind writer | 60 | 23/27 = 0.85 | 23/23 = 1.00 | 57/60 = 0.95 | 26/27 | 26/26 | 60/60 |
| seventh, blind writer | 60 | 56/58 = 0.97 | 56/56 = 1.00 | 57/60 = 0.95 | 57/58 | 57/57 | 59/60 |

In the first batch a collapse of the reward that swayed at under half and an overfitting that was
small against the loss of the untrained model were missed; the even stages of a curriculum were
called spikes. One label was too strict (an accuracy that fell with a NaN), a slow-down was real but
a busy machine's, and one “killed” run had been recorded as finished by W&B itself. In the second a
transformer at learning rate 1 got the wrong code, and two slow-downs were a busy machine's (one is
still reported: 74 % slower for 18 s). A spike of 0.04 to 0.98 in a loss of noisy batches, in a run
that began at 2.5, is still missed.

The third batch has 41 healthy runs (none was given a warning) and 42 that were meant to fail, in
the names of all integrations, of 4 to 4,000 rows and 30 to 30,000 steps. Its one confusion: a rate
cut by ten every 40 steps was called zero (it was, to twelve digits, for half of the run) and the
plateau that came of it was missed. Of those meant to fail five did not clearly do so and four
failed in another way; these were labelled by their curves, two of them after the verdict had been
seen. In the fourth a validation loss of 60 noisy evaluations that rose by three times the scatter
of one was missed, and a loss that had learned and then ran away was also said never to have gone
down.

The fifth has 35 healthy runs (none was given a warning) and 34 that were meant to fail in ways that
no earlier batch had. A pace that fell all along and the collapse of a detector's precision were
missed (`metrics/mAP50-95(B)` was not known); the damage of one spike was called overfitting, a loss
that fell and then swayed was said to have stayed. Still so: a loss that creeps up again by less
than half of what it had learned is not told (a quarter instead of a half was tried: it finds
neither of the two and calls two sound curricula diverged); the accuracy that is lost with a loss
that ran away is left to that finding, which says beside it that the loss has not gone down; and a
diffusion model that learns nothing has gradient norms above 5 all along, which the contract calls
unstable.

The sixth (31 really trained, 29 made) has 35 healthy but tricky runs, none of which was given a
warning. Missed were three spikes at even distances, which passed for stages (their gradient norm
tells them apart now); a network without one trainable parameter, under the noise of single batches
(its evaluation never changed in any digit); a recurrent network without clipping, whose bursting
norm passed for large units; and one label asks for `run_failed` where W&B recorded exit code 0.
Four running runs with late heartbeats and steps beside it were told right.

The seventh, of 42 problem runs and 18 healthy ones that resemble them, came after the sixth was
worked on. Missed: an overfitting of 10 % that climbed for thirteen evaluations (told now), and a
language model that stayed at 4.2 of 10.7, which is information here since it is under
`loss_plateau_level`; infinities of the first rows under a gradient scaler were critical instead of
a warning (mended). Eight running runs beside it: all right.
"""


async def write(folder: Path, n: int, *, images: bool) -> None:
    """Writes the page, and the pictures where asked."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    parts = [_INTRO, "## How well\n"]
    if (folder / "truth.json").is_file():
        scored = render(await evaluate(folder))
        parts += [f"### On the {len(read_labels(folder))} recorded runs\n", scored, ""]
    labels, verdicts = {}, {}
    for kind in (*synthetic.HEALTHY, *synthetic.FAULTY):
        for seed in range(10_000, 10_000 + n):
            one = synthetic.make(kind, seed)
            labels[one.name], verdicts[one.name] = one.label, Verdict.of(synthetic.report(one))
    made_score = score(labels, verdicts)
    table = render(made_score).split("\nConfusions:")[0]
    tally: dict[str, int] = {}
    for c in made_score.confusions:
        what = f"`{c.run.split('-')[0]}`: " + "; ".join(
            [f"missed {code}" for code in c.missed]
            + [f"false alarm {code}" for code in c.false_alarms]
            + ([f"health {c.health}"] if c.health else [])
        )
        tally[what] = tally.get(what, 0) + 1
    parts += [
        f"### On {len(labels)} made runs\n",
        f"{len(synthetic.HEALTHY)} kinds of healthy and {len(synthetic.FAULTY)} of faulty runs, "
        f"{n} seeds each, in the names of all integrations "
        f"(`python -m benchmarks.synthetic --n {n} --seed 10000`).\n",
        table,
        "\nConfusions by kind:\n",
        *(f"- {count} × {what}" for what, count in sorted(tally.items())),
        FIRST_SIGHT,
        "\n## The detectors\n",
        "### Numbers that several share\n",
        shared_numbers(),
        "",
    ]
    for detector in registered():
        shown: dict[str, tuple[RunReport, str]] = {}
        for code in detector.codes:
            if code not in EXAMPLES:
                continue
            s, report, origin = await example(code, folder)
            shown[code] = (report, origin)
            if images:
                (IMAGES / f"{code}.png").write_bytes(picture(code, s, report))
        parts.append(section(detector, shown))
    PAGE.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=ROOT.parent / "shared" / "runs")
    parser.add_argument("--n", type=int, default=20, help="made runs of each kind")
    parser.add_argument("--no-images", action="store_true")
    args = parser.parse_args()
    asyncio.run(write(args.runs, args.n, images=not args.no_images))


if __name__ == "__main__":
    main()
