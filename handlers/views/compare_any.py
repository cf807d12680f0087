"""The form behind the shortcut “Compare runs…”: which runs, by which axis, and where to answer."""

from collections.abc import Mapping
from typing import Any, Final

from handlers.request import WHERE
from handlers.views import compare_with, limits
from handlers.views.escape import plain

SUBMIT: Final = "compare.any"
RUNS: Final = "compare.any_runs"
_MOST: Final = 8


def modal() -> dict[str, Any]:
    """The form; nothing is chosen yet."""
    return {
        "type": "modal",
        "callback_id": SUBMIT,
        "title": _text("Compare Runs", limits.VIEW_TITLE),
        "submit": _text("Compare", limits.VIEW_BUTTON),
        "close": _text("Cancel", limits.VIEW_BUTTON),
        "blocks": [
            {
                "type": "input",
                "block_id": RUNS,
                "label": _text("Runs", limits.INPUT_LABEL),
                "hint": _text("Two or more. Type to search by name, or paste a run's path.", 200),
                "element": {
                    "type": "multi_external_select",
                    "action_id": RUNS,
                    "placeholder": _text("Choose runs", limits.PLACEHOLDER),
                    "min_query_length": 0,
                    "max_selected_items": _MOST,
                    "focus_on_load": True,
                },
            },
            compare_with.axis_input(),
            {
                "type": "input",
                "block_id": WHERE,
                "optional": True,
                "label": _text("Answer in", limits.INPUT_LABEL),
                "hint": _text("Nothing chosen: in your direct messages with me.", 200),
                "element": {
                    "type": "conversations_select",
                    "action_id": WHERE,
                    "default_to_current_conversation": True,
                    "response_url_enabled": True,
                },
            },
        ],
    }


def chosen(state: Mapping[str, Any]) -> tuple[tuple[str, ...], str | None]:
    """The runs' paths and the axis of a submitted form."""
    moved = {**state, compare_with.RUNS: {compare_with.RUNS: (state.get(RUNS) or {}).get(RUNS)}}
    return compare_with.chosen(moved)


def _text(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": plain(text, limit), "emoji": False}
