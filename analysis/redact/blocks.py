"""Credentials in URLs, and blocks of private keys."""

import re
from typing import Final

from analysis.redact.token import MARK

_URL: Final = re.compile(r"://[^\s\"'<>]+")


def _url(match: re.Match[str]) -> str:
    """``scheme://user:password@host`` → ``scheme://user:[redacted]@host``, several in a row."""
    return "://".join(
        ["", *(_authority(piece) for piece in match[0].split("://")[1:])],
    )


def _authority(piece: str) -> str:
    head = re.match(r"[^/?#]*", piece)
    authority = head[0] if head else ""
    if "@" not in authority:
        port = authority.partition(":")[2]
        if not port or port.rstrip(",;.)]}").isdigit() or "@" not in piece:
            return piece
        authority = piece[: piece.rindex("@") + 1] if piece.count("@") else authority
    cut = authority.rindex("@")
    user, colon, _ = authority[:cut].partition(":")
    if colon:
        return f"{user if len(user) < 24 else MARK}:{MARK}{piece[cut:]}"
    return f"{MARK}{piece[cut:]}" if len(user) >= 16 else piece


def url_passwords(text: str) -> str:
    """Redact the passwords, and the long names that are keys, in the URLs of a text."""
    return _URL.sub(_url, text) if "://" in text else text


_BEGIN: Final = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_END: Final = re.compile(r"-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_BODY: Final = re.compile(
    r"(?:[\s\\nr\"',]{0,8}[A-Za-z0-9+/=]{16,}){0,400}"
    r"(?:[\s\\nr]{1,4}[A-Za-z0-9+/]{1,15}={0,2}(?=\\n|[\n\"']|\Z))?"
)


def private_keys(text: str) -> str:
    """Redact key blocks, also where the beginning or the end of the block is missing."""
    if "PRIVATE KEY" not in text:
        return text
    out: list[str] = []
    done = 0
    while (begin := _BEGIN.search(text, done)) is not None:
        out.append(_headless(text[done : begin.start()]))
        end = _END.search(text, begin.end(), begin.end() + 20_000)
        body = _BODY.match(text, begin.end())
        done = end.end() if end else (body.end() if body else begin.end())
        out.append(MARK)
    out.append(_headless(text[done:]))
    return "".join(out)


def _headless(text: str) -> str:
    """Redact the lines before an END line whose BEGIN line was cut off."""
    end = _END.search(text)
    if end is None:
        return text
    lines = text[: end.start()].split("\n")
    if len(lines) > 1 and re.search(r"(?:^|\s)[A-Za-z0-9+/]{1,64}={0,2}\s*\Z", lines[-2]):
        del lines[-2]  # the last row of a key is short
    while lines and (not lines[-1].strip() or re.search(r"[A-Za-z0-9+/=]{16,}\s*\Z", lines[-1])):
        lines.pop()
    kept = "\n".join(lines)
    rest = _END.sub(MARK, text[end.end() :])
    return f"{kept}\n{MARK}{rest}" if kept else f"{MARK}{rest}"
