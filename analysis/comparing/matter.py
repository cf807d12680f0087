"""What the sides are judged by: the deciding metric, the fair axis, every run's curve on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis import metrics
from analysis.comparing.curves import Placed, effective_batch, place, sequence_length
from analysis.comparing.loading import Loaded, Side, metric_of
from analysis.comparing.report import AXIS_WORDS, Axis
from analysis.configs import config_number
from analysis.errors import NotComparable
from analysis.signals import Curve, Signals

_ROWS = 3  # from which rows tell what they count
By = Literal["step", "tokens", "time"]


@dataclass(frozen=True, slots=True, eq=False)
class Matter:
    """What the sides are judged by: a metric, an axis, and every run's curve on it.

    Attributes:
        curves: for each side, one curve a run.
        siblings: for each group of runs that differ only in seed, theirs.
    """

    metric: str
    direction: metrics.Direction
    axis: Axis
    axis_reason: str
    curves: tuple[tuple[Placed, ...], ...]
    siblings: tuple[tuple[Placed, ...], ...]


def choose(
    loaded: Loaded,
    metric: str | None = None,
    by: By | None = None,
    direction: metrics.Direction | None = None,
) -> Matter:
    """Finds the metric and the axis, and puts all curves on it.

    Raises:
        NotComparable: with the sentence that says what is missing.
    """
    every = [signals for side in loaded.sides for signals in side.signals]
    bare = [s.run.name for s in every if not s.has_history]
    if bare:
        raise NotComparable(f"{bare[0]} has no history to compare.")
    name, way = _metric(every, metric_of(every[0].run, metric), direction)
    axis, reason = _axis(loaded.sides, by)
    if axis != "time" and not (axis == "tokens" and _counted(every)):
        _same_count(every)

    def placed(signals: Signals) -> Placed | None:
        curve = curve_of(signals, name)
        found = None if curve is None else place(curve, signals, axis)
        return found if found is not None and found.x.size else None

    curves = [[placed(signals) for signals in side.signals] for side in loaded.sides]
    for side, found in zip(loaded.sides, curves, strict=True):
        for run, curve in zip(side.runs, found, strict=True):
            if curve is None:
                raise NotComparable(
                    f"{run.name} does not tell its {AXIS_WORDS[axis]}.", "Compare by step."
                )
    siblings = tuple(
        tuple(c for signals in group if (c := placed(signals)) is not None)
        for group in loaded.siblings
    )
    whole = tuple(tuple(c for c in side if c is not None) for side in curves)
    return Matter(name, way, axis, reason, whole, siblings)


def _metric(
    every: Sequence[Signals], asked: str | None, direction: metrics.Direction | None
) -> tuple[str, metrics.Direction]:
    """The deciding metric: as asked, else the first shared eval metric, else the training loss."""
    if asked is not None:
        lacking = [s.run.name for s in every if curve_of(s, asked) is None]
        if lacking:
            raise NotComparable(f"{lacking[0]} does not log {asked}.")
        way = direction or metrics.direction_of(asked)
        if way is None:
            raise NotComparable(
                f"Nothing tells which way of {asked} is better.",
                "Add --better up or --better down.",
            )
        return asked, way
    scales = _scales(every)
    of_scale = False
    for candidate in every[0].evals:
        if all(curve_of(s, candidate.name) is not None for s in every[1:]):
            if not (scales and _depends_on_scale(candidate.name)):
                return candidate.name, candidate.direction
            of_scale = True
    kinds = {s.loss_kind.reason for s in every if not s.loss_kind.must_fall}
    if kinds:
        raise NotComparable(f"The runs share no eval metric, and {min(kinds)}.")
    loss = every[0].loss
    if loss is not None and all(curve_of(s, loss.name) is not None for s in every[1:]):
        if not scales:
            return loss.name, "down"
        of_scale = True
    if of_scale:
        raise NotComparable(f"Their losses are not on one scale: {scales}.", "Name a --metric.")
    raise NotComparable("The runs share no metric that tells which is better.")


_OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "the vocabulary": ("vocab_size", "n_vocab", "vocabulary_size"),
    "the number of classes": ("num_labels", "num_classes", "n_classes"),
}


def _scales(every: Sequence[Signals]) -> str:
    """Why losses of these runs cannot be set against each other; empty where they can.

    A cross-entropy grows with the number of outcomes that it is over: a blind guess among n costs
    log n. Another vocabulary also cuts the same text into other tokens.
    """
    for what, names in _OUTCOMES.items():
        counts = {_outcomes(s.run.config, names) for s in every}
        if None not in counts and len(counts) > 1:
            sizes = " and ".join(f"{size:,}" for size in sorted(n for n in counts if n is not None))
            return f"{what} differs ({sizes})"
    return ""


def _outcomes(config: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    found = config_number(config, list(names))
    if found is not None:
        return int(found[1])
    labels = config.get("id2label") if "num_labels" in names else None
    return len(labels) if isinstance(labels, Mapping) else None


def _depends_on_scale(name: str) -> bool:
    return metrics.is_loss_name(name) or bool({"ppl", "perplexity"} & set(metrics.words(name)))


def curve_of(signals: Signals, name: str) -> Curve | None:
    """The curve by its name, or what stands for the same quantity under another habit's name."""
    known = [c for c in (*signals.evals, *signals.losses, signals.loss) if c is not None and len(c)]
    same_name = next((curve for curve in known if curve.name == name), None)
    wanted = _quantity(name)
    return same_name or next((curve for curve in known if _quantity(curve.name) == wanted), None)


