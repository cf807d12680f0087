"""The command line: ``wandb-bot COMMAND``; each command is a module of this package."""

from bot.cli.group import main

__all__ = ["main"]
