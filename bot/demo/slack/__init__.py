"""A Slack workspace on this machine: the demo and all tests run the real bot against it.

`LocalSlack` serves the Web API, Socket Mode, signed HTTP deliveries, uploads, response URLs and a
web page, and refuses what Slack refuses. Tests drive it as people would and look at what they see:

    async with LocalSlack() as slack:                       # or InstalledApp.from_manifest(...)
        slack.add_user("ada")                               # kind="admin" | "guest" | "stranger"
        slack.add_channel("ml")                             # kind="private", bot=False, shared=True
        ...                                                 # start the bot with slack.api_url,
                                                            # slack.app.bot_token, .app_token
        await slack.connected()
        await slack.types("#ml", "ada", "/wandb describe team/project/run")
        report = await slack.until(lambda: slack.last("#ml"))
        assert report.headline == "Loss is not finite since step 100"
        await slack.click(report, "Refresh", "ada")
        await slack.settled()

**Where and who.** Channels are ``"#ml"``, an id, or ``"@ada"`` for her direct messages with the
bot (`dm`); users are a handle or an id. A message is a `Message` (`text`, `blocks`, `plain`,
`headline`, `actions`, `only_for`, `metadata`, `revisions`), a modal or home tab a `View`.

**People do** (all ``async``): ``types(channel, user, text, thread_ts=None) -> Typed``,
``composes(channel, user, text)``, ``edits(message, text)``, ``deletes(message)``,
``reacts(message, user, emoji)``, ``click(where, action, user=None, *, value=None, block_id=None)``
(`action` is an `action_id` or a button's words; `value` chooses in menus and feedback buttons),
``options(where, action, query, user=None)``, ``submit(view, values=None)``, ``close(view)``,
``shortcut(callback_id, user, message=None)``, ``opens_home(user, tab="home")``,
``stops_session(user, channel, thread_ts)``, ``opens_details(user, message, url)``,
``invites(channel, inviter)``, ``removes(channel, remover)``, ``archives(channel, user)``,
``uninstalls()``; and without await ``fills(where, action, value)``, ``reloads(user)``.

**Tests see**: ``messages(channel)``, ``thread(parent)``, ``ephemerals(user, channel=None)``,
``last(channel)``, ``posts(channel=None)``, ``view_of(user)``, ``home_of(user)``,
``statuses[channel_id, thread_ts]``, ``sessions``, ``prompts``, ``files``, ``calls``,
``calls_of(method, ok=None)``, ``envelopes`` (each with `attempts`, `acked_after`, `answer`,
`error`), and wait with ``await until(condition, timeout=5.0)``, ``connected(number=1)`` and
``settled()``, none of which polls.

**Things go wrong**: ``faults.error(method, code)``, ``.rate_limit(method, retry_after=1)``,
``.http_error(method, status)``, ``.drop(method, "before" | "after")``, ``.delay(method, seconds)``
(each with ``times=1``; ``None`` is for ever; method ``"*"`` is any, ``"upload"`` the upload
address), ``with faults.hold(method) as gate``; ``app.scopes``, ``app.events``, ``app.refusal``
(``"token_revoked"``), ``enforce_rates``, ``ack_timeout``, ``unknown_blocks`` (types that are
refused, such as ``"data_table"``), ``history_page`` (messages that one answer holds at most, 15 for
a distributed app), ``files_may_process`` (clear it and uploads stay unprocessed),
``refresh_sockets()``, ``cut_sockets()``, ``redeliver(envelope)``.

**HTTP mode**: ``await use_http("http://127.0.0.1:3000/slack/events")`` answers the challenge and
delivers there from then on; `signature` signs a body of one's own.

**In a browser**, `base_url` is the page. Its `data-testid`s: ``composer`` (and ``composer-send``,
``suggestion``), ``message`` (with ``data-ts``, ``only-you``, ``reply``, ``message-more``,
``thread-line``, ``unfurl``, ``image``, ``chart``, ``table``, ``data-table``, ``container``),
``action-ACTION_ID``, ``select-search``, ``option-VALUE``, ``confirm-yes``, ``feedback-positive``,
``thread``, ``thread-composer``, ``status``, ``stop``, ``prompt``, ``modal``, ``modal-title``,
``modal-submit``, ``modal-back``, ``modal-close``, ``input-BLOCK_ID``, ``input-error``,
``shortcuts``, ``invite``, ``open-app``, ``tab-home``, ``tab-messages``, ``home``,
``channel-NAME``, ``me``, ``become-NAME``, ``connection``.

Time: pass `clock` (seconds since the epoch: stamps, triggers, response URLs) and `sleep` (waits
between the retries of an event); acknowledgements are measured in real time.
"""

from bot.demo.slack.app import ALL_SCOPES, Command, InstalledApp, Shortcut
from bot.demo.slack.model import Call, Channel, Envelope, File, Message, User, View
from bot.demo.slack.people import Typed
from bot.demo.slack.server import LocalSlack

__all__ = [
    "ALL_SCOPES",
    "Call",
    "Channel",
    "Command",
    "Envelope",
    "File",
    "InstalledApp",
    "LocalSlack",
    "Message",
    "Shortcut",
    "Typed",
    "User",
    "View",
]
