"""What logged names mean: one table from names to signals, directions and units.

A name is read as words (``Loss/train``, ``train_loss`` and ``trainLoss`` hold the same two), so
that a habit nobody listed is still understood. The exact names of the tables come first, in
their order; among the rest the plainest name wins, then the alphabet: the choice is predictable.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from analysis.run import Run

Direction = Literal["down", "up"]
Split = Literal["train", "eval", "plain"]
Overrides = Mapping[str, str | Sequence[str]]
"""A user's own choice of names: signal (``loss``, ``eval``, ``step``, …) to name or names."""

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

_EVAL_WORDS = frozenset(
    "eval evaluation evals val valid validation test testing dev holdout heldout cv oof".split()
)
_TRAIN_WORDS = frozenset("train training trainer trn tr learn fit".split())
# Words that change nothing of what is measured.
_NEUTRAL = frozenset(
    "step epoch batch avg average mean total running smooth smoothed ema per iter iteration last "
    "current overall all main metrics metric losses logs stats sum full global micro macro "
    "weighted model".split()
)
_LOSS_WORDS = frozenset(
    "loss losses nll xent ce bce crossentropy logloss mlogloss objective cost criterion".split()
)
_DOWN_WORDS = _LOSS_WORDS | frozenset(
    "error err mse rmse mae mape smape rmsle mre merror l1 l2 wer cer ter fid kid perplexity ppl "
    "bpb bpc brier ece deviance hamming chamfer epe ade fde lpips huber quantile pinball regret "
    "gap poisson gamma tweedie eer".split()
)
_UP_WORDS = frozenset(
    "accuracy accuracies acc acc1 acc5 top1 top5 f1 fbeta precision recall auc auroc auprc aucpr "
    "ap map map50 ndcg mrr hits bleu rouge rouge1 rouge2 rougel rougelsum meteor chrf cider spice "
    "iou miou jaccard dice r2 psnr ssim matthews mcc pearson pearsonr spearman spearmanr kappa "
    "score reward rewards rew return returns success winrate elo em sdr snr margins correlation "
    "likelihood loglik sensitivity specificity".split()
)
# A quality word beside one of these measures something else.
_NOT_QUALITY = frozenset(
    "runtime time second seconds sec lr scale scaler scaling count num size std weight weights "
    "coef coefficient min max entropy length threshold per_second chosen rejected id index".split()
)
# Parts of a loss: never the whole, unless nothing else is there.
_PART_WORDS = frozenset(
    "value policy actor critic entropy kl kld aux auxiliary reg regularization z router balance "
    "penalty commit commitment recon reconstruction rec vq perceptual adv gp d g gen disc "
    "generator discriminator box cls dfl obj giou giou l1 kd distill td q qf1 qf2 vf pg gradient "
    "alpha ent".split()
)
_GENERATOR = frozenset("g gen generator lossg".split())
_DISCRIMINATOR = frozenset("d disc dis discriminator lossd".split())
_STAGE_WORDS = frozenset(
    "stage phase curriculum difficulty lesson level resolution seqlen beta task".split()
)

_PER_SECOND = re.compile(
    r"(?:^|_)(tokens?|tok|samples?|examples?|images?|imgs?|steps?|its?|iters?|iterations?|frames?"
    r"|batch(?:es)?|seqs?|sequences?|words?|episodes?|rows?)_?(?:per|p|_)_?(?:s|sec|secs|second"
    r"|seconds|gpu)(?:_|$)|(?:^|_)(throughput|fps|sps|tps|mfu)(?:_|$)"
)
_SECONDS_PER = re.compile(
    r"(?:^|_)((?:step|iter|iteration|batch)_?(?:time|duration|ms|seconds|secs?)"
    r"|(?:time|s|sec|secs|seconds|ms)_per_(?:step|iter|iteration|batch|it))(?:_|$)"
)
_UNITS = (
    ("tok", "tokens/s"),
    ("sample", "samples/s"),
    ("example", "samples/s"),
    ("im", "images/s"),
    ("step", "steps/s"),
    ("it", "steps/s"),
    ("frame", "frames/s"),
    ("fps", "frames/s"),
    ("sps", "steps/s"),
    ("batch", "batches/s"),
    ("seq", "sequences/s"),
    ("word", "words/s"),
    ("mfu", "MFU"),
)
_SETS = re.compile(r"(?:validation|valid|eval|test|val)_(\d+)[-_/ ](.+)\Z", re.IGNORECASE)

