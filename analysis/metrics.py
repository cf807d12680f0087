"""What logged names mean: one table from names to signals, directions and units.

The exact names of the tables come first, in their order; among the rest, read by their words
(``analysis.naming``), the plainest name wins, then the alphabet: the choice is predictable.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from analysis.naming import LOSS_WORDS, TRAIN_WORDS
from analysis.naming import Direction as Direction
from analysis.naming import Split as Split
from analysis.naming import direction_of as direction_of
from analysis.naming import is_likelihood_name as is_likelihood_name
from analysis.naming import is_loss_name as is_loss_name
from analysis.naming import split_of as split_of
from analysis.naming import throughput_unit as throughput_unit
from analysis.naming import words as words
from analysis.objectives import SUPERVISED as SUPERVISED
from analysis.objectives import LossKind as LossKind
from analysis.objectives import loss_kind as loss_kind
from analysis.run import Run

_FRAMES = frozenset({"metrics", "metric", "coco", "bbox", "segm", "keypoints"})
"""Words that say what was measured upon, not what (Ultralytics, MMDetection, Detectron2)."""
Overrides = Mapping[str, str | Sequence[str]]
"""A user's own choice of names: signal (one of ``SIGNALS``) to name or names."""
SIGNALS = ("loss", "eval", "grad_norm", "learning_rate", "step", "epoch", "tokens", "throughput")
"""The signals whose names a user may choose."""

LOSS = (
    "train/loss",
    "loss",
    "train_loss",
    "training_loss",
    "train_loss_step",
    "train/loss_step",
    "train_loss_epoch",
    "train/loss_epoch",
    "epoch/loss",
    "training/loss",
    "train/total_loss",
    "total_loss",
    "Loss/train",
    "loss/train",
    "train/loss_avg",
    "elbo_loss",
    "raw_loss",
    "batch/loss",
)
GRAD_NORM = ("train/grad_norm", "grad_norm", "gradient_norm")
STEP = (
    "train/global_step",
    "trainer/global_step",
    "global_step",
    "step",
    "train/step",
    "iter",
    "iteration",
    "epoch/epoch",
    "batch/batch_step",
)
EVAL = (
    "eval/loss",
    "eval_loss",
    "val/loss",
    "val_loss",
    "validation/loss",
    "validation_loss",
    "valid_loss",
    "valid/loss",
    "epoch/val_loss",
    "dev/loss",
    "test/loss",
    "test_loss",
    "eval_acc",
    "eval/accuracy",
    "eval_accuracy",
    "eval/acc",
    "val/accuracy",
    "val/acc",
    "val_acc",
    "val_accuracy",
    "epoch/val_accuracy",
    "validation/accuracy",
    "accuracy",
    "test/accuracy",
    "metrics/mAP50-95(B)",
    "metrics/mAP50-95(M)",
    "metrics/mAP50(B)",
    "coco/bbox_mAP",
    "bbox/AP",
)
REWARD = (
    "eval/mean_reward",
    "rollout/ep_rew_mean",
    "charts/episodic_return",
    "train/reward",
    "reward",
    "mean_reward",
    "episode_reward",
    "episode_return",
    "objective/rlhf_reward",
)
LEARNING_RATE = (
    "train/learning_rate",
    "learning_rate",
    "lr",
    "train/lr",
    "epoch/learning_rate",
    "lr_0",
)
THROUGHPUT = (
    "train/train_tokens_per_second",
    "train/tokens_per_second",
    "tokens_per_second",
    "train/samples_per_second",
    "samples_per_second",
    "samples_per_sec",
    "throughput",
    "perf/tokens_per_second",
)
EPOCH = ("train/epoch", "epoch", "epoch/epoch", "trainer/epoch")
TOKENS = ("train/num_tokens", "train/num_input_tokens_seen", "num_tokens", "tokens_seen", "tokens")

CURVE_CANDIDATES: tuple[str, ...] = (
    *LOSS[:11],
    *GRAD_NORM,
    *STEP[:4],
    *EVAL[:10],
    *EVAL[12:19],
    "validation_0-logloss",
    "validation_1-logloss",
    "rollout/ep_rew_mean",
    "train/reward",
    "d_loss",
    "g_loss",
    *LEARNING_RATE[:4],
    *EPOCH[:2],
)
"""Names asked of every run of a page in one request; one that a run lacks costs nothing."""

