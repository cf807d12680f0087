"""What a side of a comparison may be: a run, several seeds, a group; in W&B or on disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import BadReference
from analysis.refs import Defaults, ProjectRef, RunRef, parse_project, parse_run, shorten

_GROUP = "group:"


@dataclass(frozen=True, slots=True)
class GroupRef:
    """All runs of one group, of a project in W&B or below a folder on disk."""

    name: str
    within: ProjectRef | Path


Member = RunRef | Path | GroupRef


@dataclass(frozen=True, slots=True)
class SideRef:
    """One side as it was named.

    Attributes:
        text: as typed, for its label where nothing better is known.
        members: what it is made of; several are seeds of one configuration.
    """

    text: str
    members: tuple[Member, ...]

    @property
    def places(self) -> tuple[RunRef | Path | ProjectRef, ...]:
        """Where the members are: paths for those on disk."""
        return tuple(m.within if isinstance(m, GroupRef) else m for m in self.members)


def parse_side(text: str, defaults: Defaults, *, disk: bool = True) -> SideRef:
    """Reads a side: a RUN, several joined by commas, or ``[…/]group:NAME``.

    A comma inside an existing path is part of it.

    Args:
        text: As typed.
        defaults: What completes an incomplete name.
        disk: Whether a path on disk may be meant; without, this machine's disk is not looked at.

    Raises:
        BadReference: when a part is none of these.
    """
    pieces = _parts(text.strip()) if disk else (part.strip() for part in text.split(","))
    parts = tuple(part for part in pieces if part)
    if not parts:
        raise BadReference("A side of the comparison names no run.")
    return SideRef(text.strip(), tuple(_member(part, defaults, disk=disk) for part in parts))


def side_text(ref: SideRef) -> str:
    """The side written out in full, so that ``parse_side`` reads the same without defaults."""
    return ",".join(
        f"{member.within}/{_GROUP}{member.name}" if isinstance(member, GroupRef) else str(member)
        for member in ref.members
    )


def _parts(text: str) -> Iterator[str]:
    """Splits at commas, the longest existing path first."""
    pieces = text.split(",")
    while pieces:
        ends = range(len(pieces), 1, -1)
        end = next((n for n in ends if _exists(",".join(pieces[:n]).strip())), 1)
        if part := ",".join(pieces[:end]).strip():
            yield part
        pieces = pieces[end:]


def _exists(text: str) -> bool:
    """Whether this is a path on disk, or a group below an existing folder with a comma."""
    folder, marker, _ = text.rpartition(_GROUP)
    path = folder if marker and "," in folder else text
    try:
        return bool(path) and Path(path).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False


def _member(part: str, defaults: Defaults, *, disk: bool) -> Member:
    place, marker, name = part.rpartition(_GROUP)
    if marker and (not place or place.endswith("/")):
        if not name:
            raise BadReference(f"“{shorten(part)}” does not name the group.")
        return GroupRef(name, _place(place.rstrip("/"), defaults, part, disk=disk))
    if not disk:
        if part.startswith(("/", ".", "~")) or part.endswith(".wandb"):
            raise BadReference(f"“{shorten(part)}” is not the name of a run.")
        found = parse_run(part, defaults)
        if isinstance(found, Path):
            raise BadReference(f"“{shorten(part)}” is not the name of a run.")
        return found
    if _exists(part):
        return Path(part).expanduser()
    return parse_run(part, defaults)


def _place(text: str, defaults: Defaults, part: str, *, disk: bool) -> ProjectRef | Path:
    if disk and text and _exists(text) and Path(text).expanduser().is_dir():
        return Path(text).expanduser()
    if text:
        within = parse_project(text, defaults)
        if within.project is None and defaults.entity:
            within = ProjectRef(defaults.entity, within.entity)
        return within
    if defaults.entity and defaults.project:
        return ProjectRef(defaults.entity, defaults.project)
    raise BadReference(
        f"“{shorten(part)}” does not say the project.", "Write ENTITY/PROJECT/group:NAME."
    )
