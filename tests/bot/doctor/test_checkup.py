"""The doctor, against the local Slack and the local W&B: what is wrong, and what to do."""

import json
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import manifest
from bot.demo.slack import InstalledApp, LocalSlack
from bot.demo.wandb import API_KEY, LocalWandb, Reset, Status, User
from bot.doctor import checkup, clock
from bot.doctor.base import Patient, Trip
from bot.settings import Access, Settings
from bot.storage import open_database, replicas
from handlers.checkup import Check, Checkup

Configure = Callable[..., Settings]


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack(InstalledApp.from_manifest(manifest.load())) as workspace:
        yield workspace


@pytest.fixture
async def wandb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[LocalWandb]:
    async with LocalWandb() as server:
        server.add_run("team", "proj", "a", columns={"loss": [1.0, 0.5]}, state="finished")
        monkeypatch.setenv("WANDB_BASE_URL", server.base_url)
        monkeypatch.setenv("WANDB_API_KEY", API_KEY)
        monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path))
        monkeypatch.delenv("WANDB_ENTITY", raising=False)
        _forget_wandb_settings()
        yield server
        _forget_wandb_settings()


def _forget_wandb_settings() -> None:
    from wandb.sdk import wandb_setup

    wandb_setup.teardown()


@pytest.fixture
def configure(slack: LocalSlack, wandb: LocalWandb, tmp_path: Path) -> Configure:
    def made(**more: object) -> Settings:
        known: dict[str, object] = {
            "slack_api_url": slack.api_url,
            "slack_bot_token": SecretStr(slack.app.bot_token),
            "slack_app_token": SecretStr(slack.app.app_token),
            "database_url": f"sqlite:///{tmp_path / 'bot.db'}",
            "access": Access(entities=("team",)),
        }
        return Settings(**{**known, **more})  # type: ignore[arg-type]

    return made


def named(found: Checkup, name: str) -> Check:
    return next(check for check in found.checks if check.name == name)


async def a_living_replica(settings: Settings) -> None:
    database = await open_database(settings.database_url)
    async with database.begin() as connection:
        await replicas.beat(connection, "r1", now=datetime.now(UTC))
    await database.close()


async def test_all_is_well(configure: Configure) -> None:
    """Everything set up as documented: each check is fine, and says how long a trip took."""
    settings = configure()
    await a_living_replica(settings)
    found = await checkup(settings)
    assert [check for check in found.checks if check.status != "ok"] == []
    assert found.exit_code == 0
    timed = {check.name for check in found.checks if check.ms is not None}
    assert timed >= {"Slack bot token", "Slack connection", "W&B server", "W&B key", "Database"}
    assert named(found, "Engine").detail.startswith("1 replica alive")


async def test_a_missing_scope_is_named(slack: LocalSlack, configure: Configure) -> None:
    """And a scope that nothing needs is a warning only."""
    slack.app.scopes = slack.app.scopes - {"files:write"}
    check = named(await checkup(configure()), "Slack scopes")
    assert (check.status, check.exit_code) == ("fail", 4)
    assert "files:write" in check.detail
    assert "manifest" in check.advice
    slack.app.scopes = slack.app.scopes | {"files:write", "pins:write"}
    check = named(await checkup(configure()), "Slack scopes")
    assert (check.status, check.detail) == ("warn", "more than needed: pins:write")


@pytest.mark.parametrize(
    ("settings", "check", "words"),
    [
        ({"slack_bot_token": SecretStr("xoxb-wrong")}, "Slack bot token", "invalid_auth"),
        ({"slack_app_token": SecretStr("xapp-wrong")}, "Slack connection", "invalid_auth"),
        ({"access": Access(entities=("nobody",))}, "W&B entities", "nobody"),
    ],
)
async def test_what_is_refused_ends_with_4(
    configure: Configure, settings: dict[str, object], check: str, words: str
) -> None:
    """A token or an entity that is not let in is named, with what to do."""
    found = await checkup(configure(**settings))
    failed = named(found, check)
    assert failed.status == "fail"
    assert words in failed.detail
    assert failed.advice
    assert found.exit_code == 4


async def test_a_token_of_the_wrong_kind_is_a_setting(configure: Configure) -> None:
    """The variable is named; nothing is told of its value."""
    found = await checkup(configure(slack_bot_token=SecretStr("xoxp-user-secret")))
    tokens = named(found, "Tokens")
    assert tokens.status == "fail"
    assert "SLACK_BOT_TOKEN" in tokens.detail


async def test_an_uninstalled_app_is_told_apart(slack: LocalSlack, configure: Configure) -> None:
    """Not “wrong token”, but “install it again”."""
    slack.app.refusal = "account_inactive"
    check = named(await checkup(configure()), "Slack bot token")
    assert "uninstalled" in check.advice


async def test_slack_in_trouble_ends_with_5(slack: LocalSlack, configure: Configure) -> None:
    """A server error is not the operator's fault."""
    slack.faults.http_error("auth.test", 503, times=None)
    found = await checkup(configure())
    assert named(found, "Slack bot token").exit_code == 5
    assert found.exit_code == 5


