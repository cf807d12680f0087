"""What starting costs: help is quick because it imports nothing heavy."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HEAVY = (
    "aiohttp", "dbos", "matplotlib", "mcp", "numpy", "pydantic_settings", "rich", "scipy",
    "slack_bolt", "slack_sdk", "sqlalchemy", "wandb",
)  # fmt: skip

HELP = """
import contextlib, io, json, sys
from bot.cli.group import COMMANDS, main
loaded, quiet = {}, io.StringIO()
for arguments in [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)]:
    with contextlib.redirect_stdout(quiet):
        try:
            main(arguments)
        except SystemExit as ended:
            assert not ended.code, arguments
    loaded[" ".join(arguments)] = sorted({name.split(".")[0] for name in sys.modules})
print(json.dumps(loaded))
"""

DISK = """
import contextlib, io, sys
from bot.cli.group import main
with contextlib.redirect_stdout(io.StringIO()):
    try:
        main(["describe", sys.argv[1], "--json"])
    except SystemExit as ended:
        assert not ended.code
print(" ".join(sorted({name.split(".")[0] for name in sys.modules})))
"""


def python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return done.stdout


def test_help_imports_nothing_heavy() -> None:
    """Neither of the program nor of any command."""
    loaded = json.loads(python(HELP))
    assert {
        command: found
        for command, modules in loaded.items()
        if (found := sorted(set(HEAVY) & set(modules)))
    } == {}


def test_a_run_on_disk_needs_no_network_and_no_plot() -> None:
    """Nor Slack, nor a database."""
    from tests.runs import RUNS

    loaded = set(python(DISK, str(RUNS / "healthy-digits")).split())
    assert "numpy" in loaded
    assert loaded & (set(HEAVY) - {"numpy", "pydantic_settings", "rich"}) == set()


def test_a_terminal_of_few_characters_gets_the_answer() -> None:
    """With “?” for what it cannot show; data keep their meaning."""
    from tests.runs import RUNS

    def answer(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "describe", str(RUNS / "healthy-digits"), *arguments],
            check=True,
            capture_output=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
        )
        return done.stdout.decode("ascii")

    assert answer().startswith("? healthy healthy-digits")
    assert json.loads(answer("--json"))["run"]["name"] == "healthy-digits"
