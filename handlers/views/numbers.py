"""One way to write numbers, durations, steps and changes, for every message.

Three to four significant digits, thousands separators, abbreviations where a number is about size
and not about place (tokens a second, not steps), a unit always, a real minus sign.
"""

import math

_MINUS = "−"
_SCALE = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def number(value: float | None, digits: int = 4) -> str:
    """A measured value: ``1.823``, ``0.0123``, ``3.2e−5``, ``12,350``, ``NaN``, ``∞``.

    Args:
        value: ``None`` is shown as a dash.
        digits: Significant digits.
    """
    if value is None:
        return "–"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else f"{_MINUS}∞"
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e7 or size < 1e-3:
        mantissa, exponent = f"{value:.{max(digits - 2, 1)}e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".")
        return f"{mantissa}e{int(exponent)}".replace("-", _MINUS)
    places = max(0, digits - 1 - math.floor(math.log10(size)))
    text = f"{value:,.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", _MINUS)


def amount(value: float | None, unit: str = "") -> str:
    """A quantity whose size matters: ``812``, ``9,120``, ``12.4k``, ``3.1M``, with its unit."""
    if value is None or not math.isfinite(value) or abs(value) >= 1e15:
        return f"{number(value)} {unit}".strip() if value is not None else number(value)
    text = number(value, 3) if abs(value) < 100 else f"{value:,.0f}".replace("-", _MINUS)
    if abs(value) >= 10_000:
        scale, letter = next((s, name) for s, name in _SCALE if abs(value) >= s)
        scaled = value / scale
        places = 0 if abs(scaled) >= 100 else 1
        text = f"{scaled:,.{places}f}".removesuffix(".0").replace("-", _MINUS) + letter
    return f"{text} {unit}".strip()


def step(value: int | None) -> str:
    """A place on the step axis, always exact, so that it can be found again: ``12,340``."""
    return "–" if value is None else f"{value:,}".replace("-", _MINUS)


def steps(start: int | None, end: int | None) -> str:
    """A range of steps: ``step 100``, ``steps 100 to 250``; empty where unknown."""
    if start is None:
        return "" if end is None else f"step {step(end)}"
    if end is None or end == start:
        return f"step {step(start)}"
    return f"steps {step(start)} to {step(end)}"


def percent(value: float | None, digits: int = 3) -> str:
    """A percentage without its sign: ``3.1 %``."""
    if value is None or not math.isfinite(value):
        return number(value)
    if abs(value) >= 1e7:
        return f"{number(abs(value), digits)} %"
    places = max(0, min(2, digits - 2 - math.floor(math.log10(max(abs(value), 0.01)))))
    text = f"{abs(value):,.{places}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def share(fraction: float | None) -> str:
    """A fraction as a whole percentage, never rounded up to 100 %."""
    if fraction is None or not math.isfinite(fraction):
        return "–"
    whole = math.floor(max(0.0, min(1.0, fraction)) * 100 + 1e-9)
    return f"{whole} %"


def change(change_pct: float | None) -> str:
    """A relative change in words: ``down 3.1 %``, ``up 12 %``, ``unchanged``; empty if unknown."""
    if change_pct is None or not math.isfinite(change_pct):
        return ""
    if abs(change_pct) < 0.05:
        return "unchanged"
    return f"{'down' if change_pct < 0 else 'up'} {percent(change_pct)}"


def duration(seconds: float | None) -> str:
    """A span in its two greatest units: ``45 s``, ``12 min``, ``2 h 5 min``, ``3 d 4 h``."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return "–"
    if 0 < seconds < 1:
        return "under 1 s"
    left = round(seconds)
    if left >= 600:  # minutes are enough
        left = round(left / 60) * 60
    if left >= 172_800:
        left = round(left / 3_600) * 3_600
    parts: list[str] = []
    for size, unit in _SPANS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if part) or "0 s"


def age(seconds: float) -> str:
    """How long ago, in one unit, for columns: ``now``, ``12 min ago``, ``3 h ago``, ``2 d ago``."""
    if not math.isfinite(seconds) or seconds < _SPANS[2][0]:
        return "now"
    size, unit = next((size, unit) for size, unit in _SPANS if seconds >= size)
    return f"{step(int(seconds // size))} {unit} ago"


def plural(count: int, one: str, many: str = "") -> str:
    """A count with its noun: ``1 check``, ``12 checks``."""
    return f"{step(count)} {one if count == 1 else many or one + 's'}"


def bar(fraction: float | None, width: int = 10) -> str:
    """A progress bar of block characters; empty where there is no fraction."""
    if fraction is None or not math.isfinite(fraction):
        return ""
    full = round(max(0.0, min(1.0, fraction)) * width)
    return "▰" * full + "▱" * (width - full)
