"""A project that is watched: which alerts come, once each, and what a tick costs."""

from dataclasses import replace

import pytest

from analysis.errors import AnalysisError
from analysis.findings import Severity
from analysis.rules import parse
from analysis.watching.causes import with_causes
from bot.demo.wandb import HISTORY_FIELDS, Errors, Status
from tests.analysis.watching.world import World, told


async def test_what_was_there_before_is_not_told(world: World) -> None:
    """The first look remembers all that is so already: the board shows it, no alert does."""
    broken = world.run("a")
    world.train(broken, train_loss=float("nan"))
    world.run("b", state="failed")
    assert await world.look() == ()
    assert await world.look() == ()


async def test_a_run_is_told_once_when_it_starts_and_once_when_it_finishes(world: World) -> None:
    world.run("old")
    await world.look()
    new = world.run("new", rows=5)
    assert told(await world.look()) == ["new started 1"]
    world.train(new)
    assert told(await world.look()) == []
    new.becomes("finished")
    [alert] = await world.look()
    assert (alert.kind, alert.severity) == ("finished", Severity.INFO)
    assert alert.headline.startswith("Finished: eval/loss")
    assert set(alert.metrics) == {"train/loss", "eval/loss"}
    assert told(await world.look()) == []


async def test_a_lost_run_may_come_back(world: World) -> None:
    """“Crashed” is never the last word: the same alert is closed when W&B hears of it again."""
    run = world.run("a")
    await world.look()
    run.becomes("crashed")
    [lost] = await world.look(600)
    assert lost.kind == "crashed"
    assert "may come back" in lost.headline
    assert told(await world.look()) == []
    run.becomes("running")
    world.train(run)
    [back] = await world.look()
    assert (back.key(1), back.opens) == (lost.key(1), False)
    assert "back" in back.headline
    assert back.lasted_s == 60.0


async def test_a_run_that_failed_and_is_resumed_may_fail_again(world: World) -> None:
    run = world.run("a")
    await world.look()
    run.becomes("failed")
    [first] = await world.look()
    run.becomes("running")
    world.train(run)
    # An ended run is no longer asked for: it is told when it is new or lives.
    assert told(await world.look()) == ["a returned 1"]
    run.becomes("failed")
    [second] = await world.look()
    assert first.kind == second.kind == "failed"
    assert first.key(1) != second.key(1)


@pytest.mark.parametrize(
    ("state", "words"),
    [("killed", "Stopped by its user"), ("preempted", "Pre-empted"), ("canceled", "Canceled")],
)
async def test_what_is_stopped_did_not_fail(world: World, state: str, words: str) -> None:
    run = world.run("a")
    await world.look()
    run.becomes(state)
    [alert] = await world.look()
    assert alert.kind == "stopped"
    assert alert.headline.startswith(words)


async def test_a_finding_is_told_when_it_is_new(world: World) -> None:
    run = world.run("a")
    await world.look()
    world.train(run, train_loss=float("nan"))
    [alert] = await world.look()
    assert (alert.kind, alert.code) == ("finding", "loss_not_finite")
    assert alert.severity is Severity.CRITICAL
    assert alert.evidence.numbers["step_start"] == 100
    world.train(run, train_loss=float("nan"))
    assert told(await world.look()) == []


async def test_a_silent_run_stalls_after_two_looks_and_recovers(world: World) -> None:
    run, other = world.run("a", rows=300), world.run("b")
    await world.look()
    world.seconds[0] += 700
    world.train(other)
    assert told(await world.look()) == []
    world.train(other)
    assert told(await world.look()) == ["a stalled heartbeat 1"]
    world.train(run)
    [over] = await world.look()
    assert (over.kind, over.opens, over.headline) == ("stalled", False, "Recovered at step 329")


async def test_a_clock_that_jumps_makes_nobody_stall(world: World) -> None:
    """A heartbeat that moved between two looks is young, whatever our clock says."""
    runs = [world.run(f"r{i}") for i in range(3)]
    await world.look()
    for _ in range(3):
        for run in runs:
            world.train(run)
        world.seconds[0] += 90_000  # ours; the rows bear the server's time
        assert told(await world.look()) == []
        world.seconds[0] -= 90_000


async def test_the_record_of_a_project_is_told_once_a_run(world: World) -> None:
    world.run("holder", rows=300)
    young = world.run("young", rows=100)
    await world.look()
    world.train(young, eval_loss=0.1)
    [alert] = await world.look()
    assert (alert.kind, alert.code) == ("best", "eval/loss")
    assert alert.metrics == {"eval/loss": 0.1}
    world.train(young, eval_loss=0.05)
    assert told(await world.look()) == []