# Words that change nothing of what is measured.
_NEUTRAL = frozenset(
    "step epoch batch avg average mean total running smooth smoothed ema per iter iteration last "
    "current overall all main metrics metric losses logs stats sum full global micro macro "
    "weighted model".split()
)
# Parts of a loss: never the whole, unless nothing else is there.
_PART_WORDS = frozenset(
    "value policy actor critic entropy kl kld aux auxiliary reg regularization z router balance "
    "penalty commit commitment recon reconstruction rec vq perceptual adv gp d g gen disc "
    "generator discriminator box cls dfl obj giou giou l1 kd distill td q qf1 qf2 vf pg gradient "
    "alpha ent".split()
)
_STAGE_WORDS = frozenset(
    "stage phase curriculum difficulty lesson level resolution seqlen beta task".split()
)

_SETS = re.compile(r"(?:validation|valid|eval|test|val)_(\d+)[-_/ ](.+)\Z", re.IGNORECASE)

MAX_KEYS = 48
"""How many names a describe fetches at most; a run may log thousands."""


def _first(exact: Sequence[str], names: Collection[str]) -> Iterator[str]:
    yield from (name for name in exact if name in names)


def _ranked(
    exact: Sequence[str], names: Collection[str], rest: Iterable[tuple[float, str]]
) -> list[str]:
    """The exact names that are there, in their order, then the others by rank and alphabet."""
    head = list(_first(exact, names))
    return head + [name for _, name in sorted(set(rest)) if name not in head]


def losses(names: Collection[str]) -> list[str]:
    """Candidates for the training loss, best first."""
    rest = []
    for name in names:
        if name in LOSS or split_of(name) == "eval" or name.startswith(("system", "profiling/")):
            continue
        rank = _loss_rank(words(name), name)
        if rank is not None:
            rest.append((rank, name))
    return _ranked(LOSS, names, rest)


def _loss_rank(own: tuple[str, ...], name: str) -> float | None:
    core = [word for word in own if word not in _NEUTRAL and word not in TRAIN_WORDS]
    depth = len(own) / 100
    if is_loss_name(name):
        if any(word in _PART_WORDS for word in core):
            return 6 + depth
        others = [w for w in core if w not in LOSS_WORDS and not w.endswith("loss")]
        plain = "loss" in own or "losses" in own
        return (1 if plain else 2) + (2 if others else 0) + ("batch" in own) * 0.5 + depth
    if direction_of(name) == "down" and (split_of(name) == "train" or len(core) == 1):
        return 5 + depth
    return None


def grad_norms(names: Collection[str]) -> list[str]:
    """Candidates for the norm of the whole gradient, best first."""
    rest = []
    for name in names:
        own = words(name)
        about = "gnorm" in own or "gradnorm" in own
        about |= any(w in ("grad", "grads", "gradient", "gradients") for w in own) and (
            "norm" in own or "norms" in own
        )
        if about and not {"max", "clip", "clipped", "threshold", "limit", "min"} & set(own):
            whole = bool({"total", "global", "all"} & set(own))
            rest.append(((0 if whole else 1) + len(own) / 100, name))
    return _ranked(GRAD_NORM, names, rest)


def evals(names: Collection[str]) -> list[str]:
    """Quality metrics on held-out data, the leading one first: losses, then the others."""
    rest = []
    for name in names:
        if direction_of(name) is None or name.startswith("system"):
            continue
        own = words(name)
        held_out = split_of(name) == "eval"
        core = _core(own)
        lone = len(core) == 1 and not is_loss_name(name) and name not in REWARD
        if held_out or (lone and not _has_held_out(core[0], names)):
            rest.append((_eval_rank(own, name), name))
    found = _ranked(EVAL, names, rest)
    if any(split_of(name) == "eval" and words(name)[-1] in ("accuracy", "acc") for name in found):
        found = [name for name in found if name != "accuracy"]
    return found


def _core(own: tuple[str, ...]) -> tuple[str, ...]:
    """The words without a frame around them: ``metrics/mAP50-95(B)``, ``coco/bbox_mAP``."""
    if not _FRAMES & set(own):
        return own
    return tuple(w for w in own if w not in _FRAMES and not w.isdecimal() and len(w) > 1)


def _has_held_out(word: str, names: Collection[str]) -> bool:
    return any(split_of(name) == "eval" and words(name)[-1] == word for name in names)


def _eval_rank(own: tuple[str, ...], name: str) -> float:
    kind = 0 if is_loss_name(name) else (1 if direction_of(name) == "up" else 1.5)
    order = ("eval", "val", "validation", "valid", "dev", "test")
    place = next((i for i, word in enumerate(order) if word in own), len(order))
    return kind * 10 + place + len(own) / 100


def rewards(names: Collection[str]) -> list[str]:
    """What reinforcement learning is after, the leading one first; larger is better."""
    rest = []
    for name in names:
        own = set(words(name))
        good = own & {"reward", "rewards", "rew", "return", "returns", "success"}
        other = {"std", "min", "max", "chosen", "rejected", "loss", "discount", "scale", "coef"}
        if good and not own & (other | {"margins", "accuracies", "length", "clip", "to"}):
            rest.append((("mean" not in own) + len(own) / 100, name))
    return _ranked(REWARD, names, rest)


