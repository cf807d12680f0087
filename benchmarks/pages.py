"""Writes the generated parts of the pages for operators: settings, commands, scopes.

``python -m benchmarks.pages``. What stands between ``<!-- begin X -->`` and ``<!-- end X -->`` in a
page is made from the code; ``tests/house`` holds the pages equal to it.
"""

import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from bot import manifest
from bot.cli.config import settings_table
from bot.cli.group import COMMANDS, cli

DOCS = Path(__file__).resolve().parents[1] / "docs"
WIDTH = 92


def commands() -> str:
    """All commands: a table, then what each says about itself."""
    lines = ["| command | what it does |", "|---|---|"]
    lines += [f"| [`{name}`](#{name}) | {summary} |" for name, summary in COMMANDS.items()]
    for name in COMMANDS:
        lines += ["", f"### {name}", "", "```text", _help(name), "```"]
    return "\n".join(lines)


def _help(name: str) -> str:
    command: click.Command = importlib.import_module(f"bot.cli.{name}").command
    parent = click.Context(cli, info_name="wandb-bot")
    context = click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        help_option_names=["-h", "--help"],
    )
    return command.get_help(context)


def scopes() -> str:
    """The scopes with the reasons that stand beside them in the manifest."""
    return _reasons("scope", "what needs it", "    bot:", "settings:")


def events() -> str:
    """The events with the reasons that stand beside them in the manifest."""
    return _reasons("event", "why", "    bot_events:", "  interactivity:")


def _reasons(name: str, why: str, begin: str, end: str) -> str:
    text = manifest.text()
    part = text[text.index(begin) : text.index(end, text.index(begin))]
    rows: list[list[str]] = []
    for line in part.splitlines():
        if found := re.match(r"\s+- (\S+)  # (.+)", line):
            rows.append([found[1], found[2]])
        elif found := re.match(r"\s+# (.+)", line):
            rows[-1][1] += " " + found[1]
    lines = [f"| {name} | {why} |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{one}` | {reason} |" for one, reason in rows)])


PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "settings.md": {"settings": settings_table},
    "command-line.md": {"commands": commands},
    "install.md": {"scopes": scopes, "events": events},
}


def written(page: str, text: str) -> str:
    """The page's text with its generated parts made anew."""
    for name, make in PARTS[page].items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = f"{head}{begin}\n\n{make()}\n\n{end}{tail}"
    return text


def pages() -> Iterator[tuple[Path, str]]:
    """Each page, and what it should hold."""
    for name in PARTS:
        file = DOCS / name
        yield file, written(name, file.read_text(encoding="utf-8"))


def main() -> None:
    """Writes all pages."""
    for file, text in pages():
        file.write_text(text, encoding="utf-8")
        print(f"wrote {file.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
