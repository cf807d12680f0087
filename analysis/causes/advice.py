"""One piece of advice that fits the cause, and for memory the run's own config.

The config's many names for the same thing are one table, `SETTINGS`. Numbers are only ever taken
from the config or the log, never guessed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from analysis.causes.model import Cause, MetricEvidence

SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "batch": (
        "per_device_train_batch_size", "train_micro_batch_size_per_gpu", "micro_batch_size",
        "per_gpu_train_batch_size", "device_batch_size", "train_batch_size", "batch_size",
        "batchsize", "bs", "mini_batch_size", "minibatch_size",
    ),
    "eval_batch": ("per_device_eval_batch_size", "eval_batch_size", "val_batch_size"),
    "accumulation": (
        "gradient_accumulation_steps", "accumulate_grad_batches", "grad_accum", "grad_accumulation",
        "accumulation_steps", "grad_accum_steps", "accum_iter", "gradient_accumulation",
    ),
    "sequence": (
        "max_seq_length", "max_length", "block_size", "seq_len", "sequence_length", "seq_length",
        "max_seq_len", "context_length", "cutoff_len", "model_max_length",
    ),
    "checkpointing": (
        "gradient_checkpointing", "activation_checkpointing", "use_gradient_checkpointing",
        "grad_checkpoint", "checkpoint_activations",
    ),
    "bf16": ("bf16", "use_bf16"),
    "fp16": ("fp16", "use_fp16", "amp", "use_amp"),
    "precision": ("precision", "mixed_precision", "dtype", "torch_dtype"),
    "workers": ("dataloader_num_workers", "num_workers", "n_workers", "workers"),
    "rate": ("learning_rate", "lr", "base_lr", "max_lr"),
    "clip": ("max_grad_norm", "gradient_clip_val", "grad_clip", "clip_grad_norm", "clip_grad"),
}  # fmt: skip
"""What a setting is → the names it has in configs, the more exact first."""

_HALF: Final = re.compile(r"bf16|bfloat16|fp16|float16|16-mixed|\b16\b|half", re.IGNORECASE)
_CAPACITY: Final = re.compile(
    r"total capacity of ([\d.]+) GiB|; ([\d.]+) GiB total capacity|with (\d+) MB memory"
)
_UNUSED: Final = re.compile(r"([\d.]+) (GiB|MiB) is reserved by PyTorch but unallocated")
_ASKED: Final = re.compile(r"[Tt]ried to allocate ([\d.]+) (GiB|MiB)")
_OTHERS: Final = re.compile(r"Process \d+ has ([\d.]+) (GiB|MiB) memory in use")


@dataclass(frozen=True, slots=True)
class Context:
    """What advice may use: the cause, the telling text, the config and the metrics."""

    cause: Cause
    text: str
    config: Mapping[str, object]
    metrics: MetricEvidence


def gpu_capacity(text: str, metrics: MetricEvidence) -> float | None:
    """Memory of the GPU in GiB, from the error or the system metrics."""
    found = _CAPACITY.search(text)
    if found:
        return float(found[1] or found[2]) if not found[3] else float(found[3]) / 1024
    return metrics.gpu_memory_total_gb


def setting(config: Mapping[str, object], what: str) -> object | None:
    """The value of a setting under any of its names, at any depth of the config."""
    flat = dict(_flat(config))
    for name in SETTINGS[what]:
        if name in flat:
            return flat[name]
    return None


def _flat(config: Mapping[str, object], depth: int = 0) -> Iterator[tuple[str, object]]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            inner = value.get("value") if set(value) <= {"value", "desc"} else None
            if inner is not None and not isinstance(inner, Mapping):
                yield _last(str(key)), inner
            elif depth < 6:
                nested = inner if isinstance(inner, Mapping) else value
                yield from _flat({str(k): v for k, v in nested.items()}, depth + 1)
        else:
            yield _last(str(key)), value


def _last(key: str) -> str:
    return re.split(r"[./]", key)[-1].lower().replace("-", "_")


def whole(value: object | None) -> int | None:
    """A positive whole number, if the value is one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return int(number) if number >= 1 and number == int(number) else None


def _on(value: object | None) -> bool:
    return value not in (None, False, 0, "", "false", "False", "no", "none")


def _gb(number: str, unit: str) -> float:
    return float(number) / (1024 if unit == "MiB" else 1)


