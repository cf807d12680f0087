"""Which logged name somebody means: “val acc”, “gradient norm”, “Loss” → one of a run's names.

The order: the very name; the same in other capitals; the same letters (``eval_loss`` for
``eval/loss``); the signal that the words mean (``loss``, ``grad_norm``, ``learning_rate``, …, by
the tables of ``analysis.metrics``); a name that holds all the words; a name spelled much alike.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Final

from rapidfuzz import fuzz, process

from analysis import metrics

SIMILAR: Final = 82.0
"""Rapidfuzz's ``ratio`` (0 to 100) from which a misspelt name is taken for another."""

_EVAL_WORDS: Final = frozenset("eval evaluation val valid validation test dev".split())
_SAME: Final[dict[str, str]] = {
    "acc": "accuracy",
    "val": "eval",
    "valid": "eval",
    "validation": "eval",
    "evaluation": "eval",
    "gradient": "grad",
    "gradients": "grad",
    "grads": "grad",
    "ppl": "perplexity",
    "lr": "learning_rate",
    "training": "train",
}
_SIGNALS: Final[tuple[tuple[frozenset[str], Callable[[Collection[str]], list[str]]], ...]] = (
    (frozenset({"loss", "train_loss", "training_loss"}), metrics.losses),
    (frozenset({"grad_norm", "gradient_norm", "gradients", "grads", "gnorm"}), metrics.grad_norms),
    (frozenset({"learning_rate", "lr", "learningrate"}), metrics.learning_rates),
    (frozenset({"throughput", "speed", "pace", "tokens_per_second"}), metrics.throughputs),
    (frozenset({"reward", "return"}), metrics.rewards),
    (frozenset({"eval", "eval_loss", "val_loss", "validation_loss"}), metrics.evals),
    (frozenset({"tokens", "tokens_seen"}), metrics.tokens_seen),
)


def metric_named(said: str, names: Iterable[str]) -> str | None:
    """The logged name that ``said`` means, or ``None`` where none is near.

    Args:
        said: as somebody wrote it.
        names: the names that there are.
    """
    every = [name for name in names if not name.startswith("_")]
    wanted = said.strip()
    for same in (str, str.lower, _squeezed):
        for name in every:
            if same(name) == same(wanted):
                return name
    key = "_".join(metrics.words(wanted))
    for spoken, candidates in _SIGNALS:
        if key in spoken:
            found = [name for name in candidates(every) if _fits(key, name)]
            if found:
                return found[0]
    words = _normal(wanted)
    holding = [name for name in every if words <= _normal(name)] if words else []
    if holding:
        return min(holding, key=lambda name: (len(metrics.words(name)), name))
    if not every:
        return None
    best = process.extractOne(_squeezed(wanted), [_squeezed(name) for name in every])
    return every[best[2]] if fuzz.ratio(_squeezed(wanted), best[0]) >= SIMILAR else None


def nearest_metrics(said: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names most like ``said``, the nearest first; metrics of the system are left out."""
    every = [name for name in names if not name.startswith(("_", "system"))]
    found = process.extract(
        said.lower(), every, scorer=fuzz.WRatio, limit=most, processor=str.lower
    )
    return [name for name, score, _ in found if score >= 30]


def _fits(key: str, name: str) -> bool:
    """An evaluation loss that was asked for must be one, if any is logged."""
    return "loss" not in key or metrics.is_loss_name(name)


def _squeezed(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def _normal(name: str) -> frozenset[str]:
    """The words of a name, those that mean the same made the same."""
    same = (_SAME.get(word, word) for word in metrics.words(name))
    return frozenset(part for word in same for part in word.split("_"))
