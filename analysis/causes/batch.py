"""`why --batch`: a JSON line in, a JSON line out, in order; a bad line never stops the rest."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from analysis.causes.diagnose import diagnose
from analysis.causes.report import WhyReport, finite_json
from analysis.causes.text import Log


class BatchLine(BaseModel):
    """One line of the input.

    Attributes:
        file: Path of the log.
        exit_code: Of the run, if known.
        state: W&B's state, if known.
        config: The run's config, if known.
    """

    model_config = ConfigDict(extra="ignore")

    file: Path
    exit_code: int | None = None
    state: str | None = None
    config: dict[str, object] | None = None


def why_batch(lines: Iterable[str]) -> Iterator[str]:
    """Answer each line of `lines` (`{"id", "file", "exit_code"}`) with a line, in order.

    An empty line is skipped. A line that cannot be answered has the same fields as any other:
    the cause is `unknown`, what is not known is `null` or empty, and `error` says why in a
    sentence. At most a few megabytes of a file are read. The lines are ASCII, so that every `id`
    comes back as it was, also one that the terminal could not write.
    """
    for line in lines:
        if line.strip():
            yield json.dumps(_answer(line), allow_nan=False)


def _answer(line: str) -> dict[str, object]:
    try:
        raw: object = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return _unanswered(None, "This line is not JSON.")
    known = finite_json(raw.get("id")) if isinstance(raw, dict) else None
    try:
        asked = BatchLine.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the line"
        return _unanswered(known, f"In {field}: {first['msg'].rstrip('.')}.")
    try:
        log = Log.read(asked.file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "bad path"
        return _unanswered(known, f"The file cannot be read: {reason}.")
    report = WhyReport.of(
        diagnose(log, exit_code=asked.exit_code, state=asked.state, config=asked.config)
    )
    return {"id": known, **report.model_dump(mode="json")}


def _unanswered(known: object, error: str) -> dict[str, object]:
    """The fields of `why` where nothing could be looked at."""
    report = WhyReport(cause="unknown", confidence="low", confidence_value=0, sentence=error)
    return {"id": known, **report.model_dump(mode="json"), "error": error}
