"""Precision of the detectors as people judged them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.group import main
from bot.feedback import Feedback, Judged, NoDatabase, read
from bot.storage import once, open_database

NOW = datetime(2026, 11, 2, tzinfo=UTC)


async def voted(url: str, votes: Iterable[tuple[str, str, bool]]) -> None:
    """Each vote: who, about which detector, whether it was right."""
    database = await open_database(url)
    async with database.begin() as connection:
        for user, code, good in votes:
            await once.vote(
                connection,
                slack_user=user,
                message="C1:1.0",
                code=code,
                run="team/proj/a",
                good=good,
                now=NOW,
            )
    await database.close()


async def test_votes_become_precision(tmp_path: Path) -> None:
    """One vote a person and message: the last one counts."""
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    votes = [("U1", "loss_spike", False), ("U1", "loss_spike", True), ("U2", "loss_spike", True),
             ("U3", "loss_spike", False), ("U1", "overfitting", True)]  # fmt: skip
    await voted(url, votes)
    found = await read(url)
    assert found.detectors == (Judged("loss_spike", 2, 1), Judged("overfitting", 1, 0))
    assert found.total == Judged("all", 3, 1)
    assert found.detectors[0].precision == pytest.approx(2 / 3)


async def test_without_a_database_it_says_so(tmp_path: Path) -> None:
    """And makes none."""
    with pytest.raises(NoDatabase):
        await read(f"sqlite:///{tmp_path / 'none.db'}")
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "empty.db").touch()
    with pytest.raises(NoDatabase):
        await read(f"sqlite:///{tmp_path / 'empty.db'}")


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_precision(good: int, bad: int) -> None:
    """Wilson's interval lies within 0 and 1 and around the share."""
    row = Judged("x", good, bad)
    if not row.votes:
        assert row.as_json()["precision"] is None
        assert row.as_json()["interval"] is None
        return
    assert row.interval is not None
    assert row.precision is not None
    low, high = row.interval
    assert 0 <= low <= row.precision + 1e-9
    assert row.precision - 1e-9 <= high <= 1


def test_no_votes_have_no_precision() -> None:
    """Null, not zero."""
    assert Feedback(()).as_json() == {
        "schema_version": 1,
        "detectors": [],
        "total": {"code": "all", "good": 0, "bad": 0, "precision": None, "interval": None},
    }


@pytest.mark.parametrize("votes", [[], [("U1", "loss_spike", True), ("U2", "loss_spike", False)]])
def test_the_command_prints_a_table_or_json(
    votes: list[tuple[str, str, bool]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Both forms, with votes and without."""
    import asyncio

    url = f"sqlite:///{tmp_path / 'bot.db'}"
    asyncio.run(voted(url, votes))
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(SystemExit) as ended:
        main(["feedback", "--json"])
    assert ended.value.code == 0
    told = json.loads(capsys.readouterr().out)
    assert told["total"]["good"] == sum(good for *_, good in votes)
    with pytest.raises(SystemExit):
        main(["feedback"])
    shown = capsys.readouterr().out
    assert ("0.50" in shown) if votes else ("Nobody has judged" in shown)
