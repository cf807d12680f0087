"""What a watch says: a run's card, what comes later in its thread, and fresh lines. Pure.

A card lives as long as its run: it is edited in place, and says of each problem whether it is
still there or how long it lasted. A sweep or group has one card for all of its runs.
"""

from handlers.views.alert.card import WHY, card
from handlers.views.alert.later import changes, fresh, several
from handlers.views.alert.why import why

__all__ = ["WHY", "card", "changes", "fresh", "several", "why"]
