"""Labelled synthetic runs: realistic curves, healthy and with faults, in everybody's names.

``python -m benchmarks.synthetic [--n 20] [--seed 0]`` scores the detectors on them. The shapes
come from what is known of training (power laws, autocorrelated and heavy-tailed noise that
scales with the loss, schedules), the sizes and onsets from wide random ranges. They are a check
against tuning to recorded runs, not a substitute for those.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from analysis.describe import report_of
from analysis.evaluation import Label, Verdict, render, score
from analysis.history import Floats, History, Ints, Series
from analysis.refs import RunRef
from analysis.reports import RunReport
from analysis.run import Key, Run, RunState
from benchmarks.faulty import FAULTY as FAULTY
from benchmarks.healthy import HEALTHY as HEALTHY
from benchmarks.shapes import Draft
from benchmarks.shapes import Kind as Kind

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

# loss, eval loss, eval accuracy, gradient norm, learning rate, pace, step
_NAMES: Mapping[str, tuple[str | None, ...]] = {
    "hf": ("train/loss", "eval/loss", "eval/accuracy", "train/grad_norm", "train/learning_rate",
           None, "train/global_step"),
    "plain": ("loss", "val_loss", "val_acc", "grad_norm", "lr", "samples_per_sec", "step"),
    "under": ("train_loss", "eval_loss", "eval_acc", "gradient_norm", "learning_rate",
              "throughput", "global_step"),
    "long": ("training_loss", "validation/loss", "validation/accuracy", "grad_norm",
             "learning_rate", "perf/tokens_per_second", "global_step"),
    "lit": ("train_loss_step", "val_loss", "val_acc", "grad_norm", "lr-Adam", None,
            "trainer/global_step"),
    "slash": ("Loss/train", "Loss/val", "Acc/val", "grad/norm", "lr", "perf/samples_per_sec", None),
    "camel": ("trainLoss", "valLoss", "valAcc", "gradNorm", "learningRate", None, "iteration"),
    "nano": ("train/loss", "val/loss", "val/acc", "train/grad_norm", "lr", None, "iter"),
    "mse": ("train/mse", "val/mse", "val/r2", "grad_norm", "lr", None, "step"),
    "nll": ("train/nll", "val/nll", "val/acc", "grad_norm", "lr", None, "step"),
    "keras": ("epoch/loss", "epoch/val_loss", "epoch/val_accuracy", None, "epoch/learning_rate",
              None, "epoch/epoch"),
    "keras_batch": ("batch/loss", "epoch/val_loss", "epoch/val_accuracy", None,
                    "batch/learning_rate", None, "batch/batch_step"),
    "fastai": ("train_loss", "valid_loss", "accuracy", None, "lr_0", "train_samples_per_sec", None),
    "xgb": ("validation_0-logloss", "validation_1-logloss", None, None, None, None, None),
    "lgbm": ("training_binary_logloss", "validation_binary_logloss", None, None, None, None,
             "iteration"),
    "gan": ("d_loss", None, None, None, None, None, "step"),
    "vae": ("elbo_loss", "val/elbo_loss", None, None, "lr", None, "iter"),
    "sb3": ("train/loss", None, None, None, "train/learning_rate", None, "global_step"),
    "acc_only": ("train/loss", None, "val/acc", "grad_norm", "lr", None, "step"),
}  # fmt: skip
_ANY = ("hf", "plain", "under", "long", "lit", "slash", "camel", "nano", "fastai")


@dataclass(frozen=True)
class Made:
    """A labelled run as a source would hand it over."""

    name: str
    run: Run
    history: History
    system: History
    now: datetime
    label: Label


def make(kind: Kind, seed: int) -> Made:
    """The run of a kind and a seed; always the same one."""
    number = sum(ord(c) * 31**i for i, c in enumerate(kind.__name__)) % 2**32
    rng = np.random.default_rng([number, seed])
    d = kind(rng)
    needs_gradient = any("grad" in code for code in d.must) or kind.__name__ == "nan_hidden"
    styles = [s for s in _ANY if not needs_gradient or _NAMES[s][3]]
    if "learning_rate_zero" in d.must:
        styles = [s for s in styles if _NAMES[s][4]]
    style = d.style or str(rng.choice(styles))
    history = _columns(d, _NAMES[style])
    end = START + timedelta(seconds=float(d.time[-1]))
    now = end + timedelta(seconds=d.age_s)
    live = d.state is RunState.RUNNING
    beat = now - timedelta(seconds=d.beat_s) if live else end
    name = f"{kind.__name__}-{seed}-{style}"
    run = Run(
        ref=RunRef("made", "synthetic", name),
        name=name,
        state=d.state,
        created_at=START,
        heartbeat_at=beat,
        ended_at=None if live else end,
        config=d.config | {"log_every": int(d.step[1] - d.step[0]) if d.step.size > 1 else 1},
        keys={key: Key(len(series)) for key, series in history.items()},
        exit_code=1 if d.state is RunState.FAILED else None,
    )
    samples = {
        key: Series.of(np.arange(v.size), v, START.timestamp() + 15.0 * np.arange(v.size))
        for key, v in d.system.items()
    }
    label = Label(file="", must=d.must, may=d.may, health=d.health)
    return Made(name, run, history, History(samples), now, label)


def _columns(d: Draft, names: tuple[str | None, ...]) -> History:
    n = d.loss.size
    rows = np.arange(n, dtype=np.int64) * 2
    time = START.timestamp() + d.time
    columns: dict[str, Series] = {}

    def add(name: str | None, value: Floats | None, at: Ints | None = None) -> None:
        if name is None or value is None or not value.size:
            return
        row = rows if at is None else rows[at] + 1
        columns[name] = Series.of(row, value, time if at is None else time[at])

    loss, held, acc, grad, rate, pace, step = names
    add(loss, d.loss)
    add(held, d.eval_loss, d.eval_at)
    add(acc, d.eval_acc, d.eval_at)
    add(grad, d.grad)
    add(rate, d.rate)
    add(pace, d.speed)
    add(step, d.step.astype(np.float64))
    for name, value in d.more.items():
        bare, _, of_eval = name.partition("@")
        add(bare, value, d.eval_at if of_eval else None)
    return History(columns)


def report(made: Made) -> RunReport:
    """What the product says of a made run."""
    return report_of(made.run, made.history, made.system, now=made.now)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=20, help="runs of each kind")
    parser.add_argument("--seed", type=int, default=0, help="first seed")
    parser.add_argument("--classes", action="store_true", help="confusions by kind only")
    args = parser.parse_args()
    labels: dict[str, Label] = {}
    verdicts: dict[str, Verdict] = {}
    for kind in (*HEALTHY, *FAULTY):
        for seed in range(args.seed, args.seed + args.n):
            made = make(kind, seed)
            labels[made.name] = made.label
            verdicts[made.name] = Verdict.of(report(made))
    result = score(labels, verdicts)
    text = render(result)
    if args.classes:
        text = text.split("\nConfusions:")[0]
        tally: dict[str, int] = {}
        for c in result.confusions:
            what = f"{c.run.split('-')[0]}: missed {c.missed} false {c.false_alarms} {c.health}"
            tally[what] = tally.get(what, 0) + 1
        text += "\n" + "\n".join(f"{v:4d} {k}" for k, v in sorted(tally.items()))
    print(text)


if __name__ == "__main__":
    main()
