"""The MCP server, asked by a real client over standard input and output."""

import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, TextContent

from analysis.causes.report import WhyReport
from analysis.comparing.report import Comparison
from analysis.failures import FailuresReport
from analysis.looking.report import Look
from analysis.reports import RunReport
from bot.settings import Settings
from tests.bot.few import few_runs
from tests.runs import RUNS, truth

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> StdioServerParameters:
    home = tmp_path_factory.mktemp("home")
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "bot", "mcp"],
        cwd=ROOT,
        env={"HOME": str(home), "WANDB_BASE_URL": "http://127.0.0.1:9", "WANDB_API_KEY": "k" * 40},
    )


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """The structured answer; the client itself has held it against the published schema."""
    answer = await client.call_tool(tool, arguments)
    assert isinstance(answer, CallToolResult)
    assert not answer.is_error, said(answer)
    return answer.structured_content


def said(answer: CallToolResult) -> str:
    return "\n".join(part.text for part in answer.content if isinstance(part, TextContent))


async def test_there_are_five_tools_that_only_read(server: StdioServerParameters) -> None:
    """Each says so, and has a schema for what it takes and what it gives."""
    async with Client(stdio_client(server)) as client:
        tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == ["describe", "watch", "compare", "why", "failures"]
    for tool in tools:
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is True
        assert tool.description
        assert tool.output_schema is not None
        assert tool.output_schema["type"] == "object"


@pytest.mark.timeout(120)
async def test_the_verdicts_are_the_bots(server: StdioServerParameters, tmp_path: Path) -> None:
    """Each tool returns the typed report of its command, non-finite numbers included."""
    few = str(few_runs(tmp_path, "hf-oom", "killed"))
    sides = [str(RUNS / name) for name in ("lr0.001-seed0", "lr0.0001-seed0")]
    async with Client(stdio_client(server)) as client:
        told = await call(client, "describe", run=str(RUNS / "lr-too-high"))
        compared = await call(client, "compare", sides=sides)
        cause = await call(client, "why", run=str(RUNS / "hf-oom"))
        seen = await call(client, "watch", where=few, hours=8784.0)
        groups = await call(client, "failures", project=few, days=10_000)
    report = RunReport.model_validate(told)
    codes = {finding.code for finding in report.findings if finding.severity != "info"}
    assert truth()["lr-too-high"].must <= codes
    assert told["loss"]["current"] == "NaN"
    assert Comparison.model_validate(compared).verdict in {"a_better", "b_better", "too_close"}
    assert WhyReport.model_validate(cause).cause == "gpu_oom"
    assert Look.model_validate(seen).summary.hours == 8784.0
    assert FailuresReport.model_validate(groups).groups


@pytest.mark.timeout(120)
async def test_what_fails_is_said_in_one_sentence(server: StdioServerParameters) -> None:
    """The sentence and the exit code of the command line, never a traceback."""
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("describe", {"run": "nowhere/at/all.wandb"}, "(exit code 3)"),
        ("describe", {"run": "http://elsewhere.example/x"}, "(exit code 2)"),
        ("why", {"run": "team/proj/abc"}, "(exit code 5)"),
        ("compare", {"sides": ["one"]}, "sides"),
        ("failures", {"project": "x/y/z/w"}, "(exit code 2)"),
    ]
    async with Client(stdio_client(server)) as client:
        for tool, arguments, words in wrong:
            answer = await client.call_tool(tool, arguments)
            assert isinstance(answer, CallToolResult)
            assert answer.is_error
            assert words in said(answer)
            assert "Traceback" not in said(answer)


def test_the_sentence_where_the_extra_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not an ImportError, but what to install."""
    from bot.cli import mcp as command
    from bot.cli.group import main

    monkeypatch.setattr(command, "find_spec", lambda _: None)
    with pytest.raises(SystemExit) as ended:
        main(["mcp"])
    assert ended.value.code == 2
    assert "pip install 'wandb-bot[mcp]'" in capsys.readouterr().err


def test_a_server_is_built_without_asking_anybody() -> None:
    """Starting must not depend on W&B being there."""
    from bot.mcp_server import build

    assert build(Settings()).name == "wandb-bot"
