"""Draws docs/gallery/*.png and docs/gallery.md: every kind of message, view and plot.

    python -m docs.gallery [PART …]

Most pictures are of the demo: the real bot between the local Slack and the local W&B with recorded
runs, asked as a person would ask. What cannot be had by asking (an error of ours, an answer that is
still at work) is posted as the bot would post it. Needs a Chromium and the development
dependencies.
"""

import asyncio
import math
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from analysis.plots.curves import Curve, RunCurves
from analysis.reports import MissingPart
from bot.clock import SystemClock
from bot.demo.run import CHANNEL, PERSON
from bot.demo.slack import Message
from bot.demo.wandb import LocalSweep
from docs.gallery_plots import EPOCHS, FALLS, plots
from docs.gallery_stage import FOLDER, HERE, PHONE, WAIT_S, Stage, read, save, staged, sure
from handlers.registry import RUN_BUTTONS
from handlers.registry import load as load_commands
from handlers.views import problem, progress, run
from handlers.views.progress import Doing
from tests.reports import a_run, healthy

# What is drawn


_LOOKED_S: Final = 8.0
"""Until the watch has looked once: what has failed by then is no news to it."""


async def runs(stage: Stage) -> None:
    """One run: well, ill, running, failed; in full, in short; by night and on a phone."""
    stage.part("A run")
    critical = await stage.says(
        "/wandb describe demo/char-lm/char-gpt-hot", "char-gpt-hot in", picture=True
    )
    await stage.shoot("describe", "Critical: the loss diverged", critical)
    await stage.shoot("describe-dark", "The same by night", critical, dark=True)
    await stage.shoot("describe-phone", "The same on a phone", critical, width=PHONE)
    for name, title, path in (
        ("not-finite", "Critical: the loss became NaN", "digits/lr-too-high"),
        ("warning", "Warning: a spike that came back", "digits/bad-batch"),
        ("overfitting", "Warning: overfitting", "digits/tiny-train-set"),
        ("healthy", "Healthy", "digits/healthy-digits"),
        ("running", "Running", "char-lm/char-gpt"),
        ("failed", "Failed, with its cause", "digits/out-of-memory"),
        ("lost", "Contact lost", "digits/killed"),
    ):
        words = f"{path.partition('/')[2]} in"
        told = await stage.says(f"/wandb describe demo/{path}", words, picture=True)
        await stage.shoot(name, title, told)
    why = await stage.says("/wandb why demo/code-lm/hf-oom", "hf-oom")
    await stage.shoot("why", "Why it failed", why)
    load_commands()
    now = SystemClock().now()
    report = healthy(generated_at=now)
    compact = await stage.posts(run.message(report, "compact", now=now, buttons=RUN_BUTTONS))
    await stage.shoot("compact", "The compact form", compact)
    held_out = Curve("eval/loss", EPOCHS, FALLS + 0.2)
    few = RunCurves(loss=Curve("train/loss", EPOCHS, FALLS), evals=(held_out,))
    short = run.message(report, now=now, curves=few, buttons=RUN_BUTTONS)
    await stage.shoot("native-chart", "Few points: Slack’s own chart", await stage.posts(short))
    missing = (MissingPart(what="history", reason="it did not come in time"),)
    partial = report.model_copy(update={"partial": True, "missing": missing})
    told = await stage.posts(run.message(partial, now=now, buttons=RUN_BUTTONS))
    await stage.shoot("partial", "What did not come in time", told)
    preview = run.preview(a_run(), now=now)
    doing = progress.with_progress(preview, Doing("rows read", 14_000, 50_000), "token")
    await stage.shoot("progress", "Work in progress", await stage.posts(doing))
    await stage.shoot("cancelled", "Cancelled", await stage.posts(progress.cancelled()))
    await stage.shoot("error", "An error of ours", await stage.posts(problem.our_fault("3f9a12c4")))
    gone = await stage.says("/wandb describe demo/digits/nothing-like-it", "nothing-like-it")
    await stage.shoot("unknown-run", "An error of the asker’s", gone)


