"""Builders of Block Kit that keep Slack's limits whatever is put in.

Text goes in as ``Mrkdwn`` (escaped by type) or, where Slack takes plain text only, as any string,
which is cleaned and bounded here. A builder shortens or leaves out; it never raises over content.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from handlers.reply import Block, Message
from handlers.views import limits
from handlers.views.escape import Mrkdwn, clip, is_web_address, plain
from handlers.views.numbers import number

Style = Literal["primary", "danger"]
Element = dict[str, Any]


def _plain(text: object, limit: int) -> Element:
    return {"type": "plain_text", "text": plain(text, limit), "emoji": False}


def _marked(text: Mrkdwn, limit: int) -> Element:
    # verbatim: no link, channel or name is recognised that was not written as one.
    return {"type": "mrkdwn", "text": clip(text, limit) or "–", "verbatim": True}


def header(text: object) -> Block:
    """The message's headline: plain text, no emoji."""
    return {"type": "header", "text": _plain(text, limits.HEADER_TEXT)}


def section(text: Mrkdwn, *, accessory: Element | None = None) -> Block:
    """A paragraph, with at most one element at its side."""
    block: Block = {"type": "section", "text": _marked(text, limits.SECTION_TEXT)}
    if accessory is not None:
        block["accessory"] = accessory
    return block


def fields(texts: Iterable[Mrkdwn]) -> Block | None:
    """Short texts in two columns; none of them, no block; those beyond Slack's ten are left out."""
    shown = [text for text in texts if text][: limits.SECTION_FIELDS]
    if not shown:
        return None
    return {"type": "section", "fields": [_marked(text, limits.SECTION_FIELD) for text in shown]}


def context(*texts: Mrkdwn) -> Block:
    """Small print."""
    shown = [text for text in texts if text][: limits.CONTEXT_ELEMENTS] or [Mrkdwn("–")]
    return {"type": "context", "elements": [_marked(text, limits.CONTEXT_TEXT) for text in shown]}


def divider() -> Block:
    """A line."""
    return {"type": "divider"}


def image(name: str, alt: object, *, title: object = "") -> Block:
    """The place of a picture of the message (see ``reply.Message``)."""
    block: Block = {
        "type": "image",
        "slack_file": {"name": name},
        "alt_text": plain(alt, limits.IMAGE_ALT),
    }
    if title:
        block["title"] = _plain(title, limits.IMAGE_TITLE)
    return block


def actions(elements: Iterable[Element | None], *, block_id: str | None = None) -> Block | None:
    """Buttons and selects in a row; ``None`` entries are left out."""
    shown = [element for element in elements if element is not None][: limits.ACTIONS_ELEMENTS]
    if not shown:
        return None
    block: Block = {"type": "actions", "elements": shown}
    if block_id:
        block["block_id"] = block_id[: limits.BLOCK_ID]
    return block


def confirm(title: str, text: Mrkdwn, yes: str, no: str = "Cancel", *, danger: bool = False) -> Any:
    """The question before something that cannot be taken back."""
    asked: Element = {
        "title": _plain(title, limits.CONFIRM_TITLE),
        "text": _marked(text, limits.CONFIRM_TEXT),
        "confirm": _plain(yes, limits.CONFIRM_BUTTON),
        "deny": _plain(no, limits.CONFIRM_BUTTON),
    }
    return {**asked, "style": "danger"} if danger else asked


def button(
    text: str,
    action_id: str,
    value: str = "",
    *,
    style: Style | None = None,
    confirm: Element | None = None,
    label: str = "",
) -> Element | None:
    """A button; none where its value cannot be sent whole, because half a value is a wrong value.

    Args:
        text: Title Case, no emoji.
        action_id: Stable: what the click is routed by.
        value: What the click is about.
        style: At most one primary button a message.
        confirm: A question first, see ``confirm``.
        label: What screen readers say, where ``text`` alone does not tell.
    """
    if len(value) > limits.BUTTON_VALUE or not _sendable(value):
        return None
    element: Element = {
        "type": "button",
        "text": _plain(text, limits.BUTTON_TEXT),
        "action_id": action_id[: limits.ACTION_ID],
    }
    extras = {"value": value, "style": style, "confirm": confirm}
    element |= {key: extra for key, extra in extras.items() if extra}
    if label:
        element["accessibility_label"] = plain(label, limits.ACCESSIBILITY_LABEL)
    return element


