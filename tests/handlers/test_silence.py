"""No wrong action: talk that is not for the bot starts nothing, however it is delivered."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from analysis.refs import Defaults
from handlers import registry
from handlers.dispatch import Dispatcher
from handlers.language import ACTIONS, Context, Intent, understand
from handlers.memory import RecentTopics
from handlers.registry import Ask
from handlers.reply import Reply
from handlers.request import Kind, Request
from handlers.services import Services
from tests.clocks import HandClock
from tests.scenarios.harness import OnlyTeam, Runs, talk

CORPUS = Path(__file__).parent / "language" / "corpus"
KINDS: dict[str, Kind] = {
    "mention": "mention",
    "dm": "direct",
    "thread": "overheard",
    "command": "command",
}
ASKED_OF_IT = 0.97  # the accuracy that is asked of the understanding
HARMLESS = {Intent.UNKNOWN, Intent.CLARIFY, Intent.HELP, Intent.GREETING, Intent.THANKS}


def lines(intent: str) -> list[dict[str, Any]]:
    """The corpus' sentences that are expected to mean ``intent``, of both parts."""
    every = [
        json.loads(line)
        for part in ("build", "held_out")
        for line in (CORPUS / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    return [line for line in every if line["expect"]["intent"] == intent]


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[Intent | str]:
    """Every command is replaced by one that only notes that it was called."""
    registry.load()
    called: list[Intent | str] = []

    def noting(intent: Intent | str) -> Callable[[Ask], AsyncIterator[Reply]]:
        async def note(_: Ask) -> AsyncIterator[Reply]:
            called.append(intent)
            nothing: tuple[Reply, ...] = ()
            for reply in nothing:
                yield reply

        return note

    # Also those that no file answers yet: what would be done must not depend on that.
    for intent in {*registry.COMMANDS, *Intent}:
        monkeypatch.setitem(registry.COMMANDS, intent, noting(intent))
    return called


async def deliver(line: dict[str, Any]) -> None:
    """The sentence comes in, as Slack would deliver it."""
    context, clock, runs = Context.model_validate(line["context"]), HandClock(), Runs()

    async def context_of(_: Request, /, *, patience_s: float | None = None) -> Context:
        return context

    unused = cast("Any", None)
    services = Services(
        examine=runs.examine,
        draw=unused,
        compare=unused,
        draw_overlay=unused,
        why=unused,
        failures=unused,
        understand=understand,
        context_of=context_of,
        sender=unused,
        access=OnlyTeam(),
        topics=RecentTopics(),
        clock=clock,
        defaults=Defaults(),
        conversation=talk(runs, clock),
    )
    request = Request(
        kind=KINDS[context.addressed],
        user="U0JANE",
        channel="C0ML",
        place="direct" if context.addressed == "dm" else "channel",
        text=str(line["text"]).removeprefix("/wandb "),
        message_ts="1.0",
    )
    await Dispatcher(services).answer(request)


async def test_nothing_is_started_by_talk(answered: list[Intent | str]) -> None:
    """No sentence that means nothing to the bot changes anything; hardly one is answered."""
    sentences = lines("unknown")
    assert len(sentences) > 100
    answers = 0
    for line in sentences:
        answered.clear()
        await deliver(line)
        assert not set(answered) & ACTIONS, line["text"]
        answers += bool(set(answered) - HARMLESS)
    assert answers / len(sentences) < 1 - ASKED_OF_IT


async def test_overheard_talk_gets_no_apology(answered: list[Intent | str]) -> None:
    """In a thread without a mention nobody is told that they were not understood."""
    overheard = [line for line in lines("unknown") if line["context"]["addressed"] == "thread"]
    assert len(overheard) > 50
    for line in overheard:
        await deliver(line)
    assert not set(answered) & HARMLESS
    assert len(answered) / len(overheard) < 1 - ASKED_OF_IT


async def test_overheard_doubt_is_silent(answered: list[Intent | str]) -> None:
    """A sentence that would be asked back is left alone where nobody addressed the bot."""
    for line in lines("clarify"):
        overheard = {**line, "context": {**line["context"], "addressed": "thread"}}
        await deliver(overheard)
    assert not set(answered) & {Intent.CLARIFY, Intent.UNKNOWN}