MAX_KEYS = 48
"""How many names a describe fetches at most; a run may log thousands."""


@lru_cache(maxsize=16_384)
def words(name: str) -> tuple[str, ...]:
    """The words of a logged name, in lower case: ``valLoss``, ``val/loss`` → ``val loss``."""
    spaced = re.sub(r"([a-z])([A-Z][a-z])", r"\1_\2", name)
    return tuple(word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word)


def split_of(name: str) -> Split:
    """Whether a name speaks of held-out data, of training data, or does not say."""
    own = words(name)
    if any(word in _EVAL_WORDS for word in own):
        return "eval"
    return "train" if any(word in _TRAIN_WORDS for word in own) else "plain"


def direction_of(name: str) -> Direction | None:
    """Which way of a quality metric is better; None when the name is not known to be one."""
    own = words(name)
    if throughput_unit(name) or (_NOT_QUALITY & set(own) and not is_loss_name(name)):
        return None
    if is_loss_name(name):
        return "down"
    for word in reversed(own):
        if word in _DOWN_WORDS:
            return "down"
        if word in _UP_WORDS:
            return "up"
    joined = "_".join(own)
    if re.search(r"win_rate|exact_match|pass_\d|pass_at|log_prob|hit_rate|elbo", joined):
        return "up"
    return "down" if re.search(r"bits_per|cross_entropy", joined) else None


def is_loss_name(name: str) -> bool:
    """Whether the name is that of a loss, of training or held-out data, whole or part."""
    own = words(name)
    if re.search(r"loss_(?:scal|weight|coef|spike|mask)|cross_entropy_coef", "_".join(own)):
        return False
    joined = "_".join(own)
    return any(word in _LOSS_WORDS or word.endswith("loss") for word in own) or bool(
        re.search(r"cross_entropy|neg_log_lik|negative_log_lik|loss[dg](?:_|$)", joined)
    )


def is_likelihood_name(name: str) -> bool:
    """Whether the name is an objective that rises: a log-likelihood or an evidence bound."""
    own = set(words(name))
    joined = "_".join(words(name))
    return not own & {"neg", "negative", "loss"} and bool(
        re.search(r"log_?likelihood|loglik|log_prob|(?:^|_)elbo(?:_|$)", joined)
    )


def throughput_unit(name: str) -> str | None:
    """The unit of a pace metric of training (``samples/s``, ``s/step``); None if it is none."""
    joined = "_".join(words(name))
    if found := _PER_SECOND.search(joined):
        what = found.group(1) or found.group(2)
        return next((unit for start, unit in _UNITS if what.startswith(start)), "1/s")
    if found := _SECONDS_PER.search(joined):
        return "ms/step" if "ms" in found.group(1).split("_") else "s/step"
    return None


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
    core = [word for word in own if word not in _NEUTRAL and word not in _TRAIN_WORDS]
    depth = len(own) / 100
    if is_loss_name(name):
        if any(word in _PART_WORDS for word in core):
            return 6 + depth
        others = [w for w in core if w not in _LOSS_WORDS and not w.endswith("loss")]
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
        lone = len(own) == 1 and not is_loss_name(name) and name not in REWARD
        if held_out or (lone and not _has_held_out(own[0], names)):
            rest.append((_eval_rank(own, name), name))
    found = _ranked(EVAL, names, rest)
    if any(split_of(name) == "eval" and words(name)[-1] in ("accuracy", "acc") for name in found):
        found = [name for name in found if name != "accuracy"]
    return found


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


@dataclass(frozen=True, slots=True)
class LossKind:
    """Whether the training loss of such a run must fall.

    Attributes:
        name: ``supervised``, ``reinforcement``, ``adversarial``, ``variational``, ``contrastive``.
        reason: why nothing is concluded from a loss that does not fall; empty where it must.
    """

    name: str
    reason: str = ""

    @property
    def must_fall(self) -> bool:
        """Whether a loss that does not fall is a problem."""
        return not self.reason


