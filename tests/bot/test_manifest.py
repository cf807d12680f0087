"""The manifest declares what the code uses, and nothing else; Slack would take it."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import jsonschema
import pytest
import yaml
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from wandb.sdk import wandb_setup

from analysis.errors import BadRequest
from analysis.refs import Defaults
from bot import manifest
from bot.cli.group import main
from bot.demo.slack.app import EVENT_SCOPES, InstalledApp
from bot.demo.slack.methods.table import METHODS
from handlers import registry
from handlers.dispatch import Dispatcher
from handlers.listeners import Listeners
from handlers.views import limits

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "bot" / "manifest.schema.json").read_text(encoding="utf-8"))
DECLARED = manifest.load()
OURS = DECLARED["features"]["unfurl_domains"]

# What Bolt's helpers call: name of the listener's argument → Web API method.
HELPERS = {
    "say": "chat.postMessage",
    "say_stream": "chat.startStream",
    "set_status": "assistant.threads.setStatus",
    "set_suggested_prompts": "assistant.threads.setSuggestedPrompts",
    "set_title": "assistant.threads.setTitle",
}
# A listener of `message` hears every kind of conversation that is subscribed to.
MESSAGE_EVENTS = {"message.channels", "message.groups", "message.im"}
# Of some scopes a method needs the one of the conversation's kind, so all kinds that the app meets.
KINDS = {
    frozenset({"channels:history", "groups:history", "im:history"}): {
        "channels:history", "groups:history", "im:history"
    },
    frozenset({"channels:read", "groups:read", "im:read"}): {"channels:read", "groups:read"},
}  # fmt: skip
# Scopes that a field of an answer needs, not a method: how the code reads the field → the scope.
FIELDS = {r"""\bprofile\b.*["']email["']""": "users:read.email"}


@pytest.fixture(autouse=True)
def _no_server_is_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """W&B's package keeps the settings of its first use for the process; here it has none."""
    for name in ("WANDB_BASE_URL", "WANDB_APP_URL", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    wandb_setup.teardown()
    yield
    wandb_setup.teardown()


class Recorder:
    """Takes the place of the Bolt app, and notes what is listened to."""

    def __init__(self) -> None:
        self.heard: dict[str, set[str]] = {}

    def __getattr__(self, kind: str) -> Callable[..., Callable[[Any], Any]]:
        def register(matching: Any = "", *_: Any, **__: Any) -> Callable[[Any], Any]:
            name = matching if isinstance(matching, str) else getattr(matching, "pattern", "")
            self.heard.setdefault(kind, set()).add(name)
            return lambda function: function

        return register


def listeners() -> dict[str, set[str]]:
    recorder = Recorder()
    dispatcher = cast("Dispatcher", SimpleNamespace())
    made = Listeners(dispatcher, cast("Any", SimpleNamespace()))
    made.register(cast("AsyncApp", recorder))
    return recorder.heard


def product_code() -> Iterator[tuple[Path, str]]:
    for package in ("handlers", "bot"):
        for file in sorted((ROOT / package).rglob("*.py")):
            if "demo" not in file.relative_to(ROOT).parts:
                yield file, file.read_text(encoding="utf-8")


def methods_called() -> set[str]:
    """Web API methods by the SDK's attributes, by name in ``api_call``, by Bolt's helpers."""
    sdk = {name: name.replace("_", ".") for name in dir(AsyncWebClient) if "_" in name.strip("_")}
    sdk = {name: method for name, method in sdk.items() if method in METHODS}
    found: set[str] = set()
    for _, source in product_code():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Attribute) and node.attr in sdk:
                found.add(sdk[node.attr])
            elif isinstance(node, ast.arg) and node.arg in HELPERS:
                found.add(HELPERS[node.arg])
            elif isinstance(node, ast.Constant) and node.value in METHODS:
                found.add(str(node.value))
    return found


def events_used() -> set[str]:
    named = listeners().get("event", set())
    plain = named - {"message"}
    return plain | (MESSAGE_EVENTS if "message" in named else set())


def scopes_used() -> set[str]:
    used: set[str] = set()
    for event in events_used():
        scope = EVENT_SCOPES[event]
        used |= {scope} if scope else set()
    for method in methods_called():
        scopes = METHODS[method].scopes
        if frozenset(scopes) in KINDS:
            used |= KINDS[frozenset(scopes)]
        elif scopes and not used.intersection(scopes):
            used.add(scopes[0])
    if listeners().keys() & {"command", "shortcut"}:
        used.add("commands")
    text = "\n".join(source for _, source in product_code())
    used |= {scope for pattern, scope in FIELDS.items() if re.search(pattern, text)}
    return used


def test_slack_would_take_it() -> None:
    """The file keeps Slack's limits on names, lengths and fields."""
    jsonschema.validate(DECLARED, SCHEMA)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("features", "shortcuts", 0, "name"), "Describe the run in this message"),
        (("features", "slash_commands", 0, "command"), "wandb"),
        (("features", "agent_view", "agent_description"), "x" * 301),
        (("display_information", "name"), "x" * 36),
        (("display_information", "description"), "x" * 141),
        (("display_information", "long_description"), "too short"),
        (("features", "unfurl_domains"), [f"host{n}.example" for n in range(6)]),
        (("settings", "socket_mode_enabled"), False),
        (("settings", "colour"), "blue"),
    ],
)
def test_the_schema_refuses_what_slack_refuses(place: tuple[Any, ...], value: Any) -> None:
    """One broken field is enough."""
    broken = json.loads(json.dumps(DECLARED))
    inner = broken
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA)