async def many(stage: Stage) -> None:
    """Several runs: comparisons, lists, looks."""
    stage.part("Several runs")
    named = "demo/digits/healthy-digits demo/digits/bad-batch demo/char-lm/char-gpt-hot"
    together = await stage.says(f"/wandb describe {named}", "3 runs")
    await stage.shoot("several", "Several runs described at once", together)
    compared = await stage.says(
        "/wandb compare demo/seeds/group:0.001 demo/seeds/group:0.0001", "confidence", picture=True
    )
    await stage.shoot("compare", "A comparison of seeds", compared)
    await stage.shoot("compare-phone", "The same on a phone", compared, width=PHONE)
    await stage.thread("compare-details", "Its details, in the thread", compared)
    close = await stage.says(
        "/wandb compare demo/seeds/lr0.001-seed0 demo/seeds/lr0.001-seed1",
        "confidence",
        picture=True,
    )
    await stage.shoot("compare-close", "Too close to call", close)
    failed = await stage.says("/wandb failures demo --days 30", "failed")
    await stage.shoot("failures", "What failed lately", failed)
    every = await stage.says("/wandb runs demo", "runs in demo")
    await stage.shoot("runs-table", "A long list of runs", every, width=1_100)
    few = await stage.says("/wandb runs demo/code-lm", "runs in demo/code-lm")
    await stage.shoot("runs", "A short list of runs", few)
    best = await stage.says("/wandb best demo/digits by val/loss", "🏆")
    await stage.shoot("best", "The best runs", best)
    look = await stage.says("/wandb watch demo --once", "running")
    await stage.shoot("look", "A look at everything", look)
    name = stage.slack.user(stage.slack.app.user_id).name
    asked = f"@{name} plot train/loss for lr0.001-seed0 and lr0.0001-seed0 in demo/seeds"
    said = await stage.says(asked, "train/loss", picture=True)
    parent = next(m for m in stage.slack.messages(f"#{CHANNEL}") if m.ts == said.thread_ts)
    await stage.thread("metric", "A metric of two runs", parent, height=760)


async def watching(stage: Stage) -> None:
    """A watch: its board, a card with its thread, the form of settings."""
    stage.part("Watching")
    started = await stage.says("/wandb watch demo/char-lm", "from now on")
    await stage.shoot("watch", "A watch begins", started)
    board = await stage.answer("updated in place", set())
    await asyncio.sleep(_LOOKED_S)
    live = stage.wandb.run("demo/char-lm/char-gpt")
    for _ in range(20):
        live.log({"train/loss": math.nan, "train/global_step": live.table.last_step + 1})

    def card_saying(words: str) -> Message | None:
        every = stage.slack.messages(f"#{CHANNEL}")
        cards = [m for m in every if "later is told in the thread" in m.plain]
        thread = stage.slack.thread
        return next((m for m in cards if any(words in read(t) for t in (m, *thread(m)))), None)

    card = sure(await stage.slack.until(partial(card_saying, "not finite"), timeout=WAIT_S))
    for state, words in (("failed", "Failed"), ("running", "Goes on again")):
        live.becomes(state, exit_code=1 if state == "failed" else None)
        await stage.slack.until(partial(card_saying, words), timeout=WAIT_S)
    await stage.slack.until(lambda: "Goes on again" in card.plain, timeout=WAIT_S)
    await stage.shoot("card", "A run’s card", card)
    await stage.thread(
        "card-thread", "What happened to it, in the card’s thread", card, height=1_200
    )
    live.becomes("failed", exit_code=1)
    await stage.slack.until(lambda: "failed" in board.plain, timeout=WAIT_S)
    await stage.shoot("board", "The board", board)
    soon = SystemClock().now() + timedelta(minutes=1)
    known = {message.ts for message in stage.slack.messages(f"#{CHANNEL}")}
    await stage.says(f"/wandb briefing {soon:%H:%M} UTC", "☕")
    briefing = await stage.answer("in the last 24 h", known, timeout_s=3 * WAIT_S)
    await stage.shoot("briefing", "A briefing, as it is posted", briefing)
    listed = await stage.says("/wandb watches", "1 watch")
    await stage.shoot("watches", "What is watched", listed)
    await stage.slack.types(f"#{CHANNEL}", PERSON, "/wandb settings")
    await stage.modal("settings", "Settings of a channel")


