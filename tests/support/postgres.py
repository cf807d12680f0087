"""A real PostgreSQL server for the session, started from its binaries as an ordinary user.

``WANDB_BOT_TESTS_POSTGRES`` names a server that runs already (``postgresql://user@host/db``). Where
there is neither, tests that need one are skipped with a word why; with
``WANDB_BOT_TESTS_NEED_ALL`` set they fail.
"""

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest

_NUMBERS = itertools.count()
_ORDINARY_USERS = ("postgres", "nobody")
_WAIT_S = 30.0


class NoPostgres(Exception):
    """There is no PostgreSQL to be had here; the text says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that can make databases."""

    url: str

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The address of a new copy of ``template``; dropped at the end."""
        name = f"t{os.getpid()}_{next(_NUMBERS)}"
        base = self.url.rsplit("/", 1)[0]
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield f"{base}/{name}"
        finally:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def binaries() -> Path:
    """The folder of ``initdb`` and ``postgres``.

    Raises:
        NoPostgres: when there is none.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise NoPostgres("no PostgreSQL is installed (initdb was not found)")


@contextmanager
def server() -> Iterator[Server]:
    """A running server, stopped and removed at the end.

    Raises:
        NoPostgres: when none can be had.
    """
    named = os.environ.get("WANDB_BOT_TESTS_POSTGRES")
    if named:
        yield Server(named)
        return
    where, user = binaries(), _user()
    folder = Path(tempfile.mkdtemp(prefix="wandb-bot-pg-"))
    if user:
        shutil.chown(folder, user.pw_name, user.pw_gid)
    try:
        _run(
            [where / "initdb", "-D", folder / "data", "-U", "bot", "-A", "trust", "--no-sync"], user
        )
        port = _free_port()
        options = (
            "-c",
            "fsync=on",
            "-c",
            "max_connections=200",
            "-c",
            "listen_addresses=127.0.0.1",
        )
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    where / "postgres",
                    "-D",
                    folder / "data",
                    "-p",
                    str(port),
                    "-k",
                    folder,
                    *options,
                ],
                stdout=log,
                stderr=log,
                cwd=folder,
                **_as(user),
            )
        try:
            url = f"postgresql://bot@127.0.0.1:{port}/postgres"
            _wait(url, process, folder / "log")
            yield Server(url)
        finally:
            process.terminate()  # SIGTERM waits for sessions to end, SIGINT would not
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def skip_or_fail(reason: str) -> NoReturn:
    """Skips the test, or fails it where everything is needed."""
    if os.environ.get("WANDB_BOT_TESTS_NEED_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)


def _version(path: Path) -> int:
    name = path.parent.parent.name
    return int(name) if name.isdigit() else 0


def _user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in _ORDINARY_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgres("PostgreSQL refuses to run as root and there is no ordinary user")


def _as(user: pwd.struct_passwd | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _run(command: list[str | Path], user: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd="/", **_as(user)
    )
    if done.returncode:
        raise NoPostgres(f"initdb failed: {done.stderr.strip()[-300:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NoPostgres(f"PostgreSQL did not start: {log.read_text()[-300:]}")
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise NoPostgres("PostgreSQL did not answer in time")
