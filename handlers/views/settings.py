"""The settings of a channel as a modal, and what was filled in read back. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any, Final

from analysis import filters as conditions
from analysis.errors import BadRequest
from analysis.thresholds import DEFAULTS, Thresholds
from handlers.reply import Message
from handlers.views import blocks as b
from handlers.views import limits
from handlers.views.escape import Mrkdwn, code, join, mrkdwn, plain
from handlers.views.watches import SETTINGS
from handlers.watching.manners import KINDS, Manners
from handlers.watching.ports import Briefed, Watched

SUBMIT: Final = "settings.save"
KIND, MORE, FROM, TO, ZONE, AT, DAYS, NUMBERS, FILTER = (
    "kinds",
    "more",
    "quiet_from",
    "quiet_to",
    "zone",
    "briefing_at",
    "briefing_days",
    "thresholds",
    "filter",
)
DAY_NAMES: Final[Mapping[str, str]] = {
    "*": "Every day",
    "1-5": "On weekdays",
    "0,6": "At weekends",
}
LINKS: Final = "links"
_CARD: Final = "card"
_FRESH, _MENTION = "fresh", "mention"
_WATCHES: Final = 60  # a view holds a hundred blocks


@dataclass(frozen=True, slots=True)
class Filled:
    """What somebody filled in.

    Attributes:
        briefing: the cron line of the briefing; none for no briefing.
        filters: by watch.
        cards: whether links to W&B unfurl; none where the form did not ask.
    """

    manners: Manners
    briefing: str | None
    filters: Mapping[int, str]
    cards: bool | None = None


def modal(
    manners: Manners,
    watches: Sequence[Watched],
    briefing: Briefed | None,
    private: Mapping[str, Any],
    *,
    cards: bool | None = None,
) -> dict[str, Any]:
    """The form, filled in with what holds now.

    Args:
        manners: how the channel is told.
        watches: what it watches; each has a filter of its own.
        briefing: its briefing about all that it watches.
        private: where it was opened (``request.opened_at``).
        cards: whether links to W&B unfurl there; none where no links unfurl at all.
    """
    on = [kind for kind in KINDS if kind not in manners.off]
    more = [
        name for name, set_ in ((_FRESH, manners.fresh_lines), (_MENTION, manners.mentions)) if set_
    ]
    at, days = _clock_of(briefing)
    blocks: list[dict[str, Any]] = [
        _input(
            KIND, "Alerts", _boxes(KIND, {k: KINDS[k] for k in KINDS}, on),
            hint="Everything about one run goes into the thread of its card.", optional=True,
        ),
        _input(
            MORE,
            "In the channel itself",
            _boxes(
                MORE,
                {
                    _FRESH: "A line for each new critical problem, at most once an hour a run",
                    _MENTION: "Mention the run’s linked owner for critical problems",
                },
                more,
            ),
            optional=True,
        ),
        _input(FROM, "Quiet from", _time(FROM, manners.quiet_from), optional=True,
               hint="Quiet hours hold all but critical alerts for one digest."),
        _input(TO, "Quiet until", _time(TO, manners.quiet_to), optional=True),
        _input(ZONE, "Time zone", _words(ZONE, manners.zone), hint="Such as Europe/Berlin."),
        _input(AT, "Briefing at", _time(AT, at), optional=True,
               hint="A look at all that is watched here; empty for none."),
        _input(DAYS, "Briefing days", _select(DAYS, DAY_NAMES, days)),
        _input(
            NUMBERS,
            "Thresholds that differ here",
            _words(NUMBERS, _lines(manners.thresholds), lines=True,
                   placeholder="grad_exploding = 20\nheartbeat_stalled = 60"),
            hint=f"One a line. There are {', '.join(Thresholds.model_fields)}.",
            optional=True,
        ),
    ]  # fmt: skip
    if cards is not None:
        words = {_CARD: "Show a card with state and health below a link"}
        box = _boxes(LINKS, words, [_CARD] if cards else [])
        blocks.append(_input(LINKS, "Links to W&B", box, optional=True))
    blocks += [
        _input(
            f"{FILTER}:{watched.id}",
            f"Only these runs of {watched.where}",
            _words(FILTER, watched.filters, placeholder="owner:me or tag:prod"),
            hint="owner, state, tag, group, sweep, name, severity, config.KEY; and, or, not",
            optional=True,
        )
        for watched in watches[:_WATCHES]
    ]
    if len(watches) > _WATCHES:
        note = mrkdwn(
            "… and {more} watches more: {way} sets their filters.",
            more=len(watches) - _WATCHES,
            way=code("/wandb watch PROJECT --where …"),
        )
        blocks.append(b.context(note))
    return {
        "type": "modal",
        "callback_id": SUBMIT,
        "title": _text("Alerts Here", limits.VIEW_TITLE),
        "submit": _text("Save", limits.VIEW_BUTTON),
        "close": _text("Cancel", limits.VIEW_BUTTON),
        "private_metadata": json.dumps(dict(private))[: limits.PRIVATE_METADATA],
        "blocks": blocks,
    }


def offer() -> Message:
    """A button that opens the form, where a sentence cannot."""
    text = mrkdwn("⚙️ What is told here, and when")
    return b.message(text, b.only([b.section(text), b.actions([b.button("Settings", SETTINGS)])]))


def errors(state: Mapping[str, Any]) -> dict[str, str]:
    """What cannot be saved, by block: shown in the form, which stays open."""
    found: dict[str, str] = {}
    try:
        Manners.model_validate({"zone": _typed(state, ZONE)})
    except ValueError:
        found[ZONE] = "There is no such time zone. Write for example Europe/Berlin."
    if (_chosen_time(state, FROM) is None) != (_chosen_time(state, TO) is None):
        found[TO] = "Quiet hours need a beginning and an end."
    try:
        _numbers(_typed(state, NUMBERS))
    except ValueError as error:
        found[NUMBERS] = str(error)[:150]
    for block in state:
        if block.startswith(f"{FILTER}:"):
            try:
                conditions.parse(_typed(state, block, FILTER))
            except BadRequest as error:
                found[block] = error.sentence[:150]
    return found


def filled(state: Mapping[str, Any]) -> Filled:
    """What was filled in; ``errors`` has passed it.

    Raises:
        ValueError: it has not.
    """
    on, more = _boxed(state, KIND), _boxed(state, MORE)
    manners = Manners(
        off=frozenset(KINDS) - on,
        quiet_from=_chosen_time(state, FROM),
        quiet_to=_chosen_time(state, TO),
        zone=_typed(state, ZONE),
        fresh_lines=_FRESH in more,
        mentions=_MENTION in more,
        thresholds=_numbers(_typed(state, NUMBERS)),
    )
    at = _chosen_time(state, AT)
    days = ((state.get(DAYS) or {}).get(DAYS) or {}).get("selected_option") or {}
    cron = f"{at.minute} {at.hour} * * {days.get('value') or '*'}" if at else None
    filters = {
        int(block.partition(":")[2]): _typed(state, block, FILTER)
        for block in state
        if block.startswith(f"{FILTER}:") and block.partition(":")[2].isdecimal()
    }
    cards = _CARD in _boxed(state, LINKS) if LINKS in state else None
    return Filled(manners, cron, filters, cards)


def saved(
    manners: Manners,
    who: Mrkdwn,
    token: str,
    *,
    cards: bool | None = None,
    unlinked: bool = False,
) -> Message:
    """What holds from now on; ``unlinked``: a filter says “me”, and nobody knows who that is."""
    text = mrkdwn("⚙️ {who} changed what is told here.", who=who)
    on = [words for kind, words in KINDS.items() if kind not in manners.off]
    lines = [mrkdwn("Alerts: {on}", on="; ".join(on).lower() or "none")]
    if manners.quiet:
        start, end = manners.quiet
        lines.append(
            mrkdwn(
                "Quiet from {start} to {end} ({zone}), all but critical",
                start=f"{start:%H:%M}",
                end=f"{end:%H:%M}",
                zone=manners.zone,
            )
        )
    lines += [
        mrkdwn("{name} = {value}", name=code(name), value=f"{value:g}")
        for name, value in manners.thresholds.items()
    ]
    if cards is not None:
        how = "shown as cards" if cards else "left as links"
        lines.append(mrkdwn("Links to W&amp;B are {how}", how=how))
    if unlinked:
        how = code("/wandb link NAME")
        lines.append(
            mrkdwn("⚠️ The filter with “me” is not kept: say who you are first, {how}", how=how)
        )
    row = b.actions([b.button("Undo", "undo", token)])
    return b.message(text, b.only([b.section(text), b.context(join("\n", lines)), row]))


def _clock_of(briefing: Briefed | None) -> tuple[time | None, str]:
    if briefing is None:
        return None, "*"
    minute, hour, _, _, days = briefing.cron.split()
    return time(int(hour), int(minute)), days if days in DAY_NAMES else "*"


def _lines(values: Mapping[str, float]) -> str:
    return "\n".join(f"{name} = {value:g}" for name, value in values.items())


def _numbers(text: str) -> dict[str, float]:
    """Thresholds, one a line.

    Raises:
        ValueError: with a sentence for people.
    """
    found: dict[str, float] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if name not in Thresholds.model_fields or not equals:
            raise ValueError(f"“{plain(name, 60)}” is no threshold; write NAME = NUMBER.")
        try:
            found[name] = float(value)
            Thresholds.model_validate({**DEFAULTS.model_dump(), name: found[name]})
        except ValueError:
            raise ValueError(f"“{plain(value, 30)}” is no value of {name}.") from None
    return found


# The parts of a form


def _text(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": plain(text, limit), "emoji": False}


def _input(
    block: str, label: str, element: dict[str, Any], *, hint: str = "", optional: bool = False
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "input",
        "block_id": block,
        "label": _text(label, limits.INPUT_LABEL),
        "element": element,
        "optional": optional,
    }
    return found | ({"hint": _text(hint, limits.INPUT_HINT)} if hint else {})


def _option(value: str, words: str) -> dict[str, Any]:
    return {"text": _text(words, limits.OPTION_TEXT), "value": value}


def _boxes(action: str, options: Mapping[str, str], chosen: Sequence[str]) -> dict[str, Any]:
    every = {value: _option(value, words) for value, words in options.items()}
    found: dict[str, Any] = {
        "type": "checkboxes",
        "action_id": action,
        "options": list(every.values())[: limits.CHOICE_OPTIONS],
    }
    initial = [every[value] for value in chosen]
    return found | ({"initial_options": initial} if initial else {})


def _time(action: str, value: time | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "timepicker",
        "action_id": action,
        "placeholder": _text("Choose a time", limits.PLACEHOLDER),
    }
    return found | ({"initial_time": f"{value:%H:%M}"} if value else {})


def _select(action: str, options: Mapping[str, str], chosen: str) -> dict[str, Any]:
    return {
        "type": "static_select",
        "action_id": action,
        "options": [_option(value, words) for value, words in options.items()],
        "initial_option": _option(chosen, options[chosen]),
    }


def _words(
    action: str, value: str, *, lines: bool = False, placeholder: str = ""
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": action,
        "multiline": lines,
        "max_length": 1_000,
    }
    if value:
        found["initial_value"] = value[:1_000]
    if placeholder:
        found["placeholder"] = {
            "type": "plain_text",
            "text": placeholder[: limits.PLACEHOLDER],
            "emoji": False,
        }
    return found


def _element(state: Mapping[str, Any], block: str, action: str = "") -> Mapping[str, Any]:
    found = (state.get(block) or {}).get(action or block)
    return found if isinstance(found, Mapping) else {}


def _typed(state: Mapping[str, Any], block: str, action: str = "") -> str:
    return str(_element(state, block, action).get("value") or "").strip()


def _boxed(state: Mapping[str, Any], block: str) -> frozenset[str]:
    options = _element(state, block).get("selected_options") or ()
    return frozenset(str(option.get("value")) for option in options)


def _chosen_time(state: Mapping[str, Any], block: str) -> time | None:
    value = _element(state, block).get("selected_time")
    return time.fromisoformat(value) if isinstance(value, str) and value else None
