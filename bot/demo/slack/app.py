"""The app as it is installed in the workspace: tokens, scopes, subscriptions, what it declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

EVENT_SCOPES: Final[Mapping[str, str | None]] = {
    "agent_session_stopped": "chat:write",
    "app_context_changed": "assistant:write",
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "app_uninstalled": None,
    "channel_archive": "channels:read",
    "channel_deleted": "channels:read",
    "channel_left": "channels:read",
    "channel_rename": "channels:read",
    "channel_unarchive": "channels:read",
    "entity_details_requested": None,
    "file_shared": "files:read",
    "group_archive": "groups:read",
    "group_left": "groups:read",
    "group_unarchive": "groups:read",
    "link_shared": "links:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "team_join": "users:read",
    "tokens_revoked": None,
    "user_change": "users:read",
}
"""Event to the scope that it needs."""

ALL_SCOPES: Final = frozenset(
    {
        *("app_mentions:read", "assistant:write", "bookmarks:write", "channels:history"),
        *("channels:join", "channels:read", "chat:write", "chat:write.public", "commands"),
        *("files:read", "files:write", "groups:history", "groups:read", "im:history"),
        *("im:read", "im:write", "links:read", "links:write", "pins:write", "reactions:read"),
        *("reactions:write", "team:read", "users.profile:read", "users:read"),
        "users:read.email",
    }
)


@dataclass(frozen=True)
class Command:
    """A slash command of the app."""

    name: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True)
class Shortcut:
    """A global or a message shortcut of the app."""

    callback_id: str
    name: str
    kind: str = "global"


@dataclass
class InstalledApp:
    """One app in one workspace. Everything may be changed while the workspace runs.

    With `request_url` deliveries go there as signed HTTP requests, else over Socket Mode.
    """

    name: str = "Run Watcher"
    handle: str = "bot"
    app_id: str = "A0LOCAL0APP"
    bot_id: str = "B0LOCAL0BOT"
    user_id: str = "U0LOCAL0BOT"
    bot_token: str = "xoxb-local-workspace"  # noqa: S105 - a token of the local workspace only
    app_token: str = "xapp-1-local-workspace"  # noqa: S105 - the same
    signing_secret: str = "local-signing-secret"  # noqa: S105 - the same
    scopes: frozenset[str] = ALL_SCOPES
    events: frozenset[str] = frozenset(EVENT_SCOPES)
    commands: dict[str, Command] = field(
        default_factory=lambda: {"/wandb": Command("/wandb", "Ask about training runs", "help")}
    )
    shortcuts: list[Shortcut] = field(default_factory=list)
    unfurl_domains: list[str] = field(default_factory=lambda: ["wandb.ai"])
    home_tab: bool = True
    messages_tab: bool = True
    agent: bool = True
    request_url: str | None = None
    options_url: str | None = None
    refusal: str | None = None
    """An error such as ``token_revoked`` or ``account_inactive`` that every call then gets."""

    @property
    def mention(self) -> str:
        """What people type to call the bot."""
        return f"@{self.handle}"

    def hears(self, event: str) -> bool:
        """Whether an event is subscribed to and covered by a scope."""
        scope = EVENT_SCOPES.get(event)
        return event in self.events and (scope is None or scope in self.scopes)

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any], **more: Any) -> InstalledApp:
        """The app that an app manifest describes, so that what it lacks is missing here too.

        Args:
            manifest: The parsed manifest.
            **more: Further fields, such as `request_url`.
        """
        features = manifest.get("features") or {}
        settings = manifest.get("settings") or {}
        scopes = (manifest.get("oauth_config") or {}).get("scopes") or {}
        home = features.get("app_home") or {}
        events = (settings.get("event_subscriptions") or {}).get("bot_events") or ()
        bot = features.get("bot_user") or {}
        named = [
            Command(
                name=one["command"],
                description=one.get("description", ""),
                usage_hint=one.get("usage_hint", ""),
                should_escape=bool(one.get("should_escape")),
            )
            for one in features.get("slash_commands") or ()
        ]
        declared: dict[str, Any] = {
            "name": bot.get("display_name") or manifest["display_information"]["name"],
            "scopes": frozenset(scopes.get("bot") or ())
            | frozenset(scopes.get("bot_optional") or ()),
            "events": frozenset(events),
            "commands": {one.name: one for one in named},
            "shortcuts": [
                Shortcut(one["callback_id"], one["name"], one["type"])
                for one in features.get("shortcuts") or ()
            ],
            "unfurl_domains": list(features.get("unfurl_domains") or ()),
            "home_tab": bool(home.get("home_tab_enabled")),
            "messages_tab": bool(home.get("messages_tab_enabled")),
            "agent": "agent_view" in features,
        }
        return cls(**{**declared, **more})
