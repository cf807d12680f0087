"""What Slack can answer instead of doing what it was asked.

::

    SlackProblem
    ├── SlowDown      429: wait ``retry_after_s``; nothing was done
    ├── Unsure        the answer was lost: it may have been done
    ├── Refused       it will never be done like this (``code`` says why)
    │   ├── Unreachable   the channel is gone, archived, or the app is not in it
    │   ├── NoSuchMessage the message or its parent was deleted
    │   ├── BadBlocks     this workspace does not know a block, or a limit was crossed
    │   └── Unauthorized  the token was revoked or lacks a scope
    └── CannotTell    a look-up that got no answer
"""

from typing import ClassVar


class SlackProblem(Exception):
    """Base of all; ``code`` is Slack's own word for it."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail


class SlowDown(SlackProblem):
    """Slack asks for patience."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("ratelimited", f"retry after {retry_after_s:g} s")
        self.retry_after_s = retry_after_s


class Unsure(SlackProblem):
    """The connection broke after the request was sent: it may have been carried out."""


class CannotTell(SlackProblem):
    """Slack gave no answer to a look-up."""


class Refused(SlackProblem):
    """Slack will not do this, however often it is asked."""

    codes: ClassVar[frozenset[str]] = frozenset()


class Unreachable(Refused):
    """The conversation is gone, archived, or closed to the app."""

    codes = frozenset(
        {
            "channel_not_found",
            "not_in_channel",
            "is_archived",
            "restricted_action",
            "user_not_found",
        }
    )


class NoSuchMessage(Refused):
    """The message is not there (any more)."""

    codes = frozenset({"message_not_found", "thread_not_found", "invalid_thread_ts"})


class BadBlocks(Refused):
    """The workspace does not take these blocks."""

    codes = frozenset(
        {
            "invalid_blocks",
            "invalid_blocks_format",
            "invalid_attachments",
            "msg_blocks_too_long",
            "msg_too_long",
            "no_text",
        }
    )


class Unauthorized(Refused):
    """The token was revoked, or a scope is missing."""

    codes = frozenset(
        {
            "invalid_auth",
            "not_authed",
            "account_inactive",
            "token_revoked",
            "token_expired",
            "missing_scope",
            "no_permission",
        }
    )


def refused(code: str, detail: str = "") -> Refused:
    """The narrowest class that lists ``code``."""
    for kind in Refused.__subclasses__():
        if code in kind.codes:
            return kind(code, detail)
    return Refused(code, detail)
