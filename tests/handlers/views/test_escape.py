"""Whatever a name holds, it is shown as it is and does nothing."""

import ast
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import views
from handlers.views.escape import Mrkdwn, clean, clip, code, date, escape, join, link, mrkdwn, plain

VIEWS = Path(next(iter(views.__path__)))
ANY = st.text(st.characters(exclude_categories=()), max_size=200) | st.sampled_from(
    [
        "<!channel>",
        "<!here|x>",
        "<@U0123456>",
        "<https://evil.example|click>",
        "*bold* _it_ ~no~ `code`",
        "```block```",
        "> quoted",
        "a\u202eevil\u202c",
        "שלום *x*",
        "\ud800\udfff",
        "&lt;!channel&gt;",
        ":tada:",
        "x" * 10_000,
    ]
)


@given(ANY)
def test_a_value_makes_no_ping_link_or_tag(text: str) -> None:
    """No ``<`` or ``>`` is left, and every ``&`` is the start of an entity of ours."""
    shown = escape(text)
    assert "<" not in shown
    assert ">" not in shown
    assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt);)*", shown, re.DOTALL)


@given(ANY)
def test_a_value_is_one_clean_line_of_bounded_length(text: str) -> None:
    """No control character, lone surrogate or bidirectional override is left."""
    shown = escape(text)
    assert not re.search("[\x00-\x1f\x7f\ud800-\udfff\u202a-\u202e]", shown)
    assert len(clean(text)) <= 300
    shown.encode("utf-8")


@given(ANY)
def test_no_marker_of_a_value_can_close_or_open_emphasis(text: str) -> None:
    """Every ``*``, ``~`` and edge ``_`` is followed by a zero-width space; no backtick is left."""
    shown = escape(text)
    assert "`" not in shown
    assert not re.search("[*~](?!\u200b)", shown)


@given(ANY)
def test_code_holds_any_text_without_ending_early(text: str) -> None:
    """A code span has exactly its own two backticks."""
    shown = code(text)
    assert shown.count("`") in {0, 2}
    assert "<" not in shown


@given(ANY, ANY)
def test_a_link_leads_only_where_it_was_meant_to(label: str, url: str) -> None:
    """The address is a web address or there is no link at all; labels hold no ``|``."""
    shown = link("https://wandb.ai/x", label)
    assert shown == "" or not label.strip() or shown.count("<") <= 1
    assert shown.count("|") <= 1
    other = link(url, "label")
    assert other == "label" or re.fullmatch(r"<https?://[^<>|\s]+\|label>", other)


@given(st.text(max_size=400), st.integers(1, 120))
def test_clipping_leaves_no_half_tag_or_entity(text: str, limit: int) -> None:
    """Mark-up that is cut short is still mark-up."""
    marked = mrkdwn("{a} <&> {b}".replace(" <&>", ""), a=text, b=link("https://w.ai/r", text))
    cut = clip(marked, limit)
    assert len(cut) <= max(limit, 1)
    assert cut.count("<") == cut.count(">")
    assert not re.search(r"&(?!(?:amp|lt|gt);)", cut)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("train_loss", "train_loss"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("a & b", "a &amp; b"),
        ("*x*", "*\u200bx*\u200b"),
        ("> q", "\u200b&gt; q"),
        ("a\nb\tc", "a b c"),
        ("שלום", "\u2068שלום\u2069"),
    ],
)
def test_escaping_by_example(text: str, shown: str) -> None:
    """Names that need no help are left alone."""
    assert escape(text) == shown


def test_markup_is_not_escaped_twice() -> None:
    """A part that is mark-up already goes in as it is."""
    inner = mrkdwn("*{name}*", name="a<b")
    assert mrkdwn("{inner}!", inner=inner) == "*a&lt;b*!"
    assert isinstance(inner, Mrkdwn)
    assert join(", ", [inner, Mrkdwn(""), inner]) == "*a&lt;b*, *a&lt;b*"


def test_dates_are_shown_in_the_readers_zone_with_a_fallback() -> None:
    """Slack's date token, and UTC where it cannot be shown."""
    when = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    token = "<!date^1793611800^{date_short_pretty} at {time}|2026-11-02 09:30 UTC>"
    assert date(when) == token


@given(ANY, st.integers(10, 200))
def test_plain_text_is_never_empty_nor_too_long(text: str, limit: int) -> None:
    """Slack refuses empty texts and long ones."""
    assert 1 <= len(plain(text, limit)) <= limit


def _spaced(node: ast.expr | None, names: Mapping[str, list[ast.expr]]) -> bool:
    """Whether an expression may be plain text with space around it."""
    match node:
        case ast.Constant(value=str(text)):
            return text != text.strip()
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text != text.lstrip()
        case ast.IfExp(body=one, orelse=other):
            return _spaced(one, names) or _spaced(other, names)
        case ast.Name(id=name):
            return any(_spaced(value, {}) for value in names.get(name, []))
    return False


@pytest.mark.parametrize("path", sorted(VIEWS.rglob("*.py")), ids=lambda path: path.stem)
def test_no_part_of_a_sentence_loses_its_space(path: Path) -> None:
    """What is put into mark-up is trimmed: “Running” and “ for 2 h” would be one word."""
    glued = []
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef):
            continue
        names: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                names.setdefault(node.targets[0].id, []).append(node.value)
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                parts = node.keywords if node.func.id == "mrkdwn" else []
                glued += [node.lineno for part in parts if _spaced(part.value, names)]
    assert glued == []
