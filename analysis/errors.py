"""What can go wrong with a run's data, each with a sentence that may be shown to anybody.

The tree (catch as wide or as narrow as you like)::

    AnalysisError
    ├── BadRequest             exit 2   the question itself cannot be understood
    │   ├── BadReference                not the name, link or path of a run
    │   └── NotComparable               sides that cannot be set against each other
    ├── NotFound               exit 3
    │   ├── RunNotFound                 no such run, or the key may not see it
    │   ├── ProjectNotFound
    │   └── LogUnreadable               a path on disk that holds no readable run
    ├── AccessError            exit 4
    │   ├── NotAuthenticated            no key, or a key that W&B refuses
    │   └── NotAllowed                  a valid key without the right, or outside the allow-list
    └── SourceUnavailable      exit 5   worth trying again later
        ├── ConnectionFailed            refused, reset, name not resolved
        ├── TimedOut                    no answer within the time allowed
        ├── RateLimited                 429 that outlasted the retries
        ├── ServerFailed                5xx that outlasted the retries
        ├── BadResponse                 not JSON, cut off, or an HTML page
        └── QueryRefused                GraphQL errors in an answer with status 200
            └── FieldUnknown            this server does not know a field: fall back

``sentence`` and ``next_step`` never hold a secret, a traceback or unescaped mark-up of their own;
values that come from outside are quoted in them as plain text and must be escaped where shown.
"""

from typing import ClassVar


class AnalysisError(Exception):
    """Base of everything that a source or a question can raise on purpose.

    Args:
        sentence: what happened, one sentence for users.
        next_step: what to do about it, one sentence; the class's default when empty.
    """

    default_next_step: ClassVar[str] = ""
    exit_code: ClassVar[int] = 2
    retry: ClassVar[bool] = False

    def __init__(self, sentence: str, next_step: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.next_step = next_step or self.default_next_step

    def __str__(self) -> str:
        return f"{self.sentence} {self.next_step}".strip()


class BadRequest(AnalysisError):
    """The question cannot be understood or answered as it was put."""

    exit_code = 2


class BadReference(BadRequest):
    """Text that is not the name, the link or the path of a run."""

    default_next_step = "Write entity/project/run_id, a W&B run link, or a path on disk."


class NotComparable(BadRequest):
    """Sides that cannot be compared."""


class NotFound(AnalysisError):
    """Something that does not exist, or may not be seen: W&B answers both alike."""

    exit_code = 3


class RunNotFound(NotFound):
    """No such run, or this key may not read it."""

    default_next_step = "Check the spelling, and that the bot's W&B key may read the project."


class ProjectNotFound(NotFound):
    """No such project or entity, or this key may not read it."""

    default_next_step = "Check the spelling, and that the bot's W&B key may read it."


class LogUnreadable(NotFound):
    """A path on disk that holds no readable W&B run."""

    default_next_step = "Give a run's folder or its run-ID.wandb file."


class AccessError(AnalysisError):
    """Who asks may not have the answer."""

    exit_code = 4


class NotAuthenticated(AccessError):
    """No key, or one that W&B refuses."""

    default_next_step = "Set WANDB_API_KEY, or run `wandb login`."


class NotAllowed(AccessError):
    """A valid key without the right, or an entity outside the allow-list."""

    default_next_step = "Ask whoever runs this bot for access."


class SourceUnavailable(AnalysisError):
    """W&B cannot be reached or does not answer properly; later may be better."""

    default_next_step = "Try again in a minute."
    exit_code = 5
    retry = True


class ConnectionFailed(SourceUnavailable):
    """The connection was refused or reset, or the host's name is unknown."""

    default_next_step = "Check the network and WANDB_BASE_URL, then try again."


class TimedOut(SourceUnavailable):
    """No answer within the time allowed."""


class RateLimited(SourceUnavailable):
    """W&B asks for patience (429), for longer than the budget allows.

    Args:
        retry_after_s: seconds until W&B will answer again, where it said so.
    """

    def __init__(
        self, sentence: str, next_step: str = "", *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(sentence, next_step)
        self.retry_after_s = retry_after_s


class ServerFailed(SourceUnavailable):
    """W&B answered with a server error (5xx), more than once."""


class BadResponse(SourceUnavailable):
    """An answer that is not what W&B sends: cut off, not JSON, or an HTML page."""


class QueryRefused(SourceUnavailable):
    """W&B answered with GraphQL errors."""

    retry = False


class FieldUnknown(QueryRefused):
    """This server's schema lacks a field that was asked for; the caller falls back."""
