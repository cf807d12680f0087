"""Which kind of objective a run has, and whether its loss must fall."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.naming import is_loss_name, words

_GENERATOR = frozenset("g gen generator lossg".split())
_DISCRIMINATOR = frozenset("d disc dis discriminator lossd".split())


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