async def elsewhere(stage: Stage) -> None:
    """Cards under links, the home tab, forms, help."""
    stage.part("Elsewhere in Slack")
    help_ = await stage.says("/wandb help", "What I can do")
    await stage.shoot("help", "Help", help_)
    lost = await stage.says("/wandb make me a sandwich", "did not understand")
    await stage.shoot("not-understood", "Not understood", lost)
    base = stage.wandb.base_url
    stage.wandb.add_sweep("demo", "seeds", LocalSweep("lr-search"))
    for made in stage.wandb.add_project("demo", "seeds").runs.values():
        made.sweep = "lr-search"
    for name, title, path in (
        ("unfurl-run", "The card under a run’s link", "demo/digits/runs/healthy-digits"),
        ("unfurl-project", "The card under a project’s link", "demo/digits"),
        ("unfurl-sweep", "The card under a sweep’s link", "demo/seeds/sweeps/lr-search"),
        (
            "unfurl-report",
            "The card under a report’s link",
            "demo/digits/reports/Which-learning-rate-works--Vmlldzo0MjM",
        ),
    ):
        typed = await stage.slack.types(f"#{CHANNEL}", PERSON, f"{base}/{path}")
        message = sure(typed.message)
        await stage.unfurled(message, "slack_file" if name == "unfurl-run" else "")
        await stage.shoot(name, title, message)
    slack = stage.slack

    def home(*words: str) -> bool:
        plain = slack.home_of(PERSON).plain
        return all(word in plain for word in words) and "Asking" not in plain

    await slack.opens_home(PERSON)
    await slack.until(lambda: home("Three steps"), timeout=WAIT_S)
    await stage.home("home-first", "Home, the first time")
    await slack.click(slack.home_of(PERSON), "home.project", value="demo/digits")
    await slack.until(lambda: home("The last day"), timeout=WAIT_S)
    asked = await stage.says("/wandb link ada", "Are you ada")
    await slack.click(asked, "Yes, That Is Me", PERSON)
    await slack.until(lambda: home("You are"), timeout=WAIT_S)
    await slack.click(slack.home_of(PERSON), "Refresh")
    await slack.until(lambda: home("Needs you first"), timeout=WAIT_S)
    await stage.home("home", "Home")
    await stage.home("home-dark", "Home by night", dark=True)
    await stage.home("home-phone", "Home on a phone", width=PHONE)
    await stage.slack.shortcut("compare_runs", PERSON)
    await stage.modal("compare-modal", "Compare runs…")


async def alone(stage: Stage) -> None:
    """Every kind of plot, as it is uploaded."""
    stage.part("Plots")
    for name, title, draw in plots():
        stage.shown(name, title)
        save(name, await draw())


PARTS: Final[Sequence[Callable[[Stage], Awaitable[None]]]] = (
    runs,
    many,
    watching,
    elsewhere,
    alone,
)


async def main(named: Sequence[str]) -> None:
    """Draws all, or only the parts that are named (``runs``, ``many``, …)."""
    FOLDER.mkdir(exist_ok=True)
    async with staged() as stage:
        for part in PARTS:
            if not named or part.__name__ in named:
                await part(stage)
    if not named:
        head = ["# Gallery", "", "Drawn by `python -m docs.gallery`.", ""]
        (HERE / "gallery.md").write_text("\n".join([*head, *stage.lines]), encoding="utf-8")
        (HERE / "images" / "describe.png").write_bytes((FOLDER / "describe.png").read_bytes())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
