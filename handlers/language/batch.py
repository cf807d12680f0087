"""Many sentences: JSON objects in, a line each, and what they mean, a line each, in order."""

import json
from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict, ValidationError

from analysis.causes.report import finite_json
from handlers.language.intents import Context, Understanding
from handlers.language.understand import understand


class Line(BaseModel):
    """One line of a batch."""

    model_config = ConfigDict(extra="ignore")

    text: str
    context: Context = Context()


def understand_batch(lines: Iterable[str]) -> Iterator[str]:
    """Understands JSON objects, a line each, and gives a line each, in order.

    Args:
        lines: `{"id", "text", "context"}` each.

    Yields:
        `{"id", "intent", "slots", "confidence"}`; for a bad line `{"id", "error"}`. Empty lines
        give nothing.
    """
    for line in lines:
        if line.strip():
            yield json.dumps(_answer(line), ensure_ascii=True, allow_nan=False)


def _answer(line: str) -> dict[str, object]:
    try:
        data = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return {"id": None, "error": "not a JSON object"}
    name = finite_json(data.get("id")) if isinstance(data, dict) else None
    try:
        parsed = Line.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "line"
        return {"id": name, "error": f"{where}: {first['msg']}"}
    return {"id": name, **as_json(understand(parsed.text, parsed.context))}


def as_json(understood: Understanding) -> dict[str, object]:
    """An understanding as it is printed: absent slots left out."""
    return {
        "intent": understood.intent.value,
        "slots": understood.slots.model_dump(mode="json", exclude_none=True),
        "confidence": round(understood.confidence, 3),
        **({"command": understood.command} if understood.command else {}),
        "notes": list(understood.notes),
    }