def learning_rates(names: Collection[str]) -> list[str]:
    """Candidates for the learning rate, best first."""
    rest = []
    for name in names:
        own = words(name)
        joined = "_".join(own)
        about = any(w == "lr" or re.fullmatch(r"lr\d+", w) for w in own)
        if (about or "learning_rate" in joined) and not {"decay", "scale", "mult", "find"} & set(
            own
        ):
            rest.append((len(own) / 100, name))
    return _ranked(LEARNING_RATE, names, rest)


def throughputs(names: Collection[str]) -> list[str]:
    """Candidates for the pace of training, best first."""
    rest = []
    for name in names:
        unit = throughput_unit(name)
        if unit is None or split_of(name) == "eval" or name.startswith("system"):
            continue
        order = ("tokens/s", "samples/s", "images/s", "steps/s", "1/s", "frames/s")
        rank = order.index(unit) if unit in order else len(order) + (unit == "MFU")
        rest.append((rank + len(words(name)) / 100, name))
    return _ranked(THROUGHPUT, names, rest)


def tokens_seen(names: Collection[str]) -> list[str]:
    """Candidates for the number of tokens seen so far, best first."""
    rest = []
    for name in names:
        own = words(name)
        counts = "tokens" in own and {"num", "seen", "total", "consumed", "n", "trained"} & set(own)
        if counts and split_of(name) != "eval" and not throughput_unit(name):
            rest.append((len(own) / 100, name))
    return _ranked(TOKENS, names, rest)


def stages(names: Collection[str]) -> list[str]:
    """Numbers that tell the part of a curriculum or schedule (stage, sequence length, …)."""
    found = []
    for name in names:
        own = words(name)
        joined = "_".join(own)
        about = bool(_STAGE_WORDS & set(own)) or bool(
            re.search(r"seq(?:uence)?_len(?:gth)?|context_len|max_len|batch_size|kl_weight", joined)
        )
        if about and direction_of(name) is None and not is_loss_name(name):
            found.append(name)
    return sorted(found, key=lambda name: (len(words(name)), name))


def numbered_sets(names: Collection[str]) -> dict[str, dict[int, str]]:
    """Metrics of numbered sets (XGBoost's ``validation_0-logloss``): quantity → number → name."""
    found: dict[str, dict[int, str]] = {}
    for name in names:
        if match := _SETS.match(name):
            found.setdefault(match.group(2), {})[int(match.group(1))] = name
    return found


def chosen(overrides: Overrides, signal: str, names: Collection[str]) -> list[str]:
    """The user's own names for a signal that this run really logs, in the given order."""
    wanted = overrides.get(signal, ())
    return [name for name in ([wanted] if isinstance(wanted, str) else wanted) if name in names]


def select_keys(run: Run, overrides: Overrides | None = None) -> list[str]:
    """The names to fetch for a description: at most ``MAX_KEYS``, the telling ones first.

    Args:
        run: whose ``keys`` (else numeric ``summary`` entries, else the usual names) are searched.
        overrides: the user's own names; they come first.
    """
    overrides = overrides or {}
    names = [name for name, key in run.keys.items() if key.numeric]
    if not names:
        names = [
            name
            for name, value in run.summary.items()
            if isinstance(value, int | float) or value in ("NaN", "Infinity", "-Infinity")
        ] or list(CURVE_CANDIDATES)
    names = [name for name in names if not name.startswith(("_", "system.", "system/"))]
    kind = loss_kind(names, run.config)
    own = [n for signal in overrides for n in chosen(overrides, signal, names)]
    every = frozenset(names)
    axes = {key.step_metric for key in run.keys.values() if key.step_metric in every}
    loss_names = losses(names)
    groups: tuple[tuple[list[str], int], ...] = (
        (own, 12),
        (loss_names, 2),
        (list(_first(STEP, names)), 3),
        (sorted(axis for axis in axes if axis), 3),
        (grad_norms(names), 1),
        (evals(names), 10),
        (rewards(names) if kind.name == "reinforcement" else [], 2),
        (learning_rates(names), 1),
        (throughputs(names), 1),
        (list(_first(EPOCH, names)), 1),
        (tokens_seen(names), 1),
        (stages(names), 3),
        (loss_names, 12),
        ([name for name in names if is_likelihood_name(name)], 2),
    )
    picked: dict[str, None] = {}
    for group, limit in groups:
        picked.update(dict.fromkeys(group[:limit]))
    # Of names that nobody knows one still tells the rows, their times and the last step.
    return list(picked)[:MAX_KEYS] or names[:1]