def _sendable(value: str) -> bool:
    """Whether a text can be sent at all: a lone surrogate cannot."""
    return value.encode("utf-8", "ignore").decode() == value


def link_button(text: str, url: str | None, action_id: str) -> Element | None:
    """A button that opens a web page; none where there is no proper address."""
    if not is_web_address(url, limits.BUTTON_URL):
        return None
    return {
        "type": "button",
        "text": _plain(text, limits.BUTTON_TEXT),
        "url": url,
        "action_id": action_id[: limits.ACTION_ID],
    }


def container(
    title: object, children: Sequence[Block], *, subtitle: Mrkdwn | None = None
) -> Block | None:
    """Evidence that unfolds on a click; closed at first."""
    if not children:
        return None
    block: Block = {
        "type": "container",
        "title": _plain(title, limits.CONTAINER_TITLE),
        "child_blocks": list(children[: limits.CONTAINER_BLOCKS]),
        "is_collapsible": True,
        "default_collapsed": True,
    }
    if subtitle:
        block["subtitle"] = _marked(subtitle, limits.CONTAINER_SUBTITLE)
    return block


@dataclass(frozen=True, slots=True)
class Linked:
    """A cell whose text is a link, where there is a proper address; it sorts by its text."""

    text: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Sized:
    """A cell that sorts by a number and says it in words, such as an age."""

    value: float
    text: str


Cell = str | float | int | Linked | Sized | None


def data_table(
    caption: object,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    page: int = limits.DATA_TABLE_PAGE_DEFAULT,
    head: int = 0,
    characters: int = limits.DATA_TABLE_CHARACTERS - 200,
) -> Block:
    """A table that readers sort and page; numbers sort as numbers.

    Rows that Slack would not take, by their count or their characters, are left out from the end;
    the caption must say how many there are in all.

    Args:
        caption: What the table holds.
        columns: Their names.
        rows: A cell a column.
        page: Rows shown at once.
        head: Which column names its row, for screen readers.
        characters: In all cells together.
    """
    names = [plain(name, 80) for name in columns[: limits.DATA_TABLE_COLUMNS]]
    table = [[{"type": "raw_text", "text": name} for name in names]]
    left = characters - sum(map(len, names))
    for row in rows[: limits.DATA_TABLE_ROWS - 1]:
        padded = [*row[: len(names)], *[None] * (len(names) - len(row))]
        cells = [_cell(value) for value in padded]
        left -= _characters(cells)
        if left < 0:
            break
        table.append(cells)
    if len(table) == 1:
        table.append([_cell(None) for _ in names])
    block: Block = {"type": "data_table", "caption": plain(caption, 200), "rows": table}
    if page != limits.DATA_TABLE_PAGE_DEFAULT:
        block["page_size"] = max(1, min(page, limits.DATA_TABLE_PAGE))
    if head:
        block["row_header_column_index"] = head
    return block


