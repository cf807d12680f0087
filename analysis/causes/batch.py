"""`why --batch`: a JSON line in, a JSON line out, in order; a bad line never stops the rest."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from analysis.causes.diagnose import diagnose
from analysis.causes.report import WhyReport
from analysis.causes.text import Log


class BatchLine(BaseModel):
    """One line of the input.

    Attributes:
        id: Comes back with the answer.
        file: Path of the log.
        exit_code: Of the run, if known.
        state: W&B's state, if known.
        config: The run's config, if known.
    """

    model_config = ConfigDict(extra="ignore")

    id: str | int | None = None
    file: Path
    exit_code: int | None = None
    state: str | None = None
    config: dict[str, object] | None = None


def why_batch(lines: Iterable[str]) -> Iterator[str]:
    """Answer each line of `lines` (`{"id", "file", "exit_code"}`) with a line, in order.

    An empty line is skipped. A line that cannot be answered gives
    `{"schema_version", "id", "error"}`. At most a few megabytes of a file are read.
    """
    for line in lines:
        if line.strip():
            yield json.dumps(_answer(line), ensure_ascii=False, allow_nan=False)


def _answer(line: str) -> dict[str, object]:
    try:
        raw: object = json.loads(line)
    except (ValueError, RecursionError):
        return _error(None, "this line is not JSON")
    given = raw.get("id") if isinstance(raw, dict) else None
    known = given if isinstance(given, str | int | float) else None
    try:
        asked = BatchLine.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the line"
        return _error(known, f"{field}: {first['msg']}")
    try:
        log = Log.read(asked.file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "bad path"
        return _error(known, f"the file cannot be read: {reason}")
    report = WhyReport.of(
        diagnose(log, exit_code=asked.exit_code, state=asked.state, config=asked.config)
    )
    return {"id": known, **report.model_dump(mode="json")}


def _error(known: object, text: str) -> dict[str, object]:
    return {"schema_version": 1, "id": known, "error": text}
