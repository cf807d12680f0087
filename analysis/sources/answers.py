"""From an HTTP answer of W&B to data, or to the error that it stands for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from analysis.errors import (
    AnalysisError,
    BadResponse,
    FieldUnknown,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    QueryRefused,
    RateLimited,
    ServerFailed,
)
from analysis.redact import redact
from analysis.refs import shorten
from analysis.sources.values import parse_json

# As W&B's own core: these are final, every other status of 400 and more is worth another try.
FINAL = frozenset({400, 401, 403, 404, 409, 410, 413, 422, 501})

# What GraphQL servers (graphql-js, gqlgen, graphql-core) say of a query that their schema lacks.
_UNKNOWN = re.compile(
    r"cannot query field|unknown argument|unknown type|is not defined by type|"
    r"unknown directive|no such field",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"permission denied|forbidden|not authori[sz]ed|unauthori[sz]ed", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the data, and the errors beside it.

    Attributes:
        data: by field (or alias); a field that failed is ``None``.
        errors: GraphQL's errors; empty when all is well.
    """

    data: Mapping[str, Any]
    errors: Sequence[Mapping[str, Any]] = ()

    def error_at(self, *path: str) -> AnalysisError | None:
        """The error of a field, named by the first parts of its path, where there is one."""
        for error in self.errors:
            where = error.get("path")
            if isinstance(where, list) and [str(part) for part in where[: len(path)]] == list(path):
                return refusal([error])
        return None


def _each_object(found: dict[str, Any]) -> dict[str, Any]:
    """Called for every object: the decoder, which is C, lets go of the interpreter here.

    Without it, decoding megabytes on a thread would hold the event loop all the same.
    """
    return found


def read_answer(body: bytes) -> Answer:
    """Decode the body of an answer with status 200.

    Raises:
        BadResponse: when it is empty, cut off, no JSON, or not GraphQL's.
        QueryRefused: when only errors came (``FieldUnknown`` where the schema lacks a field).
    """
    found = _decoded(body)
    if not isinstance(found, dict):
        raise BadResponse("W&B's answer is not what a W&B server sends.")
    errors = _errors(found)
    data = found.get("data")
    if isinstance(data, dict) and (not errors or any(value is not None for value in data.values())):
        return Answer(data, errors)
    if errors:
        raise refusal(errors)
    raise BadResponse("W&B's answer holds neither data nor an error.")


def failure(status: int, headers: Mapping[str, str], body: bytes, host: str) -> AnalysisError:
    """The error that an answer with another status than 200 stands for."""
    html = _is_html(headers, body)
    if status == 401:
        return NotAuthenticated("W&B refuses the key that is set.")
    if status == 403:
        return NotAllowed("W&B does not let this key read that.", "Ask its owner for access.")
    if status == 429:
        wait = retry_after(headers)
        return RateLimited("W&B asks to slow down (429).", retry_after_s=wait)
    if 300 <= status < 400:
        return BadResponse(
            f"{host} sends its callers elsewhere ({status}).", "Check WANDB_BASE_URL."
        )
    if status == 404 and not html:
        return NotFound("W&B has nothing under that name.", "Check the spelling.")
    if status in (404, 410):
        return BadResponse(f"{host} does not answer as a W&B server.", "Check WANDB_BASE_URL.")
    errors = _errors_of_body(body)
    if errors and status in FINAL:
        return refusal(errors)
    if status >= 500:
        return ServerFailed(f"W&B has a problem of its own ({status}).")
    return BadResponse(f"W&B answered with status {status}.")


def refusal(errors: Sequence[Mapping[str, Any]]) -> AnalysisError:
    """The error that GraphQL's errors stand for, told by the first of them."""
    messages = [str(error.get("message") or "no reason given") for error in errors]
    for message in messages:
        if _UNKNOWN.search(message):
            return FieldUnknown(f"This W&B server lacks a field: {_quoted(message)}")
    if _DENIED.search(messages[0]):
        return NotAllowed("W&B does not let this key read that.", "Ask its owner for access.")
    return QueryRefused(f"W&B refuses the question: {_quoted(messages[0])}")


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait by ``Retry-After`` (seconds or a date), else by ``RateLimit-Reset``."""
    told = headers.get("Retry-After", "").strip()
    if told:
        try:
            return max(0.0, min(float(told), 86_400.0))
        except ValueError:
            pass
        try:
            when = parsedate_to_datetime(told)
        except ValueError:
            return None
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())
    if headers.get("RateLimit-Remaining", "").strip() in ("0", "0.0"):
        try:
            return max(0.0, float(headers.get("RateLimit-Reset", "")))
        except ValueError:
            return None
    return None


def _decoded(body: bytes) -> Any:
    start = body[:200].lstrip()
    if not start:
        raise BadResponse("W&B's answer is empty.")
    if start.startswith(b"<"):
        raise BadResponse(
            "A web page came in place of W&B's answer.",
            "A proxy or a login page may stand between; check WANDB_BASE_URL.",
        )
    try:
        return parse_json(body.decode("utf-8", errors="replace"), object_hook=_each_object)
    except ValueError:
        raise BadResponse("W&B's answer is cut off or garbled.") from None


def _errors(found: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    listed = found.get("errors")
    if isinstance(listed, list):
        return [e if isinstance(e, dict) else {"message": str(e)} for e in listed]
    single = found.get("error")
    return [{"message": str(single)}] if single else []


def _errors_of_body(body: bytes) -> Sequence[Mapping[str, Any]]:
    try:
        found = parse_json(body)
    except ValueError:
        return []
    return _errors(found) if isinstance(found, dict) else []


def _is_html(headers: Mapping[str, str], body: bytes) -> bool:
    return "html" in headers.get("Content-Type", "") or body[:200].lstrip().startswith(b"<")


def _quoted(message: str) -> str:
    return f"“{shorten(redact(message), 160)}”."
