"""Tokens that are known by a shape of their own."""

import re
from itertools import pairwise
from typing import Final

from analysis.redact.token import MARK, Replace, Token, keep_first


def _if_random(least: int) -> Replace:
    """Replace only what holds digits and, without a word boundary before it, mixed case."""

    def replace(match: re.Match[str]) -> str:
        found = match[0]
        start = match.start()
        free = start == 0 or not match.string[start - 1].isalnum()
        digits = any(c.isdigit() for c in found)
        mixed = any(c.isupper() for c in found) and any(c.islower() for c in found)
        random = len(found) >= least and digits and (free or mixed)
        return MARK if random else found

    return replace


_COMMIT_WORDS: Final = re.compile(
    r"commit|revision|\brev\b|sha-?1|sha\b|\bhead\b|\bhash|checksum|snapshots?/|blobs?/|\bgit\b|"
    r"/tree/|/resolve/|@$|\bref|branch|merge|checkout|parent|digest|etag|\bmd5|fingerprint|\bcid|"
    r"version[\"']?\s?[:=]\s?[\"']?$",
    re.IGNORECASE,
)
# A name of a file by its content, as caches and stores of artifacts have it.
_FILE_END: Final = re.compile(
    r"\.(?:bin|pth?|ckpt|safetensors|json|ya?ml|np[yz]|pkl|tar|t?gz|zip|zst|parquet|arrow|lock|txt|"
    r"h5|hdf5|onnx|gguf|incomplete|csv|png|jpe?g|log|msgpack|pickle|index|model)\b"
)
_KEY_WORDS: Final = re.compile(r"key|token|secret|login|passw|auth|credential|paste", re.IGNORECASE)


HEX40: Final = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{40}(?![0-9a-fA-F])")
LONG_WORD: Final = re.compile(r"[A-Za-z0-9]{40,}")


def _hex40(match: re.Match[str]) -> str:
    """A W&B key of 40 hex digits looks like a commit: leave it only where the text says commit."""
    text, start, end = match.string, match.start(), match.end()
    before, after = text[max(0, start - 40) : start], text[end : end + 24]
    before = before.rpartition("\n")[2]
    if match[0].isdigit():
        return match[0]
    said = (
        _COMMIT_WORDS.search(before)
        or re.match(r"\W{0,3}(?:is the )?commit", after)
        or _FILE_END.match(after)
    )
    if said and not _KEY_WORDS.search(before) and not before.endswith("local-"):
        return match[0]
    return MARK


BASE64_40: Final = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])")


def base64_40(match: re.Match[str]) -> str:
    """An AWS secret key has 40 letters of base64; a path of that length changes its kind less.

    Of 39 neighbours in random base64 about 25 are of different kinds, with a deviation of 3.
    """
    found = match[0]
    kinds = [(c.isdigit(), c.isupper(), c.islower()) for c in found]
    switches = sum(a != b for a, b in pairwise(kinds))
    return MARK if switches >= 16 and any(c.isdigit() for c in found) else found


def long_word(match: re.Match[str]) -> str:
    """Forty and more letters and digits: a W&B key, or a key of a service that is not listed."""
    found = match[0]
    inner = HEX40.sub(_hex40, found) if len(found) != 40 else found
    if len(found) == 40 and HEX40.fullmatch(found):
        return _hex40(match)
    if inner != found:
        return inner
    digits = sum(c.isdigit() for c in found)
    switches = sum(a.isdigit() != b.isdigit() for a, b in pairwise(found))
    mixed = any(c.isupper() for c in found) and any(c.islower() for c in found)
    return MARK if mixed and digits >= 4 and switches >= 6 else found


def _bearer(match: re.Match[str]) -> str:
    value = match[2]
    random = any(c.isdigit() for c in value) or len(value) >= 24 or value.endswith("=")
    return f"{match[1]}{MARK}" if random else match[0]


