"""The command line in this process: what it prints, and the code it ends with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli.group import main
from bot.demo.wandb import API_KEY, LocalWandb


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    def failed_with(self, code: int) -> str:
        """Asserts that it failed as promised, with one sentence only; gives the sentence."""
        assert self.code == code, (self.code, self.err)
        assert "Traceback" not in self.err
        assert self.err.count("Error: ") == 1
        return self.err.split("Error: ", 1)[1].strip()


Cli = Callable[..., Awaitable[Outcome]]


@pytest.fixture
def cli(clean: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs ``wandb-bot ARGUMENTS`` on a thread, with a loop of its own, as a shell would."""

    def run(*arguments: object) -> int:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return int(ended.value.code or 0)

    async def call(*arguments: object) -> Outcome:
        code = await asyncio.to_thread(run, *arguments)
        told = capsys.readouterr()
        return Outcome(code, told.out, told.err)

    return call


@pytest.fixture
def forgetful() -> Iterator[None]:
    """The ``wandb`` package reads its settings anew."""
    from wandb.sdk import wandb_setup

    wandb_setup.teardown()
    yield
    wandb_setup.teardown()


@pytest.fixture
async def wandb(
    clean: pytest.MonkeyPatch, forgetful: None, tmp_path: Path
) -> AsyncIterator[LocalWandb]:
    """A local server that the command line reads by W&B's own settings."""
    async with LocalWandb() as server:
        clean.setenv("WANDB_BASE_URL", server.base_url)
        clean.setenv("WANDB_API_KEY", API_KEY)
        clean.setenv("WANDB_CONFIG_DIR", str(tmp_path))
        clean.setenv("WANDB_BOT_DESCRIBE__DEADLINE_S", "5")
        yield server
