"""Every setting of the product, in one frozen value; and errors that name the variable to set.

Precedence: flag, environment, file (TOML), default. Secrets are ``SecretStr`` and never printed.
W&B's own settings (key, base URL, default entity) are not here: the ``wandb`` package finds them.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from analysis.errors import BadRequest
from analysis.thresholds import Thresholds

APP = "wandb-bot"
PREFIX = "WANDB_BOT_"
_HELP = "All settings: `wandb-bot config`, or docs/settings.md."

# What the settings file holds, while one value is being built from it.
_FILE: ContextVar[Mapping[str, Any]] = ContextVar("settings_file", default=MappingProxyType({}))


class WrongSettings(BadRequest):
    """One or more settings cannot be used; the sentence names each variable and what it takes."""


def _split(value: Any) -> Any:
    if isinstance(value, str):
        parts = value.strip().strip("[]").split(",")
        return tuple(name for part in parts if (name := part.strip().strip("\"'").strip()))
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Several names: a list in the file, separated by commas in the environment."""


class Section(BaseModel):
    """A group of settings: ``[name]`` in the file, ``WANDB_BOT_NAME__FIELD`` in the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Access(Section):
    """Who may ask about what."""

    entities: Names = Field(
        (), description="Entities that are answered. Empty: what the key's own user and teams own."
    )
    allow_guests: bool = Field(False, description="Answer guests of the workspace.")
    allow_external: bool = Field(
        False, description="Answer people of other organisations in shared channels."
    )
    admins: Names = Field(
        (), description="Slack user ids that may run `/wandb doctor`, beside workspace admins."
    )


class Describe(Section):
    """How much one question may cost."""

    deadline_s: float = Field(
        10.0, gt=0, le=600, description="Seconds for a describe, all waits included."
    )
    points: int = Field(
        10_000, ge=100, le=1_000_000, description="Points a curve before it is thinned."
    )


class Watch(Section):
    """How channels are watched."""

    tick_s: float = Field(30.0, ge=1, le=3600, description="Seconds between looks at a project.")
    updates_per_minute: int = Field(
        40, ge=1, le=50, description="Updates of boards and cards a minute, in all channels."
    )
    cooldown_min: float = Field(
        60.0, ge=0, description="Minutes between two fresh channel lines about one run."
    )
    late_after_s: float = Field(
        300.0, gt=0, description="Seconds after which a delayed message says that it is late."
    )


class Engine(Section):
    """The task engine."""

    replica_timeout: float = Field(
        30.0,
        gt=0,
        le=60,
        description="Seconds without a sign of life after which a replica's work is taken over.",
    )


class Log(Section):
    """What is written to standard error while serving."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least level that is written."
    )
    format: Literal["json", "text"] = Field("json", description="One JSON object a line, or text.")


class Settings(BaseSettings):
    """All settings of the product."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,  # a variable that is there but empty sets nothing
        populate_by_name=True,
        nested_model_default_partial_update=True,
    )

    slack_bot_token: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("SLACK_BOT_TOKEN", "slack_bot_token"),
        description="The bot token, `xoxb-…`.",
    )
    slack_app_token: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("SLACK_APP_TOKEN", "slack_app_token"),
        description="The app-level token, `xapp-…`; when set, Socket Mode is used.",
    )
    slack_signing_secret: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("SLACK_SIGNING_SECRET", "slack_signing_secret"),
        description="The signing secret; needed without Socket Mode.",
    )
    slack_api_url: str = Field(
        "https://slack.com/api/",
        pattern=r"^https?://.+/api/$",
        validation_alias=AliasChoices("SLACK_API_URL", "slack_api_url"),
        description="Slack's Web API; ends in `/api/`.",
    )
    host: str = Field(
        "127.0.0.1",
        validation_alias=AliasChoices("HOST", "host"),
        description="The address that `serve` listens on.",
    )
    port: int = Field(
        3000,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("PORT", "port"),
        description="The port: `/slack/events` (HTTP mode), `/healthz` and `/readyz` (both modes).",
    )
    database_url: str = Field(
        default_factory=lambda: f"sqlite:///{data_dir() / 'bot.db'}",
        pattern=r"^(sqlite:///.+|postgres(ql)?(\+\w+)?://.+)$",
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        description="`sqlite:///FILE` or `postgresql://…`.",
    )
    access: Access = Access()
    describe: Describe = Describe()
    watch: Watch = Watch()
    engine: Engine = Engine()
    log: Log = Log()
    thresholds: Thresholds = Thresholds()
    metrics: dict[str, str] = Field(
        default={}, description='The metric to use for a signal, such as `loss = "train/nll"`.'
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags first, then the environment, then the file."""
        file = InitSettingsSource(settings_cls, init_kwargs=dict(_FILE.get()))
        return init_settings, env_settings, file

    @property
    def socket_mode(self) -> bool:
        """Whether Slack is reached over a web socket (else it reaches us over HTTP)."""
        return self.slack_app_token is not None

    def redacted_database_url(self) -> str:
        """The database's address without its password."""
        scheme, _, rest = self.database_url.partition("://")
        rest = re.sub(r"(?i)(?<=[?&])([^=&]*(?:pass|pwd|secret|token)[^=&]*)=[^&]*", r"\1=…", rest)
        user, at, place = rest.rpartition("@")
        if at and ":" in user:
            rest = f"{user.split(':')[0]}:…@{place}"
        return f"{scheme}://{rest}"


