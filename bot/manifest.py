"""The Slack app manifest: the file, and its forms for a public address and for own hosts."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from analysis.errors import BadRequest
from handlers.views.limits import UNFURL_DOMAINS

EVENTS_PATH: Final = "/slack/events"
"""Where the HTTP receiver takes events, commands, interactivity and options."""
_FILE: Final = "manifest.yml"


def text() -> str:
    """The file with its comments, as it is for Socket Mode."""
    packaged = files("bot").joinpath(_FILE)
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    # A checkout: the file stands at its top, and is put into the package when a wheel is built.
    return Path(__file__).parents[1].joinpath(_FILE).read_text(encoding="utf-8")


def load() -> dict[str, Any]:
    """The manifest as a value."""
    import yaml

    manifest: dict[str, Any] = yaml.safe_load(text())
    return manifest


def scopes(manifest: Mapping[str, Any]) -> frozenset[str]:
    """The bot scopes that the app asks for."""
    return frozenset(manifest["oauth_config"]["scopes"]["bot"])


def for_url(manifest: Mapping[str, Any], url: str) -> dict[str, Any]:
    """The manifest for HTTP: Slack posts everything to one address below ``url``.

    Raises:
        BadRequest: when ``url`` is no public HTTPS address.
    """
    parts = _split(url)
    plain = parts is not None and parts.hostname and not parts.query and not parts.fragment
    if parts is None or parts.scheme != "https" or not plain:
        raise BadRequest(f"“{url}” cannot be used.", "Slack takes an address such as https://HOST.")
    base = url.rstrip("/")
    target = base if base.endswith(EVENTS_PATH) else base + EVENTS_PATH
    made: dict[str, Any] = {**manifest}
    made["features"] = {
        **manifest["features"],
        "slash_commands": [
            {**one, "url": target} for one in manifest["features"]["slash_commands"]
        ],
    }
    settings = manifest["settings"]
    made["settings"] = {
        **settings,
        "event_subscriptions": {"request_url": target, **settings["event_subscriptions"]},
        "interactivity": {
            **settings["interactivity"],
            "request_url": target,
            "message_menu_options_url": target,  # external selects need it in HTTP mode
        },
        "socket_mode_enabled": False,
    }
    return made


def with_hosts(manifest: Mapping[str, Any], hosts: Sequence[str]) -> dict[str, Any]:
    """The manifest with further W&B hosts whose links unfurl.

    Raises:
        BadRequest: when that would be more than Slack allows, or a host is none.
    """
    known: list[str] = [*manifest["features"]["unfurl_domains"]]
    for host in hosts:
        name = _host(host)
        if not unfurls(host):
            raise BadRequest(f"“{host}” is no host whose links Slack can unfurl.")
        if not any(name == domain or name.endswith(f".{domain}") for domain in known):
            known.append(name)
    if len(known) > UNFURL_DOMAINS:
        raise BadRequest(f"Slack unfurls the links of {UNFURL_DOMAINS} domains at most.")
    return {**manifest, "features": {**manifest["features"], "unfurl_domains": known}}


def unfurls(host: str) -> bool:
    """Whether Slack can unfurl links to a host: it takes names with a dot, and no numbers."""
    name = _host(host)
    return "." in name and not name.rpartition(".")[2].isdecimal()


def _host(host: str) -> str:
    parts = _split(host if "://" in host else f"https://{host}")
    return "" if parts is None else (parts.hostname or "").lower()


def _split(url: str) -> SplitResult | None:
    """The parts of an address; ``None`` where it is none, its port included."""
    try:
        parts = urlsplit(url)
        valid = parts.port != 0
    except ValueError:
        return None
    return parts if valid else None


def as_yaml(manifest: Mapping[str, Any]) -> str:
    """The manifest as YAML, in the order of the file and with what the file says of each line."""
    import yaml

    dumped: str = yaml.safe_dump(
        dict(manifest), sort_keys=False, allow_unicode=True, width=100, default_flow_style=False
    )
    said = _comments()
    lines = [*text().splitlines()[:1]]
    for line in dumped.splitlines():
        comment = said.get(line.strip())
        lines.append(f"{line}  # {comment}" if comment else line)
    return "\n".join(lines) + "\n"


def _comments() -> dict[str, str]:
    """The file's comments by the line that they stand behind; a further line of one is joined."""
    found: dict[str, str] = {}
    last = ""
    for line in text().splitlines():
        content, mark, comment = line.partition("# ")
        content = content.strip()
        if content:
            last = content if mark and content not in found else ""
            if last:
                found[last] = comment.strip()
        elif mark and last:
            found[last] += f" {comment.strip()}"
    return found
