"""Settings: precedence, sentences that name what to set, and nothing secret in sight."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.cli.config import settings_table
from bot.cli.group import main
from bot.settings import Access, Settings, WrongSettings, check_tokens, load, read_file
from bot.settings_errors import allowed
from bot.settings_table import origin_of, rows

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_defaults_are_the_contracts(clean: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without anything set: loopback, port 3000, a SQLite file in the user's data directory."""
    settings = load()
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.database_url == f"sqlite:///{tmp_path / 'data' / 'wandb-bot' / 'bot.db'}"
    assert settings.describe.deadline_s == 10.0
    assert not settings.socket_mode


def test_flag_beats_environment_beats_file_beats_default(
    clean: pytest.MonkeyPatch, file: Path
) -> None:
    """One after the other is taken away."""
    file.write_text("port = 4000\n")
    clean.setenv("PORT", "5000")
    assert load(file, port=6000).port == 6000
    assert load(file).port == 5000
    clean.delenv("PORT")
    assert load(file).port == 4000
    assert load().port == 3000


def test_sections_are_merged_name_by_name(clean: pytest.MonkeyPatch, file: Path) -> None:
    """A variable sets one name of a section; the file's other names stay."""
    file.write_text("[describe]\ndeadline_s = 20\npoints = 500\n")
    clean.setenv("WANDB_BOT_DESCRIBE__POINTS", "700")
    settings = load(file)
    assert (settings.describe.deadline_s, settings.describe.points) == (20.0, 700)


