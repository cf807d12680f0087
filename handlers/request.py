"""What came from Slack, as a value: who asks what, and where the answer belongs."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from handlers.reply import Message
from handlers.standing import standing

Kind = Literal["command", "mention", "direct", "overheard", "action", "view"]
Place = Literal["channel", "private", "group", "direct", "unknown"]
Payload = Mapping[str, Any]

WHERE: Final = "where"
"""The input of a modal that says in which conversation the answer belongs."""


@dataclass(frozen=True, slots=True)
class Click:
    """A button, a select or a submitted modal.

    Attributes:
        id: The ``action_id``, or the ``callback_id`` of a modal.
        value: What it is about: the button's value or the chosen option.
        on_ephemeral: Whether it stands in a message that only this person sees.
        state: The inputs of the message or modal, by ``block_id`` and ``action_id``.
        private: The modal's ``private_metadata``.
        shown: The message on which the button stands, as it could be shown again.
    """

    id: str
    value: str = ""
    on_ephemeral: bool = False
    state: Mapping[str, Any] = field(default_factory=dict)
    private: str = ""
    shown: Message | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One question of one person.

    Attributes:
        kind: How it came.
        user: The Slack id of who asks.
        team: The workspace that the app serves.
        user_team: The person's own workspace, where Slack says it (people of other organisations
            in shared channels).
        channel: Where it was asked; ``None`` in modals and the home tab.
        place: What kind of conversation that is.
        text: What was typed, as Slack sends it.
        thread_ts: The thread that it stands in; ``None`` at the top of a conversation.
        message_ts: The message that it is, or on which the button stands.
        response_url: Answers there reach the conversation even where the app is no member.
        trigger_id: Opens one modal within three seconds.
        shared: Whether the conversation is shared with another organisation.
        click: What was pressed.
        bot_user: The app's own Slack id.
        id: Names the request in logs and in “something went wrong”.
    """

    kind: Kind
    user: str
    team: str = ""
    user_team: str = ""
    channel: str | None = None
    place: Place = "unknown"
    text: str = ""
    thread_ts: str | None = None
    message_ts: str | None = None
    response_url: str | None = None
    trigger_id: str | None = None
    shared: bool = False
    click: Click | None = None
    bot_user: str = ""
    id: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def answer_thread(self) -> str | None:
        """The thread that an answer belongs to: a mention in a channel opens one."""
        if self.kind == "mention":
            return self.thread_ts or self.message_ts
        return self.thread_ts


_PLACES: dict[str, Place] = {
    "im": "direct",
    "mpim": "group",
    "group": "private",
    "channel": "channel",
    "directmessage": "direct",
    "privategroup": "private",
}


def from_command(body: Payload, bot_user: str = "") -> Request:
    """A slash command's form."""
    channel = _text(body, "channel_id")
    named = _PLACES.get(_text(body, "channel_name"))
    return Request(
        kind="command",
        user=_text(body, "user_id"),
        team=_text(body, "team_id"),
        channel=channel or None,
        place=named or _place_of(channel),
        text=_text(body, "text"),
        response_url=_text(body, "response_url") or None,
        trigger_id=_text(body, "trigger_id") or None,
        bot_user=bot_user,
    )


def from_event(body: Payload, kind: Kind, bot_user: str = "") -> Request:
    """An ``app_mention`` or ``message`` event with its envelope."""
    event: Payload = body.get("event") or {}
    team = _text(body, "team_id")
    channel = _text(event, "channel")
    return Request(
        kind=kind,
        user=_text(event, "user"),
        team=team,
        user_team=_text(event, "user_team") or _text(event, "source_team"),
        channel=channel or None,
        place=_PLACES.get(_text(event, "channel_type")) or _place_of(channel),
        text=_text(event, "text"),
        thread_ts=_text(event, "thread_ts") or None,
        message_ts=_text(event, "ts") or None,
        shared=bool(body.get("is_ext_shared_channel")),
        bot_user=bot_user,
    )


