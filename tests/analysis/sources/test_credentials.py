"""Server and key are found as the ``wandb`` package finds them, and told to nobody else."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import encode_basic_auth
from wandb.sdk import wandb_setup

from analysis.errors import BadRequest, NotAuthenticated
from analysis.sources import Account, OfflineSource, WandbSource, find_account, open_source
from analysis.sources.credentials import ApiKey, IdentityToken, host_of
from bot.demo.wandb import LocalWandb

KEY = "local-0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """No setting of this machine's user, and none that outlives the test."""
    for name in ("WANDB_API_KEY", "WANDB_BASE_URL", "WANDB_ENTITY", "WANDB_APP_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    wandb_setup.teardown()
    yield monkeypatch
    wandb_setup.teardown()


async def test_the_environment_says_server_key_and_entity(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("WANDB_BASE_URL", "https://api.wandb.example.org/")
    settings.setenv("WANDB_API_KEY", KEY)
    settings.setenv("WANDB_ENTITY", "team")
    account = await find_account()
    assert account.base_url == "https://api.wandb.example.org"
    assert account.app_url
    assert account.auth == ApiKey(KEY)
    assert account.entity == "team"
    assert KEY not in repr(account)


async def test_netrc_is_read_for_its_host(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text(f"machine wandb.example.org login user password {KEY}\n")
    assert (await find_account("https://wandb.example.org")).auth == ApiKey(KEY)
    assert (await find_account("https://other.example.org")).auth is None


async def test_what_is_no_key_is_said_without_showing_it(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("WANDB_API_KEY", "short!")
    with pytest.raises(NotAuthenticated) as caught:
        await find_account()
    assert "short!" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://api.wandb.ai", "https://wandb.ai", "https://user:pass@wandb.example.org"]
)
async def test_an_address_that_is_no_server_is_refused(url: str) -> None:
    with pytest.raises(BadRequest) as caught:
        await find_account(url, KEY)
    assert "pass" not in caught.value.sentence.replace("password", "")


def test_a_host_is_shown_without_its_credentials() -> None:
    assert host_of("https://user:secret@host.example:8443/x") == "host.example:8443"
    assert host_of("nonsense") == "W&B"


async def test_an_identity_token_is_exchanged_once_and_kept(tmp_path: Path) -> None:
    (tmp_path / "jwt").write_text("aaa.bbb.ccc\n")
    auth = IdentityToken(tmp_path / "jwt", tmp_path / "kept" / "credentials.json")
    asked: list[tuple[str, str]] = []

    async def exchange(url: str, form: str) -> dict[str, Any]:
        asked.append((url, form))
        return {"access_token": f"token{len(asked)}", "expires_in": 3600}

    first = await auth.header("https://host", exchange)
    assert await auth.header("https://host", exchange) == first == "Bearer token1"
    assert await auth.header("https://other", exchange) == "Bearer token2"
    assert asked[0][0] == "https://host/oidc/token"
    assert asked[0][1].endswith("&assertion=aaa.bbb.ccc")
    kept = json.loads(auth.credentials_file.read_text())
    soon = datetime.now(UTC) + timedelta(minutes=4)
    kept["credentials"]["https://host"]["expires_at"] = soon.strftime("%Y-%m-%d %H:%M:%S")
    auth.credentials_file.write_text(json.dumps(kept))
    assert await auth.header("https://host", exchange) == "Bearer token3"
    assert auth.credentials_file.stat().st_mode & 0o077 == 0


async def test_an_identity_token_that_is_not_there_is_said(tmp_path: Path) -> None:
    async def exchange(url: str, form: str) -> dict[str, Any]:
        raise AssertionError(url)

    with pytest.raises(NotAuthenticated, match="identity token"):
        await IdentityToken(tmp_path / "no", tmp_path / "c").header("https://host", exchange)


async def test_a_key_goes_as_basic() -> None:
    async def exchange(url: str, form: str) -> dict[str, Any]:
        raise AssertionError(url)

    header = await ApiKey(KEY).header("https://host", exchange)
    assert header == encode_basic_auth("api", KEY)


async def test_a_source_is_opened_by_what_it_is_called(
    settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with LocalWandb() as server:
        settings.setenv("WANDB_BASE_URL", server.base_url)
        settings.setenv("WANDB_API_KEY", KEY)
        for name in ("wandb:", None, server.base_url):
            async with open_source(name) as source:
                assert isinstance(source, WandbSource)
                assert (await source.viewer()).username == "demo-user"
                defaults = await source.defaults()
                assert (defaults.entity, defaults.app_urls) == ("demo", (server.base_url,))
    for path in (tmp_path, str(tmp_path), "~/runs"):
        assert isinstance(open_source(path), OfflineSource)


def test_an_account_names_its_host() -> None:
    assert Account("http://127.0.0.1:8080", "").host == "127.0.0.1:8080"