SHAPES: Final[tuple[Token, ...]] = (
    Token(("wandb_v",), re.compile(r"wandb_v\d+_[A-Za-z0-9_-]{16,}")),
    Token(("local-",), re.compile(r"local-[A-Za-z0-9]{32,}")),
    Token(("sk-",), re.compile(r"sk-[A-Za-z0-9_-]{16,}"), _if_random(19)),
    Token(("sk_", "rk_", "pk_"), re.compile(r"[srp]k_(?:live|test)_[A-Za-z0-9]{16,}")),
    Token(("hf_",), re.compile(r"hf_[A-Za-z0-9]{20,}")),
    Token(("api_org_",), re.compile(r"api_org_[A-Za-z0-9]{20,}")),
    Token(
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        re.compile(r"gh[pousr]_[A-Za-z0-9]{20,}"),
    ),
    Token(("github_pat_",), re.compile(r"github_pat_[A-Za-z0-9_]{20,}")),
    Token(("glpat-", "gldt-", "glrt-"), re.compile(r"gl(?:pat|dt|rt)-[A-Za-z0-9_-]{16,}")),
    Token(("xox", "xapp-"), re.compile(r"(?:xox[a-z](?:\.xox[a-z])?|xapp)-[A-Za-z0-9-]{8,}")),
    Token(
        ("akia", "asia", "aroa", "aida", "abia", "acca"),
        re.compile(r"(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16,}"),
    ),
    Token(("aiza",), re.compile(r"AIza[A-Za-z0-9_-]{30,}")),
    Token(("ya29.",), re.compile(r"ya29\.[A-Za-z0-9._-]{16,}")),
    Token(("gocspx-",), re.compile(r"GOCSPX-[A-Za-z0-9_-]{16,}")),
    Token(("eyj",), re.compile(r"eyJ[A-Za-z0-9_-]{16,}(?:\.[A-Za-z0-9_-]*){0,4}")),
    Token(("dckr_pat_",), re.compile(r"dckr_pat_[A-Za-z0-9_-]{16,}")),
    Token(("npm_",), re.compile(r"npm_[A-Za-z0-9]{30,}")),
    Token(("pypi-",), re.compile(r"pypi-[A-Za-z0-9_-]{40,}")),
    Token(("sg.",), re.compile(r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}")),
    Token(("dapi",), re.compile(r"dapi[0-9a-f]{32}(?:-\d)?")),
    Token(("nvapi-",), re.compile(r"nvapi-[A-Za-z0-9_-]{20,}")),
    Token(("gsk_", "r8_"), re.compile(r"(?:gsk|r8)_[A-Za-z0-9]{24,}")),
    Token(("lsv2_",), re.compile(r"lsv2_(?:pt|sk)_[A-Za-z0-9_]{20,}")),
    Token(("tskey-",), re.compile(r"tskey-[A-Za-z0-9-]{16,}")),
    Token(
        ("hooks.slack.com/", "/api/webhooks/"),
        re.compile(r"((?:hooks\.slack\.com/\w+|/api/webhooks)/)[A-Za-z0-9/_-]{8,}"),
        keep_first,
    ),
    Token((":aa",), re.compile(r"\d{8,10}:AA[A-Za-z0-9_-]{30,}")),
)
"""Keys that are known wherever they stand."""

HEADERS: Final[tuple[Token, ...]] = (
    Token(
        ("bearer", "basic", "token"),
        # Not "ignore case": a pattern that starts with a set is searched many times faster.
        re.compile(
            r"([BbTt](?:[Ee][Aa][Rr][Ee][Rr]|[Aa][Ss][Ii][Cc]|[Oo][Kk][Ee][Nn])\s{1,4})"
            r"([A-Za-z0-9._~+/=-]{8,})(?!\[redacted)"
        ),
        _bearer,
    ),
    Token(
        ("authorization",),
        re.compile(
            r"""(authorization["'\\]{0,4}\s{0,4}[:=]\s{0,4}["'\\]{0,4})"""
            r"""(?!\[redacted)[^\s"'\\,}]+(?:[ ](?!\[redacted)[^\s"'\\,}]+)?""",
            re.IGNORECASE,
        ),
        keep_first,
    ),
    Token(
        ("sig=", "signature=", "credential=", "security-token="),
        re.compile(
            r"([?&](?:[\w-]{0,24}(?:signature|credential|security-token)|sig)=)[^\s&\"'<>]+",
            re.IGNORECASE,
        ),
        keep_first,
    ),
)
"""What stands in headers and in the queries of signed links."""
