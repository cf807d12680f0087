"""From what is typed for a run to its source: a path on disk, or a run in W&B."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from analysis.errors import BadReference
from analysis.refs import Defaults, ProjectRef, RunRef, parse_project, parse_run, read_path
from analysis.run import Run

if TYPE_CHECKING:
    from analysis.sources import RunSource, WandbSource

T = TypeVar("T")


@dataclass
class Runs:
    """Opens sources as they are needed: W&B's server only when something in it is named.

    Attributes:
        now: the clock; decides for files on disk what is running and what crashed.
        deadline_s: seconds for a question without an effort of its own.
    """

    now: datetime
    deadline_s: float = 10.0
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _server: "WandbSource | None" = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def server(self) -> "WandbSource":
        """The W&B server that W&B's own settings name."""
        from analysis.sources import WandbSource

        if self._server is None:
            source = WandbSource(deadline_s=self.deadline_s)
            self._server = await self._stack.enter_async_context(source)
        return self._server

    async def find(self, text: str) -> "tuple[RunSource, RunRef | Run]":
        """The source of a RUN, and the run in it.

        Raises:
            AnalysisError: when the text names no run, or the path holds none.
        """
        path = path_of(text)
        if path is not None:
            from analysis.sources import OfflineSource

            disk = await self._stack.enter_async_context(
                OfflineSource(path, clock=lambda: self.now)
            )
            return disk, await disk.run_at(path)
        found = await self.named(lambda known: parse_run(text, known))
        if isinstance(found, Path):
            raise BadReference(f"There is no file or folder “{found}”.")
        return await self.server(), found

    async def projects(self, text: str | None) -> "tuple[RunSource, ProjectRef]":
        """The source of an entity, a project, or the runs below a folder on disk."""
        path = path_of(text) if text else None
        if path is None:
            return await self.server(), await self.within(text)
        from analysis.sources import OfflineSource

        disk = OfflineSource(path, clock=lambda: self.now)
        await self._stack.enter_async_context(disk)
        runs = await disk.all()
        projects = {run.ref.project for run in runs}
        entity = runs[0].ref.entity if runs else "local"
        return disk, ProjectRef(entity, projects.pop() if len(projects) == 1 else None)

    async def within(self, text: str | None) -> ProjectRef:
        """The entity or project that a text means; the key's own entity when it is empty."""
        if text:
            return await self.named(lambda known: parse_project(text, known))
        defaults = await (await self.server()).defaults()
        if defaults.entity is None:
            raise BadReference("No entity is known for this key.", "Name one, or set WANDB_ENTITY.")
        return ProjectRef(defaults.entity)

    async def named(self, parse: Callable[[Defaults], T]) -> T:
        """Reads a name; the server is asked for defaults only where W&B's settings lack them."""
        server = await self.server()
        known = await server.defaults(ask=False)
        try:
            return parse(known)
        except BadReference:
            if known.entity is not None:
                raise
        parse(replace(known, entity="any"))  # what no entity would complete is wrong by itself
        return parse(await server.defaults())


def path_of(text: str) -> Path | None:
    """The path on disk that a text is, where there is one (it wins over a name of its spelling).

    Raises:
        BadReference: when no system could hold the path.
    """
    text = text.strip()
    if "://" in text or not text:
        return None
    path = read_path(text)
    looks_like_one = text.startswith(("/", ".", "~")) or text.endswith(".wandb")
    try:
        return path if looks_like_one or path.exists() else None
    except (OSError, ValueError):
        return None
