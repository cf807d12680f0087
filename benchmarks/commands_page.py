"""Pages of the documentation that are made from the code: what can be typed in Slack."""

from handlers.language import COMMANDS

_HEAD = """# What you can type

In Slack, after `/wandb`, or in plain words to the bot (`@bot …`, a direct message, a thread that it
takes part in): the same words mean the same. `/wandb help COMMAND` shows the entry of a command.
A RUN is its name, its id, `entity/project/run_id`, a W&B link, or words such as “my last run”, “the
one that crashed”, “it” in a thread.

This page is made from the table of commands:
`python -m benchmarks.commands_page > docs/commands.md`.
"""


def commands_page() -> str:
    """docs/commands.md, from the table of commands."""
    parts = [_HEAD, "| command | what it does |", "|---|---|"]
    parts += [f"| [`{c.name}`](#{c.name}) | {c.summary} |" for c in COMMANDS.values()]
    for command in COMMANDS.values():
        usage = f" {command.usage}" if command.usage else ""
        parts += ["", f"## {command.name}", "", f"`/wandb {command.name}{usage}`", ""]
        parts += [command.details or command.summary]
        if command.examples:
            examples = [e if e.startswith("/") else f"/wandb {e}" for e in command.examples]
            parts += ["", "```", *examples, "```"]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(commands_page())
