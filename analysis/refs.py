"""Names of runs: what people type, and what it refers to."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from analysis.errors import BadReference

# W&B: letters, digits, "-", "_" and "." in names of entities and projects; run ids may hold more,
# but none of these (wandb's own check of a run id). No name holds a control character.
_NAME = re.compile(r"[^/\\#?%:\s\x00-\x1f\x7f][^/\\#?%:\x00-\x1f\x7f]{0,127}\Z")
_FREE_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,400}\Z")
"""What groups and reports are called is up to people."""


@dataclass(frozen=True, slots=True, order=True)
class RunRef:
    """A run on a W&B server."""

    entity: str
    project: str
    id: str

    @property
    def path(self) -> str:
        """``entity/project/id``, as W&B's own client writes it."""
        return f"{self.entity}/{self.project}/{self.id}"

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True, order=True)
class ProjectRef:
    """A project on a W&B server; without ``project``, the whole entity."""

    entity: str
    project: str | None = None

    def __str__(self) -> str:
        return self.entity if self.project is None else f"{self.entity}/{self.project}"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What an incomplete name is completed with, and which web hosts are ours.

    Attributes:
        entity: the entity of ``project/run_id`` and of a bare id.
        project: the project of a bare id.
        app_urls: web addresses whose links are understood (host, and path where there is one).
    """

    entity: str | None = None
    project: str | None = None
    app_urls: tuple[str, ...] = ("https://wandb.ai", "https://forge.coreweave.com/wandb")


def parse_run(text: str, defaults: Defaults) -> RunRef | Path:
    """Reads what a user typed for a run.

    Args:
        text: ``entity/project/run_id``, ``project/run_id``, a run id, a W&B run link, or an
            existing path on disk (which wins over a name of the same spelling only when it starts
            with ``/``, ``.`` or ``~``, ends in ``.wandb``, or is no valid name).
        defaults: what completes an incomplete name.

    Raises:
        BadReference: when the text is none of these, or a default that it needs is not set.
    """
    text = text.strip()
    if not text:
        raise BadReference("No run was named.")
    if "://" in text:
        return _run_of_url(text, defaults)
    if text.startswith(("/", "./", "../", "~", ".\\")) or text.endswith(".wandb") or text == ".":
        return read_path(text)
    parts = [part for part in text.split("/") if part]
    if "/runs/" in text and len(parts) == 4 and parts[2] == "runs":
        parts = [parts[0], parts[1], parts[3]]
    if not 1 <= len(parts) <= 3 or not all(_NAME.match(part) for part in parts):
        if "\0" not in text and _exists(text):
            return Path(text)
        raise BadReference(f"“{shorten(text)}” is not the name of a run.")
    return _complete(parts, text, defaults)


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except OSError:  # no system could hold such a path
        return False


def read_path(text: str) -> Path:
    """A path as typed, ``~`` resolved; none that no system could hold.

    Raises:
        BadReference: when it begins at the home of somebody who is not known here.
    """
    try:
        return Path(text.replace("\0", "")).expanduser()  # a path holds no NUL
    except (RuntimeError, ValueError):
        raise BadReference(f"“{shorten(text)}” is not a path on this machine.") from None


def parse_project(text: str, defaults: Defaults) -> ProjectRef:
    """Reads ``entity``, ``entity/project`` or a W&B link into a project or entity.

    Raises:
        BadReference: when the text is neither.
    """
    text = text.strip()
    if "://" in text:
        parts = _parts_of_url(text, defaults)[:2]
    else:
        parts = [part for part in text.split("/") if part]
    if not 1 <= len(parts) <= 2 or not all(_NAME.match(part) for part in parts):
        raise BadReference(
            f"“{shorten(text)}” is not an entity or a project.", "Write ENTITY or ENTITY/PROJECT."
        )
    return ProjectRef(parts[0], parts[1] if len(parts) == 2 else None)


LinkKind = Literal["run", "sweep", "group", "report", "workspace", "project", "entity"]


@dataclass(frozen=True, slots=True)
class Link:
    """A page of W&B's own web application.

    Attributes:
        kind: what the page is about; every other page of a project counts as the project's.
        entity: whose it is.
        project: of which project; none of an entity's page.
        id: the run, sweep, group or report; empty for others.
        url: as it was written.
    """

    kind: LinkKind
    entity: str
    project: str | None
    id: str
    url: str

    @property
    def path(self) -> str:
        """What the link is about, without what only changes the page's look."""
        parts = (self.kind, self.entity, self.project, self.id)
        return "/".join(part for part in parts if part)


