"""The Web API: a function for each method, by family, all in one table."""

from bot.demo.slack.methods import (
    assistant,
    chat,
    conversations,
    files,
    marks,
    people,
    stream,
    views,
)
from bot.demo.slack.methods.table import METHODS, Method, Request

__all__ = [
    "METHODS",
    "Method",
    "Request",
    "assistant",
    "chat",
    "conversations",
    "files",
    "marks",
    "people",
    "stream",
    "views",
]
