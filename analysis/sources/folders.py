"""Where runs lie on disk: from a path that somebody typed to the log files of runs."""

import os
from collections.abc import Iterator
from pathlib import Path

from analysis.errors import LogUnreadable
from analysis.refs import shorten

_SUFFIX = ".wandb"
_DEEPEST = 8  # folders below the one that was named
_MOST = 10_000  # runs


def log_of(path: Path) -> Path:
    """The log file that a path means: itself, or the one in a run's folder.

    Args:
        path: a ``.wandb`` file; a folder that holds exactly one (one that lies directly in it wins
            over those further down); or a folder with exactly one run below it.

    Raises:
        LogUnreadable: when there is none, or several.
    """
    shown = shorten(str(path))
    try:
        if path.is_file():
            return path
        if not path.is_dir():
            raise LogUnreadable(f"There is no file or folder “{shown}”.")
        found = _logs_in(path) or discover(path)
    except OSError as error:
        raise LogUnreadable(f"“{shown}” cannot be read: {error.strerror or 'error'}.") from error
    if not found:
        raise LogUnreadable(f"“{shown}” holds no W&B run.")
    if len(found) > 1:
        raise LogUnreadable(f"“{shown}” holds {len(found)} runs.", "Name one of the runs below it.")
    return found[0]


def discover(folder: Path) -> list[Path]:
    """The log files of all runs below a folder, in the order of their paths.

    Below a run's own folder nothing more is looked for: an earlier part of the same run that is
    kept there is no other run. Links are not followed (``latest-run`` is one).
    """
    return sorted(_below(folder, 0))[:_MOST]


def _below(folder: Path, depth: int) -> Iterator[Path]:
    own = _logs_in(folder)
    yield from own
    if own or depth == _DEEPEST:
        return
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path), depth + 1)


def _logs_in(folder: Path) -> list[Path]:
    return sorted(
        Path(entry.path)
        for entry in _entries(folder)
        if entry.name.endswith(_SUFFIX) and _is_file(entry)
    )


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself
        return False


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except PermissionError:
        return []
