"""Secrets on command lines and in calls that log in."""

import re
from typing import Final

from analysis.redact.token import (
    LEAST,
    MARK,
    Replace,
    Token,
    keep_first,
    keep_first_if_random,
    looks_random,
)


def _command(program: str, flag: str) -> tuple[re.Pattern[str], Replace]:
    """The words after a flag, to the end of the command of a program."""
    secret = re.compile(rf"([ ](?:{flag})[\"']?)(?!\[redacted)[^\s\"']{{3,}}")

    def replace(match: re.Match[str]) -> str:
        return secret.sub(keep_first, match[0])

    return re.compile(rf"\b(?:{program})\b[^\n|;]*"), replace


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
        *_command(r"(?:docker|podman|az|registry|oras|skopeo|nerdctl)[ ]login", r"-p[ ]+"),
    ),
    Token(
        ("curl",), *_command("curl", r"(?:-u|-U|--user|--proxy-user)[ =]?[\"']?[^\s:\"']{1,80}:")
    ),
    Token(("sshpass",), *_command("sshpass", r"-p[ ]?")),
    Token(("mysql", "mariadb"), *_command(r"(?:mysql|mariadb)[\w-]*", r"-p(?=[^\s-])")),
    Token(("redis-cli",), *_command("redis-cli", r"-a[ ]+")),
    Token(("pass:",), re.compile(r"([ =]pass:)(?!\[redacted)[^\s\"']{4,}"), keep_first),
)
"""Programs and calls that take a secret by its place or by a short flag."""
