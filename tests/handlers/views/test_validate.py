"""The validator refuses what Slack refuses, says why in Slack's words, and takes all else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models import blocks as models

from handlers.views import limits
from handlers.views.block_schema import BLOCKS
from handlers.views.validate import (
    Problem,
    validate_blocks,
    validate_message,
    validate_options,
    validate_unfurl,
    validate_view,
)

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mark(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": mark(text), **more}


def button(text: str = "Go", **more: Any) -> Json:
    return {"type": "button", "text": plain(text), **more}


def option(text: str = "One", value: str = "1", **more: Any) -> Json:
    return {"text": plain(text), "value": value, **more}


def rich(text: str = "hi") -> Json:
    node = {"type": "text", "text": text}
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [node]}],
    }


def image(**more: Any) -> Json:
    return {
        "type": "image",
        "alt_text": "a curve",
        "image_url": "https://example.org/x.png",
        **more,
    }


def line_chart(points: int = 3, series: int = 1) -> Json:
    labels = [str(index) for index in range(points)]
    data = [{"label": label, "value": index / 2} for index, label in enumerate(labels)]
    return {
        "type": "data_visualization",
        "title": "Loss",
        "chart": {
            "type": "line",
            "series": [{"name": f"s{index}", "data": data} for index in range(series)],
            "axis_config": {"categories": labels, "x_label": "step"},
        },
    }


def data_table(rows: int = 2, columns: int = 2) -> Json:
    header = [{"type": "raw_text", "text": f"c{index}"} for index in range(columns)]
    body = [{"type": "raw_number", "value": 1.5, "text": "1.5"} for _ in range(columns)]
    return {"type": "data_table", "caption": "Runs", "rows": [header, *[body] * rows]}


def table(rows: int = 2, columns: int = 2, text: str = "x") -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns] * rows}


def task(status: str = "complete") -> Json:
    return {"type": "task_card", "task_id": "t1", "title": "Look", "status": status}


def card(**more: Any) -> Json:
    return {"type": "card", "title": mark("Run"), **more}


GOOD: dict[str, Json] = {
    "actions": {
        "type": "actions",
        "elements": [
            button(action_id="a", style="primary", value="v"),
            {"type": "overflow", "action_id": "b", "options": [option()]},
            {"type": "static_select", "action_id": "c", "options": [option()]},
            {"type": "external_select", "action_id": "d", "min_query_length": 0},
        ],
    },
    "card": card(body=mark("b"), subtext=mark("s"), actions=[button()], hero_image=image()),
    "carousel": {"type": "carousel", "elements": [card(), card()]},
    "container": {
        "type": "container",
        "title": plain("Evidence"),
        "is_collapsible": True,
        "default_collapsed": True,
        "child_blocks": [section("x"), table()],
    },
    "context": {"type": "context", "elements": [mark("now"), plain("x"), image()]},
    "context_actions": {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "f",
                "positive_button": {"text": plain("Good"), "value": "+"},
                "negative_button": {"text": plain("Bad"), "value": "-"},
            },
            {"type": "icon_button", "icon": "trash", "text": plain("Delete")},
        ],
    },
    "data_table": data_table(),
    "data_visualization": line_chart(),
    "divider": {"type": "divider"},
    "header": {"type": "header", "text": plain("Run")},
    "image": image(title=plain("Loss")),
    "input": {
        "type": "input",
        "block_id": "q",
        "label": plain("Run"),
        "element": {"type": "plain_text_input", "action_id": "a", "max_length": 100},
    },
    "markdown": {"type": "markdown", "text": "**hi**"},
    "plan": {"type": "plan", "title": "Plan", "tasks": [task("pending"), task()]},
    "rich_text": rich(),
    "section": section("x", fields=[mark("a"), plain("b")], accessory=button()),
    "table": table(),
    "task_card": task("in_progress"),
    "video": {
        "type": "video",
        "alt_text": "v",
        "title": plain("v"),
        "video_url": "https://example.org/v",
        "thumbnail_url": "https://example.org/t.png",
    },
}


def wrong(*blocks: Json) -> list[str]:
    return [str(found) for found in validate_blocks(list(blocks))]


def test_every_kind_of_block_is_covered_here() -> None:
    """A new kind of block comes with an example of what Slack takes."""
    assert set(GOOD) == set(BLOCKS) - {"alert", "file"}


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_block_is_taken(kind: str) -> None:
    assert wrong(GOOD[kind]) == []


@pytest.mark.parametrize("kind", GOOD)
def test_an_unknown_field_is_refused(kind: str) -> None:
    assert wrong({**GOOD[kind], "colour": "red"}) == [
        "[ERROR] invalid additional property: colour [json-pointer:/blocks/0]"
    ]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (section(""), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        (section("x" * 3001), "must be less than 3001 characters"),
        ({"type": "section"}, "missing required field: one of text, fields"),
        ({"type": "sektion"}, "unsupported type: sektion [json-pointer:/blocks/0/type]"),
        ({"type": "file", "external_id": "x", "source": "remote"}, "file blocks cannot be sent"),
        ({"type": "header", "text": mark("x")}, "unsupported type: mrkdwn"),
        ({"type": "header", "text": plain("x" * 151)}, "must be less than 151 characters"),
        ({"type": "alert", "text": mark("x")}, "unsupported type: alert"),
        (section("x", fields=[mark("f")] * 11), "no more than 10 items allowed"),
        (section("x", fields=[mark("f" * 2001)]), "/blocks/0/fields/0/text"),
        (section("x", accessory=button("x" * 76)), "must be less than 76 characters"),
        (section("x", accessory=button(url="javascript:1")), "must be a valid URL"),
        ({"type": "actions", "elements": [button()] * 26}, "no more than 25 items"),
        ({"type": "actions", "elements": []}, "must have at least 1 item"),
        ({"type": "context", "elements": [mark("x")] * 11}, "no more than 10 items"),
        (image(slack_file={"id": "F1"}), "only one of image_url, slack_file"),
        ({"type": "image", "alt_text": "x"}, "one of image_url, slack_file"),
        ({"type": "image", "image_url": "https://x.y/z"}, "missing required field: alt_text"),
        (rich(""), "must be more than 0 characters"),
        (table(rows=101), "no more than 100 items"),
        (table(columns=21), "no more than 20 items"),
        (table(rows=100, columns=20, text="x" * 6), "no more than 10000 characters"),
        ({**data_table(), "page_size": 101}, "must be between 1 and 100"),
        ({**data_table(), "rows": data_table()["rows"][:1]}, "at least 2 items"),
        ({**data_table(), "rows": [*data_table()["rows"], []]}, "at least 1 item"),
        (
            {**data_table(), "rows": [*data_table()["rows"], data_table(columns=3)["rows"][1]]},
            "all rows must have the same length [json-pointer:/blocks/0/rows/3]",
        ),
        (
            {**data_table(columns=1), "rows": [[rich()], [{"type": "raw_text", "text": "x"}]]},
            "rich_text is not allowed in the header row",
        ),
        (line_chart(points=21), "no more than 20 items"),
        (line_chart(series=13), "no more than 12 items"),
        (
            {
                "type": "data_visualization",
                "title": "x",
                "chart": {"type": "pie", "segments": [{"label": "a", "value": 0}]},
            },
            "must be greater than 0",
        ),
        ({**GOOD["container"], "child_blocks": [card()]}, "unsupported type: card"),
        ({**GOOD["container"], "child_blocks": [section("x")] * 11}, "no more than 10"),
        ({**GOOD["container"], "is_collapsible": False}, "requires is_collapsible"),
        ({**GOOD["container"], "has_header_divider": True}, "not allowed when collapsible"),
        ({"type": "card", "subtitle": mark("x")}, "hero_image, title, body, actions"),
        (card(body=mark("x" * 201)), "must be less than 201 characters"),
        (card(actions=[button()] * 4), "no more than 3 items"),
        (task("pending"), "pending is allowed inside a plan only"),
        ({"type": "carousel", "elements": [card()] * 11}, "no more than 10 items"),
        (section("x\ud800"), "must be valid UTF-8"),
    ],
)
def test_a_bad_block_is_refused_with_the_reason(block: Json, expected: str) -> None:
    assert any(expected in message for message in wrong(block)), wrong(block)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "1", None, True])
def test_a_chart_takes_finite_numbers_only(value: Any) -> None:
    chart = line_chart(points=1)
    chart["chart"]["series"][0]["data"] = [{"label": "0", "value": value}]
    assert wrong(chart) != []


def test_labels_of_a_chart_must_be_its_categories() -> None:
    chart = line_chart()
    chart["chart"]["axis_config"]["categories"] = ["0", "1", "other"]
    assert "labels must match axis_config.categories" in wrong(chart)[0]


def test_ids_are_unique_in_a_message_and_in_a_block() -> None:
    """`block_id` counts in the message, containers included; `action_id` in its block only."""
    twice = section("x", block_id="same")
    nested = {**GOOD["container"], "child_blocks": [twice]}
    assert "block_id same is used 2 times" in wrong(twice, nested)[0]
    row = {"type": "actions", "elements": [button(action_id="a"), button(action_id="a")]}
    assert "action_id a is used 2 times" in wrong(row)[0]
    once = {"type": "actions", "elements": [button(action_id="a")]}
    assert wrong(once, once) == []


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": "x" * 4001}, "msg_too_long"),
        ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"blocks": [section("x")] * 51}, "invalid_blocks"),
        ({"blocks": '[{"type": "divider"}]'}, "invalid_blocks_format"),
        ({"blocks": [section("x" * 2500)] * 6}, "msg_blocks_too_long"),
        (
            {"blocks": [GOOD["markdown"], {"type": "markdown", "text": "x" * 12_000}]},
            "msg_too_long",
        ),
        ({"blocks": [table(), table()]}, "invalid_attachments"),
        ({"blocks": [line_chart()] * 3}, "invalid_blocks"),
        ({"text": "x", "metadata": {"event_type": "run"}}, "invalid_metadata_format"),
        ({"text": "x", "attachments": [{"blocks": [{"type": "nope"}]}]}, "invalid_blocks"),
    ],
)
def test_a_whole_message_is_refused_with_its_code(payload: Json, code: str) -> None:
    assert next(found.code for found in validate_message(payload)) == code


def test_a_post_may_be_longer_than_an_edit() -> None:
    assert validate_message({"text": "x" * 4001}, use="post") == []


def test_a_response_url_takes_more_than_a_post() -> None:
    """The limit on all texts together does not hold for a response_url (reported)."""
    payload = {"text": "x", "blocks": [section("x" * 2500)] * 6}
    assert validate_message(payload, use="response") == []
    assert [found.code for found in validate_message(payload)] == ["msg_blocks_too_long"]


def modal(**more: Any) -> Json:
    return {
        "type": "modal",
        "title": plain("Compare runs"),
        "submit": plain("Compare"),
        "blocks": [GOOD["input"]],
        **more,
    }


@pytest.mark.parametrize(
    ("view", "code", "expected"),
    [
        (modal(title=plain("x" * 25)), "invalid_arguments", "must be less than 25"),
        (modal(submit=None), "invalid_arguments", "missing required field: submit"),
        (modal(colour="x"), "invalid_arguments", "invalid additional property: colour"),
        (modal(private_metadata="x" * 3001), "invalid_arguments", "/view/private_metadata"),
        (modal(blocks=[section("x")] * 101), "invalid_arguments", "no more than 100"),
        (modal(blocks=[GOOD["container"]]), "invalid_arguments", "unsupported type: container"),
        (modal(blocks=[section("é" * 3000)] * 100), "view_too_large", "250 kB"),
        ({"type": "home"}, "invalid_arguments", "missing required field: blocks"),
        ({"type": "tab", "blocks": []}, "invalid_arguments", "modal, home"),
    ],
)
def test_a_bad_view_is_refused(view: Json, code: str, expected: str) -> None:
    found = validate_view(view)
    assert any(one.code == code and expected in str(one) for one in found), found


def test_good_views_are_taken() -> None:
    alert = {"type": "alert", "level": "warning", "text": mark("Careful")}
    assert validate_view(modal(blocks=[alert, GOOD["input"]], clear_on_close=True)) == []
    assert validate_view({"type": "home", "blocks": [section("x"), GOOD["data_table"]]}) == []


def test_only_one_element_of_a_view_has_the_focus() -> None:
    def question(name: str) -> Json:
        element = {"type": "plain_text_input", "action_id": name, "focus_on_load": True}
        return {"type": "input", "block_id": name, "label": plain(name), "element": element}

    assert validate_view(modal(blocks=[question("a")])) == []
    assert "focus_on_load" in str(validate_view(modal(blocks=[question("a"), question("b")]))[0])


def test_unfurls_and_options_are_checked() -> None:
    assert validate_unfurl({"https://x.y": {"blocks": [section("x")]}}) == []
    assert "/unfurls/https:~1~1x.y/blocks/0" in str(
        validate_unfurl({"https://x.y": {"blocks": [section("")]}})[0]
    )
    assert validate_options({"options": [option()]}) == []
    assert validate_options({"options": [option("x" * 76)]}) != []


def test_the_sdk_models_pass() -> None:
    """What the official models build is what the validator takes."""
    built = [
        models.SectionBlock(text="*hi*", fields=["a", "b"]),
        models.HeaderBlock(text="hi"),
        models.ContextBlock(elements=[models.MarkdownTextObject(text="x")]),
        models.ActionsBlock(
            elements=[
                models.ButtonElement(text="Go", action_id="a", value="v"),
                models.StaticSelectElement(
                    placeholder="Pick",
                    action_id="b",
                    options=[models.Option(value="1", text="One")],
                ),
            ]
        ),
        models.CardBlock(title="Run", body="b"),
        models.ContainerBlock(title="More", child_blocks=[models.DividerBlock()]),
        models.TaskCardBlock(task_id="1", title="t", status="complete"),
    ]
    assert validate_blocks([block.to_dict() for block in built]) == []


@given(st.integers(min_value=1, max_value=limits.SECTION_TEXT * 2))
def test_the_limit_of_a_section_is_exact(length: int) -> None:
    refused = bool(validate_blocks([section("x" * length)]))
    assert refused == (length > limits.SECTION_TEXT)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "text", "elements", "rows"]), inner, max_size=3
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_value_breaks_the_validator(value: Any) -> None:
    """Whatever is sent, the answer is a list of problems and never an exception."""
    for kind in BLOCKS:
        candidate = {**value, "type": kind} if isinstance(value, dict) else value
        assert all(
            isinstance(found, Problem) for found in validate_message({"blocks": [candidate]})
        )
    assert all(isinstance(found, Problem) for found in validate_view(value))
