"""Secrets on command lines and in calls that log in."""

import re
from typing import Final

from analysis.redact.token import (
    LEAST,
    MARK,
    Token,
    keep_first,
    keep_first_if_random,
    looks_random,
)


def _after(program: str, flag: str) -> re.Pattern[str]:
    """The word after a flag of a program, in the same command; a second pass finds nothing."""
    return re.compile(
        rf"(\b(?:{program})\b[^\n|;]{{0,300}}?[ ](?:{flag})[\"']?)(?!\[redacted)[^\s\"']{{3,}}"
    )


def _login(match: re.Match[str]) -> str:
    """The arguments of a call of `login(…)`: by a name that says secret, or random."""

    def argument(found: re.Match[str]) -> str:
        named = found["name"].startswith(("key", "token", "api", "pass"))
        secret = (named and len(found["value"]) >= LEAST) or looks_random(found["value"])
        return f"{found['name']}{found['quote']}{MARK}{found['quote']}" if secret else found[0]

    return _ARGUMENT.sub(argument, match[0])


_ARGUMENT: Final = re.compile(
    r"""(?P<name>(?:\w{1,40}\s?=\s?)?)(?P<quote>["'])(?P<value>[^"'\s]{1,200})(?P=quote)"""
)

COMMANDS: Final[tuple[Token, ...]] = (
    Token(
        ("login",),
        re.compile(
            r"((?:wandb|comet|neptune)[ ]login"
            r"(?:[ ]+--?[\w-]+(?:[= ]https?://\S+|=\S+)?){0,8}[ ]+)(?!-)([^\s\"']{8,})"
        ),
        keep_first_if_random,
    ),
    Token(("login(",), re.compile(r"\blogin\([^)\n]{1,400}"), _login),
    Token(
        (" login",),
        _after(r"(?:docker|podman|az|registry|oras|skopeo|nerdctl)[ ]login", r"-p[ ]+"),
        keep_first,
    ),
    Token(
        ("curl",),
        _after("curl", r"(?:-u|-U|--user|--proxy-user)[ =]?[\"']?[^\s:\"']{1,80}:"),
        keep_first,
    ),
    Token(("sshpass",), _after("sshpass", r"-p[ ]?"), keep_first),
    Token(("mysql", "mariadb"), _after(r"(?:mysql|mariadb)[\w-]*", r"-p(?=[^\s-])"), keep_first),
    Token(("redis-cli",), _after("redis-cli", r"-a[ ]+"), keep_first),
    Token(("pass:",), re.compile(r"([ =]pass:)(?!\[redacted)[^\s\"']{4,}"), keep_first),
)
"""Programs and calls that take a secret by its place or by a short flag."""
