"""Small talk, and whether a sentence asks or orders at all."""

import re
from collections.abc import Sequence

from handlers.language.intents import ACTIONS, Context, Intent, Understanding
from handlers.language.phrases import Language
from handlers.language.slots import Reading
from handlers.language.text import Cleaned

_MARKS = re.compile(r"(?<!\S)(?:BOT|USER)\d+(?!\S)")
WAVES = frozenset({"wave", "hand", "raised_hand"})
FOLDED = frozenset({"pray", "heart", "thumbsup", "+1", "raised_hands", "clap", "tada", "100"})


class SmallTalk:
    """Greetings, thanks and empty messages of one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        patterns = language.patterns
        self._thanks = language.compile(rf"(?<!\S)(?:{language.thanks})(?!\S)")
        self._thanks_fill = re.compile(rf"(?<!\S)(?:{patterns['thanks_fill']})(?!\S)")
        self._empty = language.compile(
            rf"(?:(?:{language.lead}|{language.filler}|{language.thanks})(?: |$))*"
        )
        self._greeting = re.compile(rf"(?<!\S)(?:{patterns['greeting_core']})(?!\S)")
        self._how = re.compile(rf"(?:{patterns['how_are_you']})$")
        self._orders = language.compile(rf"(?:(?:{language.lead}) )*(?:{patterns['orders']})(?!\S)")
        self._asks = language.compile(
            rf"(?:(?:{language.lead}|{language.request}|{language.inquiry}) )*"
            rf"(?:{patterns['questions']})(?!\S)"
        )
        self._declares = language.compile(
            rf"(?:(?:{language.lead}) )*(?:{patterns['declares']})(?!\S)"
        )
        self._request = language.compile(rf"(?:(?:{language.lead}) )*(?:{language.request})(?!\S)")

        self._called = re.compile(patterns["vocative"])
        self._thanks_for = re.compile(patterns["thanks_for"])
        self._rather = re.compile(rf"(?:{patterns['rather']}) (?:{language.busy})(?!\S)")
        self._late = language.compile(
            rf"(?:(?:{language.lead}|{language.request}|{language.inquiry}) )*"
            rf"(?:{patterns['questions']}|{patterns['orders']}|{patterns['begins']}|{language.busy})(?!\S)"
        )

    def is_called(self, text: str) -> bool:
        """Whether a message calls the bot without a mention: "bot, undo that"."""
        return self._called.match(text.strip().lower()) is not None

    def begins(self, text: str) -> bool:
        """Whether a part of a sentence could stand alone as a question or an order."""
        return self._late.match(text) is not None

    def is_order_behind(self, text: str) -> bool:
        """Whether it begins as a request behind a remark does: "please", "can you", "just"."""
        return self._request.match(text) is not None or self._rather.match(text) is not None

    def is_empty(self, text: str) -> bool:
        """Whether nothing but greetings, thanks and filler words is left."""
        return self._empty.fullmatch(text.strip(" ,:")) is not None or not text.strip(" ,:")

    def read(
        self, cleaned: Cleaned, readings: Sequence[Reading], context: Context
    ) -> Understanding | None:
        """Greeting, thanks, or a message with nothing in it; None for anything else."""
        text = " ".join(reading.text for reading in readings)
        words = _MARKS.sub(" ", text).replace(",", " ").replace(":", " ").split()
        bare = " ".join(words)
        others = any(reading.has("USER") for reading in readings)
        to_bot = not context.overheard or self._names_bot(words)
        intent = self._intent(bare, words, cleaned, context)
        if intent is None:
            return None
        if not to_bot or (others and not cleaned.bot):
            return Understanding(
                intent=Intent.UNKNOWN, confidence=0.9, notes=("overheard small talk",)
            )
        return Understanding(intent=intent, confidence=0.95, notes=("small talk",))

    @staticmethod
    def _names_bot(words: Sequence[str]) -> bool:
        return "bot" in words

    def _intent(
        self, bare: str, words: Sequence[str], cleaned: Cleaned, context: Context
    ) -> Intent | None:
        if not words:
            if cleaned.quotation or (context.overheard and not cleaned.bot):
                return Intent.UNKNOWN
            if WAVES & set(cleaned.emoji):
                return Intent.GREETING
            return Intent.THANKS if FOLDED & set(cleaned.emoji) else Intent.HELP
        if self._thanks.search(bare):
            rest = self._thanks_fill.sub(" ", self._thanks.sub(" ", bare)).split()
            if not rest or self.is_empty(" ".join(rest)):
                return Intent.THANKS
        if self._thanks_for.match(bare) and "?" not in cleaned.plain:
            return Intent.THANKS
        if all(word in self._language.greetings for word in words) and self._greeting.search(bare):
            return Intent.GREETING
        if self._how.match(re.sub(r"REF\d+", "it", bare)) and not (
            context.thread.paths and "it" in re.sub(r"REF\d+", "it", bare).split()
        ):
            return Intent.GREETING
        return Intent.UNKNOWN if self.is_empty(bare) else None

    def is_directed(self, reading: Reading, intent: Intent) -> bool:
        """Whether an overheard sentence asks or orders, rather than states."""
        if reading.question:
            return True
        if intent in ACTIONS:
            return True
        follows_up = intent is Intent.SHOW_METRIC or reading.has("AXIS")
        if follows_up and self._short(reading):
            return True
        return (
            self._orders.match(reading.text) is not None
            or self._asks.match(reading.text) is not None
        )

    @staticmethod
    def _short(reading: Reading) -> bool:
        return len(reading.text.split()) <= 5

    def is_request(self, reading: Reading) -> bool:
        """Whether a sentence begins as a request to the bot."""
        text = reading.text
        return self._request.match(text) is not None or self._orders.match(text) is not None

    def is_question(self, reading: Reading) -> bool:
        """Whether a sentence begins as a question."""
        return self._asks.match(reading.text) is not None

    def is_asking(self, reading: Reading) -> bool:
        """Whether a sentence to the bot asks or orders something, or is but a few words."""
        text = reading.text
        return (
            reading.question
            or len(text.split()) <= 3
            or self._orders.match(text) is not None
            or self._asks.match(text) is not None
            or self._request.match(text) is not None
            or self._declares.match(text) is None
        )
