"""What differs between configurations: typed, nested, the important first, noise counted only."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.redact import redact_value

# In order of importance; matched on the last part of the dotted key, lower case, “-” as “_”.
_IMPORTANT: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(rf"(?:{pattern})\Z"))
    for what, pattern in (
        ("effective batch", r"effective_batch_size"),
        (
            "model",
            r"model|model_name|model_name_or_path|architecture|arch|backbone|model_type|algo",
        ),
        ("learning rate", r"(?:base_|max_|min_|init_|peak_)?(?:lr|learning_rate|eta)|lr_mult"),
        ("optimiser", r"optim|optimizer|optimiser|opt|betas?|adam_beta[12]|momentum|adam_epsilon"),
        (
            "batch size",
            r"(?:(?:micro|global|train|eval|per_device_train|per_device_eval|mini)_?)?batch(?:_?size)?"
            r"|bs|gradient_accumulation(?:_steps)?|grad_accum(?:_steps)?|accumulate_grad_batches"
            r"|world_size|num_gpus|n_gpus?|devices|num_devices|num_nodes",
        ),
        (
            "schedule",
            r"(?:lr_)?sched(?:uler)?(?:_type)?|(?:lr_)?schedule|warm_?up(?:_steps|_ratio|_epochs)?"
            r"|num_warmup_steps|decay_steps|anneal\w*",
        ),
        ("weight decay", r"weight_decay|wd|l2|lambda_l2|reg_lambda|reg_alpha|dropout\w*"),
        (
            "length",
            r"(?:num_)?(?:train_)?epochs|max_steps|total_steps|max_iters|num_iterations|steps"
            r"|total_timesteps|rounds|n_estimators|num_boost_round",
        ),
        ("LoRA", r"lora\w*|r|target_modules|use_dora|use_rslora|peft\w*|quantization\w*"),
        (
            "sequence length",
            r"(?:max_)?seq(?:uence)?_?len(?:gth)?|max_length|block_size|context(?:_length)?|n_ctx"
            r"|model_max_length|max_position_embeddings",
        ),
        ("precision", r"precision|bf16|fp16|tf32|dtype|torch_dtype|amp|mixed_precision"),
        ("clipping", r"max_grad_norm|grad_clip\w*|gradient_clip_val|clip\w*"),
        (
            "size",
            r"width|depth|hidden_size|d_model|n_embd|n_layers?|num_hidden_layers|n_heads?"
            r"|num_attention_heads|num_leaves|max_depth",
        ),
        (
            "data",
            r"data|dataset|dataset_name|task|train_n|data_path|train_file|split|env|env_name"
            r"|env_id|tokenizer\w*|augment\w*",
        ),
        ("loss", r"loss|loss_type|objective|criterion|label_smoothing\w*"),
        ("seed", r"seed|random_state|random_seed|data_seed"),
    )
)

# Paths, hosts, times and what frameworks write of themselves.
_NOISE = re.compile(
    r"(?:^|\.)(?:_wandb|_\w*|wandb\w*|hostname|host|cwd|pid|run_name|run_id|name|exp_name|output_dir"
    r"|logging_\w+|log_\w+|save_\w+|checkpoint\w*|report_to|push_to_hub|hub_\w+|\w*_dir|\w*_path"
    r"|local_rank|ddp_\w+|dataloader_\w+|num_workers|disable_tqdm|start_time|timestamp|date|git\w*"
    r"|keys|console|_name_or_path|transformers_version|resume\w*|overwrite_\w+|notes|tags)\Z",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?:[a-z]:)?[\\/~](?:[\w.+@=-]+[\\/])+", re.IGNORECASE)
_ABSENT = "(not set)"


@dataclass(frozen=True, slots=True)
class ConfigDifference:
    """One key that is not the same everywhere.

    Attributes:
        key: dotted.
        values: one for each side; a list of values where a side's own runs differ; ``None``
            with ``present`` false where the side lacks the key.
        present: for each side, whether any of its runs has the key.
        important: whether it is of a kind that is known to change training.
        rank: place in the order of importance, 0 first.
    """

    key: str
    values: tuple[Any, ...]
    present: tuple[bool, ...]
    important: bool
    rank: int


def flatten(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and plain values; lists stay whole, empty dicts count as values."""
    for key, value in config.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{name}.")
        else:
            yield name, value


def differences(
    sides: Sequence[Sequence[Mapping[str, Any]]],
) -> tuple[list[ConfigDifference], int]:
    """What differs between the sides, the important first, and how many keys are only noise.

    Args:
        sides: for each side, the configs of its runs. A key that varies within a side (the
            seed, as a rule) is listed only where the sides' sets of values differ.
    """
    flat = [[dict(flatten(config)) for config in side] for side in sides]
    names = sorted({name for side in flat for config in side for name in config})
    shown: list[ConfigDifference] = []
    hidden = 0
    for name in names:
        values = [_values(side, name) for side in flat]
        if all(_same(values[0], other) for other in values[1:]):
            continue
        rank = importance(name)
        if rank is None and _is_noise(name, values):
            hidden += 1
            continue
        shown.append(
            ConfigDifference(
                key=name,
                values=tuple(redact_value(name, _show(value)) for value in values),
                present=tuple(bool(value) for value in values),
                important=rank is not None,
                rank=len(_IMPORTANT) if rank is None else rank,
            )
        )
    shown.sort(key=lambda item: (item.rank, item.key.count("."), item.key))
    return shown, hidden


def importance(key: str) -> int | None:
    """Place of a dotted key in the order of importance; ``None`` when it is of no known kind."""
    last = key.rsplit(".", 1)[-1].lower().replace("-", "_")
    for rank, (_, pattern) in enumerate(_IMPORTANT):
        if pattern.match(last):
            return rank
    return None


def _values(configs: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    found: list[Any] = []
    for config in configs:
        if name in config and not any(_equal(config[name], known) for known in found):
            found.append(config[name])
    return found


def _same(first: Sequence[Any], second: Sequence[Any]) -> bool:
    return len(first) == len(second) and all(
        any(_equal(value, other) for other in second) for value in first
    )


def _equal(first: Any, second: Any) -> bool:
    """Equal as configuration: 1 and 1.0 are, 1 and True or "1" are not, NaN equals itself."""
    if isinstance(first, bool) is not isinstance(second, bool):
        return False
    if isinstance(first, float) and isinstance(second, float) and first != first:
        return second != second
    return bool(first == second)


def _is_noise(name: str, values: Sequence[Sequence[Any]]) -> bool:
    if _NOISE.search(name) or name.startswith(("_", "wandb")):
        return True
    texts = [value for side in values for value in side]
    return bool(texts) and all(isinstance(t, str) and _PATH.match(t) for t in texts)


def _show(values: Sequence[Any]) -> Any:
    if not values:
        return None
    return values[0] if len(values) == 1 else list(values)
