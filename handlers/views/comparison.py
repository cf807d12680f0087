"""A comparison as a message: the verdict first, then why, the numbers, what differs, the curves.

Pure: no I/O and no clock. Sizes: ``full`` for a direct answer and for the details in a thread,
``short`` where it must not take the conversation over.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from analysis.comparing.report import Comparison, ConfigDiff
from analysis.comparing.table import Row as Figures
from analysis.comparing.table import Value, axis_place, rows
from analysis.plots.overlay import Overlay
from handlers.reply import Block, Image, Message
from handlers.views import blocks as b
from handlers.views.charts import of_overlay as charts_of
from handlers.views.escape import Mrkdwn, code, date, escape, join, link, mrkdwn
from handlers.views.numbers import amount, duration, number, plural
from handlers.views.tables import Cell, fixed, table
from handlers.views.words import Word

Size = Literal["full", "short"]

LETTERS: Final = "ABCDEFGH"
AGAIN: Final = "compare.again"
"""The buttons' ids are this, a colon and a word; their values say which comparison is wanted."""
_BETTER: Final = Word("🏆", "is better")
_CLOSE: Final = Word("⚖️", "Too close to call")
_NONE: Final = Word("🚫", "Not comparable")
_SURE: Final = {"low": "Low confidence", "medium": "Medium confidence", "high": "High confidence"}
_FEW_KEYS: Final = 3
_SOME_KEYS: Final = 8
_ALL_KEYS: Final = 80
_MOST_LINKS: Final = 12
_AXES: Final = {"step": "By Step", "tokens": "By Tokens", "time": "By Time"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which comparison is wanted, as a button's value holds it.

    Attributes:
        sides: Written out in full.
        metric: What decides, where one was asked for.
        by: The axis, where one was asked for.
        config: Whether all config differences are shown.
    """

    sides: tuple[str, ...]
    metric: str | None = None
    by: str | None = None
    config: bool = False

    def value(self) -> str:
        """As a button's value; ``read`` gives the same again."""
        told: dict[str, Any] = {"s": self.sides, "m": self.metric, "b": self.by, "c": self.config}
        return json.dumps({key: value for key, value in told.items() if value}, ensure_ascii=False)

    @classmethod
    def read(cls, value: str) -> "Wanted | None":
        """What a button's value holds; ``None`` where it is not one of ours."""
        try:
            told = json.loads(value)
        except ValueError:
            return None
        sides = told.get("s") if isinstance(told, dict) else None
        if not isinstance(sides, list) or not all(isinstance(side, str) for side in sides):
            return None
        metric, by = told.get("m"), told.get("b")
        return cls(
            tuple(sides),
            metric if isinstance(metric, str) else None,
            by if by in _AXES else None,
            bool(told.get("c")),
        )


def message(
    report: Comparison,
    wanted: Wanted,
    size: Size = "full",
    *,
    now: datetime,
    picture: Image | None = None,
    overlay: Overlay | None = None,
    pending: str = "",
) -> Message:
    """The comparison as a message.

    Args:
        report: What was found.
        wanted: What was asked, for the buttons.
        size: ``short`` holds the verdict, three numbers and the picture.
        now: When it is shown.
        picture: The curves of all sides.
        overlay: What the picture shows; of a few points it is Slack's own chart instead.
        pending: What is still being drawn.
    """
    most = _ALL_KEYS if wanted.config else _SOME_KEYS if size == "full" else _FEW_KEYS
    shrinking = [most, *(n for n in (20, _SOME_KEYS, _FEW_KEYS, 0) if n < most)]
    drawn = [] if picture is None else [b.image(picture.name, picture.alt)]
    charts = [] if pending else charts_of(overlay)
    waiting = [b.context(mrkdwn("⏳ {pending}", pending=pending))] if pending else []
    native, plainer = (
        [
            b.only(_blocks(report, wanted, size, now, shown, keys, native=is_native))
            for keys in shrinking
        ]
        for is_native, shown in ((True, charts or drawn or waiting), (False, drawn or waiting))
    )
    images = () if picture is None else (picture,)
    text = mrkdwn("{headline}. {reason}", headline=_headline(report), reason=_reason(report, 600))
    shown = b.first_that_fits(native)
    return b.message(text, shown, b.first_that_fits(plainer), images=images)


def details(report: Comparison, *, now: datetime) -> Message:
    """What the short form leaves out, for the thread under it: every number, every difference."""
    shrinking = (_ALL_KEYS, 20, _SOME_KEYS, _FEW_KEYS)

    def blocks(keys: int, *, native: bool) -> list[Block]:
        configured = _config(report, keys, "full")
        figures = _figures(report, "full", native=native)
        title = b.section(mrkdwn("*Every number*"))
        return b.only(
            [title, figures, *configured, *_code(report), b.context(_source(report, now))]
        )

    native = b.first_that_fits([blocks(keys, native=True) for keys in shrinking])
    plainer = b.first_that_fits([blocks(keys, native=False) for keys in shrinking])
    return b.message(mrkdwn("Details of the comparison"), native, plainer)


def comparing(names: Sequence[str]) -> Message:
    """A promise."""
    shown = join(" and ", [code(name, 80) for name in names[:4]])
    more = mrkdwn(" and {more} more", more=len(names) - 4) if len(names) > 4 else Mrkdwn()
    text = mrkdwn("👀 Comparing {shown}{more} …", shown=shown, more=more)
    return b.message(text, [b.context(text)])


def verdict_words(report: Comparison) -> tuple[Word, str]:
    """The verdict's emoji and words, and who it names."""
    if report.verdict == "not_comparable":
        return _NONE, ""
    if report.verdict == "too_close":
        return _CLOSE, ""
    if report.verdict == "ranked":
        return _BETTER, report.ranking[0].label if report.ranking else ""
    return _BETTER, report.sides[0 if report.verdict == "a_better" else 1].label


def _headline(report: Comparison) -> Mrkdwn:
    word, who = verdict_words(report)
    named = (
        mrkdwn("{who} {text}", who=escape(who, 80), text=word.text) if who else escape(word.text)
    )
    if report.so_far and report.verdict != "not_comparable":
        named = mrkdwn("{named} so far", named=named)
    return mrkdwn("{emoji} {named}", emoji=word.emoji, named=named)


def _plain_headline(report: Comparison) -> str:
    word, who = verdict_words(report)
    so_far = " so far" if report.so_far and report.verdict != "not_comparable" else ""
    return f"{who} {word.text}{so_far}" if who else f"{word.text}{so_far}"


def _reason(report: Comparison, limit: int = 1_500) -> Mrkdwn:
    """Why, without the verdict with which the sentence opens: the headline has said it."""
    word, who = verdict_words(report)
    said = f"{who} {word.text}" if who else word.text
    text = report.reason.removeprefix("So far, ")
    if text.lower().startswith(said.lower()):
        text = text[len(said) :].lstrip(" :")
        # A place opens a sentence; a metric's name is written as it is.
        text = text[:1].upper() + text[1:] if text.startswith(("at ", "after ")) else text
    return escape(text, limit)


def _blocks(
    report: Comparison,
    wanted: Wanted,
    size: Size,
    now: datetime,
    drawn: Sequence[Block],
    keys: int,
    *,
    native: bool,
) -> Iterator[Block | None]:
    yield b.header(_plain_headline(report))
    yield b.section(_verdict(report))
    if report.verdict != "not_comparable" or size == "full":
        yield _figures(report, size, native=native)
    if report.ranking:
        yield b.section(_ranking(report))
    yield from drawn
    yield from _config(report, keys, size)
    if size == "full" or wanted.config:
        yield from _code(report)
    yield b.context(_links(report))
    yield b.context(_source(report, now))
    yield _buttons(report, wanted)


def _verdict(report: Comparison) -> Mrkdwn:
    """How sure, and why; the header has said what."""
    word, _ = verdict_words(report)
    parts = []
    if report.verdict != "not_comparable":
        value = min(report.confidence_value, 0.99)
        parts = [
            mrkdwn("*{sure}* ({value})", sure=_SURE[report.confidence], value=number(value, 2)),
            # Where a side has one seed only, the reason says so.
            Mrkdwn() if 1 in report.seeds else escape(_seeds(report.seeds)),
            Mrkdwn("not final: a run still goes on") if report.so_far else Mrkdwn(),
        ]
    head = mrkdwn("{emoji} {parts}", emoji=word.emoji, parts=join("  ·  ", parts))
    if not parts:
        return mrkdwn("{emoji} {why}", emoji=word.emoji, why=_reason(report))
    fair = report.axis_reason
    return join(
        "\n",
        [head, _reason(report), escape(f"{fair[:1].upper()}{fair[1:]}.") if fair else Mrkdwn()],
    )


def _seeds(seeds: Sequence[int]) -> str:
    if len(set(seeds)) == 1:
        return f"{plural(seeds[0], 'seed')} a side"
    return f"{', '.join(map(str, seeds))} seeds"


def _figures(report: Comparison, size: Size, *, native: bool) -> Block | None:
    found = list(rows(report))
    if size == "short":
        found = [row for row in found if row.decisive]
    if not found:
        return None
    place = axis_place(report)
    head: list[Cell | str] = [Cell(place[:1].upper() + place[1:] if place else "Numbers")]
    head += [
        Cell(f"{letter}  {side.label}") for letter, side in zip(LETTERS, report.sides, strict=False)
    ]
    body: list[list[Cell | str]] = [[row.label, *_cells(row)] for row in found]
    lines = [head, *body]
    if not native:
        return fixed(lines)
    return table(lines, numbers=len(report.sides))


def _cells(row: Figures) -> Iterator[Cell]:
    for index, value in enumerate(row.values):
        better = index == row.better
        text = _written(row, value)
        # The mark says it too, for those who do not see what is bold.
        yield Cell(f"{text} ✓" if better else text, strong=better)


def _written(row: Figures, value: Value) -> str:
    if value is None or isinstance(value, str):
        return value or "–"
    if row.kind == "amount":
        return amount(value)
    return duration(value) if row.kind == "duration" else number(value)


def _ranking(report: Comparison) -> Mrkdwn:
    lines = [
        mrkdwn(
            "{place}. *{label}*  {value}{tied}",
            place=place.place,
            label=escape(place.label, 80),
            value=number(place.value),
            tied=mrkdwn("  ·  not separable from the best")
            if place.tied_with_best and place.place > 1
            else "",
        )
        for place in report.ranking
    ]
    return join(
        "\n", [mrkdwn("*Ranking* by {metric}", metric=code(report.metric or "–", 80)), *lines]
    )


def _config(report: Comparison, keys: int, size: Size) -> Iterator[Block | None]:
    hidden, diff = report.hidden_config_differences, report.config_diff
    shown = diff[:keys]
    left = len(diff) - len(shown)
    rest = [f"{left} more"] if left else []
    rest += [f"{hidden} in paths, hosts and the like"] if hidden else []
    tail = f"… and {', '.join(rest)}" if rest else ""
    if not diff:
        same = "The configurations are the same"
        yield b.context(
            mrkdwn("{same} but for {rest}.", same=same, rest=rest[0])
            if rest
            else mrkdwn("{same}.", same=same)
        )
        return
    title = mrkdwn("*{count} in configuration*", count=plural(len(diff), "difference"))
    lines = [_difference(item) for item in shown]
    if size == "short" and keys <= _FEW_KEYS:
        yield b.context(join("  ·  ", [title, *lines, escape(tail)]))
        return
    yield from _paragraphs([title, *(mrkdwn("• {line}", line=line) for line in lines)])
    if tail:
        yield b.context(escape(tail))


def _code(report: Comparison) -> Iterator[Block]:
    """Commits and command lines, where they are known and not the same."""
    for title, told in (
        ("commit", [side.commit for side in report.sides]),
        ("command", [side.command for side in report.sides]),
    ):
        if len(set(told)) > 1:
            values = [code(value, 200) if value else mrkdwn("not known") for value in told]
            yield b.section(mrkdwn("*{title}* {values}", title=title, values=join(" → ", values)))


def _paragraphs(lines: Sequence[Mrkdwn]) -> Iterator[Block]:
    """Lines in as few sections as hold them."""
    text = Mrkdwn()
    for line in lines:
        longer = join("\n", [text, line])
        if len(longer) > 2_800:
            yield b.section(text)
            longer = line
        text = longer
    if text:
        yield b.section(text)


def _difference(item: ConfigDiff) -> Mrkdwn:
    values = [
        _config_value(value) if is_there else mrkdwn("not set")
        for value, is_there in zip(
            item.values, item.present or (True,) * len(item.values), strict=True
        )
    ]
    return mrkdwn("{key} {values}", key=escape(item.key, 80), values=join(" → ", values))


def _config_value(value: Any) -> Mrkdwn:
    if isinstance(value, bool) or not isinstance(value, int | float | list | tuple):
        return code(json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value, 60)
    if isinstance(value, list | tuple):
        return code(", ".join(_bare(one) for one in value), 60)
    return code(_bare(value), 60)


def _bare(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        whole = isinstance(value, int) or (abs(value) < 1e15 and value == int(value))
        return f"{int(value)}" if whole else f"{value:.6g}"
    return str(value)


def _links(report: Comparison) -> Mrkdwn:
    parts = []
    budget = _MOST_LINKS
    for letter, side in zip(LETTERS, report.sides, strict=False):
        urls = side.urls or (None,) * len(side.runs)
        pairs = list(zip(side.runs, urls, strict=False))
        share = max(1, min(len(pairs), budget // max(1, len(report.sides))))
        names = [
            link(url, side.label if len(pairs) == 1 else path.rsplit("/", 1)[-1], 60)
            for path, url in pairs[:share]
        ]
        more = (
            mrkdwn(" and {left} more", left=len(pairs) - share) if len(pairs) > share else Mrkdwn()
        )
        parts.append(
            mrkdwn("{letter}: {names}{more}", letter=letter, names=join(", ", names), more=more)
        )
    return join("  ·  ", parts)


def _source(report: Comparison, now: datetime) -> Mrkdwn:
    notes = [
        mrkdwn("⚠️ Incomplete: {what} ({why})", what=part.what, why=part.reason)
        for part in report.missing[:2]
    ]
    if len(report.missing) > 2:
        notes.append(mrkdwn("and {left} more", left=len(report.missing) - 2))
    when = mrkdwn("W&amp;B, {when}", when=date(min(report.generated_at, now)))
    metric = mrkdwn("By {metric}", metric=code(report.metric, 80)) if report.metric else Mrkdwn()
    return join("  ·  ", [metric, when, *notes])


def _buttons(report: Comparison, wanted: Wanted) -> Block | None:
    elements: list[dict[str, Any] | None] = []
    if report.config_diff:
        text = "Hide Config Diff" if wanted.config else "Full Config Diff"
        elements.append(_again(text, "config", replace(wanted, config=not wanted.config)))
    now_on = "tokens" if report.axis == "samples" else report.axis
    elements += [
        _again(text, axis, replace(wanted, by=axis))
        for axis, text in _AXES.items()
        if axis != now_on
    ]
    if len(wanted.sides) == 2:
        elements.append(_again("Swap", "swap", replace(wanted, sides=wanted.sides[::-1])))
    return b.actions(elements)


def _again(text: str, suffix: str, wanted: Wanted) -> dict[str, Any] | None:
    return b.button(text, f"{AGAIN}:{suffix}", wanted.value())