def data_dir() -> Path:
    """Where the database lives when no other is named."""
    return Path(platformdirs.user_data_dir(APP))


def config_path(named: Path | None = None) -> Path | None:
    """The settings file: as named, by ``WANDB_BOT_CONFIG``, or the user's own where it exists.

    Raises:
        WrongSettings: when a named file does not exist.
    """
    for origin, text in (
        ("--config", named),
        (f"{PREFIX}CONFIG", os.environ.get(f"{PREFIX}CONFIG")),
    ):
        if text:
            try:
                path = Path(text).expanduser()
            except RuntimeError:  # the home of somebody who is not known here
                path = Path(text)
            if not path.is_file():
                raise WrongSettings(f"{origin} names {path}, which is not a file.")
            return path
    own = Path(platformdirs.user_config_dir(APP)) / f"{APP}.toml"
    return own if own.is_file() else None


def read_file(path: Path) -> Mapping[str, Any]:
    """The file's content.

    Raises:
        WrongSettings: when it cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongSettings(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSettings(f"{path} is not valid TOML: {error}.") from None


def load(config: Path | None = None, **flags: Any) -> Settings:
    """Reads all settings.

    Args:
        config: the file that ``--config`` named.
        flags: values from the command line, by field name; ``None`` is not set.

    Raises:
        WrongSettings: naming every wrong or unknown setting at once.
    """
    path = config_path(config)
    _check_environment()
    token = _FILE.set(read_file(path) if path else {})
    try:
        settings = Settings(**{name: value for name, value in flags.items() if value is not None})
    except (ValidationError, SettingsError) as error:
        from bot.settings_errors import explain

        raise WrongSettings(explain(error, path, _FILE.get()), _HELP) from None
    finally:
        _FILE.reset(token)
    _check_signals(settings)
    return settings


def _check_signals(settings: Settings) -> None:
    """Names signals that a metric is chosen for and that nothing reads.

    Raises:
        WrongSettings: when there is one.
    """
    from analysis.metrics import SIGNALS

    wrong = [variable_of(("metrics", name)) for name in settings.metrics if name not in SIGNALS]
    if wrong:
        verb = "is no setting" if len(wrong) == 1 else "are no settings"
        known = ", ".join(SIGNALS)
        raise WrongSettings(f"{' and '.join(wrong)} {verb}; there are: {known}.", _HELP)


def _check_environment() -> None:
    """Names variables that look like settings of ours and are none.

    Others may begin alike (Kubernetes sets some for a service of our name) and are passed over.

    Raises:
        WrongSettings: when there is one.
    """
    ours = {name.upper() for name in Settings.model_fields}
    sections = {name for name in ours if variable_of((name.lower(),)).startswith(PREFIX)}
    for variable in sorted(os.environ):
        if not variable.upper().startswith(PREFIX):
            continue
        first, nested, _ = variable.upper().removeprefix(PREFIX).partition("__")
        if first in ours - sections:
            right = variable_of((first.lower(),))
            raise WrongSettings(f"{variable} is no setting; it is called {right}.", _HELP)
        for section in sections if not nested else ():
            # One underscore where two belong.
            name = first.removeprefix(f"{section}_").lower()
            model = Settings.model_fields[section.lower()].annotation
            if isinstance(model, type) and name in getattr(model, "model_fields", ()):
                right = variable_of((section.lower(), name))
                raise WrongSettings(f"{variable} is no setting; it is called {right}.", _HELP)
        if nested and first not in sections:
            names = ", ".join(sorted(f"{PREFIX}{name}__…" for name in sections))
            raise WrongSettings(f"{variable} is no setting; there are: {names}.", _HELP)


def check_tokens(settings: Settings) -> None:
    """Names every Slack setting that is missing or of the wrong kind.

    Raises:
        WrongSettings: when there is one.
    """
    wrong = []
    bot = settings.slack_bot_token
    if bot is None:
        wrong.append("set SLACK_BOT_TOKEN to the bot token (xoxb-…)")
    elif not bot.get_secret_value().startswith(("xoxb-", "xoxe.xoxb-")):
        wrong.append("SLACK_BOT_TOKEN is no bot token: it begins with xoxb-")
    app, secret = settings.slack_app_token, settings.slack_signing_secret
    if app is None and secret is None:
        wrong.append(
            "set SLACK_APP_TOKEN (xapp-…) for Socket Mode, or SLACK_SIGNING_SECRET for HTTP"
        )
    elif app is not None and not app.get_secret_value().startswith("xapp-"):
        wrong.append("SLACK_APP_TOKEN is no app-level token: it begins with xapp-")
    if wrong:
        sentence = "; ".join(wrong)
        raise WrongSettings(f"{sentence[:1].upper()}{sentence[1:]}.", "See docs/install.md.")


def variable_of(path: tuple[str, ...]) -> str:
    """The environment variable that sets the field at ``path``."""
    field = Settings.model_fields.get(path[0])
    if field and isinstance(field.validation_alias, AliasChoices):
        return str(field.validation_alias.choices[0])
    return PREFIX + "__".join(path).upper()