def _gpu_memory(c: Context) -> str:
    """Fewer samples at once with the same effective batch; at batch 1, what else saves memory."""
    unused, asked, other = (p.search(c.text) for p in (_UNUSED, _ASKED, _OTHERS))
    if unused and asked and _gb(unused[1], unused[2]) > 1.5 * _gb(asked[1], asked[2]):
        return (
            f"{unused[1]} {unused[2]} are reserved but unused: memory is fragmented. Set "
            "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True before anything else."
        )
    if re.search(r"No available memory for the cache blocks|KV cache", c.text):
        return "Raise gpu_memory_utilization, or lower max_model_len, so that the KV cache fits."
    capacity = gpu_capacity(c.text, c.metrics)
    card = f" on {capacity:.0f} GB" if capacity else ""
    batch = whole(setting(c.config, "batch"))
    accumulation = whole(setting(c.config, "accumulation")) or 1
    if batch is not None and batch > 1:
        less = batch // 2
        more = -(-batch * accumulation // less)
        return (
            f"Batch size {batch} × accumulation {accumulation}{card}: try {less} × {more}, "
            "which keeps the effective batch size."
        )
    head = f"Batch size 1{card}: " if batch == 1 else ""
    if batch == 1 or c.config:
        step = _saves_memory(c.config)
        return head + (step if head else step[0].upper() + step[1:])
    if other and capacity and _gb(other[1], other[2]) > 0.3 * capacity and "this process" in c.text:
        return f"Another process holds {other[1]} {other[2]} of the GPU: free it with nvidia-smi."
    return "Halve the batch size and double gradient accumulation; the effective batch stays."


def _saves_memory(config: Mapping[str, object]) -> str:
    if not _on(setting(config, "checkpointing")):
        return "turn gradient checkpointing on."
    half = _on(setting(config, "bf16")) or _on(setting(config, "fp16"))
    if not half and not _HALF.search(str(setting(config, "precision") or "")):
        return "train in bf16."
    length = whole(setting(config, "sequence"))
    if length is not None and length > 256:
        return f"shorten the sequences ({length}: try {length // 2})."
    return "shard the model (FSDP or ZeRO-3), use an 8-bit optimiser, or train an adapter (LoRA)."


def _host_memory(c: Context) -> str:
    if re.search(r"shared memory|\bshm\b|[Bb]us error", c.text):
        return (
            "Give the container more shared memory (docker --shm-size=16g, an emptyDir of medium "
            "Memory), or use fewer data-loader workers."
        )
    workers = whole(setting(c.config, "workers"))
    if workers is not None and workers > 1:
        return (
            f"{workers} data-loader workers each hold a copy: try {max(1, workers // 2)}, and "
            "stream or memory-map the data; else ask for more host memory."
        )
    return "Ask for more host memory, or load less at once: fewer workers, memory-mapped data."


def _nan(c: Context) -> str:
    rate = setting(c.config, "rate")
    clip = setting(c.config, "clip")
    if _on(setting(c.config, "fp16")):
        return "fp16 overflows easily: train in bf16, else lower the learning rate."
    lower = (
        f"Lower the learning rate ({rate}) by 3 to 10 times"
        if rate
        else ("Lower the learning rate")
    )
    if not _on(clip):
        return f"{lower} and clip gradients at 1.0; check the last batch for bad values."
    since = c.metrics.nan_since_step
    at = f" before step {since}" if since is not None else ""
    return f"{lower}, restart from a checkpoint{at}, and check that batch for bad values."


def _dependency(c: Context) -> str:
    missing = re.search(r"No module named '?([\w.-]+)'?", c.text)
    if missing:
        name = missing[1].partition(".")[0]
        return f"Install the package that provides “{name}” in the job's environment."
    if re.search(r"driver", c.text):
        return "Update the GPU driver, or install a build of PyTorch for the driver's CUDA version."
    if re.search(r"undefined symbol|kernel image|GLIBC|GLIBCXX", c.text):
        return "Rebuild or reinstall that package for this PyTorch, CUDA and system version."
    return "Pin the versions that worked, and rebuild the job's environment."


def _cuda(c: Context) -> str:
    if re.search(r"device-side assert|srcIndex|Assertion `", c.text):
        return "Check that labels and token ids are in range; CUDA_LAUNCH_BLOCKING=1 shows where."
    if re.search(r"Xid|ECC|fallen off|lost", c.text, re.IGNORECASE):
        return "This is hardware: take the node out of service and restart from a checkpoint."
    return (
        "Run once with CUDA_LAUNCH_BLOCKING=1 to see the true line; if it moves, suspect the GPU."
    )


def _python(c: Context) -> str:
    return "Fix the line above, then resume from the last checkpoint."


_TEXTS: Final[Mapping[Cause, str]] = {
    "assertion": "The check says what was expected: compare it with the shapes or values given.",
    "network_nccl": (
        "Look at the rank that went silent first; NCCL_DEBUG=INFO names it. If all were alive, "
        "check the network, or raise the process group's timeout."
    ),
    "timeout_limit": "Ask for more time, or save checkpoints and resubmit to resume from the last.",
    "preempted": "Resume from the last checkpoint; let the job requeue and checkpoint more often.",
    "killed": "Find who or what stopped it: the scheduler's record, or the kernel log for memory.",
    "interrupted": "Someone stopped it; resume from the last checkpoint if that was not meant.",
    "disk_full": "Free space or raise the quota; keep fewer checkpoints (save_total_limit).",
    "data_missing": "Check the path or name on the machine that ran it; is the volume mounted?",
    "data_bad": "Find the broken file and replace it, or skip unreadable samples and count them.",
    "segfault": "Run once with python -X faulthandler; suspect the newest native package.",
    "auth": "Check the token, that it is set in the job, and that it may read this resource.",
    "none": "",
    "unknown": "Look at the lines above; run again with faulthandler and unbuffered output.",
}


def advise(context: Context) -> str | None:
    """The one thing to try, or `None` where nothing failed."""
    special = {
        "gpu_oom": _gpu_memory,
        "host_oom": _host_memory,
        "nan": _nan,
        "dependency": _dependency,
        "cuda_error": _cuda,
        "python_exception": _python,
    }.get(context.cause)
    return (special(context) if special else _TEXTS[context.cause]) or None
