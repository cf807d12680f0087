"""A message to Slack, exactly once, through everything that goes wrong on the way.

The sender is the real one, the workspace is the local one, the clock is the test's.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from bot.background.jobs.deliver import Delivery
from bot.background.notes import AGAIN
from bot.background.outbox import Outbox, job_key
from bot.background.painter import Painter
from bot.demo.slack import LocalSlack
from bot.demo.slack import Message as Shown
from bot.storage import CardKey, Database, Outgoing, Target, cards, outbox, watches
from bot.storage.outbox import Row
from handlers.reply import Message
from handlers.sending import SlackSender, clients
from tests.clocks import START, HandClock
from tests.support.jobs import NotedJobs


def render(kind: str, payload: Mapping[str, Any], now: datetime) -> Message:
    if kind == "several":
        text = " + ".join(item["payload"]["text"] for item in payload["items"])
    else:
        text = payload["text"]
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return Message(text, (block,) if payload.get("blocks") else ())


@dataclass
class Post:
    database: Database
    slack: LocalSlack
    clock: HandClock
    jobs: NotedJobs
    outbox: Outbox
    delivery: Delivery
    painter: Painter
    channel: str
    fit: bool = True

    async def put(self, key: str, text: str = "hello", **more: Any) -> Row:
        what = Outgoing(key, self.channel, "alert", {"text": text}, **more)
        async with self.database.begin() as connection:
            row = await self.outbox.put(connection, what, now=self.clock.now())
        assert row is not None
        return row

    async def card(self, text: str = "card") -> cards.Card:
        async with self.database.begin() as connection:
            return await self.outbox.show(
                connection,
                CardKey(self.channel, "board", "x"),
                {"text": text},
                now=self.clock.now(),
            )

    async def deliver(self, *rows: Row) -> None:
        """Runs the jobs; waits are no waits."""
        async with self.clock.passing():
            for row in rows:
                await self.delivery.run({"row": row.id})

    async def deliver_all(self) -> None:
        done = 0
        while done < len(self.jobs.jobs):
            job = self.jobs.jobs[done]
            done += 1
            if job.kind == "deliver":
                async with self.clock.passing():
                    await self.delivery.run(job.args)

    async def row(self, row: Row) -> Row:
        async with self.database.read() as connection:
            found = await outbox.get(connection, row.id)
        assert found is not None
        return found

    def posts(self) -> list[Shown]:
        return self.slack.posts(self.channel)

    def texts(self) -> list[str]:
        return [message.text for message in self.posts()]


@pytest.fixture
async def post(database: Database) -> AsyncIterator[Post]:
    clock = HandClock()
    async with (
        LocalSlack(clock=lambda: clock.now().timestamp()) as slack,
        aiohttp.ClientSession() as session,
    ):
        slack.add_user("ada")
        channel = slack.add_channel("ml").id
        _, once = clients(slack.app.bot_token, base_url=slack.api_url, session=session, clock=clock)
        sender = SlackSender(once, once, session, clock)
        jobs = NotedJobs()
        box = Outbox(jobs)

        async def sleep(seconds: float) -> bool:
            await clock.sleep(seconds)
            return True

        delivery = Delivery(database, box, sender, render, clock, lambda: made.fit, sleep)
        painter = Painter(database, box, sender, render, clock)
        made = Post(database, slack, clock, jobs, box, delivery, painter, channel)
        async with database.begin() as connection:
            await watches.add(
                connection, channel=channel, target=Target("t", "p"), creator="U", now=START
            )
        yield made


async def test_a_row_is_posted_once_however_often_its_job_runs(post: Post) -> None:
    """Jobs may run again; two rows of one key are one."""
    row = await post.put("k")
    async with post.database.begin() as connection:
        again = Outgoing("k", post.channel, "alert", {"text": "hello"})
        assert await post.outbox.put(connection, again, now=START) is None
    await post.deliver(row, row)
    assert post.texts() == ["hello"]
    stored = await post.row(row)
    assert (stored.state, stored.ts) == ("sent", post.posts()[0].ts)


async def test_two_processes_with_one_row_post_once(post: Post) -> None:
    """Whoever commits “sending” first posts; the other looks, finds it, and is content."""
    row = await post.put("k")
    async with post.clock.passing():
        await asyncio.gather(*(post.delivery.run({"row": row.id}) for _ in range(3)))
    assert post.texts() == ["hello"]


async def test_a_lost_answer_is_looked_up_and_not_repeated(post: Post) -> None:
    """The message stands although nobody heard so."""
    row = await post.put("k")
    post.slack.faults.drop("chat.postMessage", "after")
    await post.deliver(row)
    assert post.texts() == ["hello"]
    assert (await post.row(row)).state == "sent"


async def test_a_lost_request_is_posted_again_without_a_word(post: Post) -> None:
    """Slack says that it is not there, so it is no repeat."""
    row = await post.put("k")
    post.slack.faults.drop("chat.postMessage", "before")
    await post.deliver(row)
    assert post.texts() == ["hello"]


async def test_where_slack_cannot_say_the_repeat_is_marked(post: Post) -> None:
    """Better twice and said so than lost."""
    row = await post.put("k")
    post.slack.faults.drop("chat.postMessage", "before")
    post.slack.faults.error("conversations.history", "missing_scope", times=None)
    await post.deliver(row)
    (text,) = post.texts()
    assert text.endswith(AGAIN)
    assert (await post.row(row)).again


async def test_a_killed_delivery_is_looked_up_only_when_its_answer_can_no_longer_come(
    post: Post,
) -> None:
    """Another process may still have the post in its hands."""
    row = await post.put("k")
    async with post.database.begin() as connection:
        await outbox.begin_sending(connection, row, now=START)
    job = asyncio.create_task(post.delivery.run({"row": row.id}))
    await post.clock.asleep()
    assert post.slack.calls == []
    await post.deliver()
    async with post.clock.passing():
        await job
    assert post.texts() == ["hello"]
    assert post.clock.now() - START >= timedelta(seconds=35)


async def test_the_apps_own_message_event_proves_a_delivery(post: Post) -> None:
    """So no history has to be read."""
    row = await post.put("k")
    post.slack.faults.drop("chat.postMessage", "after")
    job = asyncio.create_task(post.delivery.run({"row": row.id}))
    await post.clock.asleep()
    (message,) = post.posts()
    async with post.database.begin() as connection:
        assert await post.outbox.confirm(
            connection,
            channel=post.channel,
            ts=message.ts,
            thread_ts=None,
            metadata=message.metadata or {},
            now=START,
        )
    async with post.clock.passing():
        await job
    assert post.texts() == ["hello"]
    assert post.slack.calls_of("conversations.history") == []


@pytest.mark.parametrize(("later", "found"), [(14, True), (15, True), (149, True), (150, False)])
async def test_a_message_is_found_under_what_was_said_since(
    post: Post, later: int, found: bool
) -> None:
    """A distributed app gets 15 messages at a time: ten pages are read, then Slack cannot say."""
    post.slack.history_page = 15
    row = await post.put("k")
    post.slack.faults.drop("chat.postMessage", "after")
    job = asyncio.create_task(post.delivery.run({"row": row.id}))
    await post.clock.asleep()
    for number in range(later):
        await post.slack.types(post.channel, "ada", f"chat {number}")
    async with post.clock.passing():
        await job
    own = [text for text in post.texts() if text.startswith("hello")]
    assert own == (["hello"] if found else ["hello", f"hello {AGAIN}"])


async def test_a_message_in_a_busy_thread_is_found(post: Post) -> None:
    """Replies are read page by page too, the oldest first."""
    post.slack.history_page = 15
    card = await post.card()
    await post.deliver_all()
    row = await post.put("k", parent_id=card.id)
    root = post.posts()[0].ts
    for number in range(40):
        await post.slack.types(post.channel, "ada", f"before {number}", root)
    post.slack.faults.drop("chat.postMessage", "after")
    await post.deliver(row)
    assert post.texts() == ["card", "hello"]
    assert len(post.slack.calls_of("conversations.replies")) > 1


async def test_a_look_up_that_slack_slows_down_is_taken_up_again(post: Post) -> None:
    """A limit in the middle of the pages is no proof that the message is not there."""
    post.slack.history_page = 15
    row = await post.put("k")
    post.slack.faults.drop("chat.postMessage", "after")
    job = asyncio.create_task(post.delivery.run({"row": row.id}))
    await post.clock.asleep()
    for number in range(20):
        await post.slack.types(post.channel, "ada", f"chat {number}")
    post.slack.faults.rate_limit("conversations.history", retry_after=60)
    async with post.clock.passing():
        await job
    assert [text for text in post.texts() if "hello" in text] == ["hello"]


@pytest.mark.parametrize("seconds", [-240, 240], ids=["behind", "ahead"])
async def test_our_clock_may_be_minutes_wrong_when_a_message_is_looked_for(
    post: Post, seconds: int
) -> None:
    """Slack stamps the message by its own clock."""
    row = await post.put("k")
    post.slack.faults.drop("chat.postMessage", "after")
    real = post.slack.clock
    post.slack.clock = lambda: real() - seconds
    await post.deliver(row)
    assert post.texts() == ["hello"]


async def test_patience_that_slack_asks_for_is_kept_and_jams_become_one_message(
    post: Post,
) -> None:
    """Three rows of one place that wait out a 429 are told together, none is dropped."""
    rows = [await post.put(f"k{n}", f"m{n}", merge="alerts") for n in range(3)]
    post.slack.faults.rate_limit("chat.postMessage", retry_after=20)
    await post.deliver(*rows)
    assert post.texts() == ["m0 + m1 + m2"]
    assert post.clock.now() - START >= timedelta(seconds=20)
    states = [(await post.row(row)).state for row in rows]
    assert states == ["sent", "coalesced", "coalesced"]
    assert post.jobs.cancelled == [job_key(row) for row in rows[1:]]
    (message,) = post.posts()
    assert (message.metadata or {})["event_payload"]["also"] == ["k1", "k2"]


async def test_a_merged_message_whose_answer_was_lost_is_found_by_its_first_key(
    post: Post,
) -> None:
    """And what it swallowed is not told again."""
    rows = [await post.put(f"k{n}", f"m{n}", merge="alerts") for n in range(2)]
    post.slack.faults.rate_limit("chat.postMessage", retry_after=20)
    post.slack.faults.drop("chat.postMessage", "after")
    await post.deliver(*rows)
    assert post.texts() == ["m0 + m1"]


async def test_what_quiet_hours_held_is_one_digest_and_not_late(post: Post) -> None:
    """It waited on purpose."""
    morning = START + timedelta(hours=8)
    rows = [await post.put(f"k{n}", f"m{n}", merge="digest", not_before=morning) for n in range(3)]
    assert {job.delay for job in post.jobs.jobs} == {8 * 3600}
    await post.clock.advance(8 * 3600)
    await post.deliver(*rows)
    assert post.texts() == ["m0 + m1 + m2"]


async def test_a_late_message_says_that_it_is_late(post: Post) -> None:
    """And from when it is, in the reader's own time."""
    row = await post.put("k")
    await post.clock.advance(900)
    await post.deliver(row)
    assert "late, from 09:30 UTC" in post.texts()[0]