def from_action(body: Payload, bot_user: str = "") -> Request:
    """A click on a message, in a modal or in the home tab (``block_actions``)."""
    pressed: Sequence[Payload] = body.get("actions") or ({},)
    action = pressed[0]
    container: Payload = body.get("container") or {}
    message: Payload = body.get("message") or {}
    view: Payload = body.get("view") or {}
    state: Payload = (body.get("state") or view.get("state") or {}).get("values") or {}
    click = Click(
        id=_text(action, "action_id"),
        value=_chosen(action),
        on_ephemeral=bool(container.get("is_ephemeral")),
        state=state,
        private=_text(view, "private_metadata"),
        shown=standing(message),
    )
    return _interactive(
        body,
        "action",
        click,
        bot_user,
        message_ts=_text(container, "message_ts") or _text(message, "ts") or None,
        thread_ts=_text(container, "thread_ts") or _text(message, "thread_ts") or None,
    )


def from_shortcut(body: Payload, bot_user: str = "") -> Request:
    """A shortcut: of a message (then ``click.value`` is all that stands in it), or global."""
    message: Payload = body.get("message") or {}
    ts = _text(message, "ts") or None
    click = Click(id=_text(body, "callback_id"), value="\n".join(_words(message)))
    return _interactive(
        body,
        "action",
        click,
        bot_user,
        message_ts=ts,
        thread_ts=_text(message, "thread_ts") or ts,
    )


def from_view(body: Payload, bot_user: str = "") -> Request:
    """A submitted modal.

    Its answer belongs to the conversation that was chosen in it (block and action ``WHERE``), else
    where it was opened, if its private data says where.
    """
    view: Payload = body.get("view") or {}
    click = Click(
        id=_text(view, "callback_id"),
        state=(view.get("state") or {}).get("values") or {},
        private=_text(view, "private_metadata"),
    )
    request = _interactive(body, "view", click, bot_user)
    told = opened_at(click.private)
    chosen = _text((click.state.get(WHERE) or {}).get(WHERE) or {}, "selected_conversation")
    channel = chosen or _text(told, "channel")
    urls: Sequence[Payload] = body.get("response_urls") or ()
    url = next((_text(one, "response_url") for one in urls), "")
    return replace(
        request,
        response_url=url or request.response_url,
        channel=channel or request.channel,
        place=_place_of(channel) if channel else request.place,
        message_ts=_text(told, "message_ts") or None,
        thread_ts=_text(told, "thread_ts") or None,
    )


def opened_at(private: str) -> Payload:
    """A modal's private data: ``channel``, ``message_ts``, ``thread_ts``, and what it is about."""
    try:
        told = json.loads(private or "{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _interactive(
    body: Payload,
    kind: Kind,
    click: Click,
    bot_user: str,
    *,
    message_ts: str | None = None,
    thread_ts: str | None = None,
) -> Request:
    user: Payload = body.get("user") or {}
    container: Payload = body.get("container") or {}
    place: Payload = body.get("channel") or {}
    channel = _text(place, "id") or _text(container, "channel_id")
    named = _PLACES.get(_text(place, "name"))
    return Request(
        kind=kind,
        user=_text(user, "id"),
        team=_text(body.get("team") or {}, "id") or _text(user, "team_id"),
        user_team=_text(user, "team_id"),
        channel=channel or None,
        place=named or _place_of(channel),
        thread_ts=thread_ts,
        message_ts=message_ts,
        response_url=_text(body, "response_url") or None,
        trigger_id=_text(body, "trigger_id") or None,
        click=click,
        bot_user=bot_user,
    )


def _chosen(action: Payload) -> str:
    """The value of a button, the chosen option, the chosen conversation or person."""
    option: Payload = action.get("selected_option") or {}
    named = ("selected_conversation", "selected_channel", "selected_user", "selected_date")
    found = _text(action, "value") or _text(option, "value")
    if not found and action.get("selected_options"):
        found = json.dumps([_text(one, "value") for one in action["selected_options"]])
    return found or next((_text(action, name) for name in named if action.get(name)), "")


def _words(value: object) -> Iterator[str]:
    """Every text and address inside a message, in their order."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            if isinstance(member, str):
                if key in _WORDED:
                    yield member
            else:
                yield from _words(member)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for member in value:
            yield from _words(member)


_WORDED = frozenset({"text", "url", "value", "from_url", "title_link", "fallback"})


def _place_of(channel: str) -> Place:
    kinds: dict[str, Place] = {"D": "direct", "C": "channel", "G": "private"}
    return kinds.get(channel[:1], "unknown")


def _text(payload: Payload, key: str) -> str:
    value = payload.get(key)
    return value if isinstance(value, str) else ""
