"""What wins where several causes are seen, and what the answer says."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.causes import Log, MetricEvidence, WhyReport, diagnose
from analysis.causes.advice import SETTINGS
from analysis.causes.text import HEAD, LINE, TAIL, clean

TRACE = 'Traceback (most recent call last):\n  File "/w/train.py", line 3, in go\n    run()\n'
STEPS = "".join(f"step {n} loss 0.{n}\n" for n in range(1, 6))


@pytest.mark.parametrize(
    ("log", "code", "cause"),
    [
        (STEPS, 137, "killed"),
        (STEPS + "system RAM 98.7% used\n", 137, "host_oom"),
        (STEPS, -9, "killed"),
        (STEPS, 130, "interrupted"),
        (STEPS + TRACE + "KeyboardInterrupt\n", 1, "interrupted"),
        (STEPS, 143, "killed"),
        (STEPS + "*** JOB 7 ON n CANCELLED AT 2025-01-01T00:00:00 DUE TO TIME LIMIT ***", 143,
         "timeout_limit"),
        (STEPS + "*** JOB 7 ON n CANCELLED AT 2025-01-01T00:00:00 DUE TO PREEMPTION ***", 143,
         "preempted"),
        (STEPS + TRACE + "MemoryError\n", 1, "host_oom"),
        (STEPS, 139, "segfault"),
        (STEPS, 1, "unknown"),
        ("", 1, "unknown"),
        ("", None, "unknown"),
        (STEPS, 0, "none"),
        (TRACE + "AssertionError: Torch not compiled with CUDA enabled\n", 1, "dependency"),
        (TRACE + "AssertionError: expected 3 columns\n", 1, "assertion"),
    ],
)  # fmt: skip
def test_overlapping_causes_follow_the_contract(log: str, code: int | None, cause: str) -> None:
    """The specific cause wins; an exit code alone says little."""
    assert diagnose(log, exit_code=code).cause == cause


def test_a_kill_alone_is_not_sure() -> None:
    """137 with nothing else is `killed`, low."""
    assert diagnose(STEPS, exit_code=137).confidence == "low"


def test_host_memory_before_a_kill_makes_it_host_oom() -> None:
    """The system metrics count as evidence of memory."""
    found = diagnose(STEPS, exit_code=137, metrics=MetricEvidence(host_memory_pct=97.0))
    assert found.cause == "host_oom"
    assert "97 %" in str(found.evidence["reason"])


def test_a_nan_in_the_metrics_explains_an_assertion() -> None:
    """An assertion on the loss after the loss became NaN is `nan`."""
    log = TRACE.replace("run()", "assert torch.isfinite(loss)") + "AssertionError\n"
    found = diagnose(log, exit_code=1, metrics=MetricEvidence(nan_before_end=True))
    assert found.cause == "nan"


def test_what_only_metrics_tell_quotes_no_line_as_its_evidence() -> None:
    """The sentence says what was seen; the console's last lines did not tell it."""
    at_the_end = MetricEvidence(nan_before_end=True, nan_since_step=40, last_step=90)
    found = diagnose("starting\nreading the data\n", exit_code=1, metrics=at_the_end)
    assert (found.cause, found.quotes) == ("nan", ())
    assert "not finite" in WhyReport.of(found).sentence
    told = diagnose("step 5 loss nan\nbye\n", exit_code=1, metrics=at_the_end)
    assert told.quotes == ("step 5 loss nan",)
    memory = MetricEvidence(host_memory_pct=99.0)
    assert diagnose("starting\n", exit_code=1, metrics=memory).quotes == ()


def test_the_error_of_one_rank_is_the_cause_of_what_the_others_print() -> None:
    """The first cause in time, not the ranks that died of it, in whatever order they print."""
    other = "[rank0]: torch.distributed.DistBackendError: NCCL error: remote process exited\n"
    first = "".join(f"[rank2]: {line}\n" for line in (TRACE + "KeyError: 'x'").split("\n"))
    for log in (first + other, other + first):
        found = diagnose(log, exit_code=1)
        assert (found.cause, found.exception_type) == ("python_exception", "KeyError")
        assert found.evidence["rank"] == "2"


def test_an_exception_that_was_survived_is_no_cause() -> None:
    """Training went on after it; the run ended for another reason."""
    log = STEPS + TRACE + "ValueError: bad sample\n" + "step 6 loss 1\nstep 7 loss 1\nstep 8 loss 1"
    found = diagnose(log, exit_code=137)
    assert found.cause == "killed"
    assert any("ValueError: bad sample" in text for text in found.also)


