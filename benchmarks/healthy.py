"""Kinds of healthy made runs, among them all that looks like a fault and is none."""

from dataclasses import replace
from typing import Any

import numpy as np

from analysis.run import RunState
from benchmarks.shapes import Draft, Kind, Rng, ar_noise, base, no_rise, scaled


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
    d.eval_loss = no_rise(curve[d.eval_at] * 1.03, 0.002)
    d.eval_acc = None
    return d


def label_noise(rng: Rng) -> Draft:
    d = base(rng, int(rng.integers(300, 2500)))
    t = np.linspace(0, 1, d.loss.size)
    top, floor = rng.uniform(1.5, 2.5), rng.uniform(0.3, 0.9)
    curve = floor + (top - floor) * np.exp(-t * rng.uniform(5, 20))
    d.loss = curve * np.exp(rng.uniform(0.02, 0.15) * ar_noise(rng, t.size, 0, heavy=False))
    d.eval_loss = no_rise(curve[d.eval_at] * 1.02, 0.005)
    d.eval_acc = None
    return d


def odd_units(rng: Rng) -> Draft:
    d = scaled(base(rng), 10 ** rng.uniform(-5, 5))
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
    d.eval_loss = no_rise(np.interp(d.eval_at, [0, n], [2.5, 0.6]), 0.0)
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
    d.eval_loss = no_rise(0.05 + curve[d.eval_at], 0.003)
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


def busy(rng: Rng) -> Draft:
    d = running(rng)
    k = int(rng.integers(20, 200))
    d.system["system.gpu.0.gpu"] = rng.uniform(30, 100, k)
    d.system["system.gpu.1.gpu"] = np.zeros(k)
    d.system["system.gpu.0.memoryAllocated"] = np.full(k, rng.uniform(20, 93))
    d.system["system.memory_percent"] = rng.uniform(10, 80, k)
    return d


def killed(rng: Rng) -> Draft:
    d = base(rng)
    d.state = RunState.KILLED
    return d


HEALTHY: tuple[Kind, ...] = (
    clean, few_points, fine_tuning, label_noise, odd_units, likelihood, curriculum, warm_restarts,
    at_floor, batch_of_one, early_gradients, half_precision, resumed, early_stopped, just_started,
    running, several_sets, saw_tooth, gan, ppo, grpo, vae, contrastive, bump, smoothed_loss,
    boosted, busy, killed,
)  # fmt: skip
