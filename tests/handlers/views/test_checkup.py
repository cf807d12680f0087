"""The doctor's message: what needs something first, and within Slack's limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.checkup import Check, Checkup
from handlers.views import checkup as view
from handlers.views.validate import validate_message

OK = Check("Database", "ok", "SQLite file", ms=1.2)
BAD = Check("W&B key", "fail", "W&B refuses it.", "Set WANDB_API_KEY.", exit_code=4)
ODD = Check("Clock", "warn", "45 s ahead of Slack", "Use NTP.")


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ((OK,), "All is well."),
        ((OK, ODD), "It works; 1 thing worth a look."),
        ((OK, ODD, BAD), "1 thing needs to be put right."),
        ((BAD, BAD), "2 things need to be put right."),
    ],
)
def test_the_first_line_is_the_answer(checks: tuple[Check, ...], words: str) -> None:
    """For notifications and screen readers as well."""
    assert words in view.message(Checkup(checks)).text


def test_what_is_wrong_comes_first_with_its_advice() -> None:
    """Whoever looks wants to know what to do."""
    shown = [str(block) for block in view.message(Checkup((OK, BAD))).blocks]
    bad = next(n for n, text in enumerate(shown) if "Set WANDB_API_KEY." in text)
    fine = next(n for n, text in enumerate(shown) if "SQLite file" in text)
    assert bad < fine


@given(st.lists(st.builds(Check, st.text(), st.sampled_from(["ok", "warn", "fail"]), st.text(),
                          st.text(), st.floats(0, 1e6)), max_size=20))  # fmt: skip
def test_any_checks_can_be_shown(checks: list[Check]) -> None:
    """Names and details come from outside."""
    message = view.message(Checkup(tuple(checks)))
    assert validate_message({"text": message.text, "blocks": list(message.blocks)}) == []
