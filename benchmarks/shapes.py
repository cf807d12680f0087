"""Pieces that made runs are put together from: curves, noise, schedules, a sound run."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from analysis.history import Floats, Ints
from analysis.run import RunState

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
    held = no_rise(held, 0.1 * size)
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


def no_rise(held: Floats, room: float) -> Floats:
    """A held-out curve that goes on falling or stays, but for a little noise."""
    least = np.minimum.accumulate(held)
    return np.minimum(held, least * (1 + room))


def scaled(d: Draft, factor: float) -> Draft:
    return replace(d, loss=d.loss * factor, eval_loss=d.eval_loss * factor)