def test_the_frame_is_the_last_one_in_the_users_own_code() -> None:
    """Installed packages are passed over."""
    log = (
        TRACE + '  File "/w/data.py", line 9, in load\n    x = json.loads(t)\n'
        '  File "/usr/lib/python3.11/json/__init__.py", line 346, in loads\n    return 1\n'
        "ValueError: no\n"
    )
    frame = diagnose(log, exit_code=1).frame
    assert frame is not None
    assert (frame.file, frame.line, frame.function) == ("/w/data.py", 9, "load")
    assert frame.code == "x = json.loads(t)"


FRAME_IN_EVALUATION = (
    "Traceback (most recent call last):\n"
    '  File "/w/train.py", line 41, in main\n    evaluate(model)\n'
    '  File "/w/train.py", line 12, in evaluate\n    logits = model(batch)\n'
)
OOM = (
    TRACE + "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a "
    "total capacity of 79.99 GiB of which 1.00 GiB is free.\n"
)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"batch_size": 64}, "Batch size 64 × accumulation 1 on 80 GB: try 32 × 2"),
        (
            {
                "per_device_train_batch_size": {"value": 8},
                "gradient_accumulation_steps": {"value": 4},
            },
            "Batch size 8 × accumulation 4 on 80 GB: try 4 × 8",
        ),
        ({"train": {"micro_batch_size": 1}}, "gradient checkpointing"),
        ({"batch_size": 1, "gradient_checkpointing": True}, "bf16"),
        (
            {"batch_size": 1, "gradient_checkpointing": True, "bf16": True, "max_length": 512},
            "256",
        ),
        ({}, "Halve the batch size"),
        ({"lr": 1e-3}, "Halve the batch size"),
        ({"batch_size": 7}, "try 3 × 2, which nearly keeps"),
        ({"batch_size": 6}, "try 3 × 2, which keeps"),
        ({"train": {"batch_size": 32}, "val": {"batch_size": 128}}, "try 16 × 2"),
        ({"val/batch_size": 128, "train/batch_size": 32}, "try 16 × 2"),
        ({"_wandb": {"batch_size": 4}, "bsz": 8}, "try 4 × 2"),
        ({"batch_size": math.inf}, "Halve the batch size"),
        ({"batch_size": math.nan}, "Halve the batch size"),
        ({"batch_size": 10**400}, "Halve the batch size"),
        (
            {"batch_size": 1, "gradient_checkpointing": True, "precision": "bf16-mixed"},
            "shard the model",
        ),
    ],
)
def test_advice_on_gpu_memory_fits_the_config(config: dict[str, object], words: str) -> None:
    """The numbers come from the config and the error."""
    assert words in (diagnose(OOM, exit_code=1, config=config).advice or "")


def test_memory_lost_in_evaluation_is_advised_on_evaluation() -> None:
    """The training batch is not what did not fit."""
    log = OOM.replace("Traceback (most recent call last):\n", FRAME_IN_EVALUATION, 1)
    config = {"per_device_eval_batch_size": 64, "per_device_train_batch_size": 4}
    advice = diagnose(log, exit_code=1, config=config).advice or ""
    assert "evaluating, with batch size 64 on 80 GB: try 32 there" in advice
    nested = diagnose(log, exit_code=1, config={"val": {"batch_size": 16}}).advice or ""
    assert "try 8 there" in nested
    assert "smaller evaluation batch" in (diagnose(log, exit_code=1).advice or "")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"lr": 3e-4}, "Lower the learning rate (0.0003) by 3 to 10 times and clip gradients"),
        ({"lr": [1e-3, 1e-4]}, "Lower the learning rate by 3 to 10 times and clip"),
        ({"lr": 0.1, "gradient_clip_val": 0.5}, "restart from a checkpoint"),
        ({"precision": "16-mixed"}, "train in bf16"),
        ({"precision": 16}, "train in bf16"),
        ({"dtype": "torch.float16"}, "train in bf16"),
        ({"amp": True}, "train in bf16"),
        ({"amp": True, "dtype": "bfloat16"}, "clip gradients"),
        ({"precision": "bf16-mixed"}, "clip gradients"),
        ({"precision": "32-true"}, "clip gradients"),
    ],
)
def test_advice_on_a_nan_fits_the_config(config: dict[str, object], words: str) -> None:
    """The format that overflows is named only where it is the one in use."""
    log = TRACE + "ValueError: loss is nan\n"
    assert words in (diagnose(log, exit_code=1, config=config).advice or "")


@pytest.mark.parametrize(
    ("workers", "words"),
    [(8, "8 data-loader workers each hold a copy: try 4"), (1, "at once: memory-mapped"),
     (0, "at once: memory-mapped"), (None, "fewer workers")],
)  # fmt: skip
def test_advice_on_host_memory_fits_the_workers(workers: int | None, words: str) -> None:
    """Where nobody loads beside the process, nobody can be taken away."""
    config = {} if workers is None else {"num_workers": workers}
    assert words in (diagnose(TRACE + "MemoryError\n", exit_code=1, config=config).advice or "")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([10**400, -(10**400), "1e999", "nan"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "desc", "lr", "batch_size", "val", "_wandb"]), inner
        )
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from([name for names in SETTINGS.values() for name in names]) | st.text(),
        VALUES,
        max_size=8,
    ),
    st.sampled_from(
        ["torch.OutOfMemoryError: CUDA out of memory.", "MemoryError", "ValueError: nan"]
    ),
)
def test_no_config_raises(config: dict[str, object], error: str) -> None:
    """Whatever people put into a config, there is advice, in one line."""
    advice = diagnose(f"{TRACE}{error}\n", exit_code=1, config=config).advice
    assert advice
    assert "\n" not in advice


