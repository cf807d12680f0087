"""Logs: one JSON object a line (or text), with the request's id, and without secrets."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from analysis.redact import redact
from bot.settings import Log

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered; stands in each of its log lines."""

_CHATTY = (
    "aiohttp.access",
    "aiosqlite",
    "alembic",
    "dbos",
    "matplotlib",
    "slack_bolt",
    "slack_sdk",
)
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Time, level, logger, message, request id, and whatever ``extra`` held."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON, redacted."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if request_id.get():
            line["request"] = request_id.get()
        for name, value in vars(record).items():
            if name not in _OWN:
                line[name] = value if isinstance(value, int | float) else redact(str(value))
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """The same for people."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, or more with a traceback, redacted."""
        moment = datetime.fromtimestamp(record.created, UTC)
        ident = f" [{request_id.get()}]" if request_id.get() else ""
        text = f"{moment:%H:%M:%S} {record.levelname.lower():<7} {record.name}{ident}: "
        text += record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return redact(text)


def _errors_only(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


def set_up(log: Log) -> None:
    """Sends all loggers to standard error in the chosen form; chatty libraries from warning on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log.format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log.level.upper())
    # Its warnings quote payloads. A filter, since Bolt sets the level anew for each app.
    logging.getLogger("slack_bolt.AsyncApp").addFilter(_errors_only)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
