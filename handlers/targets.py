"""Which run is meant, and whether it may be told here: asked before anything is fetched."""

from pathlib import Path
from typing import Final

from analysis.errors import BadReference
from analysis.refs import RunRef, parse_run, shorten
from handlers.language.intents import Ref
from handlers.registry import Ask

_POINTED_AT: Final = {
    "mine_last": "your last run",
    "latest": "the latest run",
    "crashed": "the one that crashed",
    "thread": "the run of this thread",
    "these": "these runs",
    "ordinal": "that one of the list",
}
_EXAMPLE: Final = "Write for example describe entity/project/run_id, or paste the run's link."


async def one_run(ask: Ask) -> RunRef:
    """The one run that a request is about.

    Raises:
        BadReference: None was named, or more than one.
        NotAllowed: Its entity is not answered here.
    """
    runs = ask.reading.slots.runs or _typed(ask)
    if not runs:
        raise BadReference("You did not say which run.", _EXAMPLE)
    if len(runs) > 1:
        raise BadReference("That names more than one run.", "Ask for one of them at a time.")
    named = runs[0]
    if isinstance(named, Ref):
        pointed = _POINTED_AT.get(named.ref, "that run")
        raise BadReference(f"I do not know which run “{pointed}” is.", _EXAMPLE)
    return await run_of_path(ask, named)


def _typed(ask: Ask) -> tuple[str, ...]:
    """The one word after a slash command's name: a run's, even where it looks like a plain word."""
    words = ask.request.text.split() if ask.request.kind == "command" else []
    named = [word for word in words[1:] if not word.startswith("--")]
    return (named[0],) if len(named) == 1 else ()


async def run_of_path(ask: Ask, text: str) -> RunRef:
    """The run of a path, a link or an id, if it may be told here.

    Raises:
        BadReference: The text is none of these. Paths on disk are never read from Slack.
        NotAllowed: Its entity is not answered here.
    """
    ref = parse_run(text, ask.services.defaults)
    if isinstance(ref, Path):
        raise BadReference(f"“{shorten(text)}” is not the name of a run.", _EXAMPLE)
    refusal = await ask.services.access.may_read(ask.request, ref.entity)
    if refusal is not None:
        raise refusal
    return ref
