"""What people do with what the app shows: click, choose, submit, close, search, take a shortcut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.demo.slack.choices import find, initial_state, is_empty, options_of, pressed, state_of
from bot.demo.slack.errors import SlackError, refuse
from bot.demo.slack.model import Channel, Envelope, Json, Message, User, View
from bot.demo.slack.people import People
from handlers.views.validate import validate_options

Where = Message | View
_UNREACHABLE = "We had some trouble connecting. Try again?"


class Interactions(People):
    """A workspace in which the app's buttons, menus and modals work."""

    async def click(
        self,
        where: Where,
        action: str,
        user: str | User | None = None,
        *,
        value: Any = None,
        block_id: str | None = None,
    ) -> Envelope:
        """Somebody presses a button, or chooses something in a menu.

        Args:
            where: The message or view that holds the element.
            action: The `action_id`, or a button's words.
            user: Who; of a view and of an ephemeral message its owner.
            value: What is chosen in a menu: an option's value or words, an id, a list of them;
                ``positive`` or ``negative`` for feedback buttons.
            block_id: Which block, where the `action_id` is used in several.

        Returns:
            The delivery; its `answer` and `error` say how the app took it.
        """
        block, element = find(_shown(where), action, block_id)
        who = self._who(where, user)
        if element["type"] == "external_select" and isinstance(value, str):
            value = await self._external(where, action, value, who, block_id)
        entry = pressed(element, value)
        if element["type"] in ("button", "icon_button", "feedback_buttons", "overflow"):
            self._state_of(where)
        else:
            self.fills(where, action, value, block_id)
        entry |= {"block_id": block, "action_ts": self.new_ts()}
        payload = {**self._seen_by(where, who), "type": "block_actions", "actions": [entry]}
        payload |= _of_unfurl(where, block, payload)
        payload["trigger_id"] = self.new_trigger(who.id, where.channel)
        return await self.request("interactive", payload)

    def fills(self, where: Where, action: str, value: Any, block_id: str | None = None) -> None:
        """Somebody types or chooses something in an input, without sending it yet."""
        block, element = find(where.blocks, action, block_id)
        state = self._state_of(where)
        state.setdefault(block, {})[element["action_id"]] = state_of(element, value)
        self.touch()

    async def options(
        self,
        where: Where,
        action: str,
        query: str,
        user: str | User | None = None,
        *,
        block_id: str | None = None,
    ) -> list[Json]:
        """Somebody types into an external select: the options that the app offers."""
        block, element = find(where.blocks, action, block_id)
        who = self._who(where, user)
        payload = {
            **self._seen_by(where, who),
            "type": "block_suggestion",
            "action_id": element["action_id"],
            "block_id": block,
            "value": query,
        }
        envelope = await self.request("interactive", payload)
        if envelope.error or not isinstance(envelope.answer, Mapping):
            raise SlackError(envelope.error or "no_options")
        refuse(validate_options(envelope.answer))
        return options_of(envelope.answer)

    async def _external(
        self, where: Where, action: str, value: str, who: User, block_id: str | None
    ) -> Json:
        offered = await self.options(where, action, value, who, block_id=block_id)
        for option in offered:
            if value in (option["value"], option["text"]["text"]):
                return option
        if len(offered) == 1:
            return offered[0]
        raise KeyError(f"no option {value!r}; offered: {[o['text']['text'] for o in offered]}")

    async def submit(
        self, view: View, values: Mapping[str, Any] | None = None, user: str | User | None = None
    ) -> Envelope:
        """Somebody fills a modal in and submits it.

        Args:
            view: The modal.
            values: By `action_id`: what to type or choose first.
            user: Who; by default the modal's owner.

        Returns:
            The delivery. The app's answer has been applied: see `view.errors`, `view_of`.

        Raises:
            ValueError: A required input is empty, so that Slack would not send it.
        """
        who = self._who(view, user)
        for action, value in (values or {}).items():
            _, element = find(view.blocks, action)
            if element["type"] == "external_select" and isinstance(value, str):
                value = await self._external(view, action, value, who, None)
            self.fills(view, action, value)
        state = self._state_of(view)
        for block in view.blocks:
            if block["type"] == "input" and not block.get("optional"):
                given = state[block["block_id"]][block["element"]["action_id"]]
                if is_empty(given):
                    raise ValueError(f"“{block['label']['text']}” must be filled in")
        view.errors = {}
        payload = {
            **self._seen_by(view, who),
            "type": "view_submission",
            "trigger_id": self.new_trigger(who.id, view.channel),
            "response_urls": self._asked_urls(view, who),
        }
        envelope = await self.request("interactive", payload)
        if envelope.error:
            view.errors = {"": _UNREACHABLE}
        else:
            self._apply(view, envelope.answer)
        self.touch()
        return envelope

    def _asked_urls(self, view: View, who: User) -> list[Json]:
        urls: list[Json] = []
        for block in view.blocks:
            element = block.get("element") or {}
            if not element.get("response_url_enabled"):
                continue
            chosen = view.state[block["block_id"]][element["action_id"]]
            channel = chosen.get("selected_conversation") or chosen.get("selected_channel")
            if channel:
                url = self.new_response_url(self.channel(str(channel)), who.id)
                urls.append(
                    {
                        "block_id": block["block_id"],
                        "action_id": element["action_id"],
                        "channel_id": channel,
                        "response_url": url,
                    }
                )
        return urls

    def _apply(self, view: View, answer: Any) -> None:
        """Do what the acknowledgement of a submission asks for."""
        stack = self.stacks.get(view.user, [])
        action = answer.get("response_action") if isinstance(answer, Mapping) else None
        if action == "errors":
            blocks = {block["block_id"] for block in view.blocks if block["type"] == "input"}
            unknown = set(answer["errors"]) - blocks
            if unknown:
                raise SlackError("invalid_arguments", unknown=sorted(unknown))
            view.errors = dict(answer["errors"])
        elif action == "clear":
            self.stacks[view.user] = []
        elif action == "update":
            self.update_view({"view_id": view.id}, answer["view"])
        elif action == "push":
            self.push_over(view.user, answer["view"])
        elif view in stack:
            stack.remove(view)

    async def close(
        self, view: View, user: str | User | None = None, *, everything: bool = False
    ) -> Envelope | None:
        """Somebody closes a modal, or with `everything` the whole stack."""
        who = self._who(view, user)
        stack = self.stacks.get(view.user, [])
        if everything:
            stack.clear()
        elif view in stack:
            stack.remove(view)
        self.touch()
        if not view.view.get("notify_on_close"):
            return None
        payload = {**self._seen_by(view, who), "type": "view_closed", "is_cleared": everything}
        return await self.request("interactive", payload)

    async def shortcut(
        self, callback_id: str, user: str | User, message: Message | None = None
    ) -> Envelope:
        """Somebody takes a global shortcut, or with `message` a message's."""
        who = self.user(user)
        declared = {one.callback_id for one in self.app.shortcuts}
        if callback_id not in declared:
            raise KeyError(f"no shortcut {callback_id!r}; declared: {sorted(declared)}")
        payload: Json = {
            **self._person(who),
            "type": "message_action" if message else "shortcut",
            "callback_id": callback_id,
            "action_ts": self.new_ts(),
            "trigger_id": self.new_trigger(who.id, message.channel if message else ""),
        }
        if message is not None:
            where = self.channel(message.channel)
            payload |= {
                "channel": self._short(where),
                "message": self.wire(message),
                "message_ts": message.ts,
                "response_url": self.new_response_url(where, who.id, message),
            }
        return await self.request("interactive", payload)

    # Payloads

    def _who(self, where: Where, user: str | User | None) -> User:
        if user is not None:
            return self.user(user)
        owner = where.user if isinstance(where, View) else where.only_for
        if owner is None:
            raise ValueError("say who clicks: this message is seen by many")
        return self.user(owner)

    def _person(self, who: User) -> Json:
        return {
            "token": "legacy",
            "team": {"id": self.team_id, "domain": "local"},
            "enterprise": None,
            "is_enterprise_install": False,
            "api_app_id": self.app.app_id,
            "user": {
                "id": who.id,
                "username": who.name,
                "name": who.name,
                "team_id": who.team_id,
            },
        }

    def _short(self, where: Channel) -> Json:
        names = {"im": "directmessage", "private": "privategroup"}
        return {"id": where.id, "name": names.get(where.kind, where.name)}

    def _seen_by(self, where: Where, who: User) -> Json:
        """What a payload says of the place in which something was done."""
        person = self._person(who)
        if isinstance(where, View):
            inside = {"type": "view", "view_id": where.id}
            return {**person, "container": inside, "view": self.view_wire(where)}
        channel = self.channel(where.channel)
        container: Json = {
            "type": "message",
            "message_ts": where.ts,
            "channel_id": channel.id,
            "is_ephemeral": where.only_for is not None,
        }
        if where.thread_ts:
            container["thread_ts"] = where.thread_ts
        payload = {
            **person,
            "container": container,
            "channel": self._short(channel),
            "state": {"values": self._state_of(where)},
            "response_url": self.new_response_url(channel, who.id, where),
        }
        if where.only_for is None:
            payload["message"] = self.wire(where)
        return payload

    def _state_of(self, where: Where) -> dict[str, dict[str, Json]]:
        """What stands in all inputs and menus, the initial values included."""
        for block in where.blocks:
            for inner in block.get("child_blocks") or (block,):
                for element in _elements(inner):
                    initial = initial_state(element)
                    if initial is not None:
                        held = where.state.setdefault(inner["block_id"], {})
                        held.setdefault(element["action_id"], initial)
        return where.state


def _shown(where: Where) -> list[Json]:
    """The blocks of a view or message, and of the cards under its links."""
    cards = where.unfurls.values() if isinstance(where, Message) else ()
    return [*where.blocks, *(block for card in cards for block in card.get("blocks") or ())]


def _of_unfurl(where: Where, block_id: str, payload: Json) -> Json:
    """What a payload says differently where the block stands in a card under a link."""
    if not isinstance(where, Message):
        return {}
    for number, (url, card) in enumerate(where.unfurls.items(), 1):
        if any(block.get("block_id") == block_id for block in card.get("blocks") or ()):
            inside = {
                **payload["container"],
                "type": "message_attachment",
                "attachment_id": number,
                "is_app_unfurl": True,
                "app_unfurl_url": url,
            }
            return {"container": inside, "app_unfurl": {"id": number, **card}}
    return {}


def _elements(block: Json) -> list[Json]:
    inside = [*(block.get("elements") or ()), block.get("element"), block.get("accessory")]
    return [one for one in inside if isinstance(one, dict) and "action_id" in one]