def _quantity(name: str) -> tuple[str, frozenset[str]]:
    """What a name measures, whatever the habit: split and words without it."""
    split = metrics.split_of(name)
    alike = {"acc": "accuracy", "training": "train", "ppl": "perplexity"}
    own = {alike.get(word, word) for word in metrics.words(name)}
    own -= {"eval", "val", "valid", "validation", "test", "train", "epoch", "step", "dev"}
    return ("train" if split != "eval" else "eval"), frozenset(own)


def _same_count(every: Sequence[Signals]) -> None:
    """Refuses to set one run's epochs against another's steps."""
    by_epoch = [s for s in every if _counts_epochs(s)]
    by_step = [s for s in every if s not in by_epoch]
    if by_epoch and by_step:
        raise NotComparable(
            f"{by_epoch[0].run.name} counts epochs and {by_step[0].run.name} counts steps.",
            "Compare by time.",
        )


def _counts_epochs(s: Signals) -> bool:
    """Whether a step of the run's axis is an epoch: by its name, or as its rows are."""
    if metrics.words(s.axis)[-1:] == ("epoch",):
        return True
    epoch = None if s.epoch is None or s.axis != "_step" else s.epoch.finite
    if epoch is None or len(epoch) < _ROWS:
        return False
    apart = np.diff(epoch.value) / np.maximum(1, np.diff(epoch.row))
    return bool(np.all(np.abs(apart - 1.0) < 1e-6))


def _counted(every: Sequence[Signals]) -> bool:
    return all(s.tokens is not None for s in every)


def _axis(sides: Sequence[Side], by: By | None) -> tuple[Axis, str]:
    """The axis: as asked, else the fair one where batches or sequences differ."""
    every = [signals for side in sides for signals in side.signals]
    batches = {effective_batch(s.run.config) for s in every}
    lengths = {sequence_length(s.run.config) for s in every}
    counted = _counted(every)
    if by == "tokens":
        enough = counted or None not in lengths | batches
        return ("tokens", "") if enough or None in batches else ("samples", "")
    if by is not None:
        return by, ""
    if None in batches or (len(batches) == 1 and len(lengths) == 1):
        return "step", ""
    if all(_counts_epochs(s) for s in every):
        return "step", ""  # equal epochs are equal samples
    differing = []
    if len(batches) > 1:
        sizes = " and ".join(f"{size:,}" for size in sorted(b for b in batches if b is not None))
        differing.append(f"effective batch sizes differ ({sizes})")
    if len(lengths) > 1 and None not in lengths:
        sizes = " and ".join(f"{size:,}" for size in sorted(n for n in lengths if n is not None))
        differing.append(f"sequence lengths differ ({sizes})")
    if not differing:
        return "step", ""
    axis: Axis = "tokens" if counted or None not in lengths else "samples"
    return axis, f"compared at equal {axis}, since {' and '.join(differing)}"
