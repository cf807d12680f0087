"""Logs: a line of JSON each, with the request's id, and never a secret."""

import json
import logging
import sys

from bot.logs import JsonFormatter, TextFormatter, request_id

KEY = "0123456789abcdef0123456789abcdef01234567"


def _record(message: str, **more: object) -> logging.LogRecord:
    record = logging.LogRecord("bot.x", logging.WARNING, "x.py", 1, message, None, None)
    vars(record).update(more)
    return record


def test_a_line_is_one_json_object_with_the_requests_id() -> None:
    """So that a request can be followed through a log."""
    token = request_id.set("ab12")
    try:
        line = json.loads(JsonFormatter().format(_record("fetched\ntwice", run="a/b/c", rows=3)))
    finally:
        request_id.reset(token)
    assert line["request"] == "ab12"
    assert line["message"] == "fetched\ntwice"
    assert (line["run"], line["rows"], line["level"]) == ("a/b/c", 3, "warning")


def test_secrets_never_reach_a_log_in_either_form() -> None:
    """Not in the message, not in extra fields, not in a traceback."""
    error = None
    try:
        int(f"WANDB_API_KEY={KEY}")
    except ValueError:
        error = sys.exc_info()
    record = _record("token xoxb-123456789012-abcdefghijkl", key=f"api_key={KEY}", exc_info=error)
    for formatter in (JsonFormatter(), TextFormatter()):
        text = formatter.format(record)
        assert KEY not in text
        assert "xoxb-123456789012" not in text
        assert "ValueError" in text
