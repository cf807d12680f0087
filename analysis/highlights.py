"""The few entries of a config that people ask for, whatever they are called."""

import math
from collections.abc import Mapping
from typing import Any

from analysis.redact import redact
from analysis.signals import flat_config

_HIGHLIGHTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("learning_rate", ("learning_rate", "lr", "base_lr", "init_lr", "max_lr", "eta", "peak_lr")),
    (
        "batch_size",
        ("batch_size", "per_device_train_batch_size", "train_batch_size", "batch", "bs",
         "micro_batch_size", "global_batch_size"),
    ),
    ("gradient_accumulation", ("gradient_accumulation_steps", "accumulate_grad_batches",
                               "grad_accum", "grad_accum_steps")),
    ("model", ("model_name_or_path", "model_name", "_name_or_path", "model", "arch",
               "architecture", "backbone", "model_type", "policy_class", "policy_type")),
    ("epochs", ("num_train_epochs", "num_epochs", "epochs", "max_epochs", "n_epochs")),
    ("steps", ("max_steps", "total_steps", "max_iters", "num_iterations", "total_timesteps",
               "num_boost_round", "n_estimators", "rounds", "steps")),
    ("warm_up", ("warmup_steps", "warmup_ratio", "warmup", "num_warmup_steps", "warmup_iters",
                 "kl_warmup")),
    ("schedule", ("lr_scheduler_type", "lr_scheduler", "scheduler", "schedule", "sched")),
    ("optimizer", ("optimizer", "optim", "opt", "optimizer_name")),
    ("weight_decay", ("weight_decay", "wd", "l2", "lambda_l2", "reg_lambda")),
    ("gradient_clipping", ("max_grad_norm", "gradient_clip_val", "grad_clip", "clip_grad", "clip",
                           "clip_norm")),
    ("precision", ("precision", "mixed_precision", "dtype", "torch_dtype")),
    ("dropout", ("dropout", "dropout_rate", "hidden_dropout_prob")),
    ("seed", ("seed", "random_seed", "random_state")),
    ("dataset", ("dataset_name", "dataset", "data", "task", "env_name", "env_id", "env")),
)  # fmt: skip


def highlights(config: Mapping[str, Any]) -> dict[str, Any]:
    """Learning rate, batch size, model, … of a config; what it lacks is left out.

    Values are plain numbers, booleans or short texts. Negative step budgets, transformers' way
    to say “by epochs”, are none.
    """
    flat = flat_config(config)
    by_leaf: dict[str, tuple[str, Any]] = {}
    for name in sorted(flat, key=lambda n: (n.count("."), n)):
        by_leaf.setdefault(name.split(".")[-1].lower(), (name, flat[name]))
    found: dict[str, Any] = {}
    for label, names in _HIGHLIGHTS:
        for name in names:
            value = _plain(by_leaf.get(name, ("", None))[1])
            if value is None or (label in ("steps", "epochs") and not _positive(value)):
                continue
            found[label] = value
            break
    if "precision" not in found:
        for name in ("bf16", "fp16", "amp", "use_amp"):
            if by_leaf.get(name, ("", None))[1] is True:
                found["precision"] = name
                break
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str) and value.strip():
        text = redact(" ".join(value.split()))
        return text if len(text) <= 80 else text[:79] + "…"
    return None


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and value > 0
