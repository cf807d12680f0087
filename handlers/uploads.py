"""Pictures: uploaded once by their content, without a channel, and shown by their file's id."""

import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from handlers.problems import SlackProblem, Unsure
from handlers.reply import Block, Image, Message
from handlers.slack_errors import guarded

_KEPT: Final = 500
_TIMEOUT: Final = aiohttp.ClientTimeout(total=20)
_LOG: Final = logging.getLogger(__name__)


class Uploads:
    """Uploads by the external flow: address, bytes, completion.

    Args:
        steady: Asks for addresses.
        once: Completes uploads.
        session: Sends the bytes.
    """

    def __init__(
        self, steady: AsyncWebClient, once: AsyncWebClient, session: aiohttp.ClientSession
    ) -> None:
        self._steady = steady
        self._once = once
        self._session = session
        self._ids: OrderedDict[str, str] = OrderedDict()

    async def place(self, message: Message) -> Message:
        """The message with its pictures uploaded and in place.

        A picture that cannot be uploaded is left out: it never costs the answer.
        """
        if not message.images:
            return message
        ids: dict[str, str] = {}
        for image in message.images:
            try:
                ids[image.name] = await self._id_of(image)
            except SlackProblem as problem:
                _LOG.warning("a picture could not be uploaded: %s", problem)
        kept = tuple(image for image in message.images if image.name in ids)
        twin = message.plainer
        return replace(
            message,
            blocks=_placed(message.blocks, ids),
            images=kept,
            plainer=None if twin is None else replace(twin, blocks=_placed(twin.blocks, ids)),
        )

    def forget(self, message: Message) -> None:
        """Lets the message's pictures be uploaded anew next time."""
        for image in message.images:
            self._ids.pop(image.key, None)

    async def _id_of(self, image: Image) -> str:
        known = self._ids.get(image.key)
        if known is not None:
            self._ids.move_to_end(image.key)
            return known
        address = await guarded(
            self._steady.files_getUploadURLExternal(
                filename=f"{image.name}.png", length=len(image.png), alt_txt=image.alt[:1_000]
            )
        )
        await self._send(str(address["upload_url"]), image.png)
        file = str(address["file_id"])
        titled: dict[str, str | None] = {"id": file, "title": image.name}
        await guarded(self._once.files_completeUploadExternal(files=[titled]))
        self._ids[image.key] = file
        if len(self._ids) > _KEPT:
            self._ids.popitem(last=False)
        return file

    async def _send(self, url: str, png: bytes) -> None:
        try:
            async with self._session.post(url, data=png, timeout=_TIMEOUT) as response:
                if response.status != 200:
                    raise Unsure("upload_failed", f"status {response.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unsure("upload_failed", type(error).__name__) from error


def without_pictures(message: Message) -> Message:
    """The same message without its pictures' blocks."""
    kept = tuple(block for block in message.blocks if not _is_picture(block))
    twin = message.plainer
    return replace(
        message,
        blocks=kept,
        images=(),
        plainer=None if twin is None else without_pictures(twin),
    )


def _placed(blocks: tuple[Block, ...], ids: Mapping[str, str]) -> tuple[Block, ...]:
    """Blocks with the uploaded files' ids; places of pictures that failed are left out."""
    placed: list[Block] = []
    for block in blocks:
        if not _is_picture(block):
            placed.append(block)
            continue
        file: Mapping[str, Any] = block["slack_file"]
        found = file.get("id") or ids.get(str(file.get("name")))
        if found:
            placed.append({**block, "slack_file": {"id": found}})
    return tuple(placed)


def _is_picture(block: Block) -> bool:
    return block["type"] == "image" and "slack_file" in block
