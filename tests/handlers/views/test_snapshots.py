"""Every message and view looks as it was approved, and is one that Slack takes.

``UPDATE_SNAPSHOTS=1 pytest tests/handlers/views/test_snapshots.py`` approves what is shown now:
look at the difference before it is committed.
"""

import importlib
import inspect
import pkgutil
from typing import Any, get_type_hints

import pytest

import handlers.views
from handlers.reply import Message
from tests.handlers.views.catalogue import Variants, catalogue
from tests.handlers.views.snapshots import FOLDER, approved, problems

ALL = dict(catalogue())


@pytest.mark.parametrize(("name", "shown"), ALL.items(), ids=ALL)
def test_it_looks_as_it_was_approved(name: str, shown: Variants) -> None:
    """Word for word, the plainer twin too."""
    now, kept = approved(name, shown)
    assert now == kept


@pytest.mark.parametrize(("name", "shown"), ALL.items(), ids=ALL)
def test_slack_takes_it(name: str, shown: Variants) -> None:
    """Each variant within all of Slack's limits."""
    assert {variant: found for variant, one in shown.items() if (found := problems(one))} == {}


def test_every_builder_is_in_the_catalogue() -> None:
    """A new message or view cannot be forgotten."""
    built = {
        f"{name}.{variant.partition(':')[0]}" for name, shown in ALL.items() for variant in shown
    }
    assert builders() - built == set()


def test_no_snapshot_is_left_of_what_is_gone() -> None:
    """Each file is held against something."""
    assert {file.stem for file in FOLDER.glob("*.json")} == set(ALL)


def builders() -> set[str]:
    """The functions of ``handlers.views`` that make a whole message, modal or home tab."""
    found: set[str] = set()
    for module in pkgutil.iter_modules(handlers.views.__path__):
        loaded = importlib.import_module(f"handlers.views.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            if function.__module__ == loaded.__name__ and not name.startswith("_"):
                made = get_type_hints(function).get("return")
                whole = made is Message or (made == dict[str, Any] and name in _VIEWS)
                found |= {f"{module.name}.{name}"} if whole else set()
    return found - {"blocks.message"}  # the builder of them all


_VIEWS = {"modal", "view", "refused", "settings"}