async def test_refused_blocks_never_cost_the_words(post: Post) -> None:
    """The text goes alone."""
    what = Outgoing("k", post.channel, "alert", {"text": "hello", "blocks": True})
    async with post.database.begin() as connection:
        row = await post.outbox.put(connection, what, now=START)
    assert row is not None
    post.slack.faults.error("chat.postMessage", "invalid_blocks")
    await post.deliver(row)
    assert post.texts() == ["hello"]


@pytest.mark.parametrize("code", ["is_archived", "not_in_channel", "channel_not_found"])
async def test_a_channel_that_is_closed_pauses_its_watches_with_the_reason(
    post: Post, code: str
) -> None:
    """Nothing is tried there any more until it is open again."""
    row = await post.put("k")
    if code == "is_archived":
        await post.slack.archives("#ml", "ada")
    else:
        post.slack.faults.error("chat.postMessage", code)
    await post.deliver(row)
    assert (await post.row(row)).state == "failed"
    async with post.database.read() as connection:
        (watch,) = await watches.in_channel(connection, post.channel)
    assert (watch.active, watch.paused_reason) == (False, code)


async def test_a_revoked_token_loses_nothing(post: Post) -> None:
    """The row waits for a new one, and the sweep brings it back."""
    row = await post.put("k")
    post.slack.app.refusal = "token_revoked"
    await post.deliver(row)
    assert (await post.row(row)).state == "new"
    post.slack.app.refusal = None
    await post.clock.advance(200)
    assert await post.outbox.sweep(post.database, now=post.clock.now(), quiet_s=180) == 1
    await post.deliver(row)
    assert post.texts() == ["hello"]


