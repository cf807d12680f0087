"""Labelled synthetic runs: realistic curves, healthy and with faults, in everybody's names.

``python -m benchmarks.synthetic [--n 20] [--seed 0]`` scores the detectors on them. The shapes
come from what is known of training (power laws, autocorrelated and heavy-tailed noise that
scales with the loss, schedules), the sizes and onsets from wide random ranges. They are a check
against tuning to recorded runs, not a substitute for those.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from analysis.describe import report_of
from analysis.evaluation import Label, Verdict, render, score
from analysis.history import Floats, History, Ints, Series
from analysis.refs import RunRef
from analysis.reports import RunReport
from analysis.run import Key, Run, RunState

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Rng = np.random.Generator
Kind = Callable[[Rng], "Draft"]


@dataclass
class Draft:
    """A run in canonical signals, before it gets somebody's names.

    All arrays are by training point; evaluations have their own points.
    """

    step: Ints
    loss: Floats
    time: Floats
    eval_at: Ints
    eval_loss: Floats
    eval_acc: Floats | None = None
    grad: Floats | None = None
    rate: Floats | None = None
    speed: Floats | None = None
    config: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Floats] = field(default_factory=dict)
    system: dict[str, Floats] = field(default_factory=dict)
    state: RunState = RunState.FINISHED
    age_s: float = 86_400.0
    beat_s: float = 15.0
    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    health: tuple[str, ...] = ("healthy",)
    style: str | None = None


# ---- pieces -------------------------------------------------------------------------------


def ar_noise(rng: Rng, n: int, rho: float, heavy: bool) -> Floats:
    """Unit-variance autocorrelated noise, float64[n]."""
    white = rng.standard_t(4, n) / np.sqrt(2) if heavy else rng.normal(size=n)
    out = np.empty(n)
    level = 0.0
    for i in range(n):
        level = rho * level + np.sqrt(1 - rho * rho) * white[i]
        out[i] = level
    return out


def decay(rng: Rng, t: Floats) -> Floats:
    """A falling curve from 1 to near 0 over t in [0, 1]: power law, exponential or late drop."""
    kind = rng.integers(4)
    if kind == 0:
        return np.asarray((1 + t / 10 ** rng.uniform(-2.5, -1)) ** -rng.uniform(0.3, 1.2))
    if kind == 1:
        return np.asarray(np.exp(-t * rng.uniform(4, 30)))
    if kind == 2:
        fast = np.exp(-t * rng.uniform(20, 80))
        return np.asarray(0.6 * fast + 0.4 * np.exp(-t * rng.uniform(1, 4)))
    middle = rng.uniform(0.1, 0.5)
    return np.asarray(
        0.15 * np.exp(-t * 10) + 0.85 / (1 + np.exp((t - middle) * rng.uniform(15, 50)))
    )


def schedule(rng: Rng, t: Floats) -> Floats:
    """A learning rate over t: constant, cosine, linear, one-cycle; with or without warm-up."""
    peak = 10 ** rng.uniform(-5, -1)
    warm = rng.choice([0.0, 0.03, 0.1])
    up = np.minimum(1.0, (t + 1e-3) / warm) if warm else np.ones_like(t)
    kind = rng.integers(4)
    down = (
        np.ones_like(t),
        0.5 * (1 + np.cos(np.pi * t)),
        1 - t,
        np.where(t < 0.3, (t + 0.02) / 0.32, 0.5 * (1 + np.cos(np.pi * (t - 0.3) / 0.7))),
    )[kind]
    return np.asarray(peak * up * down)


def base(rng: Rng, n: int | None = None) -> Draft:
    """A sound supervised run."""
    n = n or int(10 ** rng.uniform(1.6, 3.4))
    t = np.arange(n) / max(1, n - 1)
    every = int(rng.choice([1, 1, 5, 10, 50]))
    step = np.arange(n, dtype=np.int64) * every
    top = rng.uniform(0.7, 11)
    floor = top * 10 ** rng.uniform(-2.5, -0.25)
    clean = floor + (top - floor) * decay(rng, t)
    size = 10 ** rng.uniform(-2.2, -0.9)
    noise = ar_noise(rng, n, rng.uniform(0, 0.5), heavy=bool(rng.random() < 0.4))
    loss = clean * np.exp(size * np.clip(noise, -4, 4))
    m = int(np.clip(n // rng.integers(8, 60), 3, 80))
    at = np.unique(np.linspace(n // (m + 1), n - 1, m).astype(np.int64))
    gap = rng.uniform(0, 0.15) * top
    held = clean[at] * (1 + rng.uniform(0, 0.1)) + gap * (1 - np.exp(-5 * t[at]))
    held = held * np.exp(0.3 * size * rng.normal(size=at.size))
    held = _no_rise(held, 0.1 * size)
    acc = np.clip(1 - held / (held.max() * rng.uniform(1.02, 1.4)), 0.01, 0.995)
    grad = 10 ** rng.uniform(-0.7, 0.45) * (clean / top) ** rng.uniform(-0.1, 0.4)
    grad = grad * np.exp(rng.uniform(0.1, 0.4) * ar_noise(rng, n, 0.3, heavy=True).clip(-3, 3))
    grad = np.minimum(grad, 4.5)
    pace = 10 ** rng.uniform(-2.5, 0.5)  # seconds a step
    gaps = pace * every * np.exp(rng.uniform(0.02, 0.3) * rng.normal(size=n))
    gaps[at] += pace * every * rng.uniform(0, 20)
    if rng.random() < 0.3:
        gaps[rng.integers(0, n, 3)] += pace * every * rng.uniform(5, 60)
    return Draft(
        step=step,
        loss=loss,
        time=np.cumsum(gaps),
        eval_at=at,
        eval_loss=held,
        eval_acc=acc if rng.random() < 0.5 else None,
        grad=grad if rng.random() < 0.7 else None,
        rate=schedule(rng, t) if rng.random() < 0.7 else None,
        speed=64 * every / gaps if rng.random() < 0.4 else None,
        config={"max_steps": int(step[-1]) + every, "lr": 1e-3, "batch_size": 64, "seed": 0},
    )


def _no_rise(held: Floats, room: float) -> Floats:
    """A held-out curve that goes on falling or stays, but for a little noise."""
    least = np.minimum.accumulate(held)
    return np.minimum(held, least * (1 + room))


def _scaled(d: Draft, factor: float) -> Draft:
    return replace(d, loss=d.loss * factor, eval_loss=d.eval_loss * factor)


# ---- healthy kinds ------------------------------------------------------------------------


def clean(rng: Rng) -> Draft:
    return base(rng)


def few_points(rng: Rng) -> Draft:
    return base(rng, int(rng.integers(6, 25)))


def fine_tuning(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(60, 800)))
    t = np.linspace(0, 1, d.loss.size)
    level, gain = rng.uniform(0.8, 2.5), rng.uniform(0.05, 0.25)
    noise = rng.uniform(0.03, 0.2)
    curve = level * (1 - gain * (1 - np.exp(-t * rng.uniform(3, 15))))
    d.loss = curve + level * noise * ar_noise(rng, t.size, 0.1, heavy=True).clip(-5, 5)
    d.loss = np.maximum(d.loss, 0.02)
    d.eval_loss = _no_rise(curve[d.eval_at] * 1.03, 0.002)
    d.eval_acc = None
    return d


def label_noise(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(300, 2500)))
    t = np.linspace(0, 1, d.loss.size)
    top, floor = rng.uniform(1.5, 2.5), rng.uniform(0.3, 0.9)
    curve = floor + (top - floor) * np.exp(-t * rng.uniform(5, 20))
    d.loss = curve * np.exp(rng.uniform(0.02, 0.15) * ar_noise(rng, t.size, 0, heavy=False))
    d.eval_loss = _no_rise(curve[d.eval_at] * 1.02, 0.005)
    d.eval_acc = None
    return d


def odd_units(rng: Rng) -> Draft:
    d = _scaled(base(rng), 10 ** rng.uniform(-5, 5))
    d.grad = None
    d.style = str(rng.choice(["mse", "plain", "slash"]))
    return d


def likelihood(rng: Rng) -> Draft:
    d = base(rng)
    shift = float(np.quantile(d.loss, rng.uniform(0.2, 0.7)))
    d.loss, d.eval_loss, d.eval_acc = d.loss - shift, d.eval_loss - shift, None
    d.style = str(rng.choice(["plain", "nll"]))
    return d


def curriculum(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(400, 3000)))
    n = d.loss.size
    stages = int(rng.integers(3, 6))
    bounds = np.linspace(0, n, stages + 1).astype(int)
    curve = np.empty(n)
    stage = np.empty(n)
    for k in range(stages):
        a, b = bounds[k], bounds[k + 1]
        u = np.arange(b - a) / (b - a)
        start, end = 2.0 * (1 + 0.15 * k), rng.uniform(0.3, 0.6) * (1 + 0.15 * k)
        curve[a:b] = end + (start - end) * np.exp(-u * rng.uniform(5, 10))
        stage[a:b] = k
    d.loss = curve * np.exp(0.05 * rng.normal(size=n))
    d.eval_loss = _no_rise(np.interp(d.eval_at, [0, n], [2.5, 0.6]), 0.0)
    d.eval_acc = None
    d.more["curriculum/stage"] = stage
    d.may = ("loss_spike", "loss_plateau")
    return d


def warm_restarts(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(500, 3000)))
    n = d.loss.size
    cycles = int(rng.integers(2, 6))
    u = (np.arange(n) * cycles / n) % 1.0
    k = np.floor(np.arange(n) * cycles / n)
    d.rate = 0.1 * 0.5 * (1 + np.cos(np.pi * u))
    low = 0.8 * 0.85**k
    curve = low + (0.25 + 1.0 * (k == 0)) * np.exp(-u * 6) * 0.85**k
    d.loss = curve * np.exp(0.06 * rng.normal(size=n))
    d.eval_loss = (curve * 1.05)[d.eval_at] * np.exp(0.01 * rng.normal(size=d.eval_at.size))
    d.eval_acc = None
    d.may = ("loss_plateau",)
    return d


def at_floor(rng: Rng) -> Draft:
    """Fits perfectly; late Adam ripples on a tiny loss; the gradient vanishes with it."""
    d = base(rng, int(rng.integers(500, 3000)))
    t = np.linspace(0, 1, d.loss.size)
    curve = 2.3 * np.exp(-t * rng.uniform(12, 30)) + 10 ** rng.uniform(-7, -4)
    d.loss = curve * np.exp(0.2 * rng.normal(size=t.size))
    for at in rng.integers(t.size // 2, t.size, 4):
        d.loss[at : at + 5] += rng.uniform(0.001, 0.02) * np.exp(
            -np.arange(d.loss[at : at + 5].size)
        )
    d.grad = 0.5 * curve * np.exp(0.3 * rng.normal(size=t.size))
    d.eval_loss = _no_rise(0.05 + curve[d.eval_at], 0.003)
    d.eval_acc = None
    return d


def batch_of_one(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(500, 3000)))
    n = d.loss.size
    d.loss = d.loss * rng.gamma(1.2, 1 / 1.2, n)
    return d


def early_gradients(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(60, 600)))
    t = np.linspace(0, 1, d.loss.size)
    d.grad = rng.uniform(1, 3) + rng.uniform(4, 10) * np.exp(-t * rng.uniform(12, 40))
    d.grad = d.grad * np.exp(0.35 * rng.normal(size=t.size))
    if rng.random() < 0.5:
        d.grad[rng.integers(1, max(3, t.size // 15))] = rng.uniform(11, 60)
    return d


def half_precision(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(300, 2000)))
    d.grad = np.full(d.loss.size, 1.0) if d.grad is None else d.grad
    d.grad[rng.choice(d.loss.size - 10, 4, replace=False)] = np.inf
    d.config["fp16"] = True
    d.may = ("grad_not_finite",)
    return d


def resumed(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(60, 600)))
    keep = np.arange(d.loss.size) >= d.loss.size // 2
    first = int(np.flatnonzero(keep)[0])
    held = d.eval_at >= first
    return _cut(d, keep, held, first)


def _cut(d: Draft, keep: "np.ndarray[Any, Any]", held: "np.ndarray[Any, Any]", first: int) -> Draft:
    return replace(
        d,
        step=d.step[keep] + 1000,
        loss=d.loss[keep],
        time=d.time[keep],
        eval_at=d.eval_at[held] - first,
        eval_loss=d.eval_loss[held],
        eval_acc=None if d.eval_acc is None else d.eval_acc[held],
        grad=None if d.grad is None else d.grad[keep],
        rate=None if d.rate is None else d.rate[keep],
        speed=None if d.speed is None else d.speed[keep],
        style="hf",
    )


def early_stopped(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(200, 1500)))
    rise = np.zeros(d.eval_loss.size)
    rise[-3:] = np.array([0.004, 0.006, 0.01])[-min(3, rise.size) :] * d.eval_loss[0]
    d.eval_loss = d.eval_loss + rise
    d.config["early_stopping_patience"] = 3
    return d


def just_started(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(1, 20)))
    d.state, d.age_s = RunState.RUNNING, 20.0
    d.config["max_steps"] = 100_000
    return d


def running(rng: Rng) -> Draft:
    d = base(rng)
    d.state, d.age_s = RunState.RUNNING, 20.0
    d.config["max_steps"] = int(d.step[-1]) * 3 + 100
    return d


def several_sets(rng: Rng) -> Draft:
    """One out-of-distribution set of three gets worse: no verdict on the run."""
    d = base(rng, int(rng.integers(300, 2000)))
    d.eval_acc = None
    d.more["eval/ood_loss@eval"] = d.eval_loss * np.linspace(1, 1.5, d.eval_loss.size)
    d.more["eval/math_loss@eval"] = d.eval_loss * 1.1
    d.style = "hf"
    d.may = ("overfitting", "eval_degraded")
    return d


def saw_tooth(rng: Rng) -> Draft:
    """Keras's running mean within an epoch."""
    d = base(rng, int(rng.integers(300, 1500)))
    per = max(10, d.loss.size // int(rng.integers(5, 20)))
    for a in range(0, d.loss.size, per):
        part = d.loss[a : a + per]
        d.loss[a : a + per] = np.cumsum(part) / np.arange(1, part.size + 1)
    d.style = "keras_batch"
    return d


def gan(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(300, 2500)))
    n = d.loss.size
    d.loss = 0.6 + 0.3 * np.abs(ar_noise(rng, n, 0.95, heavy=False))
    d.more["g_loss"] = np.linspace(0.8, rng.uniform(0.8, 6), n) + 0.4 * ar_noise(
        rng, n, 0.9, heavy=True
    )
    d.eval_at, d.eval_loss, d.eval_acc = d.eval_at[:0], d.eval_loss[:0], None
    d.grad = None
    d.style = "gan"
    return d


