"""What stands first in a message that tells of several things: it is the notification."""

from datetime import UTC, datetime

from handlers.views import alert

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def an_event(headline: str) -> dict[str, str]:
    return {"kind": "finished", "severity": "info", "headline": headline, "at": NOW.isoformat()}


def test_the_others_are_counted_behind_what_matters_most() -> None:
    """Behind what matters most, with a blank; alone, nothing stands there."""
    events = [an_event("Finished: loss 1"), an_event("Better"), an_event("Ended")]
    payload = {"name": "otter", "subject": "a/b/otter"}
    told = alert.changes({**payload, "events": events}, NOW)
    assert told.text.endswith("otter: Ended (and 2 more)")
    alone = alert.changes({**payload, "events": events[:1]}, NOW)
    assert alone.text.endswith("otter: Finished: loss 1")


def test_fresh_lines_are_counted_behind_the_first() -> None:
    items = [{"name": "otter", "headline": "The loss diverged"}, {"name": "fox", "headline": "NaN"}]
    assert alert.fresh({"items": items}, NOW).text.endswith("The loss diverged (and 1 more)")
