"""Mutes and snoozes: put, said and offered to be taken back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers.conversation.ports import Change
from handlers.registry import Ask
from handlers.reply import Reply
from handlers.views import silence as view
from handlers.watching.ports import Scope, Silence

KIND = "silence"


async def silenced(
    ask: Ask, subjects: Sequence[str], *, until: datetime | None, scope: Scope = "run"
) -> Reply:
    """Silences some runs, kinds or the whole channel here.

    Args:
        ask: who wants that, and where.
        subjects: paths of runs, names of kinds; one empty string for the channel.
        until: its end; none for a mute.
        scope: what the subjects are.
    """
    channel, silences = channel_of(ask), ask.services.watching.silences
    before = [one for one in await silences.in_channel(channel) if one.scope == scope]
    earlier = {one.subject: one.until for one in before if one.subject in subjects}
    muted = [one for one, end in earlier.items() if end is None] if until is not None else []
    if muted and set(muted) == set(subjects):
        return Reply(view.muted_anyway(scope, subjects))
    subjects = [subject for subject in subjects if subject not in muted]
    for subject in subjects:
        await silences.put(Silence(channel, scope, subject, ask.request.user, until))
    told = {
        "scope": scope,
        "subjects": list(subjects),
        "earlier": {subject: end.isoformat() if end else None for subject, end in earlier.items()},
    }
    token = await ask.services.conversation.undos.offer(
        Change(KIND, channel, ask.request.user, told)
    )
    return Reply(view.silenced(scope, subjects, until, token))


async def heard(ask: Ask, silences: Sequence[Silence]) -> Reply:
    """Ends silences, says so, and offers to take it back."""
    channel = channel_of(ask)
    for one in silences:
        await ask.services.watching.silences.lift(channel, one.scope, one.subject)
    told = {
        "lifted": [
            {
                "scope": one.scope,
                "subject": one.subject,
                "creator": one.creator,
                "until": one.until.isoformat() if one.until else None,
            }
            for one in silences
        ]
    }
    token = await ask.services.conversation.undos.offer(
        Change(KIND, channel, ask.request.user, told)
    )
    return Reply(view.heard(silences, token))


async def restored(ask: Ask, change: Change) -> str:
    """Takes back what ``silenced`` or ``heard`` did."""
    silences, before = ask.services.watching.silences, change.before
    for one in before.get("lifted") or ():
        await silences.put(
            Silence(
                change.channel, one["scope"], one["subject"], one["creator"], _when(one["until"])
            )
        )
    for subject in before.get("subjects") or ():
        earlier = before.get("earlier") or {}
        if subject in earlier:
            again = Silence(
                change.channel, before["scope"], subject, change.user, _when(earlier[subject])
            )
            await silences.put(again)
        else:
            await silences.lift(change.channel, before["scope"], subject)
    return "Taken back: alerts are as they were."


def channel_of(ask: Ask) -> str:
    """Where silences hold: the channel; of a direct message, that conversation."""
    return ask.request.channel or ask.request.user


def span(text: str) -> timedelta | None:
    """The time that a slot's duration means (``30m``, ``1h30m``, ``2d``)."""
    units = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
    seconds, number = 0.0, ""
    for char in text.strip().lower():
        if char.isdigit() or char == ".":
            number += char
        elif char in units and number:
            seconds += float(number) * units[char]
            number = ""
        else:
            return None
    return timedelta(seconds=seconds) if seconds and not number else None


def _when(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None
