"""Which run is meant, and whether it may be told here: asked before anything is fetched."""

from handlers.conversation.which import (
    defaults_of,
    may_read,
    one_run,
    place_of,
    run_of_path,
    runs_of,
)

__all__ = ["defaults_of", "may_read", "one_run", "place_of", "run_of_path", "runs_of"]
