"""One decision of a message with several clauses."""

from handlers.language.intents import ACTIONS, Context, Intent, Slots, Understanding

BARE = 0.8
"""Confidence of a bare run name; any other question beside it is the real one."""


def choose(decided: list[tuple[bool, Understanding]], context: Context) -> Understanding:
    """One decision of several clauses: an order, else a question, else the surest.

    Overheard, all clauses must be for the bot. Two different orders are asked back.
    """
    unknown = [one for _, one in decided if one.intent is Intent.UNKNOWN]
    known = [(asks, one) for asks, one in decided if one.intent is not Intent.UNKNOWN]
    if not known or (context.overheard and unknown):
        return (unknown or [Understanding(intent=Intent.UNKNOWN, confidence=0.9)])[0]
    sure = [(asks, one) for asks, one in known if one.intent is not Intent.CLARIFY] or known
    orders = [one for _, one in sure if one.intent in ACTIONS]
    if len({one.intent for one in orders}) > 1:
        return Understanding(
            intent=Intent.CLARIFY,
            slots=Slots(runs=orders[0].slots.runs),
            confidence=0.5,
            notes=("more than one thing to change at once",),
        )
    if orders:
        return orders[0]
    asked = [one for asks, one in sure if asks and one.confidence > BARE]
    return max(asked or [one for _, one in sure], key=lambda one: one.confidence)
