"""The real Bolt app, connected over Socket Mode, meets the local workspace as it would Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import InstalledApp, LocalSlack, Shortcut

Json = dict[str, Any]


def blocks(*elements: Json, text: str = "Hello") -> list[Json]:
    shown: list[Json] = [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]
    if elements:
        shown.append({"type": "actions", "block_id": "row", "elements": list(elements)})
    return shown


def button(action_id: str, words: str = "Go", **more: Any) -> Json:
    text = {"type": "plain_text", "text": words}
    return {"type": "button", "action_id": action_id, "text": text, **more}


MODAL: Json = {
    "type": "modal",
    "callback_id": "ask",
    "title": {"type": "plain_text", "text": "Ask"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "run",
            "label": {"type": "plain_text", "text": "Run"},
            "element": {"type": "external_select", "action_id": "pick", "min_query_length": 0},
        },
        {
            "type": "input",
            "block_id": "why",
            "optional": True,
            "label": {"type": "plain_text", "text": "Why"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
    ],
}


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    installed = InstalledApp(
        shortcuts=[Shortcut("compare", "Compare runs"), Shortcut("describe", "It", "message")]
    )
    async with LocalSlack(installed) as workspace:
        workspace.add_user("ada")
        workspace.add_user("ben")
        workspace.add_channel("ml")
        workspace.add_channel("secret", kind="private", bot=False)
        yield workspace


def bolt(slack: LocalSlack) -> AsyncApp:
    client = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
    return AsyncApp(client=client, signing_secret=slack.app.signing_secret)


@asynccontextmanager
async def running(slack: LocalSlack, app: AsyncApp) -> AsyncIterator[None]:
    handler = AsyncSocketModeHandler(app, slack.app.app_token, ping_interval=0.2)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt’s own
    await slack.connected()
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt’s own


async def test_a_command_is_acknowledged_and_answered(slack: LocalSlack) -> None:
    """A command reaches the listener and its answer stands in the channel."""
    app = bolt(slack)

    @app.command("/wandb")
    async def wandb(ack: Any, command: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.chat_postMessage(channel=command["channel_id"], text=command["text"])

    async with running(slack, app):
        typed = await slack.types("#ml", "ada", "/wandb describe a&b <x>")
        assert typed.command is not None
        assert typed.command.acked
        assert typed.command.acked_after is not None
        assert typed.command.acked_after < 3
        message = await slack.until(lambda: slack.last("#ml"))
    assert message.text == "describe a&amp;b &lt;x&gt;"
    assert typed.command.payload["channel_name"] == "ml"


async def test_an_acknowledgement_with_text_is_ephemeral(slack: LocalSlack) -> None:
    app = bolt(slack)

    @app.command("/wandb")
    async def wandb(ack: Any) -> None:
        await ack("only you")

    async with running(slack, app):
        await slack.types("#ml", "ada", "/wandb help")
    assert [m.text for m in slack.ephemerals("ada", "#ml")] == ["only you"]
    assert slack.ephemerals("ben") == []
    assert slack.messages("#ml") == []


async def test_a_command_nobody_acknowledges_fails_for_the_user(slack: LocalSlack) -> None:
    """Commands are never retried: the person sees an error."""
    slack.ack_timeout = 0.1
    app = bolt(slack)

    @app.command("/wandb")
    async def wandb() -> None:
        """Forgets to acknowledge."""

    async with running(slack, app):
        typed = await slack.types("#ml", "ada", "/wandb help")
    assert typed.command is not None
    assert typed.command.error == "timeout"
    assert typed.command.attempts == 1
    assert "operation_timeout" in slack.ephemerals("ada")[0].text


async def test_commands_do_not_work_in_threads_and_unknown_ones_not_at_all(
    slack: LocalSlack,
) -> None:
    parent = await slack.types("#ml", "ada", "hello")
    await slack.types("#ml", "ada", "/wandb help", thread_ts=parent.ts)
    await slack.types("#ml", "ada", "/nope")
    said = [m.text for m in slack.ephemerals("ada")]
    assert "not supported in threads" in said[0]
    assert "not a valid command" in said[1]
    assert [one.type for one in slack.envelopes] == ["events_api"]


async def test_a_mention_gives_two_events_and_is_answered_in_its_thread(
    slack: LocalSlack,
) -> None:
    """`app_mention` and `message` both come, with the text as Slack escapes it."""
    app = bolt(slack)
    heard: list[Json] = []
    slack.app.events = frozenset({"app_mention", "message.channels"})

    @app.event("app_mention")
    async def mention(event: Json, say: Any) -> None:
        heard.append(event)
        await say(text="here", thread_ts=event["ts"])

    @app.event("message")
    async def message(event: Json) -> None:
        heard.append(event)

    async with running(slack, app):
        line = "@bot look at https://wandb.ai/a/b?x=1&y=2, @ada & #ml <now>"
        typed = await slack.types("#ml", "ben", line)
        assert typed.message is not None
        reply = (await slack.until(lambda: slack.thread(typed.message or reply)))[0]
        await slack.settled()
    assert reply.text == "here"
    mentioned = next(event for event in heard if event["type"] == "app_mention")
    bot, ada, ml = slack.app.user_id, slack.user("ada").id, slack.channel("#ml").id
    assert mentioned["text"] == (
        f"<@{bot}> look at <https://wandb.ai/a/b?x=1&amp;y=2>, <@{ada}> &amp; <#{ml}|ml> "
        "&lt;now&gt;"
    )
    own = [one.event for one in slack.envelopes if one.event.get("bot_id")]  # Bolt drops these
    assert own[0]["channel_type"] == "channel"
    assert own[0]["app_id"] == slack.app.app_id


async def test_direct_messages_come_as_message_im_and_never_as_mentions(
    slack: LocalSlack,
) -> None:
    typed = await slack.types(slack.dm("ada"), "ada", "@bot hi")
    assert [one.event["type"] for one in typed.events] == ["message"]
    assert typed.events[0].event["channel_type"] == "im"


async def test_where_the_bot_is_no_member_it_hears_links_only(slack: LocalSlack) -> None:
    """Links are shared with the app everywhere; mentions only where it is a member."""
    typed = await slack.types("#secret", "ada", "@bot https://wandb.ai/a/b/runs/c")
    assert [one.event["type"] for one in typed.events] == ["link_shared"]
    assert typed.events[0].event["is_bot_user_member"] is False
    assert "not in this channel" in slack.ephemerals("ada", "#secret")[0].text


async def test_a_button_updates_the_message_through_its_response_url(slack: LocalSlack) -> None:
    app = bolt(slack)

    @app.command("/wandb")
    async def wandb(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="pick", blocks=blocks(button("go", "Refresh", value="7")))

    @app.action("go")
    async def go(ack: Any, respond: Any, action: Json, body: Json) -> None:
        await ack()
        assert "message" not in body
        await respond(text=f"value {action['value']}", replace_original=True)

    async with running(slack, app):
        await slack.types("#secret", "ada", "/wandb x")
        shown = (await slack.until(lambda: slack.ephemerals("ada", "#secret")))[0]
        assert shown.actions == ["Refresh"]
        await slack.click(shown, "Refresh")
        await slack.until(lambda: shown.text == "value 7")
    assert shown.blocks == []


async def test_a_modal_is_opened_filled_from_the_app_and_submitted(slack: LocalSlack) -> None:
    """Shortcut, modal, external options, an error at a field, then done."""
    app = bolt(slack)
    submitted: list[Json] = []

    @app.shortcut("compare")
    async def compare(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.options("pick")
    async def pick(ack: Any, payload: Json) -> None:
        text = {"type": "plain_text", "text": f"run {payload['value']}"}
        await ack(options=[{"text": text, "value": payload["value"]}])

    @app.view("ask")
    async def ask(ack: Any, view: Json) -> None:
        submitted.append(view["state"]["values"])
        if not view["state"]["values"]["why"]["text"]["value"]:
            await ack(response_action="errors", errors={"why": "Say why"})
        else:
            await ack()

    async with running(slack, app):
        await slack.shortcut("compare", "ada")
        view = await slack.until(lambda: slack.view_of("ada"))
        assert view.title == "Ask"
        with pytest.raises(ValueError, match="must be filled in"):
            await slack.submit(view)
        await slack.submit(view, {"pick": "abc"})
        assert view.errors == {"why": "Say why"}
        await slack.submit(view, {"text": "because"})
    assert slack.stacks[slack.user("ada").id] == []
    assert submitted[-1]["run"]["pick"]["selected_option"]["value"] == "abc"
    assert submitted[-1]["why"]["text"]["value"] == "because"


async def test_a_message_shortcut_brings_the_message(slack: LocalSlack) -> None:
    app = bolt(slack)
    seen: list[str] = []

    @app.shortcut("describe")
    async def describe(ack: Any, body: Json) -> None:
        await ack()
        seen.append(body["message"]["text"])

    async with running(slack, app):
        typed = await slack.types("#ml", "ada", "see a/b/c")
        await slack.shortcut("describe", "ben", typed.message)
        await slack.until(lambda: seen)
    assert seen == ["see a/b/c"]


async def test_an_event_that_nobody_acknowledges_comes_again_with_its_number(
    slack: LocalSlack,
) -> None:
    """Three retries, at once, after a minute and after five, under the same event id."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    slack.sleep = sleep
    slack.ack_timeout = 0.05
    nobody_listens = bolt(slack)
    async with running(slack, nobody_listens):
        connection = slack.connections[0]
        slack.app.events = frozenset({"app_mention"})
        await slack.types("#ml", "ada", "@bot")
        event = slack.envelopes[-1]
        await slack.until(lambda: event.error)
    assert waits == [60.0, 300.0]
    assert [frame["retry_attempt"] for frame in connection.frames] == [0, 1, 2, 3]
    assert [frame["retry_reason"] for frame in connection.frames] == ["", *["timeout"] * 3]
    assert len({frame["payload"]["event_id"] for frame in connection.frames}) == 1


