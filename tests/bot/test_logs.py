"""Logs: a line of JSON each, with the request's id, and never a secret."""

import json
import logging
import sys

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.logs import JsonFormatter, TextFormatter, request_id
from bot.settings import Log

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


def test_bolts_warnings_which_quote_payloads_are_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though Bolt sets the level of its logger anew for each app."""
    root, own = logging.getLogger(), logging.getLogger("slack_bolt.AsyncApp")
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    monkeypatch.setattr(own, "filters", [])
    levels = {name: logging.getLogger(name).level for name in (None, *logs._CHATTY)}
    try:
        logs.set_up(Log())
        AsyncApp(client=AsyncWebClient(token="xoxb-1"), token="xoxb-1")
        own.error("an error")
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
    shown = capsys.readouterr().err
    assert "an error" in shown
    assert "unused" not in shown
