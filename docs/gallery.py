"""Draws docs/gallery/*.png: each kind of message, in the local workspace's page.

    python docs/gallery.py

Needs a Chromium and the development dependencies.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp
from playwright.async_api import Page

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from analysis.describe import examine  # noqa: E402 - the path comes first
from analysis.plots.curves import curves_of  # noqa: E402 - the same
from analysis.plots.studio import Studio  # noqa: E402 - the same
from analysis.refs import Defaults, read_link  # noqa: E402 - the same
from analysis.reports import MissingPart, RunReport  # noqa: E402 - the same
from analysis.sources.offline import OfflineSource  # noqa: E402 - the same
from bot.clock import SystemClock  # noqa: E402 - the same
from bot.demo.slack import LocalSlack  # noqa: E402 - the same
from handlers.commands.help import available  # noqa: E402 - the same
from handlers.pictures import drawer  # noqa: E402 - the same
from handlers.registry import RUN_BUTTONS, load  # noqa: E402 - the same
from handlers.reply import Image, Message  # noqa: E402 - the same
from handlers.sending import SlackSender, clients  # noqa: E402 - the same
from handlers.views import help as help_view  # noqa: E402 - the same
from handlers.views import problem, progress, run, unfurl  # noqa: E402 - the same
from handlers.views.progress import Doing  # noqa: E402 - the same
from tests.reports import NOW, a_run  # noqa: E402 - the same
from tests.runs import Recorded, truth  # noqa: E402 - the same
from tests.support.browser import browsing  # noqa: E402 - the same

WIDTH, HEIGHT = 860, 1500


async def described(codes: frozenset[str]) -> tuple[RunReport, Image | None]:
    """A recorded run of which ``truth.json`` says these codes, as it is really described."""
    recorded = next(one for one in truth().values() if codes <= one.must and _shows(one, codes))
    async with OfflineSource(recorded.log) as source:
        facts = await source.run_at(recorded.log)
        now = facts.heartbeat_at or NOW
        found = await examine(source, facts, now=now)
    studio = Studio()
    try:
        picture = await drawer(studio)(curves_of(found.signals, found.report))
    finally:
        studio.close()
    return found.report, picture


def _shows(recorded: Recorded, codes: frozenset[str]) -> bool:
    """A healthy run must be nothing else; one with findings needs curves worth looking at."""
    return bool(codes) or (recorded.health == {"healthy"} and recorded.rows > 100)


async def messages() -> Sequence[tuple[str, str, Message]]:
    """File name, title and message, in the order of the page."""
    load()
    critical, plot = await described(frozenset({"loss_diverged"}))
    fine, fine_plot = await described(frozenset())
    missing = (MissingPart(what="history", reason="it did not come in time"),)
    partial = fine.model_copy(update={"partial": True, "missing": missing})
    looking = progress.with_progress(
        run.preview(a_run(), now=NOW), Doing("rows read", 14_000, 50_000), "token"
    )
    link = read_link("https://wandb.ai/team/proj/reports/Which-lr-works--Vmlldzo0MjM", Defaults())
    if link is None:
        raise RuntimeError("the example link must be one of W&B's")

    def full(report: RunReport, picture: Image | None = None, *, judged: bool = False) -> Message:
        now = report.generated_at
        return run.message(report, now=now, buttons=RUN_BUTTONS, picture=picture, judged=judged)

    card = unfurl.run(fine, now=fine.generated_at)
    return [
        ("describe", "A critical run", full(critical, plot, judged=True)),
        ("healthy", "A healthy run", full(fine, fine_plot)),
        ("partial", "What did not come in time", full(partial)),
        ("progress", "Work in progress", looking),
        ("cancelled", "Cancelled", progress.cancelled()),
        ("unfurl-run", "The card under a run's link", card),
        ("unfurl-report", "The card under a report's link", unfurl.report(link)),
        ("help", "Help", help_view.overview(available())),
        ("error", "An error of ours", problem.our_fault("3f9a12c4")),
    ]


async def main() -> None:
    """Posts each message into a channel of its own, and takes its picture."""
    folder = HERE / "gallery"
    folder.mkdir(exist_ok=True)
    shown = await messages()
    async with LocalSlack() as slack, aiohttp.ClientSession() as session:
        slack.add_user("ada")
        slack.add_channel("ml")
        steady, once = clients(slack.app.bot_token, base_url=slack.api_url, session=session)
        sender = SlackSender(steady, once, session, SystemClock())
        lines = ["# Gallery", "", "Drawn by `python docs/gallery.py`.", ""]
        for name, title, message in shown:
            posted = await sender.post(slack.channel("#ml").id, message)
            async with browsing(slack.base_url, width=WIDTH, height=HEIGHT) as page:
                await picture_of(page, posted.ts, folder / f"{name}.png")
            lines += [f"## {title}", "", f"![{title}](gallery/{name}.png)", ""]
    (HERE / "gallery.md").write_text("\n".join(lines), encoding="utf-8")
    (HERE / "images" / "describe.png").write_bytes((folder / "describe.png").read_bytes())


async def picture_of(page: Page, ts: str, file: Path) -> None:
    """One message, once its pictures are there."""
    message = page.locator(f'[data-testid=message][data-ts="{ts}"]').first
    await message.wait_for()
    await page.wait_for_load_state("networkidle")
    await message.screenshot(path=file)


if __name__ == "__main__":
    asyncio.run(main())
