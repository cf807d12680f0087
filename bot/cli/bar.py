"""A progress bar for long fetches, on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

if TYPE_CHECKING:
    from analysis.sources.base import Progress as Report


@contextmanager
def bar() -> "Iterator[Report]":
    """Shows a line for each phrase that is reported; all lines vanish at the end."""
    tasks: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:

        def report(phrase: str, done: int, total: int | None) -> None:
            if phrase not in tasks:
                tasks[phrase] = shown.add_task(phrase, total=total)
            shown.update(tasks[phrase], completed=done, total=total)

        yield report
