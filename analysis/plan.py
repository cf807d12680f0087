"""How many steps a run is to take, read from its config and its epochs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis import metrics
from analysis.axes import Curve
from analysis.configs import config_number
from analysis.history import Ints

_TOTAL_STEPS = (
    "max_steps total_steps max_train_steps num_train_steps num_training_steps train_steps "
    "total_training_steps max_iters num_iterations num_iters n_iters max_iterations total_iters "
    "iterations num_steps training_steps n_steps steps total_timesteps max_timesteps "
    "total_updates num_updates num_boost_round n_estimators rounds"
).split()
_LOG_EVERY = "log_every logging_steps log_interval log_every_n_steps log_freq".split()
_EPOCHS = "num_train_epochs num_epochs max_epochs epochs n_epochs total_epochs train_epochs".split()


def planned_steps(
    config: Mapping[str, Any],
    *,
    axis: str,
    step: int | None,
    epoch: Curve | None,
    rows: Ints | None,
    reinforcement: bool,
) -> int | None:
    """How many steps are planned on the run's own axis; None when nothing tells.

    A step budget wins; else epochs times the steps that an epoch has taken so far. A number that
    the run has already passed is no total.

    Args:
        config: of the run.
        axis: the name of its step axis.
        step: the last step on it.
        epoch: the curve of epochs, where one is logged.
        rows: W&B's rows of the training loss, int64[n].
        reinforcement: whether ``n_steps`` and ``n_epochs`` are those of a rollout (PPO).
    """
    counts_epochs = metrics.words(axis)[-1:] == ("epoch",)
    skipped = {"n_steps", "n_epochs", "rounds"} if reinforcement else set()
    if not counts_epochs:
        found = config_number(config, [key for key in _TOTAL_STEPS if key not in skipped])
        if found is not None:
            total = found[1] / _rows_every(config, axis, rows)
            if step is None or total >= step * 0.98:
                return max(round(total), step or 0)
    epochs = config_number(config, [key for key in _EPOCHS if key not in skipped])
    if epochs is None or step is None:
        return None
    if counts_epochs:
        return max(round(epochs[1]), step)
    per_epoch = _steps_per_epoch(epoch)
    return None if per_epoch is None else max(round(per_epoch * epochs[1]), step)


def _rows_every(config: Mapping[str, Any], axis: str, rows: Ints | None) -> float:
    """Optimiser steps a row, where rows are counted for want of a step and the config tells."""
    if axis != "_step" or rows is None or rows.size < 3:
        return 1.0
    found = config_number(config, _LOG_EVERY)
    dense = float(np.median(np.diff(rows))) < 2
    return found[1] if found is not None and dense else 1.0


def _steps_per_epoch(epoch: Curve | None) -> float | None:
    if epoch is None or len(epoch) < 2:
        return None
    value, step = epoch.finite.value, epoch.finite.step.astype(np.float64)
    if not value.size or value[-1] <= value[0]:
        return None
    if bool(np.all(value == np.round(value))):
        # Whole epochs: the steps between the first points of neighbouring epochs.
        firsts = step[np.concatenate(([True], np.diff(value) > 0))]
        numbers = value[np.concatenate(([True], np.diff(value) > 0))]
        gaps = np.diff(firsts) / np.diff(numbers)
        return float(np.median(gaps)) if gaps.size and float(np.median(gaps)) > 0 else None
    slope = (step[-1] - step[0]) / (value[-1] - value[0])
    return float(slope) if slope > 0 else None
