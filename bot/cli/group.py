"""The table of commands. Their modules are imported when they run, so that ``--help`` is quick."""

import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from bot.cli.common import leave_pipe

# name → (what the list of commands says; the module of this package is named like the command)
COMMANDS: dict[str, str] = {
    "describe": "How one or more runs are doing, and why.",
    "watch": "All running jobs at a glance, then what failed and what finished.",
    "compare": "Which run is better, and how sure that is.",
    "why": "The cause of a failure, from the run or from a log file.",
    "failures": "The failures of a project by cause.",
    "understand": "How a sentence would be understood.",
    "serve": "Start the Slack app.",
    "demo": "A local workspace with the bot in it; no accounts, no tokens.",
    "eval": "Measure the detectors on labelled runs.",
    "manifest": "Print the Slack app manifest.",
    "doctor": "Check tokens, W&B, the database and the engine.",
    "config": "Print all settings and where each comes from.",
    "feedback": "How people judged the detectors.",
    "mcp": "Serve the analysis to coding agents over MCP.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported on first use."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Reads the command line; ``--help`` is printed here."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except BrokenPipeError:  # click would leave with 1, which means something else here
            leave_pipe()

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            leave_pipe()

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command's module."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"bot.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list from the table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Names the nearest command when there is none of that name."""
        name = args[0] if args else ""
        if args and name not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean “{near[0]}”?" if near else ""
            ctx.fail(f"There is no command “{name}”.{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "RUN is entity/project/run_id, project/run_id, a run id with a default project, a W&B run "
        "link, or a path on disk. Shell completion: see docs/command-line.md."
    ),
)
@click.option("--config", metavar="FILE", help="The settings file (TOML).")
@click.version_option(package_name="wandb-bot", prog_name="wandb-bot")
@click.pass_context
def cli(ctx: click.Context, config: str | None) -> None:
    """Watches Weights & Biases runs, says how they are doing, and why."""
    ctx.obj = config


def main(argv: Sequence[str] | None = None) -> Any:
    """Entry point of ``wandb-bot``; leaves with the exit codes that the contract lists."""
    from analysis.errors import AnalysisError

    _forgive_encodings()
    try:
        code = cli.main(
            args=None if argv is None else list(argv),
            prog_name="wandb-bot",
            standalone_mode=False,
        )
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AnalysisError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 - nobody is shown a traceback unasked
        _unexpected(error)
    sys.exit(code if isinstance(code, int) else 0)


def _forgive_encodings() -> None:
    """A terminal that cannot show a character gets “?” for it, not an error for the answer."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _unexpected(error: Exception) -> NoReturn:
    """Says that it is our fault; the traceback is for those who ask for it."""
    if os.environ.get("WANDB_BOT_TRACEBACK"):
        raise error
    from analysis.redact import redact

    click.echo(
        f"Error: something went wrong inside wandb-bot ({type(error).__name__}: "
        f"{redact(str(error))[:300]}). Set WANDB_BOT_TRACEBACK=1 and run it again to see where.",
        err=True,
    )
    sys.exit(70)