def ppo(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(40, 600)))
    n = d.loss.size
    t = np.linspace(0, 1, n)
    d.loss = 20 + 30 * np.abs(ar_noise(rng, n, 0.6, heavy=True)) * (0.5 + t)
    good = rng.uniform(50, 500) / (1 + np.exp(-(t - rng.uniform(0.2, 0.6)) * rng.uniform(8, 20)))
    d.more["rollout/ep_rew_mean"] = 20 + good * np.exp(0.08 * ar_noise(rng, n, 0.9, heavy=False))
    d.eval_at, d.eval_loss, d.eval_acc, d.grad = d.eval_at[:0], d.eval_loss[:0], None, None
    d.config |= {"algo": str(rng.choice(["PPO", "DQN", "SAC"])), "total_timesteps": 10**6}
    d.may = ("loss_plateau", "loss_not_decreasing")
    d.style = "sb3"
    return d


def grpo(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(40, 400)))
    n = d.loss.size
    d.loss = 1e-3 * rng.normal(size=n)
    t = np.linspace(0, 1, n)
    d.more["train/reward"] = 0.2 + 0.6 * (1 - np.exp(-4 * t)) + 0.08 * rng.normal(size=n)
    d.more["train/kl"] = 0.05 * t + 0.003 * np.abs(rng.normal(size=n))
    d.eval_at, d.eval_loss, d.eval_acc = d.eval_at[:0], d.eval_loss[:0], None
    d.grad = 0.3 * np.exp(0.4 * rng.normal(size=n))
    d.style = "hf"
    return d