async def test_a_refresh_makes_the_app_reconnect(slack: LocalSlack) -> None:
    app = bolt(slack)
    said: list[str] = []

    @app.event("message")
    async def message(event: Json) -> None:
        said.append(event["text"])

    async with running(slack, app):
        first = slack.connections[0]
        await slack.refresh_sockets()
        await slack.until(lambda: slack.connections and slack.connections[0] is not first)
        await slack.types("#ml", "ada", "still there?")
        await slack.until(lambda: said)
    assert said == ["still there?"]


async def test_two_connections_share_the_events(slack: LocalSlack) -> None:
    """Any connection may get an event; each event goes to one."""
    app = bolt(slack)

    @app.event("message")
    async def message() -> None:
        """Acknowledged by Bolt."""

    async with running(slack, app), running(slack, app):
        await slack.connected(2)
        for word in ("a", "b", "c", "d"):
            await slack.types("#ml", "ada", word)
        await slack.settled()
        counts = [len(connection.frames) for connection in slack.connections]
    assert counts == [2, 2]


async def test_opening_home_publishes_a_tab(slack: LocalSlack) -> None:
    app = bolt(slack)

    @app.event("app_home_opened")
    async def opened(event: Json, client: AsyncWebClient) -> None:
        view = {"type": "home", "blocks": blocks(text="Welcome")}
        await client.views_publish(user_id=event["user"], view=view)

    async with running(slack, app):
        await slack.opens_home("ada")
        home = await slack.until(lambda: slack.home_of("ada"))
    assert "Welcome" in home.plain


