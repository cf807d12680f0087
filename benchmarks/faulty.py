"""Kinds of made runs with a fault: its size and onset vary widely."""

import numpy as np

from analysis.run import RunState
from benchmarks.healthy import ppo, running
from benchmarks.shapes import Draft, Kind, Rng, ar_noise, base

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


FAULTY: tuple[Kind, ...] = (
    nan_tail, nan_hidden, nan_running_sum, nan_once, diverged, collapse, spike, plateau,
    never_learns, exploding, unstable, gradient_nan, overfit, reward_lost, accuracy_lost, slower,
    rate_ended, idle, memory_full, failed, crashed, beat_lost, hung,
)  # fmt: skip