def _cell(value: Cell) -> Element:
    if isinstance(value, Sized):
        return {"type": "raw_number", "value": value.value, "text": plain(value.text, 200)}
    if isinstance(value, Linked):
        if not is_web_address(value.url, limits.BUTTON_URL):
            return _cell(value.text)
        link = {"type": "link", "url": value.url, "text": plain(value.text, 200)}
        line = {"type": "rich_text_section", "elements": [link]}
        return {"type": "rich_text", "elements": [line]}
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return {"type": "raw_number", "value": value, "text": number(float(value))}
    return {"type": "raw_text", "text": plain("" if value is None else value, 200)}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a native chart: a value, or ``None``, for each category."""

    name: str
    values: Sequence[float | None]


def data_visualization(
    title: object,
    categories: Sequence[str],
    lines: Sequence[Line],
    *,
    kind: Literal["line", "bar", "area"] = "line",
    x_label: str = "",
    y_label: str = "",
) -> Block | None:
    """Slack's own chart, for small series; none where nothing finite is left to draw.

    A category without a finite value in every line is dropped (Slack refuses it); the caller says
    so in text. More than twenty categories must be aggregated before, they are not cut here.
    """
    shown = lines[: limits.CHART_SERIES]
    keep = (
        [
            index
            for index in range(min(len(categories), *(len(line.values) for line in shown)))
            if all(_finite(line.values[index]) for line in shown)
        ]
        if shown
        else []
    )
    labels = _distinct([plain(categories[index], limits.CHART_LABEL) for index in keep])
    if not keep or len(keep) > limits.CHART_POINTS:
        return None
    names = _distinct([plain(line.name, limits.CHART_LABEL) for line in shown])
    series = [
        {
            "name": name,
            "data": [
                {"label": label, "value": line.values[index]}
                for label, index in zip(labels, keep, strict=True)
            ],
        }
        for name, line in zip(names, shown, strict=True)
    ]
    axes: Element = {"categories": labels}
    axes |= {
        key: plain(label, limits.CHART_AXIS_LABEL)
        for key, label in (("x_label", x_label), ("y_label", y_label))
        if label
    }
    chart = {"type": kind, "series": series, "axis_config": axes}
    return {
        "type": "data_visualization",
        "title": plain(title, limits.CHART_TITLE),
        "chart": chart,
    }


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, made different from each other within the label's limit."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        number = seen[name] = seen.get(name, 0) + 1
        tail = f" {number}" if number > 1 else ""
        result.append(name[: limits.CHART_LABEL - len(tail)] + tail)
    return result


# The whole message

_NEWER = frozenset({"container", "context_actions", "data_table", "data_visualization", "table"})


def only(blocks: Iterable[Block | None]) -> list[Block]:
    """The blocks that are there."""
    return [block for block in blocks if block is not None]


def weight(blocks: Sequence[Block]) -> int:
    """What the blocks take of Slack's limit on a whole message (an upper estimate)."""
    return _characters(blocks) + limits.MESSAGE_BLOCK_COST * max(0, len(blocks) - 1)


def fits(blocks: Sequence[Block]) -> bool:
    """Whether Slack takes these blocks as one message, by our own stricter limit."""
    return len(blocks) <= limits.MESSAGE_BLOCKS and weight(blocks) < limits.MESSAGE_CHARACTERS_SAFE


def first_that_fits(candidates: Iterable[Sequence[Block]]) -> tuple[Block, ...]:
    """The first candidate that fits; of the last one, as many blocks as fit.

    Candidates come in falling order of detail: what matters least has gone first.
    """
    last: Sequence[Block] = ()
    for last in candidates:
        if fits(last):
            return tuple(last)
    while last and not fits(last):
        last = last[:-1]
    return tuple(last)


def message(
    text: Mrkdwn, blocks: Sequence[Block], plainer: Sequence[Block] | None = None, **extra: Any
) -> Message:
    """A message, its plainer twin included where it has blocks that a workspace may not know."""
    short = Mrkdwn(clip(text, limits.SECTION_TEXT))
    newer = any(block["type"] in _NEWER for block in blocks)
    twin = None
    if newer:
        old = tuple(plainer) if plainer is not None else tuple(unfolded(blocks))
        twin = Message(short, old, **extra)
    return Message(short, tuple(blocks), plainer=twin, **extra)


def unfolded(blocks: Sequence[Block]) -> Iterable[Block]:
    """The same content without containers, tables and charts, as far as a message can hold it."""
    kept: list[Block] = []
    for block in blocks:
        if block["type"] == "container":
            kept += block["child_blocks"]
        elif block["type"] not in _NEWER:
            kept.append(block)
    return kept[: limits.MESSAGE_BLOCKS]


def _characters(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(
            _characters(member)
            for key, member in value.items()
            if key not in {"type", "action_id", "block_id", "value", "url", "slack_file"}
        )
    if isinstance(value, Sequence):
        return sum(_characters(member) for member in value)
    return 0
