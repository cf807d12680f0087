"""Which runs and alerts a watch is about: conditions that combine with and, or, not.

The text form, as typed after a command (``and`` may be left out)::

    owner:me and (state:failed or tag:prod) not sweep:abc123
    name:"llama-*" config.lr >= 1e-3 eval/loss < 0.5 severity:critical

Fields: ``owner`` (``me`` is who asks), ``state``, ``tag``, ``group``, ``sweep``, ``name`` (``*``
and ``?`` stand for any text and any character), ``job``, ``project``, ``severity`` (that or worse).
``config.KEY`` compares a configuration value, any other name a metric's last value, with
``< <= > >= == !=``. A value with blanks stands in quotes. An empty filter means every run.
"""

from analysis.filters.forms import from_json, text_of, to_json
from analysis.filters.matching import matches
from analysis.filters.model import (
    DEEPEST,
    EVERYTHING,
    FIELDS,
    All,
    AnyOf,
    BadFilter,
    Compares,
    Field,
    Filter,
    Is,
    Matter,
    Not,
    Op,
    is_about_me,
)
from analysis.filters.reading import parse

__all__ = [
    "DEEPEST",
    "EVERYTHING",
    "FIELDS",
    "All",
    "AnyOf",
    "BadFilter",
    "Compares",
    "Field",
    "Filter",
    "Is",
    "Matter",
    "Not",
    "Op",
    "from_json",
    "is_about_me",
    "matches",
    "parse",
    "text_of",
    "to_json",
]
