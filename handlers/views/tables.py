"""Native tables, each with a twin in fixed-width text for workspaces that do not know them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handlers.reply import Block
from handlers.views import limits
from handlers.views.blocks import section
from handlers.views.escape import Mrkdwn, plain

# A fence cannot be escaped inside code: a letter that looks alike takes the backtick's place.
_LITERAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "\u02cb"})
_CELL = 120
_FIXED_CELL = 26


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell; what is ``strong`` is bold in a native table and marked in fixed-width text."""

    text: str
    strong: bool = False


Row = Sequence[Cell | str]


def table(rows: Sequence[Row], *, numbers: int = 0) -> Block:
    """A native table; the first row is its head.

    Rows that Slack would not take, by their count or their characters, are left out from the end.

    Args:
        rows: The head first.
        numbers: How many of the last columns hold numbers, which stand on the right.
    """
    shown: list[list[dict[str, Any]]] = []
    left = limits.TABLE_CHARACTERS
    for index, row in enumerate(rows[: limits.TABLE_ROWS]):
        cells = [_cell(cell, bold=index == 0) for cell in row[: limits.TABLE_COLUMNS]]
        left -= sum(map(_length, row))
        if left < 0 and shown:
            break
        shown.append(cells)
    columns = len(shown[0])
    return {
        "type": "table",
        "rows": shown,
        "column_settings": [
            {"align": "right"} if place >= columns - numbers else {"is_wrapped": True}
            for place in range(columns)
        ],
    }


def fixed(rows: Sequence[Row], mark: str = "✓") -> Block:
    """The same table as fixed-width text; a strong cell below the head carries a mark."""
    texts = [
        [_fixed(cell, mark if index else "") for cell in row] for index, row in enumerate(rows)
    ]
    columns = max((len(row) for row in texts), default=0)
    widths = [
        max((len(row[k]) for row in texts if k < len(row)), default=0) for k in range(columns)
    ]
    lines = [
        "  ".join(
            text.ljust(width) if k == 0 else text.rjust(width)
            for k, (text, width) in enumerate(zip(row, widths, strict=False))
        ).rstrip()
        for row in texts
    ]
    return quoted("\n".join(lines))


def preformatted(text: str, limit: int = 3_000) -> Block:
    """Text as it stands, in fixed width, as rich text: nothing in it is mark-up.

    Only for messages that are never edited afterwards: Slack refuses to turn a message that holds
    rich text into one that does not begin with it (``block_mismatch``). Else see ``quoted``.
    """
    kept = _as_it_stands(text)[:limit] or " "
    literal = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": kept}]}
    return {"type": "rich_text", "elements": [literal]}


def quoted(text: str, limit: int = 2_800) -> Block:
    """Text in fixed width as mark-up: for messages that are edited in place."""
    lines: list[str] = []
    left = limit
    for line in _as_it_stands(text).split("\n"):
        shown = line.translate(_LITERAL)
        left -= len(shown) + 1
        if left < 0:
            break
        lines.append(shown)
    return section(Mrkdwn("```\n" + "\n".join(lines or [" "]) + "\n```"))


def _as_it_stands(text: str) -> str:
    """Each line cleaned of what is invisible; runs of blanks, which hold columns apart, stay."""
    return "\n".join(_line(raw) for raw in text.split("\n"))


def _line(raw: str) -> str:
    cleaned = plain(raw, 400, empty=" ")
    same = " ".join(raw.split()) == cleaned
    return raw.rstrip()[:400] if same and raw.isprintable() else cleaned


def _cell(cell: Cell | str, *, bold: bool) -> dict[str, Any]:
    text = plain(cell.text if isinstance(cell, Cell) else cell, _CELL)
    strong = bold or (isinstance(cell, Cell) and cell.strong)
    if not strong:
        return {"type": "raw_text", "text": text}
    styled = {"type": "text", "text": text, "style": {"bold": True}}
    section = {"type": "rich_text_section", "elements": [styled]}
    return {"type": "rich_text", "elements": [section]}


def _fixed(cell: Cell | str, mark: str) -> str:
    text = plain(cell.text if isinstance(cell, Cell) else cell, _FIXED_CELL + 2)
    return f"{text} {mark}" if mark and isinstance(cell, Cell) and cell.strong else text


def _length(cell: Cell | str) -> int:
    return min(_CELL, len(cell.text if isinstance(cell, Cell) else cell))
