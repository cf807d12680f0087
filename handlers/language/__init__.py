"""The understanding of sentences: pure, without network or model. See docs/understanding.md."""

from handlers.language.batch import as_json, understand_batch
from handlers.language.grammar import COMMANDS, Command
from handlers.language.intents import (
    ACTIONS,
    Context,
    Intent,
    Ref,
    Rule,
    Run,
    Slots,
    Understanding,
)
from handlers.language.understand import understand, warm_up

__all__ = [
    "ACTIONS",
    "COMMANDS",
    "Command",
    "Context",
    "Intent",
    "Ref",
    "Rule",
    "Run",
    "Slots",
    "Understanding",
    "as_json",
    "understand",
    "understand_batch",
    "warm_up",
]
