"""Every number that a detector judges by, in one place, each with its unit and its source.

A field is called by the code that it decides about; further numbers of the same detector carry
the code as a prefix. They are settings: ``[thresholds]`` in the configuration file.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


def _number(text: str, source: str, **limits: Any) -> Any:
    return Field(description=text, json_schema_extra={"source": source}, **limits)


_CONTRACT = "the product's contract (health rules)"


class Thresholds(BaseModel):
    """What is how much too much; immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_points: Annotated[
        int,
        _number(
            "points that a loss needs before its shape is judged; eval metrics need half as many",
            "a median of three on either side, and room between",
            ge=4,
        ),
    ] = 8
    loss_not_finite: Annotated[
        int,
        _number(
            "non-finite rows in a row that count as skipped when the loss goes on as before",
            "gradient scalers skip one to three steps at a time (PyTorch, torch.amp.GradScaler)",
            ge=0,
        ),
    ] = 3
    loss_diverged: Annotated[
        float,
        _number(
            "share of what had been learned that is lost again at the end",
            "half: between a spike's residue and a return to the start (PaLM, section 5.1)",
            gt=0,
        ),
    ] = 0.5
    loss_diverged_noise: Annotated[
        float, _number("robust standard deviations that the rise must exceed", "as loss_spike")
    ] = 8.0
    loss_spike: Annotated[
        float,
        _number(
            "robust standard deviations above the curve around it",
            "far beyond the 2.5 to 5 of gradient clippers (ZClip 2025), since batch losses have "
            "heavy tails",
            gt=2,
        ),
    ] = 10.0
    loss_spike_size: Annotated[
        float,
        _number(
            "least height, as a share of the loss's whole range, and of its level",
            "smaller ones leave no mark on a plot",
            ge=0,
        ),
    ] = 0.1
    loss_plateau: Annotated[
        float,
        _number("least share of the run that is flat", "half of the budget without a gain", gt=0),
    ] = 0.5
    loss_plateau_level: Annotated[
        float,
        _number(
            "share of the starting loss that must be left for a flat loss to be a warning",
            "a loss that fell by almost half may well be at its floor",
            ge=0,
        ),
    ] = 0.6
    loss_not_decreasing: Annotated[
        float,
        _number(
            "relative fall that the whole run must surely have stayed under",
            "SageMaker Debugger's LossNotDecreasing has 0.1 % over some steps; over a whole run",
            gt=0,
        ),
    ] = 0.02
    loss_floor: Annotated[
        float,
        _number("a loss that never exceeded this is at its floor", "a cross-entropy of 98 %"),
    ] = 0.02
    grad_exploding: Annotated[float, _number("gradient norm, sustained", _CONTRACT, gt=0)] = 10.0
    grad_unstable: Annotated[float, _number("gradient norm, sustained", _CONTRACT, gt=0)] = 5.0
    grad_vanishing: Annotated[float, _number("gradient norm, sustained", _CONTRACT, gt=0)] = 1e-4
    grad_growth: Annotated[
        float,
        _number(
            "times its own earlier 90th percentile that makes a short late rise count",
            "Tuning Playbook: the 90th percentile is where clipping starts",
            gt=1,
        ),
    ] = 3.0
    grad_not_finite: Annotated[
        int, _number("non-finite rows in a row that count as skipped", "as loss_not_finite", ge=0)
    ] = 3
    overfitting: Annotated[
        float,
        _number(
            "share of the evaluation's whole gain that is lost again while training improves",
            "SageMaker Debugger's Overfit: a ratio of 0.1",
            gt=0,
        ),
    ] = 0.1
    overfitting_level: Annotated[
        float,
        _number("least rise, as a share of the best evaluation loss", "2 %: beyond seed noise"),
    ] = 0.02
    eval_noise: Annotated[
        float, _number("robust standard deviations that an evaluation must worsen by", "3 sigma")
    ] = 3.0
    eval_degraded: Annotated[
        float,
        _number("share of the evaluation's whole gain that is lost again", "as loss_diverged"),
    ] = 0.4
    heartbeat_slow: Annotated[float, _number("minutes without a heartbeat", _CONTRACT)] = 10.0
    heartbeat_stalled: Annotated[float, _number("minutes without a heartbeat", _CONTRACT)] = 30.0
    step_stalled: Annotated[
        float,
        _number(
            "times the run's own longest gap between rows, evaluations and checkpoints included",
            "three times the longest pause that the run survived",
            gt=1,
        ),
    ] = 3.0
    step_stalled_minutes: Annotated[
        float, _number("least minutes without a new row", "as heartbeat_slow")
    ] = 10.0
    throughput_drop: Annotated[
        float,
        _number(
            "share of its own earlier pace that a run falls under",
            "more than a third slower: less is a busy machine",
            gt=0,
        ),
    ] = 0.65
    throughput_drop_seconds: Annotated[
        float,
        _number("least time lost in all, seconds", "less is the scheduler's noise"),
    ] = 2.0
    throughput_drop_brief: Annotated[
        float,
        _number(
            "seconds for which a fall must be seen, or it must be to under a half",
            "a neighbour's job takes half of a core for a while",
            ge=0,
        ),
    ] = 60.0
    learning_rate_zero: Annotated[
        float,
        _number("share of the run that may stand at zero", "warm-up and schedule's end", ge=0),
    ] = 0.05
    gpu_idle: Annotated[
        float, _number("mean use of the busiest GPU, %", "a tenth to a fifth: mostly waiting")
    ] = 15.0
    memory_near_limit: Annotated[
        float, _number("memory in use, %", "the last twentieth goes in one allocation")
    ] = 95.0


DEFAULTS = Thresholds()
