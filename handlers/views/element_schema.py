"""What Slack accepts as text, option, confirmation and interactive element."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from handlers.views import limits
from handlers.views.rich_schema import RICH_TEXT
from handlers.views.schema import (
    Check,
    Context,
    Problem,
    array,
    boolean,
    child,
    either,
    integer,
    kind_of,
    one_of,
    only_one,
    problem,
    record,
    string,
)

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_WEB: Final = re.compile(r"https?://[^\s<>]+")
_ID: Final = string(limits.ACTION_ID)


def plain(most: int) -> Check:
    """A ``plain_text`` object."""
    return kind_of({"plain_text": _text_object(most, "emoji")})


def mark(most: int) -> Check:
    """A ``mrkdwn`` or ``plain_text`` object."""
    return kind_of(
        {"plain_text": _text_object(most, "emoji"), "mrkdwn": _text_object(most, "verbatim")}
    )


def _text_object(most: int, flag: str) -> Check:
    return record({"type": string(20), "text": string(most), flag: boolean}, ("type", "text"))


def matching(pattern: re.Pattern[str], most: int, what: str) -> Check:
    """A string of a form."""
    sized = string(most)

    def check(value: Any, at: str, ctx: Context) -> Iterator[Problem]:
        wrong = list(sized(value, at, ctx))
        yield from wrong
        if not wrong and not pattern.fullmatch(value):
            yield problem(f"must be a valid {what}", at, ctx)

    return check


def web_address(most: int) -> Check:
    """An absolute http or https URL."""
    return matching(_WEB, most, "URL")


CONFIRM: Final = record(
    {
        "title": plain(limits.CONFIRM_TITLE),
        "text": mark(limits.CONFIRM_TEXT),
        "confirm": plain(limits.CONFIRM_BUTTON),
        "deny": plain(limits.CONFIRM_BUTTON),
        "style": one_of("primary", "danger"),
    },
    ("title", "text", "confirm", "deny"),
)


def _option(text: Check, *more: str) -> Check:
    fields: dict[str, Check] = {
        "text": text,
        "value": string(limits.OPTION_VALUE),
        "description": mark(limits.OPTION_DESCRIPTION),
    }
    if "url" in more:
        fields["url"] = web_address(limits.BUTTON_URL)
    return record(fields, ("text", "value"))


OPTION: Final = _option(plain(limits.OPTION_TEXT))
_MENU_OPTION: Final = _option(plain(limits.OPTION_TEXT), "url")
_CHOICE: Final = _option(mark(limits.OPTION_TEXT))
OPTIONS: Final = array(OPTION, limits.SELECT_OPTIONS, 0)
OPTION_GROUPS: Final = array(
    record(
        {
            "label": plain(limits.OPTION_TEXT),
            "options": array(OPTION, limits.SELECT_OPTIONS, 0),
        },
        ("label", "options"),
    ),
    limits.SELECT_GROUPS,
)

SLACK_FILE: Final = record(
    {"id": string(limits.BLOCK_ID), "url": web_address(limits.IMAGE_URL)},
    (),
    (either("id", "url"), only_one("id", "url")),
)
_IMAGE_FIELDS: Final[dict[str, Check]] = {
    "type": one_of("image"),
    "alt_text": string(limits.IMAGE_ALT),
    "image_url": web_address(limits.IMAGE_URL),
    "slack_file": SLACK_FILE,
}
_IMAGE_RULES: Final = (either("image_url", "slack_file"), only_one("image_url", "slack_file"))
IMAGE_ELEMENT: Final = record(_IMAGE_FIELDS, ("alt_text",), _IMAGE_RULES)
IMAGE_BLOCK: Final = record(
    {**_IMAGE_FIELDS, "title": plain(limits.IMAGE_TITLE), "block_id": string(limits.BLOCK_ID)},
    ("alt_text",),
    _IMAGE_RULES,
)


def _initial_is_offered(value: Mapping[str, Any], at: str, ctx: Context) -> Iterator[Problem]:
    """A pre-selected option must be one of the options, exactly."""
    offered = [*(value.get("options") or ())]
    for group in value.get("option_groups") or ():
        offered.extend(group.get("options") or () if isinstance(group, Mapping) else ())
    initial = value.get("initial_options") or (
        [value["initial_option"]] if value.get("initial_option") else []
    )
    if offered and any(choice not in offered for choice in initial):
        yield problem("initial option is not among the options", at, ctx)


def _modal_only(key: str) -> Any:
    def rule(value: Mapping[str, Any], at: str, ctx: Context) -> Iterator[Problem]:
        if value.get(key) and ctx.surface != "modal":
            yield problem(f"{key} is allowed in modals only", child(at, key), ctx)

    return rule


def _element(
    name: str,
    fields: Mapping[str, Check],
    required: tuple[str, ...] = (),
    rules: tuple[Any, ...] = (),
    *,
    shared: bool = True,
) -> Check:
    common: dict[str, Check] = {"type": one_of(name), "action_id": _ID}
    if shared:
        common |= {"confirm": CONFIRM, "focus_on_load": boolean}
    return record({**common, **fields}, ("type", *required), rules)


def _select(name: str, fields: Mapping[str, Check], *rules: Any, needs: str = "") -> Check:
    holder = {"placeholder": plain(limits.PLACEHOLDER)}
    return _element(name, {**holder, **fields}, (needs,) if needs else (), rules)


_IDS: Final = array(string(limits.BLOCK_ID), limits.SELECT_OPTIONS, 0)
_ONE_ID: Final = string(limits.BLOCK_ID)
_MOST: Final = {"max_selected_items": integer(1, 100)}
_QUERY: Final = {"min_query_length": integer(0, 3_000)}
_CHOICES: Final = array(_CHOICE, limits.CHOICE_OPTIONS)
_STATIC: Final = {"options": array(OPTION, limits.SELECT_OPTIONS), "option_groups": OPTION_GROUPS}
_STATIC_RULES: Final = (
    either("options", "option_groups"),
    only_one("options", "option_groups"),
    _initial_is_offered,
)
_FILTER: Final = record(
    {
        "include": array(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    }
)
_CONVERSATIONS: Final = {"default_to_current_conversation": boolean, "filter": _FILTER}
_DISPATCH: Final = record(
    {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 2)}
)
_TYPED: Final[dict[str, Check]] = {
    "placeholder": plain(limits.PLACEHOLDER),
    "dispatch_action_config": _DISPATCH,
}
_FEEDBACK: Final = record(
    {
        "text": plain(limits.BUTTON_TEXT),
        "value": string(limits.BUTTON_VALUE),
        "accessibility_label": string(limits.ACCESSIBILITY_LABEL),
    },
    ("text", "value"),
)

BUTTON: Final = _element(
    "button",
    {
        "text": plain(limits.BUTTON_TEXT),
        "url": web_address(limits.BUTTON_URL),
        "value": string(limits.BUTTON_VALUE),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(limits.ACCESSIBILITY_LABEL),
        "visible_to_user_ids": _IDS,
    },
    ("text",),
    shared=False,
)

CONTEXT_ACTION_ELEMENTS: Final[dict[str, Check]] = {
    "feedback_buttons": _element(
        "feedback_buttons",
        {"positive_button": _FEEDBACK, "negative_button": _FEEDBACK},
        ("positive_button", "negative_button"),
        shared=False,
    ),
    "icon_button": _element(
        "icon_button",
        {
            "icon": one_of("trash"),
            "text": plain(limits.BUTTON_TEXT),
            "value": string(limits.BUTTON_VALUE),
            "accessibility_label": string(limits.ACCESSIBILITY_LABEL),
            "visible_to_user_ids": _IDS,
            "confirm": CONFIRM,
        },
        ("icon", "text"),
        shared=False,
    ),
}

SELECTS: Final[dict[str, Check]] = {
    "static_select": _select(
        "static_select", {**_STATIC, "initial_option": OPTION}, *_STATIC_RULES
    ),
    "multi_static_select": _select(
        "multi_static_select", {**_STATIC, **_MOST, "initial_options": OPTIONS}, *_STATIC_RULES
    ),
    "external_select": _select("external_select", {**_QUERY, "initial_option": OPTION}),
    "multi_external_select": _select(
        "multi_external_select", {**_QUERY, **_MOST, "initial_options": OPTIONS}
    ),
    "users_select": _select("users_select", {"initial_user": _ONE_ID}),
    "multi_users_select": _select("multi_users_select", {**_MOST, "initial_users": _IDS}),
    "conversations_select": _select(
        "conversations_select",
        {**_CONVERSATIONS, "initial_conversation": _ONE_ID, "response_url_enabled": boolean},
        _modal_only("response_url_enabled"),
    ),
    "multi_conversations_select": _select(
        "multi_conversations_select",
        {**_CONVERSATIONS, **_MOST, "initial_conversations": _IDS},
    ),
    "channels_select": _select(
        "channels_select",
        {"initial_channel": _ONE_ID, "response_url_enabled": boolean},
        _modal_only("response_url_enabled"),
    ),
    "multi_channels_select": _select("multi_channels_select", {**_MOST, "initial_channels": _IDS}),
}

CHOOSERS: Final[dict[str, Check]] = {
    **SELECTS,
    "checkboxes": _element(
        "checkboxes",
        {"options": _CHOICES, "initial_options": array(_CHOICE, limits.CHOICE_OPTIONS)},
        ("options",),
        (_initial_is_offered,),
    ),
    "radio_buttons": _element(
        "radio_buttons",
        {"options": _CHOICES, "initial_option": _CHOICE},
        ("options",),
        (_initial_is_offered,),
    ),
    "datepicker": _select("datepicker", {"initial_date": matching(_DATE, 10, "date")}),
    "timepicker": _select(
        "timepicker", {"initial_time": matching(_TIME, 5, "time"), "timezone": string(100)}
    ),
    "datetimepicker": _element(
        "datetimepicker", {"initial_date_time": integer(1_000_000_000, 9_999_999_999)}
    ),
}

ACTION_ELEMENTS: Final[dict[str, Check]] = {
    **CHOOSERS,
    "button": BUTTON,
    "overflow": _element(
        "overflow",
        {"options": array(_MENU_OPTION, limits.OVERFLOW_OPTIONS), "confirm": CONFIRM},
        ("options",),
        shared=False,
    ),
}

_LENGTHS: Final = {
    "min_length": integer(0, limits.PLAIN_INPUT),
    "max_length": integer(1, limits.PLAIN_INPUT),
}
INPUT_ELEMENTS: Final[dict[str, Check]] = {
    **CHOOSERS,
    "plain_text_input": _element(
        "plain_text_input",
        {
            **_TYPED,
            **_LENGTHS,
            "initial_value": string(limits.PLAIN_INPUT, 0),
            "multiline": boolean,
        },
    ),
    "rich_text_input": _element("rich_text_input", {**_TYPED, "initial_value": RICH_TEXT}),
    "email_text_input": _element(
        "email_text_input", {**_TYPED, "initial_value": string(limits.PLAIN_INPUT, 0)}
    ),
    "url_text_input": _element(
        "url_text_input", {**_TYPED, "initial_value": string(limits.PLAIN_INPUT, 0)}
    ),
    "number_input": _element(
        "number_input",
        {
            **_TYPED,
            "is_decimal_allowed": boolean,
            "initial_value": matching(_NUMBER, 40, "number"),
            "min_value": matching(_NUMBER, 40, "number"),
            "max_value": matching(_NUMBER, 40, "number"),
        },
        ("is_decimal_allowed",),
    ),
    "file_input": _element(
        "file_input",
        {
            "filetypes": array(string(limits.BLOCK_ID), 100),
            "max_files": integer(1, limits.FILE_INPUT_FILES),
        },
    ),
}
