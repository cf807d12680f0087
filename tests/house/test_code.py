"""Promises about the code itself: docstrings, paths, hosts, words."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("analysis", "handlers", "bot")
# Spelled in parts, so that this file keeps its own promise.
REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com")
MACHINE = tuple("/" + folder + "/" for folder in ("work", "root", "tmp"))
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "X" * 3)


@cache
def tracked() -> tuple[Path, ...]:
    """The files that git knows; all files of the tree where there is no git."""
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    names = [name for name in done.stdout.split("\0") if name]
    if done.returncode or not names:
        pytest.skip("this is no git checkout")
    return tuple(path for name in names if (path := ROOT / name).is_file())


def texts() -> list[tuple[Path, str]]:
    """Tracked text files with their content."""
    found = []
    for path in tracked():
        try:
            found.append((path, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def product() -> list[Path]:
    return [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is_for(package: str) -> None:
    """In its first line, as a sentence."""
    silent = []
    for path in (ROOT / package).rglob("*.py"):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        first = docstring.partition("\n")[0]
        if not first.endswith((".", ":")):
            silent.append(str(path.relative_to(ROOT)))
    assert silent == []


def test_no_module_grows_beyond_what_can_be_read() -> None:
    """400 lines at most, blank lines, comments and docstrings not counted."""
    long = {str(path.relative_to(ROOT)): n for path in product() if (n := code_lines(path)) > 400}
    assert long == {}


def code_lines(path: Path) -> int:
    """Lines that hold code."""
    source = path.read_text(encoding="utf-8")
    lines = {n for n, line in enumerate(source.splitlines(), 1) if line.strip(" )]}")}
    lines -= {n for n, line in enumerate(source.splitlines(), 1) if line.lstrip().startswith("#")}
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_nothing_names_this_machine_or_a_registry() -> None:
    """A path of the machine it was written on, or the host of a package registry."""
    named = []
    for path, text in texts():
        for number, line in enumerate(text.splitlines(), start=1):
            words = [host for host in REGISTRIES if host in line]
            words += [root for root in MACHINE if re.search(rf"(?<![\w./~}}]){root}\w", line)]
            named += [f"{path.relative_to(ROOT)}:{number}: {word}" for word in words]
    assert named == []


def test_nothing_is_left_for_later() -> None:
    """Product code is finished."""
    marks = re.compile(rf"\b({'|'.join(UNFINISHED)})\b")
    left = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in product()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if marks.search(line)
    ]
    assert left == []


def test_product_code_knows_no_tests() -> None:
    """No import of them, and no branch for them."""
    guilty = []
    for path in product():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = []
            if isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            if any(name.split(".")[0] in {"tests", "pytest", "unittest"} for name in modules):
                guilty.append(str(path.relative_to(ROOT)))
    assert guilty == []


def test_the_wheel_holds_what_is_read_at_run_time() -> None:
    """The manifest is put beside the code; the other data files stand in the packages already."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {"manifest.yml": "bot/manifest.yml"}
    assert set(wheel["packages"]) == set(PACKAGES)
