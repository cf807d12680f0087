"""How quickly the running bot acknowledges and answers in Slack.

``python -m benchmarks.acknowledge [--commands 100]`` starts the demo's surroundings and the real
bot as a process of its own, types commands one after the other, and prints the time from the
command's delivery to its acknowledgement, to the first message, and to the report.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.demo import story
from bot.demo.run import CHANNEL, PERSON, start_bot, stop_bot
from bot.demo.sample import unpack
from bot.demo.slack import LocalSlack
from bot.demo.wandb import LocalWandb

RUNS = ("digits/healthy-digits", "digits/bad-batch", "code-lm/hf-gpt2", "seeds/lr0.001-seed0")


async def measure(commands: int) -> dict[str, list[float]]:
    """Seconds of each command: acknowledged, first message, report."""
    found: dict[str, list[float]] = {"acknowledged": [], "first message": [], "report": []}
    with TemporaryDirectory(prefix="wandb-bot-bench-") as place:
        folder = Path(place)
        async with LocalWandb() as wandb, LocalSlack() as slack:
            story.seed(wandb, unpack(folder / "runs"))
            slack.add_user(PERSON, kind="admin")
            slack.add_channel(CHANNEL)
            bot = await start_bot(slack, wandb, folder)
            try:
                await slack.connected(timeout=60)
                for index in range(commands):
                    run = RUNS[index % len(RUNS)]
                    seconds = await _one(slack, f"/wandb describe demo/{run}", len(slack.posts()))
                    for what, value in zip(found, seconds, strict=True):
                        found[what].append(value)
            finally:
                await stop_bot(bot)
    return found


async def _one(slack: LocalSlack, command: str, before: int) -> tuple[float, float, float]:
    started = time.perf_counter()
    typed = await slack.types(f"#{CHANNEL}", PERSON, command)
    await slack.until(lambda: len(slack.posts()) > before, timeout=20)
    first = time.perf_counter() - started
    await slack.until(lambda: "Refresh" in str(slack.last(f"#{CHANNEL}").blocks), timeout=20)
    whole = time.perf_counter() - started
    if typed.command is None or typed.command.acked_after is None:
        raise RuntimeError(f"{command} was never acknowledged")
    return typed.command.acked_after, first, whole


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=100)
    given = parser.parse_args()
    found = asyncio.run(measure(given.commands))
    print(f"{given.commands} commands, one after the other\n")
    print("| | median | 95 % under | max |\n|---|---|---|---|")
    for what, seconds in found.items():
        print(f"| {what} | {_ms(statistics.median(seconds))} | {_ms(_p95(seconds))} | "
              f"{_ms(max(seconds))} |")  # fmt: skip


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


if __name__ == "__main__":
    main()
