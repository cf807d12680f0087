"""The words of a logged name, and what they say: split, direction, loss or not, pace.

A name is read as words (``Loss/train``, ``train_loss`` and ``trainLoss`` hold the same two), so
that a habit nobody listed is still understood.
"""

import re
from functools import lru_cache
from typing import Literal

Direction = Literal["down", "up"]
Split = Literal["train", "eval", "plain"]

EVAL_WORDS = frozenset(
    "eval evaluation evals val valid validation test testing dev holdout heldout cv oof".split()
)
TRAIN_WORDS = frozenset("train training trainer trn tr learn fit".split())
LOSS_WORDS = frozenset(
    "loss losses nll xent ce bce crossentropy logloss mlogloss objective cost criterion".split()
)
_DOWN_WORDS = LOSS_WORDS | frozenset(
    "error err mse rmse mae mape smape rmsle mre merror l1 l2 wer cer ter fid kid perplexity ppl "
    "bpb bpc brier ece deviance hamming chamfer epe ade fde lpips huber quantile pinball regret "
    "gap poisson gamma tweedie eer".split()
)
_UP_WORDS = frozenset(
    "accuracy accuracies acc acc1 acc5 top1 top5 f1 fbeta precision recall auc auroc auprc aucpr "
    "ap ap50 ap75 map map50 map75 ndcg mrr hits bleu rouge rouge1 rouge2 rougel "
    "rougelsum meteor chrf cider spice "
    "iou miou jaccard dice r2 psnr ssim matthews mcc pearson pearsonr spearman spearmanr kappa "
    "score reward rewards rew return returns success winrate elo em sdr snr margins correlation "
    "likelihood loglik sensitivity specificity".split()
)
# A quality word beside one of these measures something else.
_NOT_QUALITY = frozenset(
    "runtime time second seconds sec lr scale scaler scaling count num size std weight weights "
    "coef coefficient min max entropy length threshold per_second chosen rejected id index".split()
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


@lru_cache(maxsize=16_384)
def words(name: str) -> tuple[str, ...]:
    """The words of a logged name, in lower case: ``valLoss``, ``val/loss`` → ``val loss``."""
    spaced = re.sub(r"([a-z])([A-Z][a-z])", r"\1_\2", name)
    return tuple(word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word)


@lru_cache(maxsize=16_384)
def split_of(name: str) -> Split:
    """Whether a name speaks of held-out data, of training data, or does not say."""
    own = words(name)
    if any(word in EVAL_WORDS for word in own):
        return "eval"
    return "train" if any(word in TRAIN_WORDS for word in own) else "plain"


@lru_cache(maxsize=16_384)
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


@lru_cache(maxsize=16_384)
def is_loss_name(name: str) -> bool:
    """Whether the name is that of a loss, of training or held-out data, whole or part."""
    own = words(name)
    if re.search(r"loss_(?:scal|weight|coef|spike|mask)|cross_entropy_coef", "_".join(own)):
        return False
    joined = "_".join(own)
    return any(word in LOSS_WORDS or word.endswith("loss") for word in own) or bool(
        re.search(r"cross_entropy|neg_log_lik|negative_log_lik|loss[dg](?:_|$)", joined)
    )


def is_likelihood_name(name: str) -> bool:
    """Whether the name is an objective that rises: a log-likelihood or an evidence bound."""
    own = set(words(name))
    joined = "_".join(words(name))
    return not own & {"neg", "negative", "loss"} and bool(
        re.search(r"log_?likelihood|loglik|log_prob|(?:^|_)elbo(?:_|$)", joined)
    )


@lru_cache(maxsize=16_384)
def throughput_unit(name: str) -> str | None:
    """The unit of a pace metric of training (``samples/s``, ``s/step``); None if it is none."""
    joined = "_".join(words(name))
    if found := _PER_SECOND.search(joined):
        what = found.group(1) or found.group(2)
        return next((unit for start, unit in _UNITS if what.startswith(start)), "1/s")
    if found := _SECONDS_PER.search(joined):
        return "ms/step" if "ms" in found.group(1).split("_") else "s/step"
    return None