async def test_a_process_that_may_be_thought_dead_posts_nothing(post: Post) -> None:
    """Others have its work by now."""
    row = await post.put("k")
    post.fit = False
    await post.deliver(row)
    assert post.texts() == []
    assert (await post.row(row)).state == "new"


async def test_a_reply_waits_for_its_card_and_goes_into_its_thread(post: Post) -> None:
    """Even when its own job comes first."""
    card = await post.card()
    reply = await post.put("k", "reply", parent_id=card.id)
    await post.deliver(reply)
    first, second = post.posts()
    assert (first.text, second.text, second.thread_ts) == ("card", "reply", first.ts)


async def test_when_the_card_was_deleted_a_new_thread_is_started_once(post: Post) -> None:
    """Slack posts such a reply without a thread and without an error: it heads the thread now."""
    card = await post.card()
    await post.deliver_all()
    await post.slack.deletes(post.posts()[0])
    one = await post.put("k1", "one", parent_id=card.id)
    two = await post.put("k2", "two", parent_id=card.id)
    await post.deliver(one, two)
    await post.deliver_all()
    threads = [(m.text, m.thread_ts) for m in post.posts()]
    head = post.posts()[0].ts
    assert threads == [("one", None), ("two", head), ("card", head)]


async def test_content_that_changes_is_edited_in_place_and_only_then(post: Post) -> None:
    """The newest content; the same content is no edit."""
    await post.card("one")
    await post.deliver_all()
    assert await post.painter.round() == 0
    await post.card("two")
    await post.card("three")
    assert await post.painter.round() == 1
    await post.card("three")
    assert await post.painter.round() == 0
    assert post.texts() == ["three"]


