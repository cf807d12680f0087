"""The thresholds that a channel judges by: the operator's, with what the channel set itself."""

from analysis.thresholds import Thresholds
from handlers.watching.manners import Manners


def limits_of(usual: Thresholds, manners: Manners) -> Thresholds:
    """The thresholds of a channel; what is no threshold any more is ignored."""
    known = {
        name: value for name, value in manners.thresholds.items() if name in Thresholds.model_fields
    }
    if not known:
        return usual
    try:
        return Thresholds.model_validate({**usual.model_dump(), **known})
    except ValueError:
        return usual
