"""Where the gallery's pictures are taken: the demo with the real bot, and a browser before it."""

import asyncio
import io
import re
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

import aiohttp
from PIL import Image, ImageChops
from playwright.async_api import Browser, Locator, Page, async_playwright

from bot.clock import SystemClock
from bot.demo import story
from bot.demo.run import BOT, CHANNEL, LOOPBACK, PERSON, bot_environment, stop_bot
from bot.demo.sample import unpack
from bot.demo.slack import InstalledApp, LocalSlack, Message
from bot.demo.wandb import LocalWandb
from bot.manifest import load as manifest
from handlers.reply import Message as Outgoing
from handlers.sending import SlackSender, clients
from tests.support.browser import chromium

T = TypeVar("T")

HERE: Final = Path(__file__).parent
FOLDER: Final = HERE / "gallery"
WAIT_S: Final = 60.0
DESKTOP: Final = 860
PHONE: Final = 390
_MOST_BYTES: Final = 150_000
_MARGIN: Final = 24
_PENDING: Final = ("⏳", "👀", "Cancel")
_LINK: Final = re.compile(r"<https?:[^|>]*\|([^>]*)>")


@dataclass
class Stage:
    """The demo, a browser, and what was drawn so far.

    Attributes:
        lines: of the page that shows them.
    """

    slack: LocalSlack
    wandb: LocalWandb
    sender: SlackSender
    browser: Browser
    lines: list[str] = field(default_factory=list)

    # Asking

    async def says(self, text: str, words: str, *, picture: bool = False) -> Message:
        """Ada types; the finished answer that holds the words, with its picture."""
        known = {message.ts for message in self._all()}
        await self.slack.types(f"#{CHANNEL}", PERSON, text)
        return await self.answer(words, known, picture=picture)

    async def answer(
        self, words: str, known: set[str], *, picture: bool = False, timeout_s: float = WAIT_S
    ) -> Message:
        """The bot's newest message that is not known yet, holds the words and is finished."""

        def there() -> Message | None:
            new = [m for m in self._all() if m.ts not in known and m.from_app]
            found = [m for m in new if words in read(m) and (drawn(m) or not picture)]
            whole = [m for m in found if not any(word in m.plain for word in _PENDING)]
            return whole[-1] if whole else None

        return sure(await self.slack.until(there, timeout=timeout_s))

    async def unfurled(self, message: Message, words: str) -> None:
        """Waits for the card under a message's link, until it holds the words."""
        slack = self.slack
        await slack.until(lambda: words in str(message.unfurls or "–"), timeout=WAIT_S)
        await slack.until(lambda: message.unfurls, timeout=WAIT_S)

    def _all(self) -> list[Message]:
        top = [*self.slack.messages(f"#{CHANNEL}"), *self.slack.ephemerals(PERSON)]
        return [message for parent in top for message in (parent, *self.slack.thread(parent))]

    async def posts(self, message: Outgoing) -> Message:
        """What the bot would post, where nobody can ask for it."""
        posted = await self.sender.post(self.slack.channel(f"#{CHANNEL}").id, message)
        return next(m for m in self.slack.messages(f"#{CHANNEL}") if m.ts == posted.ts)

    # Drawing

    def part(self, title: str) -> None:
        """Begins a part of the page."""
        self.lines += [f"## {title}", ""]

    def shown(self, name: str, title: str) -> None:
        """Puts a picture into the page."""
        self.lines += [f"### {title}", "", f"![{title}](gallery/{name}.png)", ""]

    async def shoot(
        self, name: str, title: str, message: Message, *, width: int = DESKTOP, dark: bool = False
    ) -> None:
        """One message, once its pictures are there."""
        self.shown(name, title)
        async with self.page(width=width, dark=dark) as page:
            found = page.locator(f'[data-testid=message][data-ts="{message.ts}"]').first
            await keep(name, page, found)

    async def thread(self, name: str, title: str, message: Message, *, height: int = 1_800) -> None:
        """A message with its thread."""
        self.shown(name, title)
        async with self.page(width=1280, height=height) as page:
            parent = page.locator(f'[data-testid=message][data-ts="{message.ts}"]').first
            await parent.wait_for()
            await parent.locator("[data-testid=thread-line]").click()
            await keep(name, page, page.locator("[data-testid=thread]").first)

    async def home(
        self, name: str, title: str, *, width: int = DESKTOP, dark: bool = False
    ) -> None:
        """Ada's home tab."""
        self.shown(name, title)
        async with self.page(width=width, dark=dark, height=2_600) as page:
            if width < 600:
                await page.get_by_role("button", name="Back to channels").click()
            await page.locator("[data-testid=open-app]").first.click()
            await page.locator("[data-testid=tab-home]").first.click()
            await keep(name, page, page.locator("[data-testid=home]").first)

    async def modal(self, name: str, title: str) -> None:
        """The modal that is open, which is closed then."""
        self.shown(name, title)
        form = sure(await self.slack.until(lambda: self.slack.view_of(PERSON), timeout=WAIT_S))
        async with self.page(width=700, height=1_900) as page:
            await keep(name, page, page.locator("[data-testid=modal]").first)
        await self.slack.close(form)

    @asynccontextmanager
    async def page(
        self, *, width: int, height: int = 1_800, dark: bool = False
    ) -> AsyncIterator[Page]:
        """The workspace in the browser."""
        page = await self.browser.new_page(
            viewport={"width": width, "height": height},
            device_scale_factor=1.5,
            color_scheme="dark" if dark else "light",
        )
        try:
            await page.goto(self.slack.base_url)
            yield page
        finally:
            await page.close()


