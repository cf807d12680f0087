"""What the commands share: the settings, the clock, the event loop, printing, progress."""

import asyncio
import functools
import math
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

    from analysis.sources.base import Progress
    from bot.settings import Settings

T = TypeVar("T")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class MomentType(click.ParamType[datetime]):
    """A moment in ISO 8601; without a zone, UTC."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Reads the text.

        Raises:
            click.BadParameter: when it is no such moment.
        """
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"“{value}” is not a time such as 2026-11-24T08:00:00Z.", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


MOMENT = MomentType()


class PngType(click.ParamType[str]):
    """Where a plot is written: the name of a PNG file."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Checks the ending before any work is done.

        Raises:
            click.BadParameter: when it is another one.
        """
        text = str(value)
        if Path(text).suffix.lower() != ".png":
            self.fail(f"“{text}” is no PNG file: plots are written as FILE.png.", param, ctx)
        return text


PNG = PngType()


class Span(click.FloatRange):
    """A length of time above 0; no number (``nan``) is no length."""

    def __init__(self, longest: float) -> None:
        super().__init__(min=0, max=longest, min_open=True)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Reads the number and checks it."""
        found = float(super().convert(value, param, ctx))
        if math.isnan(found):
            self.fail(f"{value} is no length of time.", param, ctx)
        return found


def options(*named: str) -> Callable[[Decorated], Decorated]:
    """Adds options that several commands have, by name, in this order."""

    def decorate(function: Decorated) -> Decorated:
        for name in reversed(named):
            function = _SHARED[name](function)
        return function

    return decorate


_SHARED: dict[str, Callable[[Any], Any]] = {
    "json": click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
    "config": click.option("--config", metavar="FILE", help="The settings file (TOML)."),
    "now": click.option(
        "--now", type=MOMENT, help="Answer as of this moment instead of the present."
    ),
    "full": click.option(
        "--full", is_flag=True, help="Fetch every row, however long that takes; shows progress."
    ),
    "fail-on-critical": click.option(
        "--fail-on-critical", is_flag=True, help="Exit with 1 when a run is critical."
    ),
}


def load_settings(config: str | None = None, **flags: Any) -> "Settings":
    """The settings, with ``--config`` of the command or of the group before it.

    Raises:
        bot.settings.WrongSettings: naming what to set.
    """
    from bot.settings import load

    return load(_config_path(config), **flags)


def settings_file(config: str | None = None) -> "Mapping[str, Any]":
    """What the settings file holds; nothing where there is none.

    Raises:
        bot.settings.WrongSettings: when it cannot be read.
    """
    from bot.settings import config_path, read_file

    path = config_path(_config_path(config))
    return read_file(path) if path else {}


def _config_path(config: str | None) -> Path | None:
    ctx = click.get_current_context(silent=True)
    named = config or (ctx.find_root().obj if ctx else None)
    return Path(named) if named else None


def run_async(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs a coroutine to its end; Ctrl-C cancels it and leaves with 130."""
    try:
        return asyncio.run(work())
    except KeyboardInterrupt:
        raise click.exceptions.Abort from None


def coroutine(function: Callable[..., Awaitable[T]]) -> Callable[..., T]:
    """Makes a command's body a coroutine."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> T:
        async def work() -> T:
            return await function(*args, **kwargs)

        return run_async(work)

    return call


def now_or(moment: datetime | None) -> datetime:
    """The moment that ``--now`` named, else the present, UTC."""
    return moment or datetime.now(UTC)


CLOSED_PIPE = 141
"""The exit code when nobody reads on, as shells say it: 128 and the number of SIGPIPE."""


def leave_pipe() -> NoReturn:
    """Ends the program whose output nobody reads on, without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(CLOSED_PIPE)


def console(*, stderr: bool = False) -> "Console":
    """Where text goes; colour only on a terminal, and never with ``NO_COLOR``."""
    from rich.console import Console

    class Closing(Console):
        def on_broken_pipe(self) -> None:
            leave_pipe()

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 100
    return Closing(
        stderr=stderr,
        width=width,
        highlight=False,
        soft_wrap=not stream.isatty(),
        markup=False,  # a run may be called “[/red]”
        emoji=False,
    )


def out(text: str) -> None:
    """Writes a line to standard output as UTF-8, whatever the locale says."""
    stream = sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    stream.write(text if text.endswith("\n") else text + "\n")
    stream.flush()


def err(sentence: str) -> None:
    """Writes one sentence to standard error."""
    click.echo(f"Error: {sentence}", err=True)


def progress_bar() -> "AbstractContextManager[Progress | None]":
    """A progress bar on standard error, only on a terminal."""
    if not sys.stderr.isatty():
        return nullcontext(None)
    from bot.cli.bar import bar

    return bar()


def write_file(file: Path, content: bytes) -> None:
    """Writes a file that the command line named.

    Raises:
        click.UsageError: when that cannot be done.
    """
    try:
        file.write_bytes(content)
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error.strerror}.") from None
