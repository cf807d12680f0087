"""Whatever is typed, understanding never raises, never pings and never changes its mind."""

import json
import re
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.language import ACTIONS, Context, as_json, understand, understand_batch
from handlers.language.phrases import load

PING = re.compile(r"<[@!#]|(?<!\w)@(?:here|channel|everyone)\b", re.IGNORECASE)
KNOWN = {
    "bot": {"slack_id": "U0BOT"},
    "known_runs": [
        {"entity": "acme", "project": "vision", "id": "a1b2c3d4", "name": "alpha"},
        {"entity": "acme", "project": "vision", "id": "b2c3d4e5", "name": "mute"},
    ],
}
contexts = st.builds(
    lambda addressed, thread: Context.model_validate(
        {**KNOWN, "addressed": addressed, "thread": thread}
    ),
    st.sampled_from(["mention", "dm", "thread", "command"]),
    st.sampled_from(
        [
            {"kind": "none"},
            {"kind": "run", "run": "acme/vision/a1b2c3d4"},
            {"kind": "list", "runs": ["acme/vision/a1b2c3d4", "acme/vision/b2c3d4e5"]},
        ]
    ),
)
WORDS = sorted(load("en").vocabulary)
pieces = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(
        ["alpha", "mute", "<@U0BOT>", "<@U0ANNA>", "<!channel>", "<!here|x>", "`x`", '"a b"', "2h"]
    ),
    st.sampled_from(["&lt;!channel&gt;", "@here", "<#C1|x>", "acme/vision", "train/loss", "> 5"]),
    st.sampled_from(["?", ".", ",", ":", "\n", "--", "--by", "/wandb", "#3", "“", "’", "\u200b"]),
)
sentences = st.lists(pieces, max_size=40).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=300), sentences), contexts)
def test_no_input_raises_or_pings(text: str, context: Context) -> None:
    """Any text in any context gives an intent, slots without mentions, and the same again."""
    said = understand(text, context)
    assert 0 <= said.confidence <= 1
    assert PING.search(json.dumps(as_json(said))) is None
    assert understand(text, context) == said


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.binary(max_size=60).map(lambda b: b.decode("latin-1"))))
def test_a_bad_line_of_a_batch_is_an_error_and_never_a_crash(line: str) -> None:
    """Each line that is not empty gets one answer, which is JSON."""
    answers = [json.loads(answer) for answer in understand_batch([line])]
    assert len(answers) == (1 if line.strip() else 0)
    assert all("intent" in answer or "error" in answer for answer in answers)


@settings(max_examples=150, deadline=None)
@given(sentences)
def test_what_is_negated_starts_nothing(rest: str) -> None:
    """An overheard sentence that begins with "don't" never acts."""
    context = Context.model_validate({**KNOWN, "addressed": "thread"})
    first = "don't " + re.sub(r"[.?!;\n>`\"“]|/wandb|<@U0BOT>", " ", rest)
    assert understand(first, context).intent not in ACTIONS


def test_long_input_takes_bounded_time() -> None:
    """A wall of text, made of the words that the patterns repeat, is no trouble."""
    context = Context.model_validate({**KNOWN, "addressed": "mention"})
    for words in ("is it still going on going on and so on ", "how are all my our runs ", "x"):
        started = time.process_time()
        understand("how are " + words * 5_000, context)
        assert time.process_time() - started < 5