_PAGES: dict[str, LinkKind] = {
    "runs": "run",
    "sweeps": "sweep",
    "groups": "group",
    "reports": "report",
}
_FREELY_NAMED = frozenset({"groups", "reports"})
_PROJECTS = "projects"
"""``/ENTITY/projects`` is the entity's page that lists its projects."""
_USUAL_PORTS = {"http": 80, "https": 443}


def read_link(url: str, defaults: Defaults) -> Link | None:
    """The page that a link of W&B leads to; ``None`` for links to anywhere else.

    Args:
        url: ``https://HOST/ENTITY/PROJECT/runs/ID`` and its like.
        defaults: the web addresses that are ours.
    """
    try:
        parts = _parts_of_url(url, defaults)
    except BadReference:
        return None
    if not parts:
        return None
    if len(parts) == 1:
        return Link("entity", parts[0], None, "", url)
    entity, project, *rest = parts
    if project == _PROJECTS and not rest:
        return Link("entity", entity, None, "", url)
    kind = _PAGES.get(rest[0]) if rest else None
    if kind is not None and len(rest) > 1:
        return Link(kind, entity, project, rest[1], url)
    view = bool(rest and rest[0] == "workspace") or "nw=" in urlsplit(url).query
    return Link("workspace" if view else "project", entity, project, "", url)


def shorten(text: str, limit: int = 80) -> str:
    """The text on one line and at most ``limit`` characters, for quoting it in a sentence."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _complete(parts: list[str], text: str, defaults: Defaults) -> RunRef:
    entity, project = defaults.entity, defaults.project
    if len(parts) == 3:
        return RunRef(*parts)
    if len(parts) == 2:
        project = parts[0]
    if project is None:
        raise BadReference(
            f"“{shorten(text)}” does not say the project.",
            "Write entity/project/run_id, or set a default project.",
        )
    if entity is None:
        raise BadReference(
            f"“{shorten(text)}” does not say the entity.",
            "Write entity/project/run_id, or set WANDB_ENTITY.",
        )
    return RunRef(entity, project, parts[-1])


def _run_of_url(text: str, defaults: Defaults) -> RunRef:
    parts = _parts_of_url(text, defaults)
    if len(parts) >= 4 and parts[2] == "runs":
        return RunRef(parts[0], parts[1], parts[3])
    raise BadReference(f"“{shorten(text)}” is a W&B link, but not one of a run.")


def _parts_of_url(text: str, defaults: Defaults) -> list[str]:
    text = text.strip("<>").split("|")[0]  # as Slack writes a link
    try:
        url = urlsplit(text)
        host = _host(url)
    except ValueError:
        raise BadReference(f"“{shorten(text)}” is not a link that can be read.") from None
    for app_url in defaults.app_urls:
        ours = urlsplit(app_url)
        prefix = ours.path.rstrip("/") + "/"
        if host == _host(ours) and url.path.startswith(prefix):
            parts = [unquote(part) for part in url.path[len(prefix) :].split("/") if part]
            if _named(parts):
                return parts
    hosts = ", ".join(sorted({urlsplit(app).netloc for app in defaults.app_urls}))
    raise BadReference(f"“{shorten(text)}” is not a link to the W&B that this bot reads ({hosts}).")


def _host(url: SplitResult) -> tuple[str, int | None]:
    """Host and port, the port only where it is not the scheme's own.

    Raises:
        ValueError: when the port is none.
    """
    port = url.port
    return (url.hostname or "").lower(), None if port == _USUAL_PORTS.get(url.scheme) else port


def _named(parts: list[str]) -> bool:
    """Whether the first four parts of a page's path are names as W&B has them."""
    free = len(parts) > 3 and parts[2] in _FREELY_NAMED
    strict = parts[:3] if free else parts[:4]
    return all(map(_NAME.match, strict)) and (not free or _FREE_NAME.match(parts[3]) is not None)
