"""The modal behind “Compare with…”: which runs, by which axis."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from analysis.run import Run
from handlers.views import limits
from handlers.views.escape import plain
from handlers.views.words import STATE

SUBMIT: Final = "compare.with"
RUNS: Final = "compare.runs"
AXIS: Final = "compare.axis"
_MOST: Final = 7  # with the run itself eight sides
_AXES: Final = {
    "fair": "What is fair (tokens where batches differ)",
    "step": "Steps",
    "tokens": "Tokens or samples",
    "time": "Time",
}


def modal(name: str, private: Mapping[str, Any]) -> dict[str, Any]:
    """The modal for one run.

    Args:
        name: What it is called.
        private: What its submission needs to know (``request.opened_at``).
    """
    return {
        "type": "modal",
        "callback_id": SUBMIT,
        "title": _text("Compare With", limits.VIEW_TITLE),
        "submit": _text("Compare", limits.VIEW_BUTTON),
        "close": _text("Cancel", limits.VIEW_BUTTON),
        "private_metadata": json.dumps(dict(private))[: limits.PRIVATE_METADATA],
        "blocks": [
            {
                "type": "input",
                "block_id": RUNS,
                "label": _text(f"Set {name} against", limits.INPUT_LABEL),
                "hint": _text("The newest runs of its project; type to search by name or id.", 200),
                "element": {
                    "type": "multi_external_select",
                    "action_id": RUNS,
                    "placeholder": _text("Choose runs", limits.PLACEHOLDER),
                    "min_query_length": 0,
                    "max_selected_items": _MOST,
                    "focus_on_load": True,
                },
            },
            axis_input(),
        ],
    }


def axis_input() -> dict[str, Any]:
    """The list of axes at which runs can be compared."""
    return {
        "type": "input",
        "block_id": AXIS,
        "label": _text("At equal", limits.INPUT_LABEL),
        "element": {
            "type": "static_select",
            "action_id": AXIS,
            "initial_option": _option("fair", _AXES["fair"]),
            "options": [_option(value, text) for value, text in _AXES.items()],
        },
    }


def choices(runs: Sequence[Run]) -> dict[str, Any]:
    """The options of the run list; a run whose path Slack could not hold is left out."""
    options = [
        _option(
            run.ref.path,
            run.name or run.ref.id,
            f"{STATE[run.state].text} · {run.ref.id}" + (f" · {run.user}" if run.user else ""),
        )
        for run in runs
        if len(run.ref.path) <= limits.OPTION_VALUE
    ]
    return {"options": options[: limits.SELECT_OPTIONS]}


def chosen(state: Mapping[str, Any]) -> tuple[tuple[str, ...], str | None]:
    """The runs' paths and the axis of a submitted modal."""
    picked = ((state.get(RUNS) or {}).get(RUNS) or {}).get("selected_options") or ()
    axis = (((state.get(AXIS) or {}).get(AXIS) or {}).get("selected_option") or {}).get("value")
    paths = tuple(str(option.get("value") or "") for option in picked)
    return tuple(path for path in paths if path), axis if axis in {
        "step",
        "tokens",
        "time",
    } else None


def _option(value: str, text: str, description: str = "") -> dict[str, Any]:
    option: dict[str, Any] = {"text": _text(text, limits.OPTION_TEXT), "value": value}
    if description:
        option["description"] = _text(description, limits.OPTION_DESCRIPTION)
    return option


def _text(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": plain(text, limit), "emoji": False}
