"""The one look of all plots: colours, sizes, number formats.

Colours are from the Okabe–Ito and Tol palettes, which people with colour-vision deficiencies can
tell apart; every meaning has a second sign (width, dash, marker, word). The paper is nearly white,
so that a plot reads the same on Slack's light and dark background.
"""

import math
import re
from typing import Final

from analysis.findings import Severity

WIDTH_IN: Final = 6.0
DPI: Final = 200  # 1,200 pixels: sharp on a phone, where 11 pt is about 9 px high
PAPER: Final = "#fcfcfb"
INK: Final = "#2b2d33"
FAINT: Final = "#767a83"
GRID: Final = "#e4e5e8"
LOSS: Final = "#0072b2"
GRADIENT: Final = "#882255"
EVALS: Final = ("#d55e00", "#009e73")
QUALITY: Final = "#009e73"
RATE: Final = "#5b6069"
SEVERITY: Final[dict[Severity, str]] = {
    Severity.CRITICAL: "#c1272d",
    Severity.WARNING: "#c77700",
    Severity.INFO: "#56789a",
}
FONT: Final = "DejaVu Sans"  # comes with matplotlib: the same picture on every machine
TEXT_PT: Final = 10.5
SMALL_PT: Final = 9.0

_UNDRAWABLE: Final = re.compile(r"[^ -~À-ɏΑ-ωА-я–—…·×−∞]")
_SCALES: Final = ((1e9, "B"), (1e6, "M"), (1e3, "k"))


def label(text: str, limit: int = 32) -> str:
    """A name that the font can draw, shortened in the middle (both ends tell names apart)."""
    drawable = _UNDRAWABLE.sub("?", " ".join(text.split()))
    if len(drawable) > limit:
        half = (limit - 1) // 2
        drawable = f"{drawable[:half]}…{drawable[-half:]}"
    return drawable or "?"


def tick(value: float, _place: object = None) -> str:
    """A number on an axis: ``0.5``, ``12k``, ``1.5M``, ``3e−5``."""
    size = abs(value)
    if not math.isfinite(value):
        return ""
    if size >= 1e13 or 0 < size < 1e-3:
        mantissa, exponent = f"{value:.1e}".split("e")
        shown = f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    elif size >= 1_000:
        scale, letter = next(pair for pair in _SCALES if size >= pair[0])
        shown = f"{value / scale:.4g}{letter}"
    else:
        shown = f"{value:.3g}"
    return shown.replace("-", "−")


def figure(value: float) -> str:
    """A number in alt text: four significant digits, thousands separators."""
    if not math.isfinite(value):
        return "not finite"
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        places = 0 if abs(value) >= 1_000 else max(0, 3 - _magnitude(value))
        text = f"{value:,.{places}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return tick(value)


def _magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def time_unit(seconds: float) -> tuple[float, str]:
    """The unit in which a span is shown: its length in seconds, and its sign."""
    if seconds < 120:
        return 1.0, "s"
    return (60.0, "min") if seconds < 7_200 else (3_600.0, "h")