def vae(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(300, 2000)))
    n = d.loss.size
    t = np.linspace(0, 1, n)
    beta = np.minimum(1, t / rng.uniform(0.2, 0.5))
    recon, kl = 60 + 140 * np.exp(-t * 20), 25 * (1 - np.exp(-t * 15)) * (1.5 - 0.5 * beta)
    d.more["recon_loss"], d.more["kl_loss"], d.more["beta"] = recon, kl, beta
    d.loss = recon + beta * kl * 2 + 2 * rng.normal(size=n)
    d.eval_loss, d.eval_acc, d.grad = d.loss[d.eval_at], None, None
    d.may = ("loss_plateau",)
    d.style = "vae"
    return d


def contrastive(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(200, 1500)))
    n = d.loss.size
    t = np.linspace(0, 1, n)
    d.loss = 4 + 1.5 * (1 - np.exp(-t * 8)) - 0.5 * t + 0.1 * rng.normal(size=n)
    d.eval_at, d.eval_loss, d.eval_acc = d.eval_at[:0], d.eval_loss[:0], None
    d.config["loss"] = "moco infonce"
    d.may = ("loss_plateau",)
    return d


def bump(rng: Rng) -> Draft:
    """A loss that first rises with the learning rate and then falls."""
    d = base(rng, int(rng.integers(200, 2000)))
    t = np.linspace(0, 1, d.loss.size)
    d.loss = d.loss * (1 + rng.uniform(0.2, 2) * np.exp(-((t - 0.04) ** 2) / 4e-4))
    return d