async def test_stopping_the_agent_ends_its_stream(slack: LocalSlack) -> None:
    """Stop sends the event with the streams it ended, and appending is then refused."""
    app = bolt(slack)
    stopped: list[Json] = []

    @app.event("agent_session_stopped")
    async def stop(event: Json) -> None:
        stopped.append(event)

    async with running(slack, app):
        channel = slack.dm("ada")
        asked = await slack.types(channel, "ada", "compare all")
        client = app.client
        await client.agents_sessions_setStatus(
            channel_id=channel.id, thread_ts=asked.ts, status="processing"
        )
        stream = await client.chat_startStream(
            channel=channel.id, thread_ts=asked.ts, markdown_text="Looking"
        )
        await slack.stops_session("ada", channel, asked.ts)
        await slack.until(lambda: stopped)
        with pytest.raises(Exception, match="stopped_by_user"):
            await client.chat_appendStream(
                channel=channel.id, ts=stream["ts"], markdown_text=" more"
            )
    assert stopped[0]["streaming_message_ts"] == [stream["ts"]]


async def test_strangers_in_shared_channels_are_marked_in_every_event(slack: LocalSlack) -> None:
    """Another team's people can call the app; the events and the payload say whose they are."""
    sam = slack.add_user("sam", kind="stranger")
    slack.add_channel("partners", shared=True, members=["ada", "sam"])
    typed = await slack.types("#partners", "sam", "@bot hi")
    assert [one.event["type"] for one in typed.events] == ["message", "app_mention"]
    for envelope in typed.events:
        assert envelope.event["user_team"] == sam.team_id != slack.team_id
        assert envelope.payload["is_ext_shared_channel"]


async def test_a_work_object_is_unfurled_and_its_details_presented(slack: LocalSlack) -> None:
    app = bolt(slack)
    url = "https://wandb.ai/a/b/runs/c"
    entity = {
        "app_unfurl_url": url,
        "url": url,
        "external_ref": {"id": "a/b/c"},
        "entity_type": "slack#/entities/item",
        "entity_payload": {"attributes": {"title": {"text": "Run c"}}},
    }

    @app.event("link_shared")
    async def shared(event: Json, client: AsyncWebClient) -> None:
        await client.chat_unfurl(
            unfurl_id=event["unfurl_id"], source=event["source"], metadata={"entities": [entity]}
        )

    @app.event("entity_details_requested")
    async def details(event: Json, client: AsyncWebClient) -> None:
        assert event["external_ref"] == {"id": "a/b/c"}
        await client.entity_presentDetails(trigger_id=event["trigger_id"], metadata=entity)

    async with running(slack, app):
        typed = await slack.types("#ml", "ada", url)
        message = typed.message
        assert message is not None
        await slack.until(lambda: message.unfurls)
        await slack.opens_details("ben", message, url)
        await slack.until(lambda: slack.details[slack.user("ben").id])


async def test_the_app_leaves_and_is_uninstalled(slack: LocalSlack) -> None:
    await slack.removes("#ml", "ada")
    assert slack.envelopes[-1].event["type"] == "channel_left"
    await slack.archives("#secret", "ada")
    await slack.uninstalls()
    names = [one.event["type"] for one in slack.envelopes]
    assert names[-2:] == ["app_uninstalled", "tokens_revoked"]
    client = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
    with pytest.raises(Exception, match="account_inactive"):
        await client.auth_test()


async def test_waiting_tells_what_happened_when_it_is_in_vain(slack: LocalSlack) -> None:
    with pytest.raises(TimeoutError, match="nothing was called"):
        await slack.until(lambda: slack.last("#ml"), timeout=0.01)
