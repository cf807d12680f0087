"""The real `AsyncWebClient` meets the local Web API: it takes and refuses what Slack does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.models.blocks import SectionBlock
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import Channel, InstalledApp, LocalSlack

Json = dict[str, Any]


class Hands:
    """A clock that a test moves."""

    now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
async def slack(clock: Hands) -> AsyncIterator[LocalSlack]:
    async with LocalSlack(clock=clock) as workspace:
        workspace.add_user("ada")
        workspace.add_user("gus", kind="guest")
        workspace.add_user("sam", kind="stranger")
        workspace.add_channel("ml")
        workspace.add_channel("old", archived=True)
        workspace.add_channel("open", bot=False)
        workspace.add_channel("secret", kind="private", bot=False)
        yield workspace


@pytest.fixture
def client(slack: LocalSlack) -> AsyncWebClient:
    return AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)


@pytest.fixture
def ml(slack: LocalSlack) -> Channel:
    return slack.channel("#ml")


def section(text: str = "hi", **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


async def refused(call: Any) -> Json:
    """The answer of a call that Slack refuses."""
    with pytest.raises(SlackApiError) as caught:
        await call
    answer: Json = caught.value.response.data
    return answer


async def test_a_message_is_posted_with_blocks_and_metadata_and_read_back(
    client: AsyncWebClient, ml: Channel
) -> None:
    """Metadata comes back only where it is asked for; blocks get ids."""
    metadata = {"event_type": "run", "event_payload": {"id": "a/b/c"}}
    posted = await client.chat_postMessage(
        channel=ml.id, text="a & b", blocks=[SectionBlock(text="*hi*")], metadata=metadata
    )
    history = await client.conversations_history(channel=ml.id)
    assert "metadata" not in history["messages"][0]
    full = await client.conversations_history(channel=ml.id, include_all_metadata=True)
    message = full["messages"][0]
    assert message["metadata"] == metadata
    assert message["text"] == "a &amp; b"
    assert message["blocks"][0]["block_id"]
    assert message["ts"] == posted["ts"]
    assert message["app_id"]


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("CNOPE", "channel_not_found"),
        ("#secret", "channel_not_found"),
        ("#old", "is_archived"),
    ],
)
async def test_posting_is_refused_where_slack_refuses(
    slack: LocalSlack, client: AsyncWebClient, channel: str, error: str
) -> None:
    where = slack.channel(channel).id if channel.startswith("#") else channel
    assert (await refused(client.chat_postMessage(channel=where, text="x")))["error"] == error


async def test_public_channels_are_open_with_the_public_scope_only(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    where = slack.channel("#open").id
    await client.chat_postMessage(channel=where, text="x")
    slack.app.scopes -= {"chat:write.public"}
    assert (await refused(client.chat_postMessage(channel=where, text="x")))["error"] == (
        "not_in_channel"
    )
    await client.conversations_join(channel=where)
    await client.chat_postMessage(channel=where, text="x")


async def test_a_missing_scope_names_what_is_needed(
    slack: LocalSlack, client: AsyncWebClient, ml: Channel
) -> None:
    slack.app.scopes = frozenset({"chat:write"})
    answer = await refused(client.reactions_add(channel=ml.id, name="eyes", timestamp="1.2"))
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "reactions:write",
        "chat:write",
    )
    ok = await client.auth_test()
    assert ok.headers["x-oauth-scopes"] == "chat:write"


@pytest.mark.parametrize("refusal", ["token_revoked", "account_inactive"])
async def test_tokens_are_checked(slack: LocalSlack, refusal: str) -> None:
    bad = AsyncWebClient(token="xoxb-other", base_url=slack.api_url)
    assert (await refused(bad.auth_test()))["error"] == "invalid_auth"
    good = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
    assert (await refused(good.apps_connections_open(app_token=slack.app.bot_token)))[
        "error"
    ] == "not_allowed_token_type"
    slack.app.refusal = refusal
    assert (await refused(good.auth_test()))["error"] == refusal


async def test_bad_blocks_come_back_with_pointers(client: AsyncWebClient, ml: Channel) -> None:
    answer = await refused(
        client.chat_postMessage(channel=ml.id, text="x", blocks=[section(""), section(colour=1)])
    )
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]",
        "[ERROR] invalid additional property: colour [json-pointer:/blocks/1]",
    ]
    twice = '"[{\\"type\\": \\"divider\\"}]"'
    assert (await refused(client.chat_postMessage(channel=ml.id, text="x", blocks=twice)))[
        "error"
    ] == "invalid_blocks_format"
    assert (await refused(client.api_call("chat.postMessage", json={"channel": ml.id})))[
        "error"
    ] == "no_text"
    assert (await refused(client.blocks_validate(blocks=[section("")])))["error"] == (
        "invalid_blocks"
    )
    await client.blocks_validate(blocks=[section()])


async def test_editing_follows_slacks_rules(
    slack: LocalSlack, client: AsyncWebClient, ml: Channel
) -> None:
    """Text alone removes the blocks, metadata alone keeps both, others' messages are not ours."""
    ts = (await client.chat_postMessage(channel=ml.id, text="x", blocks=[section()]))["ts"]
    metadata = {"event_type": "run", "event_payload": {}}
    kept = await client.api_call(
        "chat.update", json={"channel": ml.id, "ts": ts, "metadata": metadata}
    )
    assert kept["message"]["blocks"]
    bare = await client.chat_update(channel=ml.id, ts=ts, text="y")
    assert "blocks" not in bare["message"]
    long = await refused(client.chat_update(channel=ml.id, ts=ts, text="x" * 4001))
    assert long["error"] == "msg_too_long"
    typed = await slack.types(ml, "ada", "mine")
    other = await refused(client.chat_update(channel=ml.id, ts=typed.ts, text="y"))
    assert other["error"] == "cant_update_message"
    gone = await refused(client.chat_update(channel=ml.id, ts="1750000000.000009", text="y"))
    assert gone["error"] == "message_not_found"
    await client.chat_delete(channel=ml.id, ts=ts)
    assert slack.posts(ml) == []


