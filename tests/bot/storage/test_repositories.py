"""The other tables: what is put comes back, and what may happen once happens once."""

from datetime import timedelta

from bot.storage import (
    CardKey,
    Database,
    Target,
    alerts,
    budgets,
    cards,
    mutes,
    once,
    people,
    reminders,
    rules,
    schedules,
    seen,
    threads,
    watches,
)
from handlers.reply import Topic
from tests.clocks import START

LLM = Target("team", "llm")
LATER = START + timedelta(minutes=5)


async def test_memories_are_bytes_by_target_and_run(database: Database) -> None:
    """Stored in place of what there was; the open ones are listed with their last step."""
    one = seen.Memory("team/llm/a", 10, False, {"name": "a"}, b"\x00\xff" * 100, START)
    two = seen.Memory("team/llm/b", None, True, {}, b"", START)
    async with database.begin() as connection:
        await seen.remember(connection, LLM, [one, two])
        again = seen.Memory("team/llm/a", 20, False, {"name": "a"}, b"new", LATER)
        await seen.remember(connection, LLM, [again])
        assert await seen.recall(connection, LLM, ["team/llm/a", "team/llm/x"]) == {
            "team/llm/a": again
        }
        assert await seen.open_runs(connection, LLM) == {"team/llm/a": 20}
        assert await seen.recall(connection, Target("team"), ["team/llm/a"]) == {}
        assert await seen.forget_ended(connection, before=LATER) == 1


async def test_a_target_remembers_since_when_it_cannot_be_reached(database: Database) -> None:
    """The first failure's time stays, the count grows."""
    async with database.begin() as connection:
        assert await seen.target(connection, LLM) == seen.TargetState({})
        await seen.unreachable(connection, LLM, now=START)
        state = await seen.unreachable(connection, LLM, now=LATER)
        assert (state.unreachable_since, state.failures) == (START, 2)
        assert await seen.target(connection, LLM) == state


async def test_states_are_each_watchs_own(database: Database) -> None:
    """Two channels may think differently of one run."""
    async with database.begin() as connection:
        ids = [
            (await watches.add(connection, channel=channel, target=LLM, creator="U1", now=START)).id
            for channel in ("C1", "C2")
        ]
        stored = [
            seen.RunState(number, "team/llm/a", {"n": number}, False, START) for number in ids
        ]
        await seen.put_states(connection, stored)
        assert list((await seen.states(connection, ids, ["team/llm/a"])).values()) == stored
        assert list(await seen.states(connection, ids[:1])) == [(ids[0], "team/llm/a")]


async def test_a_card_keeps_the_newest_content_and_the_oldest_change(database: Database) -> None:
    """However often it changes, one edit is due, and since the first change."""
    key = CardKey("C1", "run", "team/llm/a")
    async with database.begin() as connection:
        card, fresh = await cards.put(connection, key, {"n": 1}, now=START)
        assert fresh
        await cards.posted(
            connection, card.id, ts="1.1", thread_ts=None, channel="C1", version=card.version
        )
        same, fresh = await cards.put(connection, key, {"n": 1}, now=LATER)
        assert (fresh, same.dirty) == (False, False)
        await cards.put(connection, key, {"n": 2}, now=START)
        newest, _ = await cards.put(connection, key, {"n": 3}, now=LATER)
        assert (newest.payload, newest.version, newest.changed_at) == ({"n": 3}, 3, START)
        assert await cards.oldest_dirty(connection) == START
        assert (await cards.at(connection, "C1", "1.1")) == newest