def smoothed_loss(rng: Rng) -> Draft:
    """An exponential mean is what is logged: strongly autocorrelated."""
    d = base(rng, int(rng.integers(200, 2000)))
    level = d.loss[0]
    for i, x in enumerate(d.loss.tolist()):
        level = 0.98 * level + 0.02 * x
        d.loss[i] = level
    return d


def boosted(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(50, 500)))
    t = np.linspace(0, 1, d.loss.size)
    d.loss = 0.02 + 0.66 * np.exp(-t * rng.uniform(2, 8))
    d.eval_at = np.arange(d.loss.size)
    d.eval_loss = 0.15 + 0.53 * np.exp(-t * rng.uniform(3, 10))
    d.eval_loss += 0.003 * rng.random() * t + 1e-4 * rng.normal(size=t.size)
    d.eval_acc, d.grad, d.rate, d.speed = None, None, None, None
    d.time = np.cumsum(0.01 * (1 + t * rng.uniform(0, 1)) * rng.gamma(2, 0.5, t.size))
    d.style = str(rng.choice(["xgb", "lgbm"]))
    return d


# ---- faults -------------------------------------------------------------------------------

_BAD = ("warning", "critical")


def _onset(rng: Rng, d: Draft, low: float = 0.1, high: float = 0.9) -> int:
    return int(np.clip(d.loss.size * rng.uniform(low, high), 2, d.loss.size - 2))