async def keep(name: str, page: Page, shown: Locator) -> None:
    """A picture of a part of a page."""
    await shown.wait_for()
    await page.wait_for_load_state("networkidle")
    save(name, await shown.screenshot(animations="disabled"))


def save(name: str, png: bytes) -> None:
    """Writes a picture with as many colours as a small file can have."""
    picture = _cropped(Image.open(io.BytesIO(png)).convert("RGB"))
    kept = io.BytesIO()
    for colours in (256, 128, 64, 32):
        kept = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
        if kept.tell() <= _MOST_BYTES:
            break
    (FOLDER / f"{name}.png").write_bytes(kept.getvalue())
    sys.stdout.write(f"{name}.png  {kept.tell() // 1000} kB\n")
    sys.stdout.flush()


def _cropped(picture: Image.Image) -> Image.Image:
    """Without the empty rows at its foot, but for a margin."""
    blank = Image.new(
        "RGB", picture.size, picture.getpixel((picture.width - 1, picture.height - 1))
    )
    box = ImageChops.difference(picture, blank).getbbox()
    foot = picture.height if box is None else min(picture.height, box[3] + _MARGIN)
    return picture.crop((0, 0, picture.width, foot))


def read(message: Message) -> str:
    """What one reads: links by their names, without marks and invisible characters."""
    text = _LINK.sub(r"\1", f"{message.text}\n{message.plain}").replace("&amp;", "&")
    return re.sub("[\u200b`*]", "", text)


def drawn(message: Message) -> bool:
    """Whether a picture or a chart is in its place."""
    return any(block["type"] in {"image", "data_visualization"} for block in message.blocks)


def sure(value: T | None) -> T:
    """What was waited for."""
    if value is None:
        raise RuntimeError("what was waited for is not there")
    return value


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    """The demo with the real bot, and a browser."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="wandb-bot-gallery-")))
        wandb = await stack.enter_async_context(LocalWandb())
        replay = story.seed(wandb, await asyncio.to_thread(unpack, folder / "runs"))
        playing = asyncio.create_task(replay.play())
        stack.callback(playing.cancel)
        app = InstalledApp.from_manifest(manifest(), handle=BOT)
        app.unfurl_domains.append(LOOPBACK)
        slack = await stack.enter_async_context(LocalSlack(app))
        slack.add_user(PERSON, kind="admin", email=story.ADA.email)
        slack.add_channel(CHANNEL)
        environment = {**bot_environment(slack, wandb, folder), "WANDB_BOT_WATCH__TICK_S": "2"}
        bot = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "serve", env=environment, start_new_session=True
        )
        stack.push_async_callback(stop_bot, bot)
        await slack.connected(timeout=WAIT_S)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        clock = SystemClock()
        steady, once = clients(app.bot_token, base_url=slack.api_url, session=session, clock=clock)
        play = await stack.enter_async_context(async_playwright())
        browser = await play.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        stack.push_async_callback(browser.close)
        sender = SlackSender(steady, once, session, clock)
        yield Stage(slack, wandb, sender, browser)
