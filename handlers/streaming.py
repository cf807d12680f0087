"""Answers that grow, in an agent's conversation: steps while it works, the report at the end.

Only for work of several steps: an answer that is there at once is a plain message. Where a
workspace cannot stream, the answer is given as everywhere else.
"""

from handlers.delivery import Delivery
from handlers.ports import Clock
from handlers.problems import BadBlocks, SlackProblem
from handlers.reply import Message, Posted, Reply
from handlers.request import Request
from handlers.services import Interactive
from handlers.surface.ports import Panel, Stream
from handlers.uploads import without_pictures


def streams(request: Request) -> bool:
    """Whether an answer may grow: in a thread of the agent's own conversation."""
    return request.kind == "direct" and request.thread_ts is not None


class StreamedDelivery(Delivery):
    """The answer to one question in an agent's conversation.

    Args:
        request: What is answered.
        sender: To Slack.
        clock: Waits out short requests to slow down.
        panel: Begins streams.
    """

    def __init__(self, request: Request, sender: Interactive, clock: Clock, panel: Panel) -> None:
        super().__init__(request, sender, clock)
        self._panel = panel
        self._stream: Stream | None = None
        self._step = ""

    async def show(self, reply: Reply) -> Posted | None:
        """Shows a promise as a step, and the answer as the end of the stream."""
        if reply.audience == "person" or (self._stream is None and self._posted is not None):
            return await super().show(reply)
        if not reply.interim:
            await self._end(reply)
            return await super().show(reply)
        title = reply.step or reply.message.text
        if self._stream is None:
            self._stream = await self._begin(title)
        elif title != self._step:
            await self._stream.step(self._step, "complete")
            await self._stream.step(title, "in_progress", reply.doing)
        else:
            await self._stream.step(title, "in_progress", reply.doing)
        if self._stream is None:
            return await super().show(reply)
        self._step, self._interim, self._if_stopped = title, True, reply.if_stopped
        return self._posted

    async def _begin(self, title: str) -> Stream | None:
        request = self._request
        if request.channel is None or request.thread_ts is None:
            return None
        stream = await self._panel.stream(
            request.channel, request.thread_ts, title, user=request.user, team=request.team
        )
        self._posted = stream.posted if stream is not None else None
        return stream

    async def _end(self, reply: Reply) -> None:
        """Closes the stream with the answer; it is edited once more for its text and pictures."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        message = without_pictures(reply.message)
        await stream.step(self._step, "complete")
        try:
            await stream.end(message.blocks)
        except BadBlocks:
            await stream.end(message.plainer.blocks if message.plainer is not None else ())

    async def settle(self, otherwise: Message) -> None:
        """The person stopped it: the stream ends, then the message says so."""
        await self._close()
        await super().settle(otherwise)

    async def complain(self, message: Message) -> None:
        """Ends the stream, then says what went wrong."""
        await self._close()
        await super().complain(message)

    async def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            try:
                await stream.step(self._step, "error")
                await stream.end(())
            except SlackProblem:  # Slack has ended it already: somebody pressed Stop
                return
