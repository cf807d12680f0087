"""Links of W&B: which page they lead to, and that no text a person can post raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import BadReference
from analysis.refs import Defaults, RunRef, parse_run, read_link

DEFAULTS = Defaults(
    app_urls=("https://wandb.ai", "https://w.example/wandb", "http://10.1.2.3:8080")
)
RUN = RunRef("team", "proj", "abc")


@pytest.mark.parametrize(
    "url",
    [
        "https://wandb.ai/team/proj/runs/abc",
        "http://WANDB.ai/team/proj/runs/abc/overview?nw=nwuserada#charts",
        "https://wandb.ai:443/team/proj/runs/abc/",
        "https://w.example/wandb/team/proj/runs/abc/logs",
        "http://10.1.2.3:8080/team/proj/runs/abc",
    ],
)
def test_a_link_names_its_run(url: str) -> None:
    """Whatever tab, query, fragment or usual port it is written with."""
    link = read_link(url, DEFAULTS)
    assert link is not None
    assert link.path == "run/team/proj/abc"
    assert parse_run(url, DEFAULTS) == RUN


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ("team", "entity/team"),
        ("team/projects", "entity/team"),
        ("team/proj", "project/team/proj"),
        ("team/proj/runs", "project/team/proj"),
        ("team/proj?nw=abc", "workspace/team/proj"),
        ("team/proj/workspace", "workspace/team/proj"),
        ("team/proj/sweeps/s1/table", "sweep/team/proj/s1"),
        ("team/proj/groups/lr%3A1e-3%2Fseeds", "group/team/proj/lr:1e-3/seeds"),
        ("team/proj/reports/What%3F--Vmlldzo0", "report/team/proj/What?--Vmlldzo0"),
        ("team/proj/reports/%E5%AD%A6--Vmlldzo0", "report/team/proj/学--Vmlldzo0"),
    ],
)
def test_every_kind_of_page_is_known(page: str, path: str) -> None:
    """Groups and reports may be called anything, as W&B lets them."""
    link = read_link(f"https://wandb.ai/{page}", DEFAULTS)
    assert link is not None
    assert link.path == path


@pytest.mark.parametrize(
    "url",
    [
        "https://wandb.ai:abc/team/proj/runs/abc",
        "https://wandb.ai:99999/team/proj/runs/abc",
        "https://wandb.ai:8443/team/proj/runs/abc",
        "https://[wandb.ai/team/proj/runs/abc",
        "https://wandb.ai/team/proj/runs/a%00c",
        "https://wandb.ai/team/proj/runs/a%2Fc",
        "https://wandb.ai/team/proj/groups/a%0Ac",
        "https://w.example/team/proj/runs/abc",
        "https://docs.wandb.ai/team/proj/runs/abc",
    ],
)
def test_what_is_no_link_of_ours_is_said(url: str) -> None:
    """A port that is none, another port, another host, a name that W&B cannot hold."""
    assert read_link(url, DEFAULTS) is None
    with pytest.raises(BadReference):
        parse_run(url, DEFAULTS)


def test_a_link_is_quoted_without_slacks_brackets() -> None:
    """People never see them."""
    with pytest.raises(BadReference, match=r"“http://wandb\.ai:abc/x” is not"):
        parse_run("<http://wandb.ai:abc/x|here>", DEFAULTS)


@given(st.text(max_size=60))
def test_no_link_raises(text: str) -> None:
    """What people post is anything; a link is read or it is not."""
    link = read_link(f"https://wandb.ai{text}", DEFAULTS)
    assert link is None or len(link.path) <= 700
