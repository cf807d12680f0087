"""Guards: sentences that mention runs but ask the bot for nothing start nothing.

Two sets, both tables of the language: guards of any sentence (somebody else is asked, it is
reported, it is of another walk of life, it asks for what the bot does not do), and stricter ones
for sentences that would change something (negated, hypothetical, told of the past, quoted).
"""

import re
from dataclasses import dataclass

from handlers.language.intents import Context
from handlers.language.phrases import Language
from handlers.language.slots import Reading

_ELSEWHERE = "it is about something else"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a sentence must not be acted on.

    Attributes:
        any: A reason that holds for every intent, if there is one.
        action: A reason that holds for what would change something.
    """

    any: str | None = None
    action: str | None = None


class Guard:
    """The guards of one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._any = tuple(
            (reason, language.compile(pattern)) for reason, pattern in language.guards
        )
        self._action = tuple(
            (reason, language.compile(pattern)) for reason, pattern in language.action_guards
        )
        self._request = language.compile(rf"^(?:(?:{language.lead}|{language.request})(?: |$))+")
        self._reason = language.compile(language.patterns["reason"])
        self._taken_back = re.compile(rf"(?<!\S)(?:{language.patterns['taken_back']})(?!\S)")
        self._vocative = re.compile(
            rf"^(?:(?:{language.patterns['calls']}) )*(?:USER\d+)"
            r"|(?:USER|, OWNER|, X|, Y)\d+(?: ,)?$"
        )
        self._named = re.compile(
            rf"^(?:(?:{language.patterns['calls']}) )*(?P<name>(?:X|OWNER)\d+)(?P<comma> ,)?"
            rf" (?:{language.patterns['asks']})(?!\S)"
        )
        self._to_another = re.compile(
            rf"^(?:(?:{language.patterns['calls']}) )*USER\d+(?: ,)?"
            rf" (?:{language.patterns['asks']}|ask)(?!\S)"
        )
        self._you_there = re.compile(
            rf"(?:(?:{language.patterns['calls']}) )*(?:{language.patterns['you_asked']}) .*"
            r"(?:OWNER|X)\d+$"
        )
        self._idioms = re.compile(rf"(?:{language.patterns['idioms']})(?!\S)")
        self._always = {language.patterns["beyond"], language.patterns["exclaimed"]}
        self._conditional = re.compile(rf"(?<!\S)(?:{language.patterns['conditional']})(?!\S)")
        self._changes = re.compile(rf"(?<!\S)(?:{language.busy})(?!\S)")
        self._refusing = language.compile(rf"(?:{language.patterns['refusing']})(?!\S)")
        self._remarks = frozenset(language.patterns["remarks"].split("|"))
        self._thanks_named = re.compile(rf"(?:{language.patterns['thanks_to']}) (?:X|OWNER)\d+$")

    def taken_back(self, readings: list[Reading]) -> bool:
        """Whether the speaker takes it back in the same message."""
        return any(self._taken_back.search(reading.text) for reading in readings)

    @staticmethod
    def is_aside(why: str) -> bool:
        """Whether only a word of another walk of life speaks against a part of the sentence."""
        return why.startswith(_ELSEWHERE)

    def is_supposed(self, before: str) -> bool:
        """Whether what goes before supposes that something is changed: "if I mute it, …"."""
        return bool(self._conditional.search(before) and self._changes.search(before))

    def is_refusal(self, before: str) -> bool:
        """Whether what goes before says no to what an order behind it ends: "no need to watch"."""
        return self._refusing.match(before) is not None

    def is_remark(self, before: str, verdict: Verdict) -> bool:
        """Whether what goes before a request only refuses or reports, and sets no condition."""
        if self._conditional.search(before):
            return False
        return verdict.action is None or verdict.action in self._remarks

    def verdict(self, reading: Reading, context: Context, *, bot: bool) -> Verdict:
        """Judges one clause.

        Args:
            reading: The clause.
            context: Where it was said.
            bot: Whether the message mentions the bot.

        Returns:
            The reasons against acting on it.
        """
        text = reading.text
        foreign = self._foreign(text if context.overheard else self._reason.sub("", text))
        everything = foreign if context.overheard or not reading.has("RUN") else None
        if self._is_called(reading, context) or self._thanks_named.search(text):
            everything = everything or "somebody else is asked"
        if self._to_another.match(text):
            everything = everything or "somebody else is asked"
        if context.overheard and self._you_there.match(text):
            everything = everything or "somebody else is asked"
        if context.overheard and self._idioms.match(text):
            everything = everything or "it is a figure of speech"
        if self._vocative.search(text) and not bot and context.addressed in {"thread", "dm"}:
            everything = everything or "somebody else is asked"
        action = everything or foreign or ("it is quoted" if reading.has("QUOTE") else None)
        if action is None and self._vocative.match(text) and not bot:
            action = "somebody else is asked"
        for reason, pattern in self._any:
            if pattern.match(text):
                if context.overheard or reason in self._always:
                    everything = everything or reason
                action = action or reason
        if action is None:
            rest = self._request.sub("", text)
            action = next((why for why, pattern in self._action if pattern.match(rest)), None)
        return Verdict(everything, action)

    def _is_called(self, reading: Reading, context: Context) -> bool:
        """Whether it begins with the name of a person: "Anna, can you …"."""
        found = self._named.search(reading.text)
        if found is None:
            return False
        name = str(reading.values[found["name"]])
        if name == context.user.wandb:
            return False
        return bool(found["comma"]) or found["name"].startswith("OWNER") or name[:1].isupper()

    def _foreign(self, text: str) -> str | None:
        word = next((word for word in text.split() if word in self._language.foreign), None)
        return f"{_ELSEWHERE} ({word})" if word else None