def test_secrets_never_reach_the_answer() -> None:
    """Quotes, messages and evidence come from a redacted log."""
    key = "wandb_v1_" + "aB3dE6gH9j" * 7
    log = TRACE + f"ValueError: bad key {key} for https://me:pass1234word@host.org\n"
    shown = WhyReport.of(diagnose(log, exit_code=1)).model_dump_json()
    assert key not in shown
    assert key[-20:] not in shown
    assert "pass1234word" not in shown
    assert "[redacted]" in shown


def test_numbers_that_are_not_finite_are_strings_in_json() -> None:
    """As W&B writes them, so that any JSON reader can read the answer."""
    metrics = MetricEvidence(last_loss=math.nan, last_grad_norm=math.inf, last_step=7)
    report = WhyReport.of(diagnose(STEPS, exit_code=1, metrics=metrics))
    evidence = report.model_dump(mode="json")["evidence"]
    assert (evidence["last_loss"], evidence["last_grad_norm"]) == ("NaN", "Infinity")


def test_other_runs_and_trends_are_told() -> None:
    """What else was seen comes as sentences."""
    metrics = MetricEvidence(similar_failures=5, similar_scope="sweep", gpu_memory_pct=99.0)
    also = diagnose(OOM, exit_code=1, metrics=metrics).also
    assert also[0] == "5 other runs of this sweep ended with the same error."
    assert any("GPU memory was 99 % full" in text for text in also)


@given(
    st.binary(max_size=2000) | st.text(max_size=2000).map(str.encode),
    st.none() | st.integers(-70, 400),
    st.none() | st.sampled_from(["failed", "crashed", "killed", "preempted", "odd"]),
)
def test_no_input_raises(data: bytes, code: int | None, state: str | None) -> None:
    """Whatever the bytes, there is an answer that serialises."""
    report = WhyReport.of(diagnose(data, exit_code=code, state=state))
    assert WhyReport.model_validate_json(report.model_dump_json()) == report


_PARTS = st.sampled_from(
    ["Traceback (most recent call last):", '  File "a.py", line 1, in f', "    x", "ValueError: x",
     "During handling of the above exception, another exception occurred:", "", "step 3 loss 1",
     "[rank1]: ", "  | ", "\r 3%|#| 3/9", "│ /a/b.py:3 in f │", "Killed", "\x1b[1m",
     "KeyError: 'a'",
     "Fatal Python error: Segmentation fault", "Current thread 0x01 (most recent call first):"]
)  # fmt: skip


@given(st.lists(st.tuples(_PARTS, _PARTS), max_size=40), st.none() | st.integers(-20, 260))
def test_no_mixture_of_known_parts_raises(parts: list[tuple[str, str]], code: int | None) -> None:
    """Torn, nested and interleaved tracebacks are read as far as they go."""
    WhyReport.of(diagnose("\n".join(a + b for a, b in parts), exit_code=code))


@pytest.mark.parametrize(
    "data",
    [b"a" * 9_000_000, b"word " * 2_000_000, b"x\r" * 3_000_000, bytes(range(256)) * 30_000],
)
def test_work_is_bounded_whatever_the_size(data: bytes) -> None:
    """A log of any size is cut to a fixed size before it is looked at."""
    lines = clean(Log(data))
    assert sum(len(line) + 1 for line in lines) <= HEAD + TAIL + 100
    assert max(map(len, lines)) <= LINE + 100


def test_the_end_of_a_huge_file_tells(tmp_path: Path) -> None:
    """Only the head and the tail are read; what was left out is said."""
    path = tmp_path / "output.log"
    path.write_bytes(
        b"import\n" + b"step 1 loss 2\n" * 600_000 + TRACE.encode() + b"KeyError: 'a'\n"
    )
    log = Log.read(path)
    assert log.omitted > 0
    found = diagnose(log, exit_code=1)
    assert found.exception_type == "KeyError"
    assert found.evidence["omitted"] == log.omitted


def test_utf_16_is_read() -> None:
    """A log that PowerShell wrote."""
    for encoding in ("utf-16", "utf-16-le"):
        data = (STEPS + TRACE + "KeyError: 'a'\n").encode(encoding)
        assert diagnose(data, exit_code=1).exception_type == "KeyError"
