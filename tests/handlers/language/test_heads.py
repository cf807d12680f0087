"""Only phrases that may begin a sentence are tried, and none that would fit is left out."""

import json
from pathlib import Path

import pytest

from handlers.language.phrases import load
from handlers.language.phrases.heads import HeadReader

CORPUS = Path(__file__).parent / "corpus"


@pytest.mark.parametrize(
    ("pattern", "heads"),
    [
        ("(?:show )?{thing} now", {"show", "RUN#", "it"}),
        ("fail(?:ed|s)? here", {"fail", "failed", "fails"}),
        ("summari[sz]e", {"summarise", "summarize"}),
        ("(?:a |b )*c(?= d)", {"a", "b", "c"}),
        (r".*\bno", None),
    ],
)
def test_beginnings_are_spelled_out(pattern: str, heads: set[str] | None) -> None:
    """Options, alternatives, classes, repetitions and macros; None for any word."""
    assert HeadReader({"thing": r"RUN\d+|it"}).heads(pattern) == heads


def test_no_phrase_that_fits_is_left_out() -> None:
    """Every phrase that matches some text of the corpus may begin with that text's first word."""
    language = load("en")
    reader = HeadReader(language.macros)
    lines = (CORPUS / "build.jsonl").read_text(encoding="utf-8").splitlines()[::6]
    texts = [json.loads(line)["text"].lower().removeprefix("<@u0bot> ") for line in lines]
    for phrase in language.phrases:
        heads = reader.heads(phrase.pattern)
        pattern = language.compile(rf"(?:{phrase.pattern})(?= |$)")
        for text in texts:
            if pattern.match(text):
                assert heads is None or text.split()[0] in heads
