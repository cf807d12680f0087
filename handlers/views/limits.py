"""Every limit that Slack puts on messages, views and Web API calls: one number, one name.

Sources: Slack's reference pages (Block Kit, Web API methods, app manifest) and the official SDKs'
types; «reported» marks what users of the live service have seen and no page documents. Where a
limit was raised over time the lower value stands here, because workspaces differ in what they
already accept. Lengths are characters, counts are items, times are seconds.
"""

from __future__ import annotations

from typing import Final

# Whole messages
MESSAGE_BLOCKS: Final = 50
MESSAGE_CHARACTERS: Final = 13_200  # reported: all texts of all blocks together
MESSAGE_CHARACTERS_SAFE: Final = 10_000  # aim of our own views: 11,341 in many blocks were refused
MESSAGE_BLOCK_COST: Final = 125  # reported: what each further block takes from that sum
TEXT_POST: Final = 40_000  # chat.postMessage cuts here
TEXT_UPDATE: Final = 4_000  # chat.update refuses more; a post above may be split
ATTACHMENTS: Final = 100
MESSAGE_TABLES: Final = 1  # reported: only_one_table_allowed
MESSAGE_CHARTS: Final = 2
MARKDOWN_CHARACTERS: Final = 12_000  # all markdown blocks of a message; markdown_text too
METADATA_BYTES: Final = 15_000

# Blocks
BLOCK_ID: Final = 255
ACTION_ID: Final = 255
SECTION_TEXT: Final = 3_000
SECTION_FIELDS: Final = 10
SECTION_FIELD: Final = 2_000
HEADER_TEXT: Final = 150
CONTEXT_ELEMENTS: Final = 10
CONTEXT_TEXT: Final = 3_000
ACTIONS_ELEMENTS: Final = 25
CONTEXT_ACTIONS_ELEMENTS: Final = 5
IMAGE_ALT: Final = 2_000
IMAGE_TITLE: Final = 2_000
IMAGE_URL: Final = 3_000
INPUT_LABEL: Final = 2_000
INPUT_HINT: Final = 2_000
VIDEO_TITLE: Final = 199  # "under 200"
VIDEO_AUTHOR: Final = 49  # "under 50"
ALERT_TEXT: Final = 200
CARD_TITLE: Final = 150
CARD_SUBTITLE: Final = 150
CARD_BODY: Final = 200
CARD_SUBTEXT: Final = 200
CARD_ACTIONS: Final = 3
CAROUSEL_CARDS: Final = 10
CONTAINER_TITLE: Final = 150
CONTAINER_SUBTITLE: Final = 150
CONTAINER_BLOCKS: Final = 10
PLAN_TASKS: Final = 50
RICH_TEXT_INDENT: Final = 8

# Tables and charts
TABLE_ROWS: Final = 100
TABLE_COLUMNS: Final = 20
TABLE_CHARACTERS: Final = 10_000  # all cells of all tables of a message
DATA_TABLE_ROWS: Final = 101  # header included; 201 at the newest
DATA_TABLE_COLUMNS: Final = 20
DATA_TABLE_CHARACTERS: Final = 10_000  # 20,000 at the newest
DATA_TABLE_PAGE: Final = 100
DATA_TABLE_PAGE_DEFAULT: Final = 5
CHART_TITLE: Final = 50
CHART_LABEL: Final = 20
CHART_AXIS_LABEL: Final = 50
CHART_POINTS: Final = 20
CHART_SERIES: Final = 12
CHART_SEGMENTS: Final = 12

# Elements
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2_000
BUTTON_URL: Final = 3_000
ACCESSIBILITY_LABEL: Final = 75
SELECT_OPTIONS: Final = 100
SELECT_GROUPS: Final = 100
OPTION_TEXT: Final = 75
OPTION_DESCRIPTION: Final = 75
OPTION_VALUE: Final = 150
OVERFLOW_OPTIONS: Final = 5
CHOICE_OPTIONS: Final = 10  # checkboxes, radio buttons
PLACEHOLDER: Final = 150
PLAIN_INPUT: Final = 3_000
FILE_INPUT_FILES: Final = 10
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30

# Views
VIEW_BLOCKS: Final = 100
VIEW_BYTES: Final = 250_000
VIEW_STACK: Final = 3
VIEW_TITLE: Final = 24
VIEW_BUTTON: Final = 24
PRIVATE_METADATA: Final = 3_000
CALLBACK_ID: Final = 255
EXTERNAL_ID: Final = 255

# Streams, assistants, unfurls
STREAM_CHARACTERS: Final = 12_000  # one call
STREAM_TASK_TEXT: Final = 256  # details and output of a task_update
LOADING_MESSAGES: Final = 10
SUGGESTED_PROMPTS: Final = 4
SESSION_TITLE: Final = 200
STATUS_SECONDS: Final = 120.0
UNFURL_DOMAINS: Final = 5

# Times and counts of interactions
ACK_SECONDS: Final = 3.0
TRIGGER_SECONDS: Final = 3.0
RESPONSE_URL_USES: Final = 5
RESPONSE_URL_SECONDS: Final = 1_800.0
EVENT_RETRY_SECONDS: Final = (0.0, 60.0, 300.0)
SIGNATURE_SECONDS: Final = 300.0
SOCKET_CONNECTIONS: Final = 10

# Manifest
APP_NAME: Final = 35
APP_DESCRIPTION: Final = 140
APP_LONG_DESCRIPTION_MIN: Final = 175
APP_LONG_DESCRIPTION: Final = 4_000
BOT_DISPLAY_NAME: Final = 80
SLASH_COMMANDS: Final = 50
COMMAND_NAME: Final = 32
COMMAND_DESCRIPTION: Final = 2_000
COMMAND_USAGE_HINT: Final = 1_000
SHORTCUTS: Final = 10
SHORTCUT_NAME: Final = 24
SHORTCUT_DESCRIPTION: Final = 150
BOT_EVENTS: Final = 100
AGENT_DESCRIPTION: Final = 300