async def test_a_key_that_wandb_refuses_ends_with_4(
    wandb: LocalWandb, configure: Configure
) -> None:
    """The server is there, the key is not let in."""
    wandb.fail(Status(401), times=None)
    found = await checkup(configure())
    assert named(found, "W&B server").status == "ok"
    assert named(found, "W&B key").status == "fail"
    assert found.exit_code == 4


async def test_wandb_that_cannot_be_reached_ends_with_5(
    wandb: LocalWandb, configure: Configure
) -> None:
    """A connection that is cut tells of the network, not of the key."""
    wandb.fail(Reset(), times=None)
    assert (await checkup(configure())).exit_code == 5


async def test_the_default_entity_must_be_answered(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WANDB_ENTITY outside the list would make every short name a refusal."""
    monkeypatch.setenv("WANDB_ENTITY", "elsewhere")
    _forget_wandb_settings()
    check = named(await checkup(configure()), "W&B entities")
    assert check.status == "warn"
    assert "elsewhere" in check.detail


async def test_an_own_entity_without_projects_is_no_fault(
    wandb: LocalWandb, configure: Configure
) -> None:
    """Where nothing is configured, what the key can read is what is answered."""
    wandb.add_key(API_KEY, User("ada", entity="ada", teams=("team",)))
    check = named(await checkup(configure(access=Access())), "W&B entities")
    assert check.status == "ok"
    assert "the key's own" in check.detail


async def test_nothing_is_made(configure: Configure, tmp_path: Path) -> None:
    """Before the first start there is no database, and the doctor makes none."""
    found = await checkup(configure())
    assert named(found, "Database").status == "warn"
    assert not (tmp_path / "bot.db").exists()


@pytest.mark.parametrize("name", ["file/bot.db", "folder"])
async def test_a_file_that_cannot_be_made_is_no_first_start(
    configure: Configure, tmp_path: Path, name: str
) -> None:
    """Below a file, or where a folder stands, `serve` would make none either."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    check = named(await checkup(configure(database_url=f"sqlite:///{tmp_path / name}")), "Database")
    assert check.status == "fail"
    assert "cannot be made" in check.detail
    assert "right to write there" in check.advice


async def test_a_database_that_cannot_be_written_is_no_use(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading it works, so only the system's own answer tells; tests may run as root."""
    settings = configure()
    await (await open_database(settings.database_url)).close()
    monkeypatch.setattr("os.access", lambda _path, mode: not mode & os.W_OK)
    check = named(await checkup(settings), "Database")
    assert check.status == "fail"
    assert "cannot be written" in check.detail


async def test_a_file_that_is_no_database(configure: Configure, tmp_path: Path) -> None:
    """The advice is about a file, not about a server."""
    (tmp_path / "bot.db").write_text("not a database, but a letter of more than a few words\n" * 40)
    check = named(await checkup(configure()), "Database")
    assert check.status == "fail"
    assert "SQLite" in check.advice


async def test_old_tables_are_named(configure: Configure, tmp_path: Path) -> None:
    """A database of no release at all is not migrated behind anybody's back."""
    (tmp_path / "bot.db").touch()
    check = named(await checkup(configure()), "Migrations")
    assert check.status == "fail"
    assert "needs" in check.detail


async def test_a_dead_engine_is_a_warning(configure: Configure) -> None:
    """Nobody serves: nothing is broken, but nothing is watched."""
    settings = configure()
    await (await open_database(settings.database_url)).close()
    check = named(await checkup(settings), "Engine")
    assert (check.status, check.detail) == ("warn", "no replica is alive")


async def test_a_database_that_cannot_be_reached(configure: Configure) -> None:
    """Its address is told without the password."""
    url = "postgresql://bot:hunter2@127.0.0.1:1/bot"
    check = named(await checkup(configure(database_url=url)), "Database")
    assert check.status == "fail"
    assert "hunter2" not in check.detail


@pytest.mark.parametrize(
    ("skew_s", "status"), [(2, "ok"), (45, "warn"), (-45, "warn"), (400, "fail"), (-400, "fail")]
)
def test_the_clock_is_judged_by_its_distance(skew_s: float, status: str) -> None:
    """Slack refuses what is five minutes off."""
    patient = Patient(Settings())
    now = datetime.now(UTC)
    trip = Trip(begun=now, seconds=0.0)
    theirs = now - timedelta(seconds=skew_s)
    patient.compare_clocks("Slack", {"Date": theirs.strftime("%a, %d %b %Y %H:%M:%S GMT")}, trip)
    (check,) = clock.checks(patient)
    assert check.status == status
    assert ("ahead" in check.detail) == (skew_s > 0 and status != "ok")


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Foo 2026 00:00:00 GMT"])
def test_a_date_that_is_none_is_passed_over(date: str) -> None:
    """What a proxy writes there is not to be trusted."""
    patient = Patient(Settings())
    patient.compare_clocks("Slack", {"date": date}, Trip())
    assert patient.skews == {}


async def test_no_secret_is_ever_told(slack: LocalSlack, configure: Configure) -> None:
    """Neither where all is well nor where everything is refused."""
    secrets = {slack.app.bot_token, slack.app.app_token, API_KEY}
    for refusal in (None, "invalid_auth"):
        slack.app.refusal = refusal
        found = await checkup(configure())
        told = json.dumps([f"{check.detail} {check.advice}" for check in found.checks])
        assert not [secret for secret in secrets if secret in told]