SUPERVISED = LossKind("supervised")
_REINFORCEMENT = LossKind(
    "reinforcement", "in reinforcement learning the loss need not fall; the reward tells"
)
_ADVERSARIAL = LossKind(
    "adversarial", "adversarial losses pull against each other and need not fall"
)
_VARIATIONAL = LossKind("variational", "the parts of a variational loss move against each other")
_CONTRASTIVE = LossKind("contrastive", "a contrastive loss may rise while the model improves")

_RL_NAMES = re.compile(
    r"ep_rew|ep_len|episod|policy_(?:gradient_)?loss|value_loss|actor_loss|approx_kl|clip_?frac"
    r"|explained_variance|td_loss|td_error|qf\d?_loss|q_loss|q_values|rollout/|objective/kl"
    r"|exploration|epsilon$|completions?/|rewards?/[^/]*(?:reward|func)[^/]*/mean|reward_std"
    r"|pg_loss|vf_loss|advantage"
)
_RL_ALGORITHMS = frozenset(
    "ppo dqn ddqn a2c a3c sac td3 ddpg trpo grpo rloo reinforce qrdqn impala dreamer rainbow cql "
    "iql ars c51 gspo dapo".split()
)
_TELLING_CONFIG = (
    "algo algorithm method objective loss loss_fn loss_type task model model_type trainer "
    "trainer_type kind type name criterion agent policy_type".split()
)
_CONTRASTIVE_NAMES = re.compile(
    r"contrastive|info_?nce|nt_?xent|simclr|moco|byol|simsiam|barlow|vicreg|triplet|logit_scale"
    r"|uniformity|clip_loss|supcon|dino_loss"
)


def loss_kind(names: Collection[str], config: Mapping[str, Any]) -> LossKind:
    """Reads from metric names and config which kind of objective a run has."""
    told = _told_by_config(config)
    own = [set(words(name)) for name in names]
    lower = [name.lower() for name in names]
    loss_words = [w for w, name in zip(own, names, strict=True) if is_loss_name(name)]
    generator = any(w & _GENERATOR for w in loss_words)
    discriminator = any(w & (_DISCRIMINATOR | {"critic"}) for w in loss_words)
    if (generator and discriminator) or told & {"gan", "wgan", "dcgan", "cyclegan", "stylegan"}:
        return _ADVERSARIAL
    if _is_reinforcement(own, lower, told, config):
        return _REINFORCEMENT
    parts = set().union(*own) if own else set()
    bound = any(word.startswith("elbo") for word in parts)
    rebuilt = bool(parts & {"recon", "reconstruction", "rec", "reconstr"}) or bound
    if (rebuilt and parts & {"kl", "kld", "kldiv", "beta", "divergence"}) or any(
        word.endswith("vae") for word in told
    ):
        return _VARIATIONAL
    if any(_CONTRASTIVE_NAMES.search(name) for name in lower) or any(
        _CONTRASTIVE_NAMES.search(word) for word in told
    ):
        return _CONTRASTIVE
    return SUPERVISED


def _told_by_config(config: Mapping[str, Any]) -> set[str]:
    told: set[str] = set()
    for key in _TELLING_CONFIG:
        value = config.get(key)
        if isinstance(value, str) and len(value) <= 80:
            told |= set(words(value)) | {"_".join(words(value))}
    return told


def _is_reinforcement(
    own: list[set[str]], lower: list[str], told: set[str], config: Mapping[str, Any]
) -> bool:
    every = set().union(*own) if own else set()
    # TRL's preference and reward-model trainers log rewards beside a loss that must fall.
    preference = any("rewards/" in n and n.endswith(("chosen", "margins")) for n in lower) or (
        "reward" in every and {"margin", "accuracy"} & every and "min" in every
    )
    if preference:
        return False
    if told & _RL_ALGORITHMS or any(_RL_NAMES.search(name) for name in lower):
        return True
    if {"num_generations", "total_timesteps", "env_id", "env_name", "gym_env"} & set(config):
        return True
    return bool(every & {"reward", "rewards", "return", "returns"})


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
    axes = [key.step_metric for key in run.keys.values() if key.step_metric in names]
    loss_names = losses(names)
    groups: tuple[tuple[list[str], int], ...] = (
        (own, 12),
        (loss_names, 2),
        (list(_first(STEP, names)), 3),
        (sorted({axis for axis in axes if axis}), 3),
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
    return list(picked)[:MAX_KEYS]
