"""One process a SQLite file: a lock that a killed process gives free by dying."""

import os
from pathlib import Path

from analysis.errors import BadRequest


class DatabaseInUse(BadRequest):
    """Another process serves from this database file."""

    default_next_step = (
        "Stop the other one, or give each its own file or one PostgreSQL in DATABASE_URL."
    )


class FileLock:
    """An advisory lock of the whole file (``flock``)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Takes the lock without waiting.

        Raises:
            DatabaseInUse: somebody else has it.
        """
        import fcntl

        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
            os.close(handle)
            who = f" (process {holder})" if holder.isdigit() else ""
            file = self.path.name.removesuffix(".lock")
            raise DatabaseInUse(f"Another wandb-bot already serves from {file}{who}.") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode("ascii"), 0)
        self._handle = handle

    def release(self) -> None:
        """Gives the lock free; twice does no harm."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
