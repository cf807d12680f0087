"""What a click or a choice turns into: the `actions` entry and the `state` of a payload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.demo.slack.model import Json, elements_of

_ONE: Final = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "overflow": "selected_option",
    "radio_buttons": "selected_option",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "rich_text_input": "rich_text_value",
    "file_input": "files",
}
_MANY: Final = {
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
}
_INITIAL: Final = {
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_conversation": "initial_conversation",
    "selected_conversations": "initial_conversations",
    "selected_channel": "initial_channel",
    "selected_channels": "initial_channels",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
    "value": "initial_value",
    "rich_text_value": "initial_value",
}
_PRESSED: Final = ("button", "icon_button")
KEPT: Final = {**_ONE, **_MANY}
"""The field of each kind of element in `state.values`; buttons keep none, overflow neither."""


def find(
    blocks: Iterable[Mapping[str, Any]], name: str, block_id: str | None = None
) -> tuple[str, Json]:
    """The element with this `action_id`, or the button with these words, and its block's id.

    Raises:
        KeyError: There is none; the text says what there is.
    """
    seen: list[str] = []
    for block in blocks:
        inner = block.get("child_blocks")
        if inner:
            try:
                return find(inner, name, block_id)
            except KeyError as missing:
                seen.append(str(missing.args[0]))
                continue
        for element in elements_of(block):
            words = str((element.get("text") or {}).get("text", ""))
            if name in (element["action_id"], words) and block_id in (None, block["block_id"]):
                return str(block["block_id"]), element
            seen.append(f"{element['action_id']} “{words}”")
    raise KeyError(f"no element {name!r}; there are: {', '.join(filter(None, seen)) or 'none'}")


def pressed(element: Json, value: Any) -> Json:
    """The `actions` entry of an element that was used, without its block.

    Args:
        element: The element.
        value: An option's value or words, an id, a text; a list of them where several can be
            chosen; ``positive`` or ``negative`` for feedback buttons; nothing for a button.
    """
    kind = element["type"]
    entry: Json = {"action_id": element["action_id"], "type": kind}
    if kind in _PRESSED:
        entry["text"] = element["text"]
        return entry | {key: element[key] for key in ("value", "style") if key in element}
    if kind == "feedback_buttons":
        chosen = element["negative_button" if str(value).startswith("neg") else "positive_button"]
        return entry | {"text": chosen["text"], "value": chosen["value"]}
    return entry | state_of(element, value)


def state_of(element: Json, value: Any) -> Json:
    """What `state.values` holds of an element after `value` was chosen or typed."""
    kind = element["type"]
    name = KEPT[kind]
    if kind in _MANY:
        several = value if isinstance(value, list | tuple) else [value]
        return {"type": kind, name: [_chosen(element, name, one) for one in several]}
    return {"type": kind, name: _chosen(element, name, value)}


def initial_state(element: Json) -> Json | None:
    """What `state.values` holds of an element that nobody has touched, or ``None``."""
    kind = element["type"]
    if kind not in KEPT or kind == "overflow":
        return None
    name = KEPT[kind]
    empty: Any = [] if kind in _MANY else None
    return {"type": kind, name: element.get(_INITIAL.get(name, ""), empty)}


def is_empty(state: Json) -> bool:
    """Whether a required input would still be missing."""
    return all(value in (None, "", []) for key, value in state.items() if key != "type")


def _chosen(element: Json, name: str, value: Any) -> Any:
    if not name.startswith("selected_option") or isinstance(value, Mapping) or value is None:
        return value
    for option in options_of(element):
        if value in (option["value"], option["text"]["text"]):
            return option
    raise KeyError(f"no option {value!r} in {element['action_id']}")


def options_of(element: Mapping[str, Any]) -> list[Json]:
    """All options of an element or of an answer, those in groups included."""
    groups = element.get("option_groups") or ()
    return [
        *(element.get("options") or ()),
        *(option for group in groups for option in group["options"]),
    ]