def nan_tail(rng: Rng) -> Draft:
    d = base(rng)
    at = _onset(rng, d, 0.02, 0.97)
    d.loss[at:] = rng.choice([np.nan, np.inf])
    if d.grad is not None:
        d.grad[at:] = np.nan
    d.eval_loss[d.eval_at >= at] = np.nan
    d.eval_acc = None
    d.must, d.health = ("loss_not_finite",), ("critical",)
    d.may = ("grad_not_finite", "eval_degraded", "grad_exploding", "loss_diverged")
    return d


def nan_hidden(rng: Rng) -> Draft:
    d = base(rng)
    at = _onset(rng, d)
    d.grad = np.full(d.loss.size, 1.0) if d.grad is None else d.grad
    d.loss[at:], d.grad[at:] = 0.0, np.nan
    d.eval_loss[d.eval_at >= at] = np.nan
    d.eval_acc = None
    d.must, d.may = ("loss_not_finite",), ("grad_not_finite",)
    d.health, d.style = ("critical",), "hf"
    return d


def nan_running_sum(rng: Rng) -> Draft:
    d = base(rng)
    at = _onset(rng, d)
    d.loss[at:] = np.nan
    d.must, d.may, d.health = ("loss_not_finite",), ("grad_not_finite",), _BAD
    d.style = "hf"
    return d


