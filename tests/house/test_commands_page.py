"""The page of what can be typed is what the table of commands says."""

from pathlib import Path

from benchmarks.commands_page import commands_page

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_page_of_commands_is_made_from_the_table() -> None:
    """After a change: ``python -m benchmarks.commands_page > docs/commands.md``."""
    assert PAGE.read_text("utf-8") == commands_page()