async def test_an_alert_is_recorded_once_and_resolved_once(database: Database) -> None:
    """By its key."""
    async with database.begin() as connection:
        watch = await watches.add(connection, channel="C1", target=LLM, creator="U1", now=START)
        told = {
            "key": "k",
            "watch_id": watch.id,
            "run": "team/llm/a",
            "kind": "finding",
            "code": "loss_spike",
            "severity": "critical",
            "payload": {"step": 5},
            "at": START,
        }
        assert await alerts.record(connection, fate="posted", **told)  # type: ignore[arg-type]
        assert not await alerts.record(connection, fate="posted", **told)  # type: ignore[arg-type]
        resolved = await alerts.resolve(connection, "k", at=LATER)
        assert resolved is not None
        assert resolved.resolved_at == LATER
        assert await alerts.resolve(connection, "k", at=LATER) is None
        assert await alerts.last_posted(connection, watch.id, ["team/llm/a"]) == {
            "team/llm/a": START
        }
        assert len(await alerts.in_channel(connection, "C1", since=START)) == 1


async def test_mutes_end_by_themselves_or_by_hand(database: Database) -> None:
    """A snooze is a mute with an end; muting again changes the end."""
    async with database.begin() as connection:
        snooze = mutes.Mute("C1", "run", "team/llm/a", "U1", START, LATER)
        await mutes.put(connection, snooze)
        await mutes.put(connection, mutes.Mute("C1", "kind", "stalled", "U1", START, None))
        assert len(await mutes.in_channel(connection, "C1", now=START)) == 2
        assert [m.scope for m in await mutes.in_channel(connection, "C1", now=LATER)] == ["kind"]
        assert await mutes.remove(connection, "C1", "kind", "stalled")
        assert not await mutes.remove(connection, "C1", "kind", "stalled")


async def test_rules_are_numbered_and_belong_to_their_channel(database: Database) -> None:
    """Another channel cannot remove them; removing can be undone."""
    async with database.begin() as connection:
        rule = await rules.add(
            connection,
            channel="C1",
            entity="team",
            project="llm",
            rule={"metric": "eval/loss", "op": "<", "value": 0.5},
            text="eval/loss < 0.5",
            creator="U1",
            now=START,
        )
        assert await rules.remove(connection, rule.id, channel="C2", now=START) is None
        assert await rules.of_project(connection, "team", "llm") == (rule,)
        assert await rules.remove(connection, rule.id, channel="C1", now=START)
        assert await rules.in_channel(connection, "C1") == ()
        await rules.restore(connection, rule.id)
        assert await rules.in_channel(connection, "C1") == (rule,)


async def test_a_schedule_that_is_due_moves_on_once(database: Database) -> None:
    """Of two replicas that see it, one may start its job."""
    async with database.begin() as connection:
        schedule = await schedules.add(
            connection,
            channel="C1",
            kind="briefing",
            cron="0 9 * * 1-5",
            tz="Europe/Berlin",
            args={},
            creator="U1",
            next_at=START,
            now=START,
        )
        assert await schedules.due(connection, now=START) == (schedule,)
        assert await schedules.move_on(connection, schedule, next_at=LATER, now=START)
        assert not await schedules.move_on(connection, schedule, next_at=LATER, now=START)
        assert await schedules.due(connection, now=START) == ()
        assert await schedules.remove(connection, schedule.id, now=START)
        assert await schedules.in_channel(connection, "C1") == ()


async def test_a_reminder_is_settled_once_and_taken_back_by_its_owner(database: Database) -> None:
    """Nobody else may remove it."""
    async with database.begin() as connection:
        one = await reminders.add(
            connection, slack_user="U1", channel="U1", note="look", now=START, at=LATER
        )
        assert await reminders.claim_due(connection, now=START, again_s=60) == ()
        assert len(await reminders.claim_due(connection, now=LATER, again_s=60)) == 1
        assert await reminders.claim_due(connection, now=LATER, again_s=60) == ()
        assert not await reminders.remove(connection, one.id, slack_user="U2", now=LATER)
        assert await reminders.done(connection, one.id, now=LATER)
        assert not await reminders.done(connection, one.id, now=LATER)
        assert await reminders.of_person(connection, "U1") == ()


