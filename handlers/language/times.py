"""Times in a sentence: since when, the last how long, for how long, at what time, on which days.

Formats: a date to look back to is ISO (`2026-11-23`, or `2026-11-23T09:00` where an hour was said),
counted from the context's clock; a span to look back over is a number of hours; a duration is short
(`30m`, `2h`, `1h30m`, `1d`); a time of day is `HH:MM`; a time zone its IANA name; days are `daily`,
`weekdays`, `weekends`, or three-letter names with commas.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from handlers.language.phrases import Language

Mark = Callable[[str, object], str]
HOURS = {"m": 1 / 60, "h": 1.0, "d": 24.0, "w": 168.0, "s": 1 / 3600}
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AREAS = ("Europe", "America", "Asia", "Australia", "Africa", "Pacific", "Atlantic", "Indian")
_HOURS = frozenset(range(2, 13))  # “at one” is no time
_WHICH_DAYS = ("weekdays", "weekends")
_TENS = frozenset({15, 20, 30})
_CLOCK = r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d))?(?: ?(?P<half>am|pm|a\.m|p\.m|uhr|h))?"


@lru_cache(maxsize=512)
def zone(name: str) -> str | None:
    """The IANA name of a time zone that is spelled like one, else None."""
    spelled = "/".join(
        "_".join(part.capitalize() for part in re.split(r"[_ ]", piece))
        for piece in name.split("/")
    )
    for candidate in (name, spelled):
        try:
            ZoneInfo(candidate)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
        return candidate
    return None


@lru_cache(maxsize=512)
def zone_of_city(city: str) -> str | None:
    """The IANA name of the time zone that is called after a city."""
    return next(filter(None, (zone(f"{area}/{city}") for area in _AREAS)), None)


def number(text: str, language: Language) -> float | None:
    """A number in digits or words."""
    if text in language.numbers:
        return language.numbers[text]
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def short(hours: float) -> str:
    """A duration in its short form: `90m` never, `1h30m`; whole days as days."""
    minutes = round(hours * 60)
    if minutes and minutes % 1440 == 0:
        return f"{minutes // 1440}d"
    whole, rest = divmod(minutes, 60)
    return f"{whole}h{rest}m" if whole and rest else f"{whole}h" if whole else f"{rest}m"


Build = Callable[[re.Match[str], Mark, datetime], str | None]


def _replacing(build: Build, mark: Mark, clock: datetime) -> Callable[[re.Match[str]], str]:
    return lambda found: build(found, mark, clock) or found[0]


class TimeReader:
    """Finds times in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        words = language.time_words
        units = "|".join(sorted(language.units, key=len, reverse=True))
        numbers = "|".join(sorted(language.numbers, key=len, reverse=True))
        days = "|".join(sorted(language.weekdays, key=len, reverse=True))
        zones = "|".join(sorted(language.zones, key=len, reverse=True))
        after = "|".join(words[name] for name in ("each", "tomorrow", "daily", *_WHICH_DAYS))
        hours = [word for word, n in language.numbers.items() if n in _HOURS]
        months = "|".join(sorted(language.months, key=len, reverse=True))
        offsets = "|".join(sorted(language.clock_offsets, key=len, reverse=True))
        amount = rf"(?:\d+(?:[.,]\d+)?|(?:{numbers})(?= ))"
        values = {
            **words,
            "unit": units,
            "amount": amount,
            "day": days,
            "clock": _CLOCK,
            "named_zone": zones,
            "offset": offsets,
            "month": months,
            "hour_word": "|".join((r"\d{1,2}", *hours)),
            "tens": "|".join(word for word, n in language.numbers.items() if n in _TENS),
            "after_hour": rf"{after}|{days}|ZONE",
        }

        def build(pattern: str) -> re.Pattern[str]:
            filled = re.sub(r"(?<!P)<(\w+)>", lambda found: f"(?:{values[found[1]]})", pattern)
            return re.compile(rf"(?<!\S)(?:{filled})(?!\S)")

        self._patterns = (
            (build(r"(?:<since> )?(?P<date>\d{4}-\d\d-\d\d)"), self._date),
            (
                build(
                    r"(?:(?:<since>|<on>) )?(?P<day>\d{1,2})(?:st|nd|rd|th)?(?: of)?"
                    r" (?P<month><month>)"
                ),
                self._month_day,
            ),
            (
                build(r"(?:<since>|<on>) (?P<month><month>) (?P<day>\d{1,2})(?:st|nd|rd|th)?"),
                self._month_day,
            ),
            (build(r"(?:<since> )(?:<last> )?(?P<weekday><day>)"), self._since_day),
            (
                build(r"(?:<on> )?(?:<last> )(?P<weekday><day>)(?: (?:night|morning))?"),
                self._since_day,
            ),
            (
                build(
                    r"(?:<since> |<during> )?(?:(?P<today><today>)|(?P<yesterday><yesterday>)"
                    r"|(?P<week><this_week>)|(?P<month><this_month>))"
                ),
                self._since_word,
            ),
            (
                build(
                    r"<since_span> (?:the )?(?:<last> )?(?P<amount><amount>) ?(?P<unit><unit>)"
                    r"(?: <ago>)?"
                ),
                self._hours,
            ),
            (build(r"<since_span> (?:the )?<last> (?P<unit><unit>)"), self._hours),
            (
                build(
                    r"(?:<at> )?(?P<offset><offset>) (?P<spoken><hour_word>)"
                    r"(?: ?(?P<half>am|pm|a\.m|p\.m|o'clock|oclock))?"
                    r"(?: (?:in )?(?:the )?(?P<part><part>))?(?! (?:<unit>|%))"
                ),
                self._spoken_time,
            ),
            (
                build(
                    r"(?:<at_hour> )(?P<spoken><hour_word>)(?: (?P<tens><tens>))?"
                    r"(?: ?(?P<half>am|pm|a\.m|p\.m|o'clock|oclock))?"
                    r"(?: (?:in )?(?:the )?(?P<part><part>))?(?=$| (?:<after_hour>))"
                ),
                self._spoken_time,
            ),
            (build(r"(?:<since> )<clock>"), self._since_clock),
            (
                build(
                    r"(?:<during> )?(?:the )?<last> (?:(?P<amount><amount>) ?)?(?P<unit><unit>)"
                    r"(?!(?: <during>)? \d)"
                ),
                self._hours,
            ),
            (build(r"(?:<during> )?(?:the )?<last> (?P<joined>\d+)(?P<unit>[hdmw])"), self._hours),
            (build(r"(?:<for> )?(?P<whole>\d+)h ?(?P<rest>\d+)m?(?:in)?"), self._both),
            (
                build(r"(?P<amount><amount>)[ -]?(?P<unit><unit>)(?: and (?:a |<amount> )?half)"),
                self._and_half,
            ),
            (
                build(r"(?P<whole><amount>) ?<hour_unit> and (?P<rest><amount>) ?<minute_unit>"),
                self._both,
            ),
            (build(r"<half> (?P<unit><unit>)"), self._half),
            (build(r"(?P<amount><amount>)[ -]?(?P<unit><unit>)(?! (?:ago|of))"), self._duration),
            (build(r"(?:<until> )?<tomorrow>(?: <morning>)?"), self._tomorrow),
            (build(r"(?:<each> )?<weekdays>"), self._weekdays),
            (build(r"(?:<each> )?<weekends>"), self._weekends),
            (build(r"<daily>"), self._daily),
            (
                build(
                    r"(?:<each> |<on> |<next> |<until> )*(?P<weekday><day>)"
                    r"(?:(?: ,| and| <until>)* (?:<day>))*"
                ),
                self._days,
            ),
            (build(r"(?:<at> )?(?P<named><noon>|<midnight>)"), self._named_time),
            (
                build(
                    r"(?:<at> )?(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d))? ?"
                    r"(?P<half>am|pm|a\.m|p\.m"
                    r"|uhr|o'clock|oclock)(?: (?:in )?(?:the )?(?P<part><part>))?"
                ),
                self._clock,
            ),
            (
                build(
                    r"(?:<at> )?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?: ?(?P<half>am|pm|h|uhr))?"
                    r"(?: (?:in )?(?:the )?(?P<part><part>))?"
                ),
                self._clock,
            ),
            (
                build(
                    r"(?:<at_hour> )(?P<hour>\d{1,2})(?: (?:in )?(?:the )?(?P<part><part>))?"
                    r"(?! (?:<unit>))"
                ),
                self._clock,
            ),
            (build(r"(?P<named_zone><named_zone>)"), self._named_zone),
        )
        telling = "today yesterday this_week this_month last tomorrow weekdays weekends daily noon"
        hints = [numbers, days, zones, *(words[name] for name in telling.split())]
        hints += [words["midnight"], words["half"]]
        self._hint = re.compile(rf"\d|(?<!\S)(?:{'|'.join(hints)})(?!\S)")
        self._morning = re.compile(rf"(?:{words['evening']})")

    def zone_of(self, text: str) -> str | None:
        """The time zone that a word with a slash names, by its IANA name."""
        return zone(text) if "/" in text else None

    def mark(self, text: str, mark: Mark, now: datetime | None) -> str:
        """Replaces the times of a text by marks."""
        if not self._hint.search(text):
            return text
        clock = now or datetime.now(UTC)
        for pattern, build in self._patterns:
            text = pattern.sub(_replacing(build, mark, clock), text)
        return text

    # Each of these makes a mark of what its pattern found, or None to leave the words alone.

    def _date(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        try:
            day = datetime.strptime(found["date"], "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            return None
        return mark("SINCE", day.date().isoformat())

    def _month_day(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        """“15 November”: the last one that there was."""
        month, day = self._language.months[found["month"]], int(found["day"])
        for year in (now.year, now.year - 1):
            try:
                date = datetime(year, month, day, tzinfo=UTC).date()
            except ValueError:
                continue
            if date <= now.date():
                return mark("SINCE", date.isoformat())
        return None

    def _since_day(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        back = (now.weekday() - self._language.weekdays[found["weekday"]]) % 7 or 7
        return mark("SINCE", (now - timedelta(days=back)).date().isoformat())

    def _since_word(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        if found["today"]:
            day = now
        elif found["yesterday"]:
            day = now - timedelta(days=1)
        elif found["week"]:
            day = now - timedelta(days=now.weekday())
        else:
            day = now.replace(day=1)
        return mark("SINCE", day.date().isoformat())

    def _since_clock(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        clock = self._time(found)
        if clock is None:
            return None
        day = now if now.strftime("%H:%M") >= clock else now - timedelta(days=1)
        return mark("SINCE", f"{day.date().isoformat()}T{clock}")

    def _hours(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        groups = found.groupdict()
        said = groups.get("joined") or groups.get("amount") or "1"
        amount = number(said, self._language)
        unit = self._language.units.get(found["unit"], found["unit"])
        if amount is None or unit == "s":
            return None
        hours = round(amount * HOURS[unit], 3)
        days = int(amount * {"d": 1, "w": 7}.get(unit, 0))
        return mark("HOURS", (int(hours) if hours == int(hours) else hours, days or None))

    def _both(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        whole, rest = number(found["whole"], self._language), number(found["rest"], self._language)
        if whole is None or rest is None:
            return None
        return mark("DUR", short(whole + rest / 60))

    def _and_half(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        amount = number(found["amount"], self._language)
        unit = self._language.units[found["unit"]]
        return None if amount is None else mark("DUR", short((amount + 0.5) * HOURS[unit]))

    def _half(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        return mark("DUR", short(0.5 * HOURS[self._language.units[found["unit"]]]))

    def _duration(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        amount = number(found["amount"], self._language)
        unit = self._language.units[found["unit"]]
        if amount is None or not 0 < amount < 1e5 or unit == "s":
            return None
        return mark("DUR", short(amount * HOURS[unit]))

    def _tomorrow(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        return mark("DUR", "1d")

    def _weekdays(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        return mark("DAYS", "weekdays")

    def _weekends(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        return mark("DAYS", "weekends")

    def _daily(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        return mark("DAYS", "daily")

    def _days(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        words = [word for word in found[0].split() if word in self._language.weekdays]
        days = sorted({self._language.weekdays[word] for word in words})
        return mark("DAYS", ",".join(DAY_NAMES[day] for day in days))

    def _named_time(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        noon = re.fullmatch(self._language.time_words["noon"], found["named"]) is not None
        return mark("TIME", "12:00" if noon else "00:00")

    def _clock(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        clock = self._time(found)
        return None if clock is None else mark("TIME", clock)

    def _spoken_time(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        """“Half past eight”, “at eight thirty”: the hour moved by the words about it."""
        hour = number(found["spoken"], self._language)
        if not hour:
            return None
        groups = found.groupdict()
        moved = self._language.clock_offsets.get(groups.get("offset") or "", 0)
        minutes = (
            int(hour) * 60 + moved + int(number(groups.get("tens") or "", self._language) or 0)
        )
        return self._at(minutes // 60, minutes % 60, found)

    def _time(self, found: re.Match[str]) -> str | None:
        groups = found.groupdict()
        return self._at(int(groups["hour"]), int(groups.get("minute") or 0), found)

    def _at(self, hour: int, minute: int, found: re.Match[str]) -> str | None:
        groups = found.groupdict()
        half = (groups.get("half") or "").replace(".", "")
        part = groups.get("part") or ""
        late = half == "pm" or bool(part and self._morning.search(part))
        if late and hour < 12:
            hour += 12
        if half == "am" and hour == 12:
            hour = 0
        return f"{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else None

    def _named_zone(self, found: re.Match[str], mark: Mark, now: datetime) -> str | None:
        return mark("ZONE", self._language.zones[found["named_zone"]])
