"""What Slack accepts as a block: one entry a kind, and the surfaces on which the kind may stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from handlers.views import limits
from handlers.views.element_schema import (
    ACTION_ELEMENTS,
    BUTTON,
    CONTEXT_ACTION_ELEMENTS,
    IMAGE_BLOCK,
    IMAGE_ELEMENT,
    INPUT_ELEMENTS,
    mark,
    plain,
    web_address,
)
from handlers.views.rich_schema import RICH_TEXT
from handlers.views.schema import (
    Check,
    Context,
    Problem,
    Surface,
    array,
    boolean,
    child,
    either,
    integer,
    kind_of,
    number,
    one_of,
    problem,
    record,
    string,
)

_ID: Final = string(limits.BLOCK_ID)
_LONG: Final = string(limits.TEXT_POST)


def _block(
    name: str, fields: Mapping[str, Check], required: Sequence[str] = (), rules: Sequence[Any] = ()
) -> Check:
    return record({"type": one_of(name), "block_id": _ID, **fields}, required, rules)


def _submit_only_in_modals(value: Mapping[str, Any], at: str, ctx: Context) -> Iterator[Problem]:
    element = value.get("element")
    if (
        isinstance(element, Mapping)
        and element.get("type") == "file_input"
        and ctx.surface != "modal"
    ):
        yield problem("file_input is allowed in modals only", child(at, "element"), ctx)


# Tables

_RAW_TEXT: Final = record({"type": one_of("raw_text"), "text": _LONG}, ("text",))
_RAW_NUMBER: Final = record(
    {"type": one_of("raw_number"), "value": number(), "text": _LONG}, ("value",)
)
_CELL: Final = kind_of({"raw_text": _RAW_TEXT, "raw_number": _RAW_NUMBER, "rich_text": RICH_TEXT})
_COLUMN: Final = record({"align": one_of("left", "center", "right"), "is_wrapped": boolean})


def _nullable(check: Check) -> Check:
    return lambda value, at, ctx: iter(()) if value is None else check(value, at, ctx)


def _rectangular_with_header(value: Mapping[str, Any], at: str, ctx: Context) -> Iterator[Problem]:
    rows = value.get("rows")
    if not isinstance(rows, Sequence) or not rows or not all(isinstance(r, Sequence) for r in rows):
        return
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            yield problem(
                "all rows must have the same length", child(child(at, "rows"), index), ctx
            )
    for index, cell in enumerate(rows[0]):
        if isinstance(cell, Mapping) and cell.get("type") == "rich_text":
            yield problem("rich_text is not allowed in the header row", f"{at}/rows/0/{index}", ctx)


# Charts

_POINT: Final = record({"label": string(limits.CHART_LABEL), "value": number()}, ("label", "value"))
_SERIES: Final = record(
    {"name": string(limits.CHART_LABEL), "data": array(_POINT, limits.CHART_POINTS)},
    ("name", "data"),
)
_AXES: Final = record(
    {
        "categories": array(string(limits.CHART_LABEL), limits.CHART_POINTS),
        "x_label": string(limits.CHART_AXIS_LABEL),
        "y_label": string(limits.CHART_AXIS_LABEL),
    },
    ("categories",),
)


def _series_fit_categories(value: Mapping[str, Any], at: str, ctx: Context) -> Iterator[Problem]:
    """Each series has one point for each category, and names do not repeat."""
    axes, series = value.get("axis_config"), value.get("series")
    if not isinstance(axes, Mapping) or not isinstance(series, Sequence):
        return
    categories = axes.get("categories")
    named = [one for one in series if isinstance(one, Mapping)]
    for index, one in enumerate(named):
        points = one.get("data")
        labels = [
            point.get("label")
            for point in (points if isinstance(points, Sequence) else ())
            if isinstance(point, Mapping)
        ]
        if isinstance(categories, Sequence) and sorted(map(str, labels)) != sorted(
            map(str, categories)
        ):
            yield problem(
                "labels must match axis_config.categories", f"{at}/series/{index}/data", ctx
            )
    names = [str(one.get("name")) for one in named]
    if len(set(names)) != len(names):
        yield problem("series names must be unique", child(at, "series"), ctx)


def _xy_chart(name: str) -> Check:
    return record(
        {
            "type": one_of(name),
            "series": array(_SERIES, limits.CHART_SERIES),
            "axis_config": _AXES,
        },
        ("series", "axis_config"),
        (_series_fit_categories,),
    )


_SEGMENT: Final = record(
    {"label": string(limits.CHART_LABEL), "value": number(above=0)}, ("label", "value")
)
_CHART: Final = kind_of(
    {
        "pie": record(
            {"type": one_of("pie"), "segments": array(_SEGMENT, limits.CHART_SEGMENTS)},
            ("segments",),
        ),
        **{name: _xy_chart(name) for name in ("line", "bar", "area")},
    }
)

# Tasks

_SOURCE: Final = record(
    {"type": one_of("url"), "url": web_address(limits.BUTTON_URL), "text": _LONG}, ("url",)
)


def _pending_inside_plan(value: Mapping[str, Any], at: str, ctx: Context) -> Iterator[Problem]:
    if value.get("status") == "pending" and ctx.parent != "plan":
        yield problem("pending is allowed inside a plan only", child(at, "status"), ctx)


_TASK_CARD: Final = _block(
    "task_card",
    {
        "task_id": _ID,
        "title": _LONG,
        "status": one_of("pending", "in_progress", "complete", "error"),
        "details": RICH_TEXT,
        "output": RICH_TEXT,
        "sources": array(_SOURCE, 100, 0),
    },
    ("task_id", "title", "status"),
    (_pending_inside_plan,),
)


def _inside(parent: str, check: Check) -> Check:
    return lambda value, at, ctx: check(value, at, Context(ctx.surface, ctx.code, parent))


_CARD: Final = _block(
    "card",
    {
        "hero_image": IMAGE_ELEMENT,
        "icon": IMAGE_ELEMENT,
        "title": mark(limits.CARD_TITLE),
        "subtitle": mark(limits.CARD_SUBTITLE),
        "body": mark(limits.CARD_BODY),
        "subtext": mark(limits.CARD_SUBTEXT),
        "actions": array(kind_of({"button": BUTTON}), limits.CARD_ACTIONS),
    },
    (),
    (either("hero_image", "title", "body", "actions"),),
)


def _refused(value: Any, at: str, ctx: Context) -> Iterator[Problem]:
    yield problem("file blocks cannot be sent", child(at, "type"), ctx)


def _divider_or_collapsible(value: Mapping[str, Any], at: str, ctx: Context) -> Iterator[Problem]:
    collapsible = value.get("is_collapsible")
    if value.get("default_collapsed") and not collapsible:
        yield problem(
            "default_collapsed requires is_collapsible", child(at, "default_collapsed"), ctx
        )
    if value.get("has_header_divider") and collapsible:
        yield problem(
            "has_header_divider is not allowed when collapsible",
            child(at, "has_header_divider"),
            ctx,
        )


_BASE: Final[dict[str, Check]] = {
    "actions": _block(
        "actions",
        {"elements": array(kind_of(ACTION_ELEMENTS), limits.ACTIONS_ELEMENTS)},
        ("elements",),
    ),
    "alert": _block(
        "alert",
        {
            "text": mark(limits.ALERT_TEXT),
            "level": one_of("default", "info", "warning", "error", "success"),
        },
        ("text",),
    ),
    "card": _CARD,
    "carousel": _block(
        "carousel",
        {"elements": array(kind_of({"card": _CARD}), limits.CAROUSEL_CARDS)},
        ("elements",),
    ),
    "context": _block(
        "context",
        {
            "elements": array(
                kind_of(
                    {
                        "image": IMAGE_ELEMENT,
                        **dict.fromkeys(("plain_text", "mrkdwn"), mark(limits.CONTEXT_TEXT)),
                    }
                ),
                limits.CONTEXT_ELEMENTS,
            )
        },
        ("elements",),
    ),
    "context_actions": _block(
        "context_actions",
        {"elements": array(kind_of(CONTEXT_ACTION_ELEMENTS), limits.CONTEXT_ACTIONS_ELEMENTS)},
        ("elements",),
    ),
    "data_table": _block(
        "data_table",
        {
            "caption": _LONG,
            "rows": array(array(_CELL, limits.DATA_TABLE_COLUMNS), limits.DATA_TABLE_ROWS, least=2),
            "page_size": integer(1, limits.DATA_TABLE_PAGE),
            "row_header_column_index": integer(0, limits.DATA_TABLE_COLUMNS - 1),
        },
        ("caption", "rows"),
        (_rectangular_with_header,),
    ),
    "data_visualization": _block(
        "data_visualization",
        {"title": string(limits.CHART_TITLE), "chart": _CHART},
        ("title", "chart"),
    ),
    "divider": _block("divider", {}),
    "file": _refused,
    "header": _block("header", {"text": plain(limits.HEADER_TEXT)}, ("text",)),
    "image": IMAGE_BLOCK,
    "input": _block(
        "input",
        {
            "label": plain(limits.INPUT_LABEL),
            "element": kind_of(INPUT_ELEMENTS),
            "hint": plain(limits.INPUT_HINT),
            "optional": boolean,
            "dispatch_action": boolean,
        },
        ("label", "element"),
        (_submit_only_in_modals,),
    ),
    "markdown": _block("markdown", {"text": string(limits.MARKDOWN_CHARACTERS)}, ("text",)),
    "plan": _block(
        "plan",
        {
            "title": _LONG,
            "tasks": array(kind_of({"task_card": _inside("plan", _TASK_CARD)}), limits.PLAN_TASKS),
        },
        ("title",),
    ),
    "rich_text": RICH_TEXT,
    "section": _block(
        "section",
        {
            "text": mark(limits.SECTION_TEXT),
            "fields": array(mark(limits.SECTION_FIELD), limits.SECTION_FIELDS),
            "accessory": kind_of({**ACTION_ELEMENTS, "image": IMAGE_ELEMENT}),
            "expand": boolean,
        },
        (),
        (either("text", "fields"),),
    ),
    "table": _block(
        "table",
        {
            "rows": array(array(_CELL, limits.TABLE_COLUMNS), limits.TABLE_ROWS),
            "column_settings": array(_nullable(_COLUMN), limits.TABLE_COLUMNS, 0),
        },
        ("rows",),
    ),
    "task_card": _TASK_CARD,
    "video": _block(
        "video",
        {
            "alt_text": string(limits.IMAGE_ALT),
            "title": plain(limits.VIDEO_TITLE),
            "video_url": web_address(limits.IMAGE_URL),
            "thumbnail_url": web_address(limits.IMAGE_URL),
            "title_url": web_address(limits.IMAGE_URL),
            "description": plain(limits.SECTION_TEXT),
            "provider_icon_url": web_address(limits.IMAGE_URL),
            "provider_name": _LONG,
            "author_name": string(limits.VIDEO_AUTHOR),
        },
        ("alt_text", "title", "video_url", "thumbnail_url"),
    ),
}

_NOT_IN_CONTAINER: Final = {"card", "carousel", "data_table", "container", "alert"}
_CONTAINER: Final = _block(
    "container",
    {
        "title": plain(limits.CONTAINER_TITLE),
        "rich_text_title": RICH_TEXT,
        "subtitle": mark(limits.CONTAINER_SUBTITLE),
        "icon": IMAGE_ELEMENT,
        "child_blocks": array(
            kind_of({k: check for k, check in _BASE.items() if k not in _NOT_IN_CONTAINER}),
            limits.CONTAINER_BLOCKS,
        ),
        "width": one_of("narrow", "standard", "wide", "full"),
        "is_collapsible": boolean,
        "default_collapsed": boolean,
        "has_header_divider": boolean,
    },
    ("child_blocks",),
    (either("title", "rich_text_title"), _divider_or_collapsible),
)

BLOCKS: Final[dict[str, Check]] = {**_BASE, "container": _CONTAINER}
"""The check of every kind of block."""

_ONLY: Final[dict[str, tuple[Surface, ...]]] = {
    "alert": ("modal",),
    "card": ("message", "home"),
    "carousel": ("message", "home"),
    "container": ("message",),
    "context_actions": ("message",),
    "data_table": ("message", "home"),
    "data_visualization": ("message", "home"),
    "markdown": ("message",),
    "plan": ("message",),
    "table": ("message", "home"),
    "task_card": ("message",),
}


def block_on(surface: Surface) -> Check:
    """The check of any block that may stand on `surface`."""
    allowed = {
        name: check for name, check in BLOCKS.items() if surface in _ONLY.get(name, (surface,))
    }
    return kind_of(allowed)