def test_events_are_those_that_are_listened_to() -> None:
    """Neither more nor fewer."""
    assert set(DECLARED["settings"]["event_subscriptions"]["bot_events"]) == events_used()


def test_scopes_are_those_that_are_needed() -> None:
    """Each event and each method finds its scope, and no scope is asked for without a use."""
    assert manifest.scopes(DECLARED) == scopes_used()


def test_commands_and_shortcuts_are_those_that_are_answered() -> None:
    """What a person can choose in Slack has a listener, and the other way round."""
    heard = listeners()
    declared = {one["command"] for one in DECLARED["features"]["slash_commands"]}
    assert declared == heard.get("command", set())
    assert heard["shortcut"] == {".*"}  # all; the table says which are answered
    registry.load()
    shortcuts = {one["callback_id"] for one in DECLARED["features"]["shortcuts"]}
    assert not [name for name in shortcuts if not registry.action_for(name)]


def test_interactivity_is_on_because_buttons_are_answered() -> None:
    """Without it no click, modal or select would arrive."""
    assert (
        bool(listeners().keys() & {"action", "view", "options"})
        == (DECLARED["settings"]["interactivity"]["is_enabled"])
    )


def test_every_scope_and_event_says_what_needs_it() -> None:
    """The comment stands beside it, for whoever reviews the app."""
    names = {*manifest.scopes(DECLARED), *DECLARED["settings"]["event_subscriptions"]["bot_events"]}
    lines = [line.strip() for line in manifest.text().splitlines()]
    for name in names:
        assert any(re.match(rf"- {re.escape(name)}  # \S", line) for line in lines), name


def test_the_local_workspace_understands_it() -> None:
    """The demo's app can be installed from it."""
    app = InstalledApp.from_manifest(DECLARED)
    assert app.agent
    assert app.home_tab
    assert all(app.hears(event) for event in app.events)


def test_for_a_public_url_everything_goes_to_one_address() -> None:
    """Events, commands, interactivity and options; Socket Mode is off; Slack would take it."""
    made = manifest.for_url(DECLARED, "https://bot.example.com/")
    jsonschema.validate(made, SCHEMA)
    target = "https://bot.example.com/slack/events"
    settings = made["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == target
    assert settings["interactivity"]["request_url"] == target
    assert settings["interactivity"]["message_menu_options_url"] == target
    assert made["features"]["slash_commands"][0]["url"] == target
    assert DECLARED["settings"]["socket_mode_enabled"] is True  # the original is left alone


@pytest.mark.parametrize(
    "url",
    [
        "http://bot.example.com",
        "bot.example.com",
        "",
        "https://",
        "https://[bot.example.com",
        "https://bot.example.com:https",
        "https://bot.example.com/?a=b",
    ],
)
def test_an_address_that_slack_would_refuse_is_named(url: str) -> None:
    """Slack posts over HTTPS only."""
    with pytest.raises(BadRequest, match="https://HOST"):
        manifest.for_url(DECLARED, url)


def test_own_hosts_unfurl_too() -> None:
    """A self-hosted W&B is added; a host that is covered already is not; five is the most."""
    made = manifest.with_hosts(DECLARED, ["https://wandb.corp.example:8443/x", "api.wandb.ai"])
    assert made["features"]["unfurl_domains"] == [*OURS, "wandb.corp.example"]
    jsonschema.validate(made, SCHEMA)
    with pytest.raises(BadRequest, match="5 domains"):
        manifest.with_hosts(DECLARED, [f"host{n}.example" for n in range(5)])
    for host in ("http://localhost:8080", "[w.example", "w.example:http"):
        with pytest.raises(BadRequest, match="is no host"):
            manifest.with_hosts(DECLARED, [host])


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_the_command_prints_the_file(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """For Socket Mode: the same content, as YAML with its comments or as JSON."""
    with pytest.raises(SystemExit) as ended:
        main(["manifest", *arguments])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert yaml.safe_load(printed) == DECLARED
    assert ("#" in printed.splitlines()[0]) == (not arguments)


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_the_command_prints_it_for_an_address(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """As YAML, with what the file says of each scope and event, or as JSON."""
    with pytest.raises(SystemExit):
        main(["manifest", "--url", "https://x.example", "--host", "w.example.org", *arguments])
    told = capsys.readouterr().out
    beside = re.compile(r"\S  # ")
    assert len(beside.findall(told)) == (0 if arguments else len(beside.findall(manifest.text())))
    printed = yaml.safe_load(told)
    jsonschema.validate(printed, SCHEMA)
    assert printed["features"]["unfurl_domains"] == [*OURS, "w.example.org"]


def test_links_to_both_of_wandbs_own_hosts_unfurl() -> None:
    """Every host whose links are understood without any setting is declared."""
    hosts = {urlsplit(url).hostname for url in Defaults().app_urls}
    assert hosts == set(OURS)
    assert len(OURS) <= limits.UNFURL_DOMAINS


@pytest.mark.parametrize(
    ("server", "more"),
    [
        ("https://wandb.corp.example", ["wandb.corp.example"]),
        ("https://api.wandb.ai", []),
        ("http://localhost:8080", []),  # Slack cannot unfurl these: nothing to declare
        ("http://10.1.2.3:8080", []),
    ],
)
def test_the_server_that_is_set_unfurls_by_itself(
    server: str,
    more: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A self-hosted W&B need not be named a second time."""
    monkeypatch.setenv("WANDB_BASE_URL", server)
    with pytest.raises(SystemExit) as ended:
        main(["manifest"])
    assert ended.value.code == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed["features"]["unfurl_domains"] == [*OURS, *more]
