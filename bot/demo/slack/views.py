"""Modals and home tabs: trigger ids, the stack of three, hashes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.demo.slack.errors import SlackError, refuse
from bot.demo.slack.model import Json, View, elements_of
from bot.demo.slack.responses import Responses
from handlers.views import limits
from handlers.views.validate import validate_view


@dataclass
class Trigger:
    """The right to open one view, for three seconds after an interaction."""

    user: str
    issued: float
    used: bool = False
    channel: str = ""


class Views(Responses):
    """A workspace with modals and home tabs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.triggers: dict[str, Trigger] = {}

    def new_trigger(self, user: str, channel: str = "") -> str:
        """A fresh `trigger_id`."""
        trigger = f"{self.new_id('1')}.{self.new_id('2')}"
        self.triggers[trigger] = Trigger(user, self.clock(), channel=channel)
        return trigger

    def spend(self, trigger_id: str) -> Trigger:
        """Use a trigger up; it must be known, fresh and unused."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.clock() - trigger.issued > limits.TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def open_view(self, trigger_id: str, body: Any) -> View:
        """What ``views.open`` does: the only modal from now on."""
        refuse(validate_view(body))
        if body["type"] != "modal":
            raise SlackError("invalid_arguments")
        self._unused_external_id(body)
        trigger = self.spend(trigger_id)
        view = self._new_view(trigger.user, body, trigger.channel)
        self.stacks[trigger.user] = [view]
        self.touch()
        return view

    def push_view(self, trigger_id: str, body: Any) -> View:
        """What ``views.push`` does: a modal over the one that is open."""
        refuse(validate_view(body))
        self._unused_external_id(body)
        return self.push_over(self.spend(trigger_id).user, body)

    def push_over(self, user: str, body: Json) -> View:
        """Put a modal on a stack that has one to start with and room left."""
        stack = self.stacks.get(user) or []
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= limits.VIEW_STACK:
            raise SlackError("push_limit_reached")
        view = self._new_view(user, body, stack[-1].channel)
        view.previous_id, view.root_id = stack[-1].id, stack[0].id
        stack.append(view)
        self.touch()
        return view

    def update_view(self, args: Mapping[str, Any], body: Any) -> View:
        """What ``views.update`` does: other contents, what the user typed stays where ids stay."""
        refuse(validate_view(body))
        view = self.find_view(args.get("view_id"), args.get("external_id"))
        if args.get("hash") and args["hash"] != view.hash:
            raise SlackError("hash_conflict")
        self.replace_view(view, body)
        return view

    def publish(self, user: str, body: Any, given_hash: str | None) -> View:
        """What ``views.publish`` does: the home tab of one person."""
        refuse(validate_view(body))
        if not self.app.home_tab:
            raise SlackError("not_enabled")
        if body["type"] != "home":
            raise SlackError("invalid_arguments")
        if user not in self.users:
            raise SlackError("user_not_found")
        home = self.homes.get(user)
        if home is None:
            home = self.homes[user] = self._new_view(user, body, "")
            self.touch()
            return home
        if given_hash and given_hash != home.hash:
            raise SlackError("hash_conflict")
        self.replace_view(home, body)
        return home

    def replace_view(self, view: View, body: Json) -> None:
        """Give a view other contents and a new hash."""
        self.check_blocks(body["blocks"])
        view.view = {**body, "blocks": self.with_ids(body["blocks"])}
        view.hash = self._new_hash()
        view.errors = {}
        kept = {
            (block["block_id"], element["action_id"])
            for block in view.blocks
            for element in elements_of(block)
        }
        view.state = {
            block: {action: value for action, value in values.items() if (block, action) in kept}
            for block, values in view.state.items()
            if any(known == block for known, _ in kept)
        }
        self.touch()

    def find_view(self, view_id: Any, external_id: Any = None) -> View:
        """An open modal or home tab, by id or by the app's own id."""
        everything = [*self.homes.values(), *(v for stack in self.stacks.values() for v in stack)]
        for view in everything:
            if view.id == view_id or (external_id and view.view.get("external_id") == external_id):
                return view
        raise SlackError("not_found")

    def _unused_external_id(self, body: Json) -> None:
        external = body.get("external_id")
        open_views = (view for stack in self.stacks.values() for view in stack)
        if external and any(view.view.get("external_id") == external for view in open_views):
            raise SlackError("duplicate_external_id")

    def _new_view(self, user: str, body: Json, channel: str) -> View:
        self.check_blocks(body["blocks"])
        kept = {**body, "blocks": self.with_ids(body["blocks"])}
        view = View(self.new_id("V"), user, kept, self._new_hash(), channel=channel)
        view.root_id = view.id
        return view

    def _new_hash(self) -> str:
        return f"{self.new_ts()}.{self.new_id('h')}"

    def view_wire(self, view: View) -> Json:
        """The view object, as this workspace and app."""
        return view.wire(self.team_id, self.app.app_id, self.app.bot_id)
