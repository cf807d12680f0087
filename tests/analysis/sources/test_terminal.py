"""Console output is kept as a terminal would show it."""

from hypothesis import given
from hypothesis import strategies as st

from analysis.sources.terminal import Terminal


def shown(*pieces: str, last: int = 100) -> list[str]:
    terminal = Terminal()
    for piece in pieces:
        terminal.write(piece)
    return [line.text for line in terminal.lines(last)]


def test_a_progress_bar_leaves_its_last_state() -> None:
    assert shown("\r  0%", "\r 50%", "\r100%\n", "done\n") == ["100%", "done"]


def test_what_follows_a_carriage_return_overwrites_only_as_far_as_it_goes() -> None:
    assert shown("abcdef\rXY\n") == ["XYcdef"]


def test_a_traceback_may_stand_behind_a_progress_bar() -> None:
    assert shown("\r 29%|##", "Traceback (most recent call last):\n") == [
        " 29%|##Traceback (most recent call last):"
    ]


def test_colours_and_cursor_movements_are_left_out() -> None:
    assert shown("\x1b[31mred\x1b[0m\x1b[A\x1b]0;title\x07\n") == ["red"]


def test_an_unfinished_line_is_shown_last() -> None:
    assert shown("one\n", "two") == ["one", "two"]


def test_two_streams_do_not_mix_their_lines() -> None:
    terminal = Terminal()
    terminal.write("\r 10%", error=True)
    terminal.write("loss 1.0\n")
    terminal.write("\r 20%\n", error=True)
    assert [(line.text, line.error) for line in terminal.lines(9)] == [
        ("loss 1.0", False),
        (" 20%", True),
    ]


@given(st.lists(st.text(alphabet="ab\r\n\x1b[m", max_size=8)))
def test_it_does_not_matter_where_output_is_cut_into_pieces(pieces: list[str]) -> None:
    """Except inside an escape sequence, which a program writes at once."""
    whole = "".join(pieces).replace("\x1b", "")
    pieces = [piece.replace("\x1b", "") for piece in pieces]
    assert shown(*pieces) == shown(whole)
