"""What logged names mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import metrics
from analysis.refs import RunRef
from analysis.run import Key, Run, RunState


@pytest.mark.parametrize(
    ("names", "loss"),
    [
        (["loss", "train/loss"], "train/loss"),
        (["train_loss_epoch", "train_loss_step", "val_loss"], "train_loss_step"),
        (["batch/loss", "epoch/loss", "epoch/val_loss"], "epoch/loss"),
        (["raw_loss", "train_loss", "valid_loss"], "train_loss"),
        (["Loss/train", "Loss/val"], "Loss/train"),
        (["trainLoss", "valLoss"], "trainLoss"),
        (["train-logloss", "eval-logloss"], "train-logloss"),
        (["training_binary_logloss", "valid_0_binary_logloss"], "training_binary_logloss"),
        (["losses/value_loss", "losses/policy_loss", "losses/total_loss"], "losses/total_loss"),
        (["recon_loss", "kl_loss", "elbo_loss"], "elbo_loss"),
        (["task_b/loss", "task_a/loss"], "task_a/loss"),
        (["train/cls_loss", "train/total_loss"], "train/total_loss"),
        (["train/mse", "val/mse"], "train/mse"),
        (["train/loss_scale", "train/nll"], "train/nll"),
        (["val_loss", "accuracy", "train/acc"], None),
    ],
)
def test_the_training_loss_is_chosen_predictably(names: list[str], loss: str | None) -> None:
    assert next(iter(metrics.losses(names)), None) == loss


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("eval/loss", "down"),
        ("val/perplexity", "down"),
        ("test_wer", "down"),
        ("validation/rmse", "down"),
        ("eval/bits_per_byte", "down"),
        ("eval_f1", "up"),
        ("val/mAP50", "up"),
        ("test/rougeL", "up"),
        ("eval/rewards/accuracies", "up"),
        ("eval/mean_reward", "up"),
        ("validation_1-auc", "up"),
        ("eval/exact_match", "up"),
        ("eval/runtime", None),
        ("eval/samples_per_second", None),
        ("eval/num_tokens", None),
        ("train/loss_scale", None),
        ("eval/entropy", None),
    ],
)
def test_the_better_direction_is_known_or_admitted_unknown(
    name: str, direction: str | None
) -> None:
    assert metrics.direction_of(name) == direction


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["eval/accuracy", "eval/loss"], ["eval/loss", "eval/accuracy"]),
        (["Acc/val", "Loss/val"], ["Loss/val", "Acc/val"]),
        (["epoch/val_loss", "epoch/accuracy", "epoch/loss"], ["epoch/val_loss"]),
        (["valid_loss", "accuracy"], ["valid_loss", "accuracy"]),
        (["test/bleu", "train/bleu"], ["test/bleu"]),
        (
            ["train/box_loss", "val/box_loss", "metrics/recall(B)", "metrics/mAP50-95(B)"],
            ["metrics/mAP50-95(B)", "val/box_loss", "metrics/recall(B)"],
        ),
        (["total_loss", "bbox/AP", "segm/AP50"], ["bbox/AP", "segm/AP50"]),
        (["coco/bbox_mAP", "loss"], ["coco/bbox_mAP"]),
        (["metrics/train_accuracy", "metrics/val_accuracy"], ["metrics/val_accuracy"]),
    ],
)
def test_held_out_metrics_are_told_from_training_ones(names: list[str], found: list[str]) -> None:
    assert metrics.evals(names) == found


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("train/train_tokens_per_second", "tokens/s"),
        ("train_samples_per_sec", "samples/s"),
        ("perf/images_per_sec", "images/s"),
        ("it_per_s", "steps/s"),
        ("time/fps", "frames/s"),
        ("throughput", "1/s"),
        ("train/step_time", "s/step"),
        ("perf/ms_per_step", "ms/step"),
        ("train/loss", None),
    ],
)
def test_a_pace_has_a_unit(name: str, unit: str | None) -> None:
    assert metrics.throughput_unit(name) == unit


def test_the_whole_gradient_comes_before_its_layers() -> None:
    names = ["grad_norm/layer.0", "grad_norm/total", "max_grad_norm", "grad/clip_norm"]
    assert metrics.grad_norms(names)[0] == "grad_norm/total"
    assert "max_grad_norm" not in metrics.grad_norms(names)


@pytest.mark.parametrize(
    ("names", "config", "kind"),
    [
        (["d_loss", "g_loss"], {}, "adversarial"),
        (["loss_D", "loss_G"], {}, "adversarial"),
        (["train/loss", "rollout/ep_rew_mean"], {}, "reinforcement"),
        (["train/loss", "train/reward", "train/reward_std"], {}, "reinforcement"),
        (["train/loss"], {"algo": "DQN"}, "reinforcement"),
        (["losses/td_loss", "charts/episodic_return"], {}, "reinforcement"),
        (["train/loss", "train/rewards/chosen", "train/rewards/margins"], {}, "supervised"),
        (["loss", "recon_loss", "kl_loss"], {}, "variational"),
        (["train/elbo_loss", "beta"], {}, "variational"),
        (["train/loss", "train/kl_div_distill"], {}, "supervised"),
        (["contrastive_loss"], {}, "contrastive"),
        (["loss"], {"loss": "InfoNCE"}, "contrastive"),
        (["train/loss", "val/loss"], {"model": "gpt2"}, "supervised"),
    ],
)
def test_objectives_that_need_not_fall_are_recognised(
    names: list[str], config: dict[str, object], kind: str
) -> None:
    assert metrics.loss_kind(names, config).name == kind


_STATE = RunState.FINISHED


def _run(names: list[str]) -> Run:
    return Run(RunRef("e", "p", "r"), "r", state=_STATE, keys={n: Key() for n in names})


def test_five_thousand_metrics_do_not_crowd_out_what_matters() -> None:
    noise = [f"layers/{i}/weight_norm" for i in range(3000)]
    noise += [f"task_{i}/loss" for i in range(2000)]
    wanted = ["train/loss", "eval/loss", "train/grad_norm", "train/global_step", "lr"]
    keys = metrics.select_keys(_run(noise + wanted))
    assert len(keys) <= metrics.MAX_KEYS
    assert set(wanted) <= set(keys)


def test_a_user_s_names_come_first() -> None:
    run = _run(["train/loss", "my/objective"])
    assert metrics.select_keys(run, {"loss": "my/objective"})[0] == "my/objective"


def test_media_are_never_asked_for() -> None:
    keys = {"train/loss": Key(), "samples/loss_image": Key(numeric=False)}
    run = Run(RunRef("e", "p", "r"), "r", state=_STATE, keys=keys)
    assert metrics.select_keys(run) == ["train/loss"]


@given(st.lists(st.text(max_size=30), max_size=20))
def test_any_names_are_read_without_error_and_bounded(names: list[str]) -> None:
    assert len(metrics.select_keys(_run(names))) <= metrics.MAX_KEYS
    metrics.loss_kind(names, {})


@given(st.permutations(["loss", "train/nll", "a/loss", "b/loss", "total_loss", "val_loss"]))
def test_the_choice_does_not_depend_on_the_order_of_names(names: list[str]) -> None:
    assert metrics.losses(names) == metrics.losses(sorted(names))
