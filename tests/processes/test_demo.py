"""The demo as somebody on a fresh machine meets it: one command, a page, a typed command."""

import asyncio
import signal
import subprocess
import sys

import pytest

from bot.demo.run import demo
from tests.support.browser import browsing, chromium

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]


@pytest.mark.browser
async def test_a_command_typed_into_the_demo_page_is_answered_with_a_report() -> None:
    """The page, the local Slack, the real bot as a process, the local W&B, and back."""
    chromium()
    async with demo(0) as url, browsing(url) as page:
        await page.get_by_test_id("channel-training").click()
        box = page.get_by_test_id("composer")
        await box.fill("/wandb describe demo/digits/lr-too-high")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Enter")
        report = page.get_by_test_id("message").last
        await report.get_by_text("Refresh").wait_for(timeout=40_000)
        text = await report.inner_text()
        assert "not finite since step 3" in text
        assert "Critical" in text
        await report.locator("img").first.wait_for(timeout=40_000)


async def test_ctrl_c_ends_the_demo_and_leaves_nothing_behind() -> None:
    """The bot is a process of its own: it must go with the demo."""
    demo_process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--port", "0", stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        assert demo_process.stdout is not None
        while b"Ctrl-C" not in (line := await demo_process.stdout.readline()):
            assert line, "the demo ended before it was ready"
        bots = _children(demo_process.pid)
        assert bots
        demo_process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(demo_process.wait(), 30) == 0
        assert not [pid for pid in bots if _alive(pid)]
    finally:
        if demo_process.returncode is None:
            demo_process.kill()


def _children(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line) for line in listed.stdout.split()]


def _alive(pid: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(state.stdout.strip()) and not state.stdout.strip().startswith("Z")
