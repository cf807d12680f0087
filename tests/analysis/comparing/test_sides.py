"""What a side may be: a run, several, a group; in W&B or on disk."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.comparing.sides import GroupRef, parse_side, side_text
from analysis.errors import BadReference
from analysis.refs import Defaults, ProjectRef, RunRef

KNOWN = Defaults(entity="team", project="proj")


def test_a_run_several_and_a_group() -> None:
    """Commas join seeds; a group may name its project, or take the default one."""
    assert parse_side("a", KNOWN).members == (RunRef("team", "proj", "a"),)
    assert parse_side("x/y/a, b", KNOWN).members == (
        RunRef("x", "y", "a"),
        RunRef("team", "proj", "b"),
    )
    here = GroupRef("lr 0.1", ProjectRef("team", "proj"))
    assert parse_side("group:lr 0.1", KNOWN).members == (here,)
    assert parse_side("x/y/group:g", KNOWN).members == (GroupRef("g", ProjectRef("x", "y")),)


def test_a_comma_inside_an_existing_path_is_part_of_it(tmp_path: Path) -> None:
    """`FOLDER/lr=0.1,bs=8` is one run where such a folder exists; the longest path wins."""
    odd = tmp_path / "lr=0.1,bs=8"
    plain = tmp_path / "plain"
    for folder in (odd, plain):
        folder.mkdir()
    assert parse_side(f"{odd},{plain}", KNOWN).members == (odd, plain)
    assert parse_side(f"{plain},{odd}", KNOWN).members == (plain, odd)
    assert parse_side(f"{odd}/group:a", KNOWN).members == (GroupRef("a", odd),)


def test_without_disk_no_path_is_read(tmp_path: Path) -> None:
    """From Slack a path is no side, whether it exists or not: the answers do not differ."""
    real, unreal = tmp_path / "run", tmp_path / "none"
    real.mkdir()
    said = set()
    for path in (real, unreal):
        with pytest.raises(BadReference) as refused:
            parse_side(str(path), KNOWN, disk=False)
        said.add(refused.value.sentence.replace(str(path), "PATH"))
        with pytest.raises(BadReference):
            parse_side(f"{path}/group:a", KNOWN, disk=False)
    assert len(said) == 1


NAMES = st.sampled_from(["a", "group:", "/", ",", "group:x", "..", "e/p/r", "~", " ", "\x00", "é"])


@given(st.lists(NAMES, max_size=8).map("".join) | st.text(max_size=40), st.booleans())
@example("group:group:", True)
@example(",", True)
def test_no_text_raises_anything_else(text: str, disk: bool) -> None:
    """Whatever was typed is a side or a ``BadReference``."""
    try:
        side = parse_side(text, KNOWN, disk=disk)
    except BadReference:
        return
    assert side.members


@given(st.lists(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), min_size=1, max_size=5))
def test_a_side_written_out_is_read_the_same(names: list[str]) -> None:
    """``side_text`` needs no defaults to be read again."""
    side = parse_side(",".join([*names, "group:g"]), KNOWN, disk=False)
    assert parse_side(side_text(side), Defaults(), disk=False).members == side.members
