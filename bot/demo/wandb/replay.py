"""A recorded run that happens again: rows, console lines and heartbeats, at a pace of one's own."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bot.demo.wandb.model import Line, LocalRun
from bot.demo.wandb.recorded import Recording, Times, moved_row, recording
from bot.demo.wandb.store import Store


class Replay:
    """Grows a run as its recording tells, so that it began and ends when one wants.

    Args:
        run: a run without rows.
        source: what was recorded.
        lasts_s: seconds from its start to its end; the recording is stretched to it.
        ends: whether it ends as recorded; else it stays running and silent, as after a kill.
    """

    def __init__(
        self, run: LocalRun, source: Recording, *, lasts_s: float, ends: bool = True
    ) -> None:
        self.run = run
        self._source = source
        self._ends = ends
        self._time = Times.of(source, run.created_at, lasts_s)
        self._rows = 0
        self._system = 0
        self._lines = 0

    @classmethod
    def start(
        cls,
        store: Store,
        path: Path,
        *,
        lasts_s: float,
        started_at: float | None = None,
        ends: bool = True,
        **where: Any,
    ) -> "Replay":
        """Put a recorded run into a store, as one that has just begun.

        Args:
            store: the server.
            path: the recorded run's folder or file.
            lasts_s: how long it takes.
            started_at: Unix seconds, perhaps in the past; now when absent.
            ends: whether it ends as recorded.
            where: ``entity``, ``project``, ``name``, and other attributes of a run.
        """
        source = recording(path)
        where = {"project": source.project, "display_name": source.display_name, **where}
        began = store.clock() if started_at is None else started_at
        run = store.add_run(created_at=began, config=source.config, **where)
        run.wandb_config, run.group, run.tags = source.wandb_config, source.group, source.tags
        replay = cls(run, source, lasts_s=lasts_s, ends=ends)
        replay.advance()
        return replay

    @property
    def over(self) -> bool:
        """Whether all that was recorded has happened."""
        return self.run.state != "running" or (
            not self._ends and self._rows == len(self._source.rows)
        )

    def advance(self, now: float | None = None) -> None:
        """Let everything happen that is due by a time (the clock's, when absent)."""
        at = self.run.clock() if now is None else now
        source = self._source
        while self._rows < len(source.rows) and self._time(source.rows[self._rows][0]) <= at:
            recorded, row = source.rows[self._rows]
            time = self._time(recorded)
            self.run.log(moved_row(row, time, self.run.created_at), step=row["_step"], time=time)
            self._rows += 1
        stats = source.system
        while self._system < len(stats) and self._time(stats[self._system][0]) <= at:
            recorded, row = stats[self._system]
            self.run.log_system(row, time=self._time(recorded))
            self._system += 1
        while self._lines < len(source.lines) and self._due(source.lines[self._lines], at):
            line = source.lines[self._lines]
            self.run.print(line.text, error=line.error, time=self._time(line.time or 0.0))
            self._lines += 1
        end = self._time(source.ended_at)
        if at < end:
            self.run.beat(at)
        elif self._ends and self.run.state == "running":
            self.run.beat(end)
            self.run.summary |= {k: v for k, v in source.summary.items() if not k.startswith("_")}
            self.run.files = {file.name: file for file in source.files}
            self.run.becomes(source.state, exit_code=source.exit_code)

    async def play(
        self, *, every_s: float = 2.0, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        """Advance with the clock until the end."""
        while not self.over:
            await sleep(every_s)
            self.advance()

    def _due(self, line: Line, now: float) -> bool:
        return line.time is None or self._time(line.time) <= now
