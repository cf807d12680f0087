"""Drawing off the event loop: one picture at a time, the newest ones kept, memory bounded."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from analysis.plots.alt import alt_text
from analysis.plots.curves import RunCurves

_KEPT_BYTES: Final = 16_000_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn plot: PNG bytes, what one sees in words, and the digest of what was drawn."""

    png: bytes
    alt: str
    key: str


class Studio:
    """Draws in one worker thread: matplotlib holds its memory once, and the loop stays free.

    Args:
        kept_bytes: Pictures that are kept for the same curves asked again.
    """

    def __init__(self, kept_bytes: int = _KEPT_BYTES) -> None:
        self._most_bytes = kept_bytes
        self._kept: OrderedDict[str, Picture] = OrderedDict()
        self._size = 0
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="plots")

    async def draw(self, curves: RunCurves) -> Picture | None:
        """The picture of a run's curves; ``None`` where there is no line to draw."""
        if not curves.drawable:
            return None
        return await self.paint(curves.key(), alt_text(curves), partial(_render, curves))

    async def paint(self, key: str, alt: str, render: Callable[[], bytes]) -> Picture:
        """Any picture, drawn in the worker unless one with the same key is kept.

        Args:
            key: A digest of all that is drawn.
            alt: What one sees, in words.
            render: Draws it; called in the worker thread.
        """
        if key in self._kept:
            self._kept.move_to_end(key)
            return replace(self._kept[key], alt=alt)  # the same curves, perhaps of another run
        loop = asyncio.get_running_loop()
        png = await loop.run_in_executor(self._worker, render)
        picture = Picture(png, alt, key)
        self._keep(picture)
        return picture

    @property
    def kept_bytes(self) -> int:
        """Bytes of the pictures that are kept now."""
        return self._size

    def close(self) -> None:
        """Ends the worker; a picture that is being drawn is finished first."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _keep(self, picture: Picture) -> None:
        if picture.key in self._kept:
            return
        self._kept[picture.key] = picture
        self._size += len(picture.png)
        while self._size > self._most_bytes and self._kept:
            _, old = self._kept.popitem(last=False)
            self._size -= len(old.png)


def _render(curves: RunCurves) -> bytes:
    from analysis.plots.drawing import render

    return render(curves)
