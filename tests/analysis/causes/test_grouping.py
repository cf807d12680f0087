"""The same error in several runs is one group; a batch answers line by line."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.causes import Failure, WhyReport, diagnose, fingerprint, group_failures, why_batch
from analysis.causes.grouping import normalised

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def failed(message: str, function: str = "collate", path: str = "/w/data.py") -> WhyReport:
    head = f'Traceback (most recent call last):\n  File "{path}", line 7, in {function}\n'
    log = f"{head}    x\n{message}"
    return WhyReport.of(diagnose(log, exit_code=1))


def test_numbers_paths_and_addresses_do_not_tell_errors_apart() -> None:
    """Another step, another file, another address: the same error."""
    one = failed("ValueError: shard 17 of /data/a/x.bin at 0x7f00aa is short", path="/home/a/d.py")
    two = failed("ValueError: shard 9 of /mnt/b/c/y.bin at 0x11bb22 is short", path="/home/b/d.py")
    assert fingerprint(one) == fingerprint(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("bad file /scratch/tmpab12cd/x.pt", "bad file /data/a/b/tmpzz98qq/x.pt"),
        ("no such file: 'tmpab12cd/x.pt'", "no such file: 'tmpzz98qq/x.pt'"),
        ("pid 41 died at 2025-06-11 10:11:12", "pid 9912 died at 2025-07-01T01:02:03.5Z"),
        ("[2025-06-11 10:11:12,123] bad", "[2025-06-12 11:11:12,999] bad"),
        ("got 12 MiB", "got 1.5 GiB"),
        ("shape [2, 3] vs [4, 5, 6]", "shape [7, 3] vs [4, 5]"),
        ("<Foo object at 0x7f1> is odd", "<Foo object at 0x9aa> is odd"),
        ("rank 3 failed on cuda:3", "rank 0 failed on cuda:0"),
        ("run x81k2mzq failed", "run b81k2azq failed"),
        ("host gpu-07.cluster:29500", "host gpu-11.cluster:1234"),
        ("took 1.2e-05 s, then -3", "took 3 s, then 4"),
        ("tensor a (12) must match", "tensor a (1,024) must match"),
        ("id 3f9a1c0 bad", "id 99aa1bc bad"),
        ("dtype float32 expected, not in x", "dtype float32 expected,  not in x"),
    ],
)
def test_what_varies_from_run_to_run_makes_no_other_error(one: str, two: str) -> None:
    """Times, sizes, ids, hosts, shapes and temporary folders."""
    assert fingerprint(failed(f"RuntimeError: {one}")) == fingerprint(
        failed(f"RuntimeError: {two}")
    )


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("KeyError: 'layer1'", "KeyError: 'layer2'"),
        ("KeyError: 'img_256'", "KeyError: 'img_512'"),
        ("KeyError: 'model/a/b'", "KeyError: 'model/c/d'"),
        ("AttributeError: 'A' object has no attribute 'x1'",
         "AttributeError: 'A' object has no attribute 'x2'"),
        ("ModuleNotFoundError: No module named 'a1'", "ModuleNotFoundError: No module named 'a2'"),
        ("NameError: name 'x1' is not defined", "NameError: name 'x2' is not defined"),
        ("RuntimeError: no kernel for resnet", "RuntimeError: no kernel for convnext"),
    ],
)  # fmt: skip
def test_another_name_is_another_error(one: str, two: str) -> None:
    """A key, an attribute, a module: what is missing tells errors apart, with its numbers."""
    assert fingerprint(failed(one)) != fingerprint(failed(two))


@given(
    st.text(max_size=300) | st.text("a1-_/.:'\"", max_size=300), st.sampled_from(["", "KeyError"])
)
def test_any_message_can_be_told_apart(message: str, kind: str) -> None:
    """Bounded, and the same each time."""
    told = normalised(message, kind)
    assert len(told) <= 1_000
    assert told == normalised(message, kind)


def test_another_key_type_or_function_is_another_error() -> None:
    """What a reader would call different errors stays apart."""
    prints = {
        fingerprint(failed("KeyError: 'pixel_values'")),
        fingerprint(failed("KeyError: 'labels'")),
        fingerprint(failed("TypeError: 'pixel_values'")),
        fingerprint(failed("KeyError: 'pixel_values'", function="other")),
    }
    assert len(prints) == 4


def test_the_fifth_key_error_is_one_line_with_a_count_and_its_first_run() -> None:
    """Groups come by how often they happened; runs that did not fail are left out."""
    items = [
        Failure(f"run{n}", DAY + timedelta(hours=n), failed("KeyError: 'pixel_values'"))
        for n in (3, 0, 4, 1, 2)
    ]
    items.append(Failure("other", DAY, failed("TypeError: no")))
    items.append(Failure("fine", DAY, WhyReport.of(diagnose("done", exit_code=0))))
    first, second = group_failures(items)
    assert (first.count, first.first_run, first.last_run) == (5, "run0", "run4")
    assert first.title == "KeyError: 'pixel_values'"
    assert first.cause == "python_exception"
    assert (second.count, second.runs) == (1, ("other",))


def test_a_batch_keeps_order_and_answers_bad_lines(tmp_path: Path) -> None:
    """Each line has its answer; a bad one is told, not raised."""
    path = tmp_path / "a.log"
    path.write_text("Traceback (most recent call last):\nKeyError: 'a'\n")
    lines = [
        json.dumps({"id": "a", "file": str(path), "exit_code": 1}),
        "not json",
        "",
        json.dumps({"id": 2, "file": str(tmp_path / "missing.log"), "exit_code": None}),
        json.dumps({"id": "c", "exit_code": 1}),
        json.dumps([1]),
        json.dumps({"id": "d", "file": "a\0b"}),
        json.dumps({"id": "e", "file": str(path), "exit_code": 137}),
    ]
    answers = [json.loads(line) for line in why_batch(lines)]
    assert [a["id"] for a in answers] == ["a", None, 2, "c", None, "d", "e"]
    assert answers[0]["cause"] == "python_exception"
    assert [bool(a.get("error")) for a in answers] == [False, True, True, True, True, True, False]
    contract = {"schema_version", "cause", "confidence", "confidence_value", "exception_type",
                "frame", "quotes", "advice", "also", "evidence"}  # fmt: skip
    assert all(contract <= answer.keys() for answer in answers)


@pytest.mark.parametrize(
    ("line", "given", "error"),
    [
        ('{"id": "gone", "file": "no/such.log"}', "gone", "The file cannot be read: No such file"),
        ('{"id": "folder", "file": "."}', "folder", "The file cannot be read: Is a directory"),
        ('{"id": "nul", "file": "a\\u0000b"}', "nul", "The file cannot be read: bad path."),
        ('{"id": "half", "file": "\\ud800"}', "half", "The file cannot be read"),
        ('{"id": 4, "exit_code": 1}', 4, "In file: Field required."),
        ('{"id": 5, "file": "x", "exit_code": "many"}', 5, "In exit_code: "),
        ('{"id": {"a": [1]}, "file": 3}', {"a": [1]}, "In file: "),
        ('{"id": NaN, "file": 3}', "NaN", "In file: "),
        ('{"id": "\\ud83d", "file": 3}', "\ud83d", "In file: "),
        ("[1]", None, "In the line: "),
        ("not json", None, "This line is not JSON."),
        ("[" * 100_000, None, "This line is not JSON."),
    ],
    ids=range(12),
)
def test_a_line_that_cannot_be_answered_has_the_fields_of_why(
    line: str, given: object, error: str
) -> None:
    """The same id, the cause unknown, nothing claimed, and the reason in a sentence."""
    (told,) = why_batch([line])
    assert told.isascii()
    answer = json.loads(told)
    assert answer.pop("error").startswith(error)
    assert answer.pop("sentence").startswith(error)
    assert answer == {
        "schema_version": 1,
        "id": given,
        "cause": "unknown",
        "confidence": "low",
        "confidence_value": 0,
        "exception_type": None,
        "exception_message": None,
        "frame": None,
        "quotes": [],
        "advice": None,
        "also": [],
        "missing": [],
        "evidence": {},
    }