async def test_a_sweep_ends_once_when_nothing_of_it_has_run_for_five_minutes(world: World) -> None:
    runs = [world.run(f"r{i}", rows=300 - 100 * i, sweep="abc") for i in range(3)]
    await world.look()
    runs[0].becomes("finished")
    runs[1].becomes("finished")
    world.train(runs[2])
    assert told(await world.look()) == ["r1 finished 1", "r0 finished 1"]
    runs[2].becomes("failed")
    assert told(await world.look()) == ["r2 failed 1"]
    ended = [alert for _ in range(12) for alert in await world.look()]
    assert told(ended) == ["sweep:abc ended 1"]
    assert ended[0].headline.startswith("Sweep abc ended: 1 failed, 2 finished; best eval/loss")
    fourth = world.run("r3", rows=5, sweep="abc")
    assert told(await world.look()) == ["r3 started 1", "sweep:abc ended 1 x"]
    assert fourth.sweep == "abc"


async def test_a_rule_of_ones_own(world: World) -> None:
    run = world.run("a")
    world.rules["7"] = parse("eval/loss < 0.2")
    await world.look()
    world.train(run, eval_loss=0.1)
    found = {a.kind: a for a in await world.look()}
    assert found["rule"].code == "7"
    assert "“eval/loss < 0.2” holds" in found["rule"].headline


async def test_a_value_that_dances_on_a_threshold_alerts_once(world: World) -> None:
    run = world.run("a")
    world.rules["1"] = parse("eval/loss < 0.2")
    await world.look()
    said = []
    for turn in range(12):
        world.train(run, eval_loss=0.19 if turn % 2 else 0.21)
        said += [a for a in await world.look() if a.kind == "rule"]
    assert told(said) == ["a rule 1 1"]


async def test_a_tick_asks_which_runs_changed_and_then_for_their_new_points(world: World) -> None:
    runs = [world.run(f"r{i}") for i in range(40)]
    await world.look()
    for run in runs[:10]:
        world.train(run)
    world.server.traffic.clear()
    await world.look()
    asked = world.server.traffic.requests
    assert [request.operation for request in asked] == ["Census", "News"]
    starts = [v for k, v in asked[1].variables.items() if k.startswith("s") and v]
    assert len(starts) == 10
    assert all('"minStep": 100' in spec or '"minStep":100' in spec for s in starts for spec in s)


async def test_nothing_new_costs_one_request(world: World) -> None:
    for i in range(5):
        world.run(f"r{i}")
    await world.look()
    world.server.traffic.clear()
    await world.look()
    assert [request.operation for request in world.server.traffic.requests] == ["Census"]


async def test_a_gap_larger_than_the_sample_is_fetched_whole(world: World) -> None:
    run = world.run("a")
    await world.look()
    world.train(run, seconds=900)
    world.seconds[0] += 870
    await world.look()
    assert world.last is not None
    kept = world.last.kept[0]
    assert len(kept.history["train/loss"]) == len({*kept.history["train/loss"].step.tolist()})
    assert kept.last_step == 999
    assert kept.whole


async def test_new_points_that_do_not_come_clear_nothing(world: World) -> None:
    """A run that always fails neither alerts nor recovers, and holds up nobody."""
    bad, good = world.run("bad"), world.run("good")
    await world.look()
    world.train(bad, train_loss=float("nan"))
    world.train(good)
    assert told(await world.look()) == ["bad finding loss_not_finite 1"]
    world.server.fail(Errors("boom"), path="demo/made/bad", fields=HISTORY_FIELDS)
    for _ in range(4):
        world.train(bad)
        world.train(good, train_loss=float("nan"))
        said = told(await world.look())
        assert not [one for one in said if one.startswith("bad")]
    assert any(
        key.startswith("finding:loss_not") for key in world.memory.tracks["demo/made/good"].episodes
    )


async def test_an_unreachable_server_is_an_error_and_no_stall(world: World) -> None:
    world.run("a")
    await world.look()
    world.server.fail(Status(403))
    with pytest.raises(AnalysisError):
        await world.look()
    world.server.heal()
    assert told(await world.look()) == []


async def test_a_deleted_run_is_gone_without_a_word(world: World) -> None:
    run = world.run("a")
    await world.look()
    world.server.remove(run)
    assert told(await world.look()) == []
    assert world.last is not None
    assert world.last.gone == ("demo/made/a",)


async def test_a_failure_carries_its_cause(world: World) -> None:
    log = [
        "Traceback (most recent call last):",
        '  File "train.py", line 12, in step',
        "    loss.backward()",
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.",
    ]
    run = world.run("a", console=log)
    await world.look()
    run.becomes("failed", exit_code=1)
    alerts = await world.look()
    assert world.last is not None
    [alert] = await with_causes(
        world.source, alerts, [kept.run for kept in world.last.kept], now=world.now
    )
    assert alert.cause is not None
    assert alert.cause.cause == "gpu_oom"
    assert alert.headline.startswith("Failed at step 99: it ran out of GPU memory")
    assert "after step" not in alert.headline + alert.cause.sentence
    assert replace(alert, cause=None, headline=alerts[0].headline) == alerts[0]
