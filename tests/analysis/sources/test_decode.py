"""Whatever a server sends, a run comes of it, and nothing raises."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.refs import RunRef
from analysis.run import RunState
from analysis.sources.decode import (
    console_of,
    next_page,
    nodes_of,
    points_of,
    project_of,
    run_of,
    system_of,
    url_of,
    viewer_of,
)

REF = RunRef("team", "proj", "run1")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "id name displayName state config summaryMetrics historyKeys historyLineCount tags group"
    " jobType sweepName commit notes createdAt heartbeatAt user host exitcode"
).split()


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, ANYTHING)))
def test_any_answer_makes_a_run(node: dict[str, Any]) -> None:
    run = run_of(node, REF, "https://app")
    assert run.ref == REF
    assert run.name
    assert run.url == "https://app/team/proj/runs/run1"


@settings(max_examples=50)
@given(ANYTHING)
def test_any_answer_makes_rows_lines_and_the_rest(value: Any) -> None:
    rows = [value, {"_step": value, "loss": value}, {"_step": 1, "loss": value}]
    assert len(points_of(rows, ["loss"])["loss"]) <= 2
    assert points_of(value, ["loss"]).keys() == {"loss"}
    assert len(system_of([value, json.dumps(value)])) <= 2
    assert isinstance(console_of({"edges": [{"node": {"line": value}}, value]}), tuple)
    assert isinstance(list(nodes_of(value)), list)
    assert next_page(value) is None or isinstance(next_page(value), str)
    viewer_of({"username": value, "teams": value})
    project_of({"name": value, "lastActive": value}, "team")


def test_a_run_is_read_as_the_server_means_it() -> None:
    node = {
        "id": "UnVuOnYx",
        "displayName": "brave-wind-7",
        "state": "crashed",
        "config": json.dumps(
            {
                "lr": {"value": 0.1, "desc": None},
                "optim": {"value": {"name": "adam"}},
                "_wandb": {
                    "value": {
                        "m": [
                            {"1": "train/step", "6": [3]},
                            {"2": "train/*", "5": 1},
                            {"1": "eval/loss", "4": "epoch"},
                        ]
                    }
                },
            }
        ),
        "summaryMetrics": json.dumps(
            {"loss": "NaN", "_step": 41, "_runtime": 12.5, "_wandb": {"runtime": 12}}
        ),
        "historyKeys": {
            "keys": {
                "loss": {"typeCounts": [{"type": "string", "count": 40}]},
                "train/loss": {"typeCounts": [{"type": "number", "count": 40}]},
                "eval/loss": {"typeCounts": [{"type": "number", "count": 2}]},
                "table": {"typeCounts": [{"type": "table-file", "count": 1}]},
                "system/gpu.0.gpu": {"typeCounts": [{"type": "number", "count": 9}]},
                "_runtime": {"typeCounts": [{"type": "number", "count": 40}]},
            },
            "lastStep": 41,
        },
        "historyLineCount": 42,
        "createdAt": "2026-11-24T20:00:00",
        "heartbeatAt": "2026-11-24T20:01:00",
        "user": {"username": "ada"},
        "tags": ["a", None],
    }
    run = run_of(node, REF, "https://app")
    start = datetime(2026, 11, 24, 20, tzinfo=UTC)
    assert run.state is RunState.CRASHED
    assert run.config == {"lr": 0.1, "optim": {"name": "adam"}}
    assert "_wandb" not in run.summary
    assert (run.created_at, run.ended_at) == (start, start + timedelta(minutes=1))
    assert (run.runtime_s, run.rows, run.last_step, run.user) == (12.5, 42, 41, "ada")
    assert run.tags == ("a",)
    assert {name: (k.count, k.numeric, k.step_metric) for name, k in run.keys.items()} == {
        "loss": (40, True, None),  # never a number, but its last value is NaN: a curve
        "train/loss": (40, True, "train/step"),
        "eval/loss": (2, True, "epoch"),
        "table": (1, False, None),
    }


def test_a_config_that_is_no_json_is_said() -> None:
    run = run_of({"config": "{broken", "summaryMetrics": None}, REF, "https://app")
    assert run.config == {}
    assert run.notes_on_data == ("the run's config cannot be read",)


def test_names_in_a_link_are_quoted() -> None:
    assert url_of(RunRef("a b", "ü", "x|y"), "https://app") == "https://app/a%20b/%C3%BC/runs/x%7Cy"


def test_a_nested_name_is_found_by_its_dots() -> None:
    rows = [{"_step": 3, "_timestamp": 5.0, "losses": {"kl": 0.5}}, {"_step": 4, "losses.kl": 1}]
    assert points_of(rows, ["losses.kl"])["losses.kl"].value.tolist() == [0.5, 1.0]
