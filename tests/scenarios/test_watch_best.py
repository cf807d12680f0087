"""The best of a project: known from the first look on, whichever direction is better."""

import numpy as np
import pytest

from bot.demo.wandb import LocalRun
from tests.scenarios.watching import House, ago


def a_run(
    house: House,
    name: str,
    metric: str,
    values: list[float],
    *,
    born: float | None = None,
    **more: object,
) -> LocalRun:
    """A run that was evaluated so."""
    steps = np.linspace(0, 39, len(values)).astype(int)
    return house.wandb.add_run(
        "demo",
        "digits",
        name,
        columns={"train/loss": np.linspace(2.0, 1.0, 40)},
        sparse={metric: (steps, values)},
        created_at=ago(house, seconds=40) if born is None else born,
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("metric", "old", "worse", "better"),
    [
        ("eval/loss", [0.9, 0.5, 0.6], [1.0, 0.7], [0.9, 0.4]),
        ("eval/accuracy", [0.5, 0.9, 0.8], [0.4, 0.7], [0.5, 0.95]),
    ],
)
async def test_the_record_of_long_ago_is_known(
    house: House, metric: str, old: list[float], worse: list[float], better: list[float]
) -> None:
    """A run of last month holds it; what ends is set against that, and only better is news."""
    a_run(house, "champ", metric, old, state="finished", born=ago(house, days=30))
    a_run(house, "calm", metric, worse, state="finished", born=ago(house, days=20))
    await house.says("/wandb watch demo/digits")
    await house.tick()
    assert "champ" not in house.board().plain
    first = a_run(house, "first", metric, worse)
    await house.tick()
    first.becomes("finished", exit_code=0)
    await house.tick()
    assert f"best of the project so far {old[1]:g} (champ)" in house.card("first").plain
    assert "New best" not in house.card("first").plain
    a_run(house, "second", metric, better)
    await house.tick()
    told = house.card("second").plain
    assert f"New best {metric} of the project: {better[-1]:g}, before {old[1]:g}" in told


async def test_later_looks_ask_for_no_records(house: House) -> None:
    """Only the first look pays for them."""
    a_run(house, "champ", "eval/loss", [0.5], state="finished", born=ago(house, days=30))
    await house.says("/wandb watch demo/digits")
    await house.tick()
    asked = len(house.wandb.traffic.requests)
    await house.tick(3)
    ranked = [
        request
        for request in house.wandb.traffic.requests[asked:]
        if "summary_metrics" in str(request.variables)
    ]
    assert not ranked
    assert len(house.wandb.traffic.requests) - asked <= 2 * 3


async def test_failures_of_before_stand_on_the_board_and_are_no_alerts(house: House) -> None:
    """What failed or was lost within the last day before watching began, and nothing older."""
    for name, state, hours in (
        ("failed-today", "failed", 5),
        ("lost-today", "crashed", 6),
        ("failed-once", "failed", 40),
    ):
        house.wandb.add_run(
            "demo", "digits", name, columns={"train/loss": np.linspace(2, 1, 40)}, state=state,
            created_at=ago(house, hours=hours),
        )  # fmt: skip
    await house.says("/wandb watch demo/digits")
    top = len(house.channel())
    await house.tick(3)
    board = house.board()
    assert "failed-today" in board.plain
    assert "lost-today" in board.plain
    assert "failed-once" not in board.plain
    assert len(house.channel()) == top
    back = house.wandb.run("demo/digits/lost-today")
    back.becomes("running")
    back.log({"train/loss": 1.0})
    await house.tick(2)
    assert "1 running" in house.board().text
    assert len(house.channel()) == top