async def test_a_thread_remembers_its_topic(database: Database) -> None:
    """The newest one."""
    async with database.begin() as connection:
        topic = Topic("comparison", ("team/llm/a", "team/llm/b"), {"axis": "tokens"})
        await threads.remember(connection, "C1", "1.1", Topic("run", ("x",)), now=START)
        await threads.remember(connection, "C1", "1.1", topic, now=START)
        assert await threads.topic(connection, "C1", "1.1") == topic
        assert await threads.topic(connection, "C1", "2.2") is None


async def test_people_have_accounts_defaults_and_preferences(database: Database) -> None:
    """And all of them can be taken back."""
    async with database.begin() as connection:
        ada = people.Account("U1", "ada", "confirmed", START)
        await people.link(connection, ada)
        assert await people.of_wandb_user(connection, "ada") == (ada,)
        assert await people.unlink(connection, "U1")
        assert await people.account(connection, "U1") is None
        default = people.Default("team", "llm")
        await people.use(connection, "channel", "C1", default, now=START)
        assert await people.default_of(connection, "channel", "C1") == default
        await people.use(connection, "channel", "C1", None, now=START)
        assert await people.default_of(connection, "channel", "C1") is None
        await people.prefer(connection, "channel", "C1", "unfurl", value=False, now=START)
        assert await people.preference(connection, "channel", "C1", "unfurl", True) is False


async def test_an_event_is_handled_once_by_all_replicas_together(database: Database) -> None:
    """Slack may deliver it twice."""
    async with database.begin() as connection:
        assert await once.first_time(connection, "Ev1", now=START)
        assert not await once.first_time(connection, "Ev1", now=START)
        link = "https://wandb.ai/x"
        await once.show_link(connection, "C1", link, now=START)
        earlier = START - timedelta(minutes=5)
        assert not await once.claim_link(connection, "C1", link, now=START, since=earlier)
        await once.forget(connection, before=LATER)
        assert await once.claim_link(connection, "C1", link, now=START, since=earlier)
        assert await once.first_time(connection, "Ev1", now=LATER)


async def test_a_vote_counts_once_a_person_and_message(database: Database) -> None:
    """A changed mind replaces the first vote."""
    async with database.begin() as connection:
        for user, good in (("U1", True), ("U1", False), ("U2", True)):
            await once.vote(
                connection,
                slack_user=user,
                message="C1:1.1",
                code="loss_spike",
                run="team/llm/a",
                good=good,
                now=START,
            )
        assert await once.tally(connection) == (once.Votes("loss_spike", 1, 1),)


async def test_an_undo_works_once_and_not_for_ever(database: Database) -> None:
    """Five minutes, one click."""
    async with database.begin() as connection:
        offer = {"channel": "C1", "slack_user": "U1", "kind": "unwatch", "before": {"watch": 3}}
        token = await once.offer_undo(connection, expires_at=LATER, **offer)  # type: ignore[arg-type]
        late = await once.offer_undo(connection, expires_at=START, **offer)  # type: ignore[arg-type]
        assert await once.take_undo(connection, late, now=START) is None
        found = await once.last_undo(connection, "C1", "U1", now=START)
        assert found is not None
        assert found.token == token
        taken = await once.take_undo(connection, token, now=START)
        assert taken is not None
        assert taken.before == {"watch": 3}
        assert await once.take_undo(connection, token, now=START) is None


async def test_a_budget_is_shared_refills_evenly_and_can_be_blocked(database: Database) -> None:
    """Forty a minute is one each 1.5 s after the burst."""

    async def take(seconds: float) -> float:
        async with database.begin() as connection:
            now = START + timedelta(seconds=seconds)
            return await budgets.take(connection, "updates", now=now, per_minute=40, burst=2)

    assert [await take(0), await take(0)] == [0, 0]
    assert await take(0) == 1.5
    assert await take(1.5) == 0
    assert await take(-60) > 0
    async with database.begin() as connection:
        await budgets.block(connection, "updates", until=START + timedelta(seconds=100))
    assert await take(40) == 60
