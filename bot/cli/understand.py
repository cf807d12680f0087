"""``wandb-bot understand``: how a sentence would be understood, one or many."""

import io
import json
import sys
from pathlib import Path

import click

from bot.cli.common import out


@click.command("understand")
@click.argument("text", required=False)
@click.option("--context", metavar="FILE.json", help="What is known beside the sentence.")
@click.option("--batch", is_flag=True, help="One JSON object a line in, one a line out, in order.")
@click.option("--json", "print_json", is_flag=True, help="Print it as JSON.")
def command(text: str | None, context: str | None, batch: bool, print_json: bool) -> None:
    """Says how TEXT would be understood: the intent, its slots, and how sure that is."""
    from pydantic import ValidationError

    from handlers.language import Context, as_json, understand, understand_batch

    if batch:
        if text is not None:
            raise click.UsageError("Give a sentence, or --batch, not both.")
        # A byte that is no UTF-8 must not end the batch.
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        for line in understand_batch(sys.stdin):
            out(line)
        return
    if text is None:
        raise click.UsageError("Give a sentence, or --batch with sentences on standard input.")
    try:
        known = (
            Context.model_validate_json(Path(context).read_text("utf-8")) if context else Context()
        )
    except OSError as error:
        raise click.UsageError(f"{context} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise click.UsageError(f"{context} is no text in UTF-8.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = [str(context), ".".join(map(str, first["loc"]))]
        place = ": ".join(part for part in where if part)
        raise click.UsageError(f"{place}: {first['msg']}.") from None
    found = understand(text, known)
    if print_json:
        out(json.dumps(as_json(found), ensure_ascii=False, indent=2))
        return
    out(f"{found.intent.value}  (confidence {found.confidence:.2f})")
    out(json.dumps(as_json(found)["slots"], ensure_ascii=False))
    for note in found.notes:
        out(f"  {note}")