async def test_threads_hang_on_the_parent_and_survive_its_deletion_unthreaded(
    slack: LocalSlack, client: AsyncWebClient, ml: Channel
) -> None:
    parent = (await slack.types(ml, "ada", "hello")).message
    assert parent is not None
    reply = await client.chat_postMessage(channel=ml.id, thread_ts=parent.ts, text="a")
    assert reply["message"]["thread_ts"] == parent.ts
    answer = await refused(client.chat_postMessage(channel=ml.id, thread_ts=reply["ts"], text="b"))
    assert answer["error"] == "invalid_thread_ts"
    replies = await client.conversations_replies(channel=ml.id, ts=parent.ts)
    assert [m["text"] for m in replies["messages"]] == ["hello", "a"]
    await slack.deletes(parent)
    loose = await client.chat_postMessage(channel=ml.id, thread_ts=parent.ts, text="c")
    assert "thread_ts" not in loose["message"]


async def test_ephemeral_messages_reach_members_only_and_cannot_be_edited(
    slack: LocalSlack, client: AsyncWebClient, ml: Channel
) -> None:
    ada, gus = slack.user("ada"), slack.user("gus")
    shown = await client.chat_postEphemeral(channel=ml.id, user=ada.id, text="psst")
    assert [m.text for m in slack.ephemerals("ada")] == ["psst"]
    edit = await refused(client.chat_update(channel=ml.id, ts=shown["message_ts"], text="x"))
    assert edit["error"] == "message_not_found"
    outside = await refused(client.chat_postEphemeral(channel=ml.id, user=gus.id, text="x"))
    assert outside["error"] == "user_not_in_channel"
    slack.reloads("ada")
    assert slack.ephemerals("ada") == []


