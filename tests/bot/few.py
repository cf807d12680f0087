"""A folder with only some of the recorded runs, for tests that look at a whole folder."""

import shutil
from pathlib import Path

from tests.runs import RUNS


def few_runs(folder: Path, *names: str) -> Path:
    """Copies of the named runs in a folder of their own."""
    for name in names:
        shutil.copytree(RUNS / name, folder / name)
    return folder
