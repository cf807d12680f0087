"""Which W&B server, and whose key: found by the ``wandb`` package, as its own client finds them."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from analysis.errors import BadRequest, NotAuthenticated
from analysis.flight import off_loop

# As W&B's core: an access token is renewed this long before it ends.
_RENEW_BEFORE = timedelta(minutes=5)
_EXPIRES_FORMAT = "%Y-%m-%d %H:%M:%S"

Exchange = Callable[[str, str], Awaitable[dict[str, Any]]]
"""Posts a form (URL, body) and gives the JSON answer: an identity token for an access token."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key, sent as HTTP Basic."""

    key: str = field(repr=False)

    async def header(self, base_url: str, exchange: Exchange) -> str:
        """The ``Authorization`` header."""
        from aiohttp import encode_basic_auth

        return encode_basic_auth("api", self.key)


@dataclass(frozen=True, slots=True)
class IdentityToken:
    """A file with a JWT, exchanged at the server for an access token that is kept in a file."""

    token_file: Path
    credentials_file: Path

    async def header(self, base_url: str, exchange: Exchange) -> str:
        """The ``Authorization`` header, with a token that is still good for a while.

        Raises:
            NotAuthenticated: when the file cannot be read or the server gives no token for it.
        """
        kept = await off_loop(_kept_token, self.credentials_file, base_url)
        if kept is not None:
            return f"Bearer {kept}"
        try:
            jwt = (await off_loop(self.token_file.read_text)).strip()
        except (OSError, ValueError):
            raise NotAuthenticated(
                "The identity token file cannot be read.", "Check WANDB_IDENTITY_TOKEN_FILE."
            ) from None
        form = f"grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={jwt}"
        answer = await exchange(f"{base_url}/oidc/token", form)
        token, lasts = answer.get("access_token"), answer.get("expires_in", 0)
        if not isinstance(token, str) or not token:
            raise NotAuthenticated("W&B gave no access token for the identity token.")
        seconds = lasts if isinstance(lasts, int | float) else 0
        ends = datetime.now(UTC) + timedelta(seconds=seconds)
        await off_loop(_keep_token, self.credentials_file, base_url, token, ends)
        return f"Bearer {token}"


@dataclass(frozen=True, slots=True)
class Account:
    """A W&B server and the right to ask it.

    Attributes:
        base_url: where the API is, without a slash at the end.
        app_url: where the web app is.
        auth: the key; ``None`` when none was found.
        entity: the default entity that W&B's own settings name.
        project: the default project.
    """

    base_url: str
    app_url: str
    auth: ApiKey | IdentityToken | None = None
    entity: str | None = None
    project: str | None = None

    @property
    def host(self) -> str:
        """The server's name for sentences, without anything secret."""
        return host_of(self.base_url)


def host_of(url: str) -> str:
    """Host and port of an address, never a user name or a password."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    name = parts.hostname or "W&B"
    return name if port is None else f"{name}:{port}"


async def find_account(base_url: str | None = None, api_key: str | None = None) -> Account:
    """The account that the ``wandb`` package would use, without a request to anybody.

    Environment variables, netrc and W&B's settings files are read as that package reads them.

    Args:
        base_url: another server than the one that is set.
        api_key: another key than the one that is found.

    Raises:
        BadRequest: when the server's address is not one.
        NotAuthenticated: when a key is set that cannot be one.
    """
    return await off_loop(_find, base_url, api_key)


def _find(base_url: str | None, api_key: str | None) -> Account:
    from wandb.errors import AuthenticationError
    from wandb.sdk import wandb_setup
    from wandb.sdk.lib import wbauth

    try:
        settings = wandb_setup.singleton().settings
    except ValueError as error:  # pydantic's: a variable holds what it must not
        raise BadRequest("W&B's settings are not valid.", _which(error)) from None
    same = base_url is None or base_url.rstrip("/") == settings.base_url.rstrip("/")
    try:
        host = wbauth.HostUrl(
            base_url or settings.base_url, app_url=settings.app_url if same else None
        )
    except (ValueError, TypeError):
        raise BadRequest(
            "The address of the W&B server is not valid.", "Set WANDB_BASE_URL to its API address."
        ) from None
    if urlsplit(host.url).username is not None:
        raise BadRequest(
            "The address of the W&B server must not hold a user name or a password.",
            "Set WANDB_BASE_URL without them, and the key in WANDB_API_KEY.",
        )
    auth: ApiKey | IdentityToken | None
    try:
        auth = _auth(wbauth.AuthApiKey(host=host, api_key=api_key) if api_key else _system(host))
    except AuthenticationError:
        raise NotAuthenticated(
            "The W&B key that is set is not a valid one.",
            "Set WANDB_API_KEY to a key of your W&B account, or run `wandb login`.",
        ) from None
    return Account(host.url, host.app_url, auth, settings.entity, settings.project)


def _system(host: Any) -> Any:
    from wandb.sdk.lib import wbauth

    return wbauth.authenticate_session(
        host=host, source="wandb-bot", prompt=False, update_session=False
    )


def _auth(found: Any) -> ApiKey | IdentityToken | None:
    from wandb.sdk.lib import wbauth

    if isinstance(found, wbauth.AuthApiKey):
        return ApiKey(found.api_key)
    if isinstance(found, wbauth.AuthIdentityTokenFile):
        return IdentityToken(found.path, found.credentials_path)
    return None


def _which(error: ValueError) -> str:
    """Names the settings that are wrong, never their values."""
    errors = getattr(error, "errors", None)
    names = {str(part) for each in errors() for part in each["loc"][:1]} if errors else set()
    variables = ", ".join(f"WANDB_{name.upper()}" for name in sorted(names))
    if names == {"base_url"}:
        return f"Set {variables} to an address such as https://api.wandb.ai."
    return f"Check {variables}." if variables else "Check the WANDB_ variables."


def _read_kept(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _kept_token(file: Path, base_url: str) -> str | None:
    by_host = _read_kept(file).get("credentials")
    kept = by_host.get(base_url) if isinstance(by_host, dict) else None
    if not isinstance(kept, dict):
        return None
    try:
        ends = datetime.strptime(str(kept.get("expires_at")), _EXPIRES_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    token = kept.get("access_token")
    return token if isinstance(token, str) and datetime.now(UTC) < ends - _RENEW_BEFORE else None


def _keep_token(file: Path, base_url: str, token: str, ends: datetime) -> None:
    """Write the token beside those of other servers; a disk that refuses costs only a renewal."""
    kept = _read_kept(file)
    by_host = kept.get("credentials")
    entry = {"expires_at": ends.strftime(_EXPIRES_FORMAT), "access_token": token}
    kept["credentials"] = {**(by_host if isinstance(by_host, dict) else {}), base_url: entry}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(kept))
        part.replace(file)
    except OSError:
        return
