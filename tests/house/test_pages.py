"""The documentation's promises: generated parts are current, links lead somewhere, lines run."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from benchmarks.pages import pages
from bot.cli.config import settings_table
from bot.cli.group import COMMANDS, LazyGroup, cli
from bot.settings_table import rows
from tests.runs import RUNS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SHELL = {"console", "sh", "bash"}
RECORDED = "../shared/runs"
# What a line says where the reader puts something of theirs: such lines are parsed, not run.
THEIRS = re.compile(r"…|\b(team|project|entity|example\.com|run_id)\b|[A-Z]{3,}")
# Lines that would start servers, ask Slack or take minutes: their options are parsed instead.
PARSED = {"serve", "demo", "doctor", "eval", "mcp", "feedback", "config"}


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


def shell_lines() -> Iterator[tuple[Path, str]]:
    for page in documents():
        language = ""
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.startswith("```"):
                language = "" if language else (line[3:].strip() or "text")
            elif language in SHELL and line.strip():
                yield page, line.strip()


OURS = [
    pytest.param(line, id=f"{page.relative_to(ROOT)}: {line}")
    for page, line in shell_lines()
    if line.startswith("wandb-bot ")
]
TARGETS = sorted({line.split()[1] for _, line in shell_lines() if line.startswith("make ")})


def test_generated_parts_are_what_the_code_says() -> None:
    """Settings, commands, scopes and events: `python -m benchmarks.pages` writes them anew."""
    stale = [file.name for file, text in pages() if file.read_text(encoding="utf-8") != text]
    assert stale == []


def test_every_setting_has_its_row() -> None:
    """In the page as in the program."""
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert settings_table() in page
    assert [row.variable for row in rows() if f"`{row.variable}`" not in page] == []


def test_every_command_has_a_help_line_and_stands_in_the_page() -> None:
    """The table's line, the command's own first sentence, and each of its options with help."""
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    context = click.Context(cli)
    assert isinstance(cli, LazyGroup)
    for name, line in COMMANDS.items():
        command = cli.get_command(context, name)
        assert command is not None, name
        assert line.endswith("."), name
        assert command.help, name
        assert f"| {line} |" in page, name
        options = [param for param in command.params if isinstance(param, click.Option)]
        assert [option.name for option in options if not option.help] == [], name


def test_completion_is_offered_for_three_shells() -> None:
    """The very lines that click answers."""
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    for shell in ("bash", "zsh", "fish"):
        assert f"_WANDB_BOT_COMPLETE={shell}_source wandb-bot" in page


@pytest.mark.parametrize("line", OURS)
def test_a_command_line_in_the_docs_works(
    line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Run where it only reads recorded runs; else its command and options are parsed."""
    arguments = shlex.split(line.split(" | ")[0].split(" > ")[0], comments=True)[1:]
    arguments = [part.replace(RECORDED, str(RUNS)) for part in arguments]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    context = click.Context(cli, info_name="wandb-bot")
    name, command, rest = cli.resolve_command(context, arguments)
    assert command is not None
    if name in PARSED or THEIRS.search(line.removeprefix("wandb-bot")):
        command.make_context(name, list(rest), parent=context, resilient_parsing=False)
        return
    code = cli.main(arguments, prog_name="wandb-bot", standalone_mode=False)
    assert not code


@pytest.mark.parametrize("target", TARGETS)
def test_a_make_line_in_the_docs_names_a_target(target: str) -> None:
    """`make` itself says whether it knows it, without doing it."""
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_links_between_pages_lead_somewhere() -> None:
    """To files that are here, and to headings that stand in them."""
    dead = []
    for page in documents():
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, heading = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists() or (heading and heading not in headings(file)):
                dead.append(f"{page.relative_to(ROOT)} → {target}")
    assert dead == []


def headings(page: Path) -> set[str]:
    """The anchors of a page, as code hosts make them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in found}