async def test_a_user_id_opens_the_direct_messages(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel=slack.user("ada").id, text="hi")
    opened = await client.conversations_open(users=slack.user("ada").id)
    assert posted["channel"] == opened["channel"]["id"] == slack.dm("ada").id
    info = await client.conversations_info(channel=posted["channel"])
    assert info["channel"]["is_im"]


async def test_people_are_told_apart(slack: LocalSlack, client: AsyncWebClient) -> None:
    """Guests and strangers are marked; addresses need their own scope."""
    gus = (await client.users_info(user=slack.user("gus").id))["user"]
    sam = (await client.users_info(user=slack.user("sam").id))["user"]
    team = (await client.team_info())["team"]["id"]
    assert gus["is_restricted"]
    assert sam["is_stranger"]
    assert sam["team_id"] != team == gus["team_id"]
    assert (await client.users_lookupByEmail(email="ADA@example.org"))["user"]["name"] == "ada"
    slack.app.scopes -= {"users:read.email"}
    listed = (await client.users_list())["members"]
    assert all("email" not in one["profile"] for one in listed)


async def test_channels_are_listed_by_kind_and_in_pages(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    names: list[str] = []
    async for page in await client.conversations_list(types="public_channel", limit=2):
        names += [one["name"] for one in page["channels"]]
    assert names == ["ml", "old", "open"]
    mine = await client.users_conversations(types="public_channel", exclude_archived=True)
    assert [one["name"] for one in mine["channels"]] == ["ml"]


async def test_an_upload_is_shared_later_and_shown_once_processed(
    slack: LocalSlack, client: AsyncWebClient, ml: Channel
) -> None:
    """`files_upload_v2` works; until Slack has looked at the file, an image of it is refused."""
    slack.files_may_process.clear()
    sent = await client.files_upload_v2(filename="loss.png", content=b"\x89PNG", channel=ml.id)
    file = sent["files"][0]["id"]
    assert sent["files"][0]["shares"] == {}
    image = {"type": "image", "alt_text": "loss", "slack_file": {"id": file}}
    early = await refused(client.chat_postMessage(channel=ml.id, text="x", blocks=[image]))
    assert "invalid slack file" in early["response_metadata"]["messages"][0]
    slack.files_may_process.set()
    await slack.until(lambda: slack.files[file].processed)
    await client.chat_postMessage(channel=ml.id, text="x", blocks=[image])
    info = await client.files_info(file=file)
    assert info["file"]["shares"]["public"][ml.id][0]["ts"]
    async with aiohttp.ClientSession() as session:
        url = info["file"]["url_private"]
        async with session.get(url) as denied:
            assert denied.status == 403
        token = {"Authorization": f"Bearer {slack.app.bot_token}"}
        async with session.get(url, headers=token) as allowed:
            assert await allowed.read() == b"\x89PNG"


async def test_an_upload_of_another_length_is_refused(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    asked = await client.files_getUploadURLExternal(filename="x.png", length=3)
    async with (
        aiohttp.ClientSession() as session,
        session.post(asked["upload_url"], data=b"four") as answer,
    ):
        assert answer.status == 400
    done = client.files_completeUploadExternal(files=[{"id": asked["file_id"], "title": "x"}])
    assert (await refused(done))["error"] == "file_not_found"


async def test_a_trigger_works_once_and_for_three_seconds(
    slack: LocalSlack, client: AsyncWebClient, clock: Hands
) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": [section()]}
    ada = slack.user("ada").id
    trigger = slack.new_trigger(ada)
    opened = await client.views_open(trigger_id=trigger, view=view)
    again = await refused(client.views_open(trigger_id=trigger, view=view))
    assert again["error"] == "exchanged_trigger_id"
    late = slack.new_trigger(ada)
    clock.now += 3.1
    assert (await refused(client.views_open(trigger_id=late, view=view)))["error"] == (
        "expired_trigger_id"
    )
    for _ in range(2):
        await client.views_push(trigger_id=slack.new_trigger(ada), view=view)
    full = await refused(client.views_push(trigger_id=slack.new_trigger(ada), view=view))
    assert full["error"] == "push_limit_reached"
    top = slack.view_of("ada")
    raced = await refused(client.views_update(view_id=top.id, hash="old", view=view))
    assert raced["error"] == "hash_conflict"
    await client.views_update(view_id=top.id, hash=top.hash, view=view)
    assert opened["view"]["root_view_id"] == top.root_id


async def test_links_are_unfurled_exactly_as_shared(
    slack: LocalSlack, client: AsyncWebClient, ml: Channel
) -> None:
    url = "https://wandb.ai/a/b/runs/c?x=1&y=2"
    typed = await slack.types(ml, "ada", f"see {url}.")
    card = {"blocks": [section("card")]}
    other = await refused(
        client.chat_unfurl(channel=ml.id, ts=typed.ts, unfurls={"https://wandb.ai/z": card})
    )
    assert other["error"] == "cannot_unfurl_url"
    event = next(one.event for one in typed.events if one.event["type"] == "link_shared")
    await client.chat_unfurl(
        unfurl_id=event["unfurl_id"], source=event["source"], unfurls={url: card}
    )
    assert typed.message is not None
    assert list(typed.message.unfurls) == [url]
    changed = slack.envelopes[-1].event
    assert changed["subtype"] == "message_changed"
    assert changed["message"]["attachments"][0]["from_url"] == url


async def test_a_response_url_works_five_times_within_thirty_minutes(
    slack: LocalSlack, clock: Hands
) -> None:
    secret = slack.channel("#secret")
    url = slack.new_response_url(secret, slack.user("ada").id)
    async with aiohttp.ClientSession() as session:

        async def answer(**body: Any) -> int:
            async with session.post(url, json=body) as response:
                return response.status

        assert await answer(text="one", response_type="in_channel") == 200
        assert [await answer(text="more") for _ in range(4)] == [200] * 4
        assert await answer(text="six") == 404
        url = slack.new_response_url(secret, slack.user("ada").id)
        assert await answer(blocks=[section("")]) == 400
        clock.now += 1801
        assert await answer(text="late") == 404
    assert [m.text for m in slack.messages(secret)] == ["one"]
    assert len(slack.ephemerals("ada", secret)) == 4


async def test_streams_grow_and_end(slack: LocalSlack, client: AsyncWebClient, ml: Channel) -> None:
    typed = await slack.types(ml, "ada", "compare")
    missing = await refused(client.chat_startStream(channel=ml.id, thread_ts=typed.ts))
    assert missing["error"] == "missing_recipient_user_id"
    stream = await client.chat_stream(
        channel=ml.id,
        thread_ts=typed.ts,
        recipient_user_id=slack.user("ada").id,
        recipient_team_id=slack.team_id,
        buffer_size=1,
    )
    await stream.append(markdown_text="**Two** ")
    growing = slack.last(ml)
    busy = await refused(client.chat_update(channel=ml.id, ts=growing.ts, text="x"))
    assert busy["error"] == "streaming_state_conflict"
    await stream.append(
        chunks=[{"type": "task_update", "id": "1", "title": "Look", "status": "complete"}]
    )
    await stream.append(markdown_text="healthy")
    await stream.stop(blocks=[section("done")])
    assert [block["type"] for block in growing.blocks] == [
        "markdown",
        "task_card",
        "markdown",
        "section",
    ]
    assert growing.text == "**Two** healthy"
    ended = await refused(client.chat_appendStream(channel=ml.id, ts=growing.ts, markdown_text="x"))
    assert ended["error"] == "message_not_in_streaming_state"


async def test_statuses_are_cleared_by_a_post_and_prompts_are_at_most_four(
    slack: LocalSlack, client: AsyncWebClient, clock: Hands
) -> None:
    dm = slack.dm("ada")
    typed = await slack.types(dm, "ada", "hi")
    await client.assistant_threads_setStatus(
        channel_id=dm.id, thread_ts=typed.ts, status="is looking…"
    )
    assert slack.working_on(dm)[typed.ts]["status"] == "is looking…"
    clock.now += 121
    assert slack.working_on(dm) == {}
    await client.assistant_threads_setStatus(
        channel_id=dm.id, thread_ts=typed.ts, status="is looking…"
    )
    await client.chat_postMessage(channel=dm.id, thread_ts=typed.ts, text="done")
    assert slack.working_on(dm) == {}
    many = [{"title": "a", "message": "b"}] * 5
    answer = await refused(
        client.assistant_threads_setSuggestedPrompts(channel_id=dm.id, prompts=many)
    )
    assert answer["error"] == "invalid_arguments"


async def test_faults_happen_on_demand_and_wear_off(
    slack: LocalSlack, client: AsyncWebClient, ml: Channel
) -> None:
    """An error code, a 429, an answer that is lost after the effect, and one that is held back."""
    slack.faults.error("chat.postMessage", "fatal_error")
    assert (await refused(client.chat_postMessage(channel=ml.id, text="x")))["error"] == (
        "fatal_error"
    )
    slack.faults.rate_limit("chat.postMessage", retry_after=7)
    with pytest.raises(SlackApiError) as limited:
        await client.chat_postMessage(channel=ml.id, text="x")
    assert limited.value.response.status_code == 429
    assert limited.value.response.headers["Retry-After"] == "7"
    plain = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url, retry_handlers=[])
    slack.faults.drop("chat.postMessage", "after")
    with pytest.raises(aiohttp.ClientError):
        await plain.chat_postMessage(channel=ml.id, text="lost")
    slack.faults.drop("chat.postMessage", "before")
    with pytest.raises(aiohttp.ClientError):
        await plain.chat_postMessage(channel=ml.id, text="never")
    assert [m.text for m in slack.messages(ml)] == ["lost"]
    with slack.faults.hold("chat.postMessage") as gate:
        waiting = asyncio.create_task(plain.chat_postMessage(channel=ml.id, text="held"))
        assert len(slack.messages(ml)) == 1
        gate.set()
        await waiting
    assert [call.error for call in slack.calls_of("chat.postMessage", ok=False)] == [
        "fatal_error",
        "ratelimited",
        "dropped",
    ]


async def test_rates_hold_when_enforced(
    slack: LocalSlack, client: AsyncWebClient, clock: Hands, ml: Channel
) -> None:
    slack.enforce_rates = True
    for _ in range(10):
        await client.chat_postMessage(channel=ml.id, text="x")
    answer = await refused(client.chat_postMessage(channel=ml.id, text="x"))
    assert answer["error"] == "ratelimited"
    clock.now += 10
    await client.chat_postMessage(channel=ml.id, text="x")


async def test_the_sdks_own_retry_waits_for_the_limit(
    slack: LocalSlack, client: AsyncWebClient, ml: Channel
) -> None:
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    slack.faults.rate_limit("conversations.info", retry_after=0)
    assert (await client.conversations_info(channel=ml.id))["ok"]
    assert [call.status for call in slack.calls_of("conversations.info")] == [429, 200]


def test_an_app_has_what_its_manifest_declares() -> None:
    """What a manifest lacks is missing in the workspace too."""
    app = InstalledApp.from_manifest(
        {
            "display_information": {"name": "Watcher"},
            "features": {
                "bot_user": {"display_name": "runs"},
                "slash_commands": [{"command": "/runs", "description": "d", "usage_hint": "u"}],
                "app_home": {"home_tab_enabled": True},
            },
            "oauth_config": {"scopes": {"bot": ["commands", "chat:write"]}},
            "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}},
        }
    )
    assert app.name == "runs"
    assert list(app.commands) == ["/runs"]
    assert app.home_tab
    assert not app.messages_tab
    assert not app.hears("app_mention")  # subscribed, but without the scope
    assert not app.hears("message.im")
