"""One piece of advice that fits the cause, and for memory the run's own config.

The config's many names for the same thing are one table, `SETTINGS`. Numbers are only ever taken
from the config or the log, never guessed.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from analysis.causes.model import Cause, MetricEvidence

SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "batch": (
        "per_device_train_batch_size", "train_micro_batch_size_per_gpu", "micro_batch_size",
        "per_gpu_train_batch_size", "device_batch_size", "train_batch_size", "batch_size",
        "per_device_batch_size", "local_batch_size", "samples_per_gpu", "batchsize", "bs", "bsz",
        "train_bs", "mini_batch_size", "minibatch_size",
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

_EVALUATION: Final = frozenset(
    ("val", "valid", "validation", "eval", "evaluation", "test", "testing", "dev", "predict",
     "prediction", "inference")
)  # fmt: skip
"""Sections of a config that say nothing about training."""

_EVALUATES: Final = re.compile(
    r"^_?(?:run_|do_|_inner_)?(?:eval|valid|predict|infer|test_(?:step|loop|epoch|one))|^test$"
)
"""The functions that evaluate, by the names that trainers and people give them."""

_DEPTH: Final = 6
_BF16: Final = re.compile(r"bf16|bfloat16", re.IGNORECASE)
_FP16: Final = re.compile(r"(?<!b)fp16|(?<!b)float16|(?<!\w)16(?:-\w+)?\b|half", re.IGNORECASE)
_CAPACITY: Final = re.compile(
    r"total capacity of ([\d.]+) GiB|; ([\d.]+) GiB total capacity|with (\d+) MB memory"
)
_NAN_INPUT: Final = re.compile(
    r"\b(?:input|x|y|labels?|features?|target|data\w*|array)\b.{0,20}\bcontains? (?:nan|inf)",
    re.IGNORECASE,
)
_BOOSTS: Final = re.compile(r"xgboost|lightgbm|catboost", re.IGNORECASE)
_NO_DEVICE: Final = re.compile(
    r"no cuda gpus are available|no cuda-capable device|no supported gpu backend|"
    r"no (?:hip|rocm|nvidia) (?:gpus?|devices?)",
    re.IGNORECASE,
)
_SERVICE: Final = re.compile(
    r"https?://|HTTPSConnectionPool|max retries exceeded|name resolution|getaddrinfo|"
    r"(?:endpoint|huggingface|s3|gcs|hub)\w*.{0,60}(?:connect|unreachable|timed out)",
    re.IGNORECASE,
)
_COMMAND_LINE: Final = re.compile(
    r"^\S+\.py: error: |^[\w.-]+: error: (?:unrecognized|the following|argument|invalid|ambiguous)|"
    r"^Error: (?:No such|Invalid value|Missing|Got unexpected)|"
    r"^Could not override|^usage: ",
    re.MULTILINE,
)
_UNUSED: Final = re.compile(r"([\d.]+) (GiB|MiB) is reserved by PyTorch but unallocated")
_ASKED: Final = re.compile(r"[Tt]ried to allocate ([\d.]+) (GiB|MiB)")
_OTHERS: Final = re.compile(r"Process \d+ has ([\d.]+) (GiB|MiB) memory in use")


@dataclass(frozen=True, slots=True)
class Context:
    """What advice may use: the cause, the telling text, the config and the metrics.

    Attributes:
        functions: Names of the functions that the telling exception came through.
    """

    cause: Cause
    text: str
    config: Mapping[str, object]
    metrics: MetricEvidence
    functions: tuple[str, ...] = ()


def gpu_capacity(text: str, metrics: MetricEvidence) -> float | None:
    """Memory of the GPU in GiB, from the error or the system metrics."""
    found = _CAPACITY.search(text)
    if found:
        return float(found[1] or found[2]) if not found[3] else float(found[3]) / 1024
    return metrics.gpu_memory_total_gb


def setting(config: Mapping[str, object], what: str) -> object | None:
    """The value of a setting under any of its names, at any depth of the config.

    What stands in a section about evaluation is not training's; of the rest, a section about
    training tells before others, and the outer before the inner.
    """
    flat = [(path, value) for path, value in _flat(config) if not _EVALUATION & set(path[:-1])]
    for name in SETTINGS[what]:
        named = [(path, value) for path, value in flat if path[-1] == name]
        if named:
            return min(named, key=lambda one: (not _trains(one[0]), len(one[0])))[1]
    return None


def _evaluation_batch(config: Mapping[str, object]) -> int | None:
    """The batch size of evaluation, by its own name or in a section about evaluation."""
    own = whole(setting(config, "eval_batch"))
    inner = (
        whole(value)
        for path, value in _flat(config)
        if path[-1] in SETTINGS["batch"] and _EVALUATION & set(path[:-1])
    )
    return own or next((size for size in inner if size), None)


def _trains(path: tuple[str, ...]) -> bool:
    return any("train" in part for part in path[:-1])


def _flat(
    config: Mapping[str, object], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], object]]:
    """Each setting with the names that lead to it; what W&B itself keeps there is left out."""
    for key, value in config.items():
        parts = str(key).lower().replace("-", "_")
        if not path and parts == "_wandb":
            continue
        here = (*path, *re.split(r"[./]", parts))
        if isinstance(value, Mapping):
            inner = value.get("value") if set(value) <= {"value", "desc"} else None
            if inner is not None and not isinstance(inner, Mapping):
                yield here, inner
            elif len(path) < _DEPTH:
                nested = inner if isinstance(inner, Mapping) else value
                yield from _flat({str(k): v for k, v in nested.items()}, here)
        else:
            yield here, value


def whole(value: object | None) -> int | None:
    """A positive whole number, if the value is one."""
    number = _number(value)
    return int(number) if number is not None and number >= 1 and number.is_integer() else None


def _number(value: object | None) -> float | None:
    """A finite number, if the value is one or says one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _on(value: object | None) -> bool:
    return value not in (None, False, 0, "", "false", "False", "no", "none")


