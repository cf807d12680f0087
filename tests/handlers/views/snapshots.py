"""What a message or view is held against: Slack's limits, and how it looked when approved."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from handlers.reply import Block, Message
from handlers.views.validate import Problem, validate_message, validate_view

FOLDER = Path(__file__).parent / "snapshots"
UPDATE = "UPDATE_SNAPSHOTS"
"""Set in the environment, what is shown now becomes what is approved: look at the difference."""

View = Mapping[str, Any]


def problems(shown: Message | View) -> list[Problem]:
    """What Slack would not take of it; of a message its plainer twin too."""
    if not isinstance(shown, Message):
        return list(validate_view(dict(shown)))
    found: list[Problem] = []
    for version in (shown, shown.plainer):
        if version is not None:
            blocks = [_uploaded(block) for block in version.blocks]
            found += validate_message({"text": version.text, "blocks": blocks})
    return found


def told(shown: Message | View) -> Any:
    """It as JSON, the plainer twin beside it where there is one."""
    if not isinstance(shown, Message):
        return dict(shown)
    made: dict[str, Any] = {"text": shown.text, "blocks": list(shown.blocks)}
    if shown.plainer is not None:
        made["plainer"] = list(shown.plainer.blocks)
    return made


def approved(name: str, shown: Mapping[str, Message | View]) -> tuple[Any, Any]:
    """What is shown now under each variant's name, and what was approved of the same file."""
    text = json.dumps({key: told(one) for key, one in shown.items()}, indent=1, ensure_ascii=False)
    file = FOLDER / f"{name}.json"
    if os.environ.get(UPDATE):
        file.write_text(text + "\n", encoding="utf-8")
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
    return json.loads(text), kept


def _uploaded(block: Block) -> Block:
    """A picture's place, as it is once the picture was uploaded."""
    if block["type"] != "image":
        return block
    return {**block, "slack_file": {"id": "F1"}}