async def test_edits_share_a_budget_and_give_way_to_new_messages(post: Post) -> None:
    """Forty a minute in all; a card waits while its channel has something to say."""
    await post.card("one")
    await post.deliver_all()
    await post.card("two")
    row = await post.put("k")
    assert await post.painter.round() == 0
    await post.deliver(row)
    await post.clock.advance(2)
    assert await post.painter.round() == 1
    edited = 0
    for n in range(60):
        await post.card(f"n{n}")
        async with post.clock.passing():
            edited += await post.painter.round()
        await post.clock.advance(1)
    assert edited <= 45
    await post.clock.advance(5)
    await post.painter.round()
    assert post.texts()[0] == "n59"


async def test_a_rate_limited_edit_is_made_later_with_newer_content(post: Post) -> None:
    """A 429 loses nothing and misreports nothing."""
    await post.card("one")
    await post.deliver_all()
    await post.card("two")
    post.slack.faults.rate_limit("chat.update", retry_after=30, times=5)
    async with post.clock.passing():
        await post.painter.round()
    post.slack.faults.clear()
    await post.card("three")
    await post.clock.advance(31)
    assert await post.painter.round() == 1
    assert post.texts() == ["three"]


async def test_a_board_that_somebody_deleted_comes_back_once(post: Post) -> None:
    """It is what the channel asked for."""
    await post.card("one")
    await post.deliver_all()
    await post.slack.deletes(post.posts()[0])
    await post.card("two")
    await post.painter.round()
    await post.painter.round()
    await post.deliver_all()
    assert post.texts() == ["two"]