def nan_once(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(60, 2000)))
    d.loss[_onset(rng, d)] = np.nan
    d.must, d.may, d.health = ("loss_not_finite",), ("grad_not_finite",), _BAD
    return d


def diverged(rng: Rng) -> Draft:
    d = base(rng)
    n = d.loss.size
    at = _onset(rng, d, 0.05, 0.85)
    u = np.arange(n - at)
    top = float(d.loss[:3].mean())
    if rng.random() < 0.5:
        rise = top * rng.uniform(1.2, 1e3) * (1 - np.exp(-u / max(2.0, 0.05 * n)))
    else:
        rise = top * np.expm1(np.minimum(u / max(2, n - at) * rng.uniform(2, 12), 20))
    d.loss[at:] = d.loss[at:] + rise * np.exp(0.2 * rng.normal(size=u.size))
    after = d.eval_at >= at
    d.eval_loss[after] += rise[d.eval_at[after] - at]
    d.eval_acc = None
    d.grad = None
    d.must, d.health = ("loss_diverged",), ("critical",)
    d.may = ("loss_not_decreasing", "loss_spike", "eval_degraded", "overfitting", "loss_plateau")
    return d


def collapse(rng: Rng) -> Draft:
    """Learns, then falls back to chance and stays there."""
    d = base(rng, int(rng.integers(60, 2000)))
    n, at = d.loss.size, _onset(rng, d, 0.1, 0.8)
    top = float(np.median(d.loss[:3]))
    d.loss[at:] = top * (1 + rng.uniform(0.01, 0.1) + 0.02 * rng.normal(size=n - at))
    d.eval_loss[d.eval_at >= at] = top
    d.eval_acc, d.grad = None, None
    d.may = (
        "loss_diverged", "loss_not_decreasing", "loss_spike", "eval_degraded", "overfitting",
        "loss_plateau",
    )  # fmt: skip
    d.must, d.health = ("loss_diverged",), _BAD
    return d


def spike(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(100, 3000)))
    top = float(d.loss.max())
    for _ in range(int(rng.integers(1, 4))):
        at = _onset(rng, d, 0.15, 0.95)
        long = int(rng.integers(1, max(2, d.loss.size // 60)))
        part = d.loss[at : at + long]
        d.loss[at : at + long] = part + top * 10 ** rng.uniform(-0.2, 2) * np.exp(
            -2 * np.arange(part.size) / long
        )
    d.must, d.health = ("loss_spike",), _BAD
    d.may = ("grad_exploding", "grad_unstable", "loss_diverged")
    return d


def plateau(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(200, 3000)))
    t = np.linspace(0, 1, d.loss.size)
    top = rng.uniform(1.5, 8)
    curve = top * (1 - rng.uniform(0.1, 0.4) * (1 - np.exp(-t * rng.uniform(15, 60))))
    d.loss = curve * np.exp(rng.uniform(0.01, 0.05) * rng.normal(size=t.size))
    d.rate, d.eval_acc = None, None
    d.eval_loss = curve[d.eval_at] * 1.01
    d.must, d.may, d.health = ("loss_plateau",), ("loss_not_decreasing",), _BAD
    return d


def never_learns(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(40, 2500)))
    n = d.loss.size
    level = rng.uniform(0.6, 11)
    d.loss = level * np.exp(rng.uniform(0.003, 0.15) * ar_noise(rng, n, 0.1, heavy=False))
    d.eval_loss = level * (1 + 0.003 * rng.normal(size=d.eval_at.size))
    d.eval_acc = None
    if rng.random() < 0.4:
        d.rate, d.may = np.zeros(n), ("learning_rate_zero", "loss_plateau")
    else:
        d.may = ("loss_plateau", "grad_vanishing")
        if rng.random() < 0.5:
            d.grad = 10 ** rng.uniform(-7, -5) * np.exp(0.3 * rng.normal(size=n))
            d.must = ("grad_vanishing",)
    d.must, d.health = ("loss_not_decreasing", *d.must), _BAD
    return d


def exploding(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(40, 2000)))
    n = d.loss.size
    if rng.random() < 0.5:
        d.grad = rng.uniform(13, 200) * np.exp(0.3 * ar_noise(rng, n, 0.3, heavy=True).clip(-3, 3))
    else:
        at = _onset(rng, d, 0.3, 0.85)
        grad = np.exp(0.3 * rng.normal(size=n))
        grad[at:] *= np.exp(np.linspace(0, np.log(rng.uniform(60, 1e4)), n - at))
        d.grad = grad
    d.must, d.may, d.health = ("grad_exploding",), ("grad_unstable",), ("critical",)
    return d


