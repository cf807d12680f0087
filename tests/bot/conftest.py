"""What tests of the application share: an environment without anybody's own settings."""

import os
from pathlib import Path

import pytest

_OURS = ("WANDB_", "SLACK_", "XDG_")
_NAMED = ("DATABASE_URL", "HOST", "PORT", "NO_COLOR")


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No setting in the environment, and a home of its own."""
    for name in list(os.environ):
        if name.startswith(_OURS) or name in _NAMED:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return monkeypatch