def _half(config: Mapping[str, object]) -> str | None:
    """The 16-bit format that it trains in: `"bf16"`, `"fp16"` or none."""
    precision = str(setting(config, "precision") or "")
    if _on(setting(config, "bf16")) or _BF16.search(precision):
        return "bf16"
    return "fp16" if _on(setting(config, "fp16")) or _FP16.search(precision) else None


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
    if any(_EVALUATES.match(name) for name in c.functions):
        return _evaluation_memory(c, card)
    batch = whole(setting(c.config, "batch"))
    accumulation = whole(setting(c.config, "accumulation")) or 1
    if batch is not None and batch > 1:
        less, more = _split(batch, accumulation)
        kept = "keeps" if less * more == batch * accumulation else "nearly keeps"
        return (
            f"Batch size {batch} × accumulation {accumulation}{card}: try {less} × {more}, "
            f"which {kept} the effective batch size."
        )
    if "No executable batch size" in c.text:
        return f"Not even a batch of one fits{card}: {_saves_memory(c.config)}"
    if _BOOSTS.search(c.text):
        return (
            "Give it less at once: a QuantileDMatrix or external memory, fewer bins (max_bin), "
            "float32 columns; and see with nvidia-smi what else holds the GPU."
        )
    if batch == 1:
        return f"Batch size 1{card}: {_saves_memory(c.config)}"
    if other and capacity and _gb(other[1], other[2]) > 0.3 * capacity and "this process" in c.text:
        return f"Another process holds {other[1]} {other[2]} of the GPU: free it with nvidia-smi."
    return "Halve the batch size and double gradient accumulation; the effective batch stays."


_COUNTABLE: Final = 100_000


def _split(batch: int, accumulation: int) -> tuple[int, int]:
    """Half the batch, or a little less where that keeps the effective batch size exactly."""
    effective = batch * accumulation
    least = -(-batch // 3)  # much less at once would be much slower
    for less in range(batch // 2, least - 1, -1) if batch < _COUNTABLE else ():
        if effective % less == 0:
            return less, effective // less
    less = batch // 2
    return less, max(1, round(effective / less))


def _evaluation_memory(c: Context, card: str) -> str:
    """Evaluation keeps no gradients: its own batch size, or the predictions that it gathers."""
    batch = _evaluation_batch(c.config)
    if batch is not None and batch > 1:
        return (
            f"It was evaluating, with batch size {batch}{card}: try {batch // 2} there, under "
            "torch.no_grad(); training can stay as it is."
        )
    return (
        "It was evaluating: use a smaller evaluation batch under torch.no_grad(), and move "
        "predictions to the CPU as they come; training can stay as it is."
    )


def _saves_memory(config: Mapping[str, object]) -> str:
    if not _on(setting(config, "checkpointing")):
        return "turn gradient checkpointing on."
    if _half(config) is None:
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
    workers = _number(setting(c.config, "workers"))
    if workers is not None and workers >= 2:
        return (
            f"{workers:.0f} data-loader workers each hold a copy: try {workers // 2:.0f}, and "
            "stream or memory-map the data; else ask for more host memory."
        )
    fewer = "fewer workers, " if workers is None else ""
    return f"Ask for more host memory, or load less at once: {fewer}memory-mapped data."


def _nan(c: Context) -> str:
    if _NAN_INPUT.search(c.text):
        return "The data holds the NaN: drop or fill these values, and check what wrote them."
    rate = _number(setting(c.config, "rate"))
    clip = setting(c.config, "clip")
    if _half(c.config) == "fp16":
        return "fp16 overflows easily: train in bf16, else lower the learning rate."
    lower = f"Lower the learning rate{f' ({rate:g})' if rate else ''} by 3 to 10 times"
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
    if _NO_DEVICE.search(c.text):
        return (
            "No GPU is visible to the process: check CUDA_VISIBLE_DEVICES, the job's request for "
            "GPUs (--gres, --gpus) and nvidia-smi on that machine."
        )
    if re.search(r"device-side assert|srcIndex|Assertion `", c.text):
        return "Check that labels and token ids are in range; CUDA_LAUNCH_BLOCKING=1 shows where."
    if re.search(r"Xid|ECC|fallen off|lost", c.text, re.IGNORECASE):
        return "This is hardware: take the node out of service and restart from a checkpoint."
    return (
        "Run once with CUDA_LAUNCH_BLOCKING=1 to see the true line; if it moves, suspect the GPU."
    )


def _network(c: Context) -> str:
    if re.search(r"address already in use|EADDRINUSE", c.text, re.IGNORECASE):
        return "Another process holds the port: stop it, or choose another --master_port."
    if _SERVICE.search(c.text):
        return (
            "A service could not be reached: check its address and the machine's way out (DNS, "
            "proxy); retry, or cache what is fetched before the job starts."
        )
    return _TEXTS["network_nccl"]


def _killed(c: Context) -> str:
    if re.search(r"got signal: 1\b|SIGHUP|[Hh]angup", c.text):
        return "Its terminal or SSH session closed: start it with nohup, tmux or the scheduler."
    return _TEXTS["killed"]


def _unknown(c: Context) -> str:
    if _COMMAND_LINE.search(c.text):
        return "Its command line or config was refused: correct the option that is named."
    return _TEXTS["unknown"]


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
        "network_nccl": _network,
        "killed": _killed,
        "unknown": _unknown,
    }.get(context.cause)
    return (special(context) if special else _TEXTS[context.cause]) or None