def unstable(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(40, 2000)))
    d.grad = rng.uniform(6, 8.5) * np.exp(0.15 * rng.normal(size=d.loss.size))
    d.must, d.may, d.health = ("grad_unstable",), (), _BAD
    return d


def gradient_nan(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(40, 1000)))
    d.grad = np.full(d.loss.size, 1.0)
    d.grad[_onset(rng, d, 0.2, 0.8) :] = np.nan
    d.must, d.health = ("grad_not_finite",), ("critical",)
    return d


def overfit(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(60, 2500)))
    n = d.loss.size
    t = np.linspace(0, 1, n)
    top = rng.uniform(0.7, 4)
    d.loss = top * np.exp(-t * rng.uniform(2, 10)) * np.exp(0.1 * rng.normal(size=n)) + 1e-4
    m = int(rng.integers(8, 60))
    d.eval_at = np.unique(np.linspace(n // m, n - 1, m).astype(np.int64))
    u = t[d.eval_at]
    turn = rng.uniform(0.05, 0.6)
    best = top * rng.uniform(0.3, 0.9)
    fall = best + (top - best) * np.exp(-u / turn * 3)
    rise = top * rng.uniform(0.25, 1.2) * np.maximum(0, u - turn) / (1 - turn)
    d.eval_loss = (fall + rise) * (1 + rng.uniform(0.002, 0.015) * rng.normal(size=u.size))
    d.eval_acc = None
    d.must, d.may, d.health = ("overfitting",), ("eval_degraded", "grad_vanishing"), _BAD
    if rng.random() < 0.25:
        d.style = "xgb"
        d.eval_loss = np.interp(np.arange(n), d.eval_at, d.eval_loss)
        d.eval_at = np.arange(n)
        d.grad = d.rate = d.speed = None
    return d


def reward_lost(rng: Rng) -> Draft:
    d = ppo(rng)
    n = d.loss.size
    at = _onset(rng, d, 0.5, 0.8)
    reward = d.more["rollout/ep_rew_mean"]
    reward[:at] = 20 + 300 / (1 + np.exp(-(np.linspace(0, 1, at) - 0.4) * 12))
    reward[at:] = np.linspace(
        reward[at - 1], rng.uniform(20, 100), max(2, (n - at) // 3)
    ).tolist() + [rng.uniform(20, 100)] * (n - at - max(2, (n - at) // 3))
    reward *= np.exp(0.08 * ar_noise(rng, n, 0.8, heavy=False))
    d.must, d.health = ("eval_degraded",), _BAD
    return d


def accuracy_lost(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(200, 2000)))
    m = int(rng.integers(12, 60))
    n = d.loss.size
    d.eval_at = np.unique(np.linspace(n // m, n - 1, m).astype(np.int64))
    u = np.linspace(0, 1, d.eval_at.size)
    turn = rng.uniform(0.3, 0.7)
    acc = 0.1 + 0.8 * (1 - np.exp(-u * 10))
    acc -= rng.uniform(0.4, 0.7) * (u > turn) * np.minimum(1, (u - turn) / 0.1)
    d.eval_acc = acc + 0.005 * rng.normal(size=u.size)
    d.eval_loss = np.array([])
    d.must, d.health = ("eval_degraded",), _BAD
    d.style = "acc_only"
    return d


def slower(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(60, 2500)))
    n, at = d.loss.size, 0
    at = _onset(rng, d, 0.3, 0.8)
    gaps = np.diff(d.time, prepend=0.0)
    scale = max(1.0, 20.0 / max(1e-9, float(gaps[at:].sum())))
    gaps = gaps * scale
    factor = rng.uniform(1.8, 10)
    gaps[at:] *= factor
    d.time = np.cumsum(gaps)
    if d.speed is not None:
        d.speed = 64 / (gaps + 1e-9) * np.exp(0.02 * rng.normal(size=n))
    d.must, d.health = ("throughput_drop",), _BAD
    return d


def rate_ended(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(100, 2000)))
    n = d.loss.size
    end = int(n * rng.uniform(0.3, 0.8))
    d.rate = np.zeros(n)
    d.rate[:end] = 1e-3 * 0.5 * (1 + np.cos(np.pi * np.arange(end) / end))
    d.must, d.may, d.health = ("learning_rate_zero",), ("loss_plateau",), _BAD
    return d


def idle(rng: Rng) -> Draft:
    d = running(rng)
    k = int(rng.integers(20, 200))
    d.system["system.gpu.0.gpu"] = rng.uniform(0, 12, k)
    d.system["system.gpu.0.memoryAllocated"] = np.full(k, 40.0)
    d.must, d.health = ("gpu_idle",), _BAD
    return d


def busy(rng: Rng) -> Draft:
    d = running(rng)
    k = int(rng.integers(20, 200))
    d.system["system.gpu.0.gpu"] = rng.uniform(30, 100, k)
    d.system["system.gpu.1.gpu"] = np.zeros(k)
    d.system["system.gpu.0.memoryAllocated"] = np.full(k, rng.uniform(20, 93))
    d.system["system.memory_percent"] = rng.uniform(10, 80, k)
    return d


def memory_full(rng: Rng) -> Draft:
    d = running(rng)
    k = int(rng.integers(20, 200))
    name = str(rng.choice(["system.memory_percent", "system.gpu.0.memoryAllocated"]))
    d.system[name] = np.minimum(np.linspace(50, 120, k), rng.uniform(96.5, 99.5))
    d.must, d.health = ("memory_near_limit",), _BAD
    return d


def failed(rng: Rng) -> Draft:
    d = base(rng)
    d.state, d.must, d.health = RunState.FAILED, ("run_failed",), ("critical",)
    return d


def crashed(rng: Rng) -> Draft:
    d = base(rng)
    d.state, d.must, d.health = RunState.CRASHED, ("run_crashed",), ("critical",)
    return d


def killed(rng: Rng) -> Draft:
    d = base(rng)
    d.state = RunState.KILLED
    return d


def beat_lost(rng: Rng) -> Draft:
    d = running(rng)
    minutes = rng.choice([rng.uniform(12, 28), rng.uniform(33, 300)])
    d.age_s = d.beat_s = float(60 * minutes)
    d.must = ("heartbeat_slow",) if minutes < 30 else ("heartbeat_stalled",)
    d.health = ("warning",) if minutes < 30 else ("critical",)
    return d


def hung(rng: Rng) -> Draft:
    d = running(rng)
    longest = float(np.diff(d.time).max())
    d.age_s = max(1200.0, 10 * longest)
    d.must, d.health = ("step_stalled",), _BAD
    return d


HEALTHY: tuple[Kind, ...] = (
    clean, few_points, fine_tuning, label_noise, odd_units, likelihood, curriculum, warm_restarts,
    at_floor, batch_of_one, early_gradients, half_precision, resumed, early_stopped, just_started,
    running, several_sets, saw_tooth, gan, ppo, grpo, vae, contrastive, bump, smoothed_loss,
    boosted, busy, killed,
)  # fmt: skip
FAULTY: tuple[Kind, ...] = (
    nan_tail, nan_hidden, nan_running_sum, nan_once, diverged, collapse, spike, plateau,
    never_learns, exploding, unstable, gradient_nan, overfit, reward_lost, accuracy_lost, slower,
    rate_ended, idle, memory_full, failed, crashed, beat_lost, hung,
)  # fmt: skip

# ---- names --------------------------------------------------------------------------------

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
    needs_gradient = any("grad" in code for code in d.must) or kind is nan_hidden
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
