"""How Slack says no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.views.validate import Problem


class SlackError(Exception):
    """A method refuses; becomes ``{"ok": false, "error": code, …}``."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more

    @property
    def answer(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"ok": False, "error": self.code, **self.more}


def refuse(problems: Sequence[Problem]) -> None:
    """Raise the first code, with all its reasons, if there are any problems."""
    if not problems:
        return
    code = problems[0].code
    reasons = [str(problem) for problem in problems if problem.code == code]
    more: dict[str, Any] = {"response_metadata": {"messages": reasons}}
    if code == "invalid_blocks":
        more["errors"] = [
            f"{problem.message} [json-pointer:{problem.pointer}]"
            for problem in problems
            if problem.code == code
        ]
    raise SlackError(code, **more)
