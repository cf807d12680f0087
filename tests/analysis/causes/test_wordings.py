"""Wordings of everyday exceptions: each names its cause, wherever it was raised."""

import json
from pathlib import Path

import pytest

from analysis.causes import diagnose

WORDINGS: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "wordings.json").read_text(encoding="utf-8")
)
BEFORE = "".join(f"epoch 2 step {step} loss 0.5{step}\n" for step in range(10, 20))
FRAMES = """Traceback (most recent call last):
  File "/w/train.py", line 30, in main
    step(batch)
  File "/opt/conda/lib/python3.10/site-packages/lib/x.py", line 9, in g
    return h()
"""


@pytest.mark.parametrize("cause", WORDINGS)
def test_each_wording_names_its_cause(cause: str) -> None:
    """Last lines of tracebacks as the packages print them."""
    found = {
        wording: diagnose(f"{BEFORE}{FRAMES}{wording}\n", exit_code=1).cause
        for wording in WORDINGS[cause]
    }
    assert found == dict.fromkeys(WORDINGS[cause], cause)


def test_a_package_that_fails_while_it_is_imported_is_a_dependency() -> None:
    """An AttributeError in an installed package below the program's own import."""
    log = """Traceback (most recent call last):
  File "/w/train.py", line 3, in <module>
    import wrapped
  File "/opt/conda/lib/python3.10/site-packages/wrapped/__init__.py", line 9, in <module>
    from .ops import fast
  File "/opt/conda/lib/python3.10/site-packages/wrapped/ops.py", line 4, in <module>
    Base = other.OldName
AttributeError: module 'other' has no attribute 'OldName'
"""
    assert diagnose(log, exit_code=1).cause == "dependency"
    own = log.replace("/opt/conda/lib/python3.10/site-packages/wrapped", "/w/mine")
    assert diagnose(own, exit_code=1).cause == "python_exception"


@pytest.mark.parametrize("word", ["Epoch", "Train", "node"])
def test_a_word_that_most_lines_start_with_does_not_eat_the_exceptions_type(word: str) -> None:
    """`Epoch: [2] …` is no label of a process, and a label stands before several lines."""
    lines = "".join(f"{word}: [2]  [ {step}/5004]  loss: 2.07\n" for step in range(40))
    frames = FRAMES.partition('  File "/opt')[0]
    found = diagnose(f"{lines}{frames}pkg.errors.ConfigMismatch: changed\n", exit_code=1)
    assert found.cause == "python_exception"
    assert found.exception_type == "pkg.errors.ConfigMismatch"


def test_an_interrupt_that_a_trainer_turned_into_a_clean_exit_is_told() -> None:
    """Lightning ends with exit code 0; a run that came to its end all the same did not fail."""
    stopped = f"{BEFORE}\nDetected KeyboardInterrupt, attempting graceful shutdown ...\n"
    assert diagnose(stopped, exit_code=0).cause == "interrupted"
    assert diagnose(f"{stopped}Training finished.\n", exit_code=0).cause == "none"