def test_the_file_is_found(clean: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By the flag, by WANDB_BOT_CONFIG, else in the user's config directory."""
    places = [tmp_path / "flag.toml", tmp_path / "variable.toml"]
    own = tmp_path / "config" / "wandb-bot" / "wandb-bot.toml"
    own.parent.mkdir(parents=True)
    for port, place in enumerate([*places, own], start=4001):
        place.write_text(f"port = {port}\n")
    assert load().port == 4003
    clean.setenv("WANDB_BOT_CONFIG", str(places[1]))
    assert load().port == 4002
    assert load(places[0]).port == 4001


def test_a_file_in_the_home_of_nobody_is_no_file(clean: pytest.MonkeyPatch) -> None:
    """It is named as it was written."""
    clean.setenv("WANDB_BOT_CONFIG", "~nobody-of-that-name/wandb-bot.toml")
    with pytest.raises(WrongSettings, match=r"~nobody-of-that-name/wandb-bot\.toml, which is not"):
        load()


def test_an_empty_variable_sets_nothing(clean: pytest.MonkeyPatch) -> None:
    """As compose files and shells leave them."""
    clean.setenv("PORT", "")
    clean.setenv("SLACK_APP_TOKEN", "")
    assert load().port == 3000
    assert not load().socket_mode


def test_thresholds_and_metric_names_are_settings(clean: pytest.MonkeyPatch, file: Path) -> None:
    """By code, and by signal."""
    file.write_text('[thresholds]\ngrad_exploding = 12\n[metrics]\nloss = "train/nll"\n')
    clean.setenv("WANDB_BOT_METRICS__GRAD_NORM", "optim/norm")
    settings = load(file)
    assert settings.thresholds.grad_exploding == 12.0
    assert settings.metrics == {"loss": "train/nll", "grad_norm": "optim/norm"}


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("PORT", "abc", "a whole number, at least 0, at most 65535"),
        ("PORT", "70000", "at most 65535"),
        ("SLACK_API_URL", "https://slack.com/api", "an address that ends in /api/"),
        ("DATABASE_URL", "mysql://x", "sqlite:///FILE or postgresql://…"),
        ("WANDB_BOT_LOG__LEVEL", "loud", "one of debug, info, warning, error"),
        ("WANDB_BOT_ACCESS__ALLOW_GUESTS", "maybe", "true or false"),
        ("WANDB_BOT_DESCRIBE__DEADLINE_S", "0", "a number, more than 0, at most 600"),
        ("WANDB_BOT_WATCH__COOLDOWN_MIN", "inf", "a number, at least 0"),
        ("WANDB_BOT_METRICS", "loss", "JSON"),
        ("WANDB_BOT_ACCESS", "team", "JSON"),
        ("WANDB_BOT_DESCRIBE__DEADLINE", "3", "deadline_s, points"),
        ("WANDB_BOT_DESCRIB__DEADLINE_S", "3", "WANDB_BOT_DESCRIBE__…"),
        ("WANDB_BOT_PORT", "3", "it is called PORT"),
        ("WANDB_BOT_WATCH_TICK_S", "3", "it is called WANDB_BOT_WATCH__TICK_S"),
        ("WANDB_BOT_METRICS__LSS", "train/nll", "there are: loss, eval, grad_norm"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    clean: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    """The variable that the operator must set, not the field's name."""
    clean.setenv(variable, value)
    with pytest.raises(WrongSettings) as wrong:
        load()
    assert wrong.value.sentence.startswith(variable)
    assert words in wrong.value.sentence
    assert wrong.value.exit_code == 2


def test_everything_wrong_is_named_at_once(clean: pytest.MonkeyPatch, file: Path) -> None:
    """One look, one correction; and where it stands in the file."""
    file.write_text('[watch]\ntick_s = "often"\n[log]\nformat = "xml"\ncolour = "red"\n')
    clean.setenv("PORT", "no")
    with pytest.raises(WrongSettings) as wrong:
        load(file)
    for words in (
        "WANDB_BOT_WATCH__TICK_S is “often”",
        "(in settings.toml: watch.tick_s)",
        "one of json, text",
        "WANDB_BOT_LOG__COLOUR is no setting",
        "PORT is “no”",
    ):
        assert words in wrong.value.sentence


@pytest.mark.parametrize("text", ["= 1", "port = 1\nport = 2", "\x00"])
def test_a_file_that_is_no_toml_is_named(clean: pytest.MonkeyPatch, file: Path, text: str) -> None:
    """With the parser's own word for it."""
    file.write_text(text)
    with pytest.raises(WrongSettings, match="not valid TOML"):
        load(file)


@pytest.mark.parametrize("variable", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"])
def test_secrets_are_never_printed(
    clean: pytest.MonkeyPatch, variable: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not by repr, not by the command, not in the sentence about a wrong one."""
    clean.setenv(variable, "xoxp-very-secret")
    settings = load()
    assert "very-secret" not in repr(settings)
    with pytest.raises(WrongSettings) as wrong:
        check_tokens(settings)
    assert "very-secret" not in str(wrong.value)
    with pytest.raises(SystemExit):
        main(["config"])
    shown = capsys.readouterr().out
    assert "very-secret" not in shown
    assert "set (hidden)" in shown


def test_a_databases_password_is_never_printed(
    clean: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither where it works nor where it does not."""
    clean.setenv("DATABASE_URL", "postgresql://bot:hunter2@db.example/bot")
    with pytest.raises(SystemExit):
        main(["config"])
    shown = capsys.readouterr().out
    assert "db.example" in shown
    assert "hunter2" not in shown
    clean.setenv("DATABASE_URL", "mysql://bot:hunter2@db.example/bot")
    with pytest.raises(WrongSettings) as wrong:
        load()
    assert "hunter2" not in str(wrong.value)


def test_missing_tokens_are_named_all_at_once(clean: pytest.MonkeyPatch) -> None:
    """What to set, and where to read more."""
    with pytest.raises(WrongSettings) as wrong:
        check_tokens(load())
    for words in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "docs/install.md"):
        assert words in str(wrong.value)
    clean.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    clean.setenv("SLACK_SIGNING_SECRET", "s")
    check_tokens(load())


def test_the_command_says_where_a_value_comes_from(clean: pytest.MonkeyPatch, file: Path) -> None:
    """Environment, file or default."""
    file.write_text('[describe]\npoints = 500\n[access]\nentities = ["a"]\n')
    clean.setenv("HOST", "0.0.0.0")
    clean.setenv("WANDB_BOT_METRICS__LOSS", "nll")
    held = read_file(file)
    found = {row.variable: origin_of(row, held) for row in rows()}
    assert found["HOST"] == found["WANDB_BOT_METRICS"] == "environment"
    assert found["WANDB_BOT_DESCRIBE__POINTS"] == found["WANDB_BOT_ACCESS__ENTITIES"] == "file"
    assert found["PORT"] == found["WANDB_BOT_DESCRIBE__DEADLINE_S"] == "default"


def test_every_setting_has_its_row() -> None:
    """A variable, a key, a description, and what it takes."""
    every = list(rows())
    assert len({row.variable for row in every}) == len(every)
    for row in every:
        assert row.description, row.variable
        assert allowed(row.path), row.variable


def test_the_page_is_the_definition() -> None:
    """docs/settings.md holds the very table that `wandb-bot config --markdown` prints."""
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert settings_table() in page


NAMES = st.lists(
    st.text(st.characters(categories=["L", "N"], include_characters="-_. "), min_size=1)
    .map(str.strip)
    .filter(bool),
    max_size=8,
)


@given(NAMES)
def test_a_list_reads_the_same_from_a_variable_and_from_a_file(names: list[str]) -> None:
    """Separated by commas, with spaces or as JSON: the same names."""
    expected = tuple(names)
    assert Access(entities=tuple(names)).entities == expected
    for text in (",".join(names), " , ".join(names), str(names).replace("'", '"')):
        assert Access(entities=text).entities == expected


@given(st.text())
def test_any_text_is_a_list_of_names(text: str) -> None:
    """Whatever stands in the variable: names without blanks around them, or none."""
    names = Access(entities=text).entities
    assert all(name == name.strip() for name in names)


def test_a_settings_value_cannot_be_changed() -> None:
    """Frozen: what was read at the start holds."""
    settings = Settings(slack_bot_token=SecretStr("xoxb-1"))
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1  # type: ignore[misc]
