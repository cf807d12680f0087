"""Which run: names, ids, paths and addresses against the known runs, and what a thread points at.

Order: full path or address; exact display name or id (capitals do not matter); the same with other
separators ("calm otter 1"); unique prefix; unique ending of letters and digits ("lr6e-4" of
"7b-mup-lr6e-4"); unique whole word inside ("totem" of "big-totem-pole"); similar name. A similar
name needs a normalised Indel similarity (rapidfuzz's `ratio`) of `SIMILAR` and `MARGIN` more than
the second best, and the same digits: "calm-otter-1" is never "calm-otter-2". Of several exact
matches the one in the default project wins; otherwise nothing is guessed and the name stays as
typed.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from handlers.language.intents import Context, KnownRun, Ref, Run, Thread

SIMILAR = 80.0
MARGIN = 6.0
PREFIX = 3
"""Letters that a prefix must have."""

_RUN_URL = re.compile(r"https?://[^/\s]+/(?:[^?#\s]*/)?([^/?#\s]+)/([^/?#\s]+)/runs/([^/?#\s]+)")
_PROJECT_URL = re.compile(
    r"https?://[^/\s]*wandb[^/\s]*/([^/?#\s]+)/([^/?#\s]+)(?:/(?:workspace|sweeps|table|overview)?"
    r"/?)?(?:[?#].*)?$"
)
_LABEL = re.compile(r"[^\W\d].*\d|\d.*[^\W\d]")
"""Letters and digits: what tells one run of a series from the next."""
_NAME_WORD = re.compile(r"[^\W\d_]{4,}(?![^\W_])")
_WHOLE_WORD = re.compile(r"[\W_]")
_PATH = re.compile(r"^[\w.\-]+/[\w.\-]+/[\w.:\-]+$")


def squeeze(text: str) -> str:
    """Letters and digits only, in lower case."""
    return re.sub(r"[\W_]+", "", text.lower())


def _behind(name: str, count: int) -> str:
    """What is left of a name after so many letters and digits."""
    letters = [place for place, sign in enumerate(name) if sign.isalnum()]
    return name[letters[count - 1] + 1 :] if len(letters) >= count else ""


def digits(text: str) -> list[str]:
    """The numbers in a name, in order."""
    return re.findall(r"\d+", text)


def run_of_url(url: str) -> str | None:
    """The path of the run that an address shows, if it shows one."""
    found = _RUN_URL.match(url)
    return "/".join(found.groups()) if found else None


def project_of_url(url: str) -> tuple[str, str] | None:
    """Entity and project of the page that an address shows."""
    found = _PROJECT_URL.match(url)
    if found and found[2] not in {"runs", "settings"}:
        return found[1], found[2]
    return None


@dataclass(frozen=True, slots=True)
class Found:
    """What a name led to.

    Attributes:
        paths: The runs that match; one is a resolution, several are an ambiguity.
        how: By which step of the order.
    """

    paths: tuple[str, ...] = ()
    how: str = "none"

    @property
    def path(self) -> str | None:
        """The run, where there is exactly one."""
        return self.paths[0] if len(self.paths) == 1 else None


@dataclass(frozen=True, slots=True)
class _Called:
    """What a run can be called: its names, its name without separators, the words in it."""

    names: frozenset[str]
    squeezed: str
    words: frozenset[str]


@lru_cache(maxsize=8192)
def _called(entity: str, project: str, run: str, name: str | None) -> _Called:
    """Kept, because sentence after sentence comes with the same runs."""
    paths = {run, f"{project}/{run}", f"{entity}/{project}/{run}"}
    if not name:
        return _Called(frozenset(path.lower() for path in paths), "", frozenset())
    paths |= {name, f"{project}/{name}", f"{entity}/{project}/{name}"}
    words = frozenset(_NAME_WORD.findall(name.lower()))
    return _Called(frozenset(path.lower() for path in paths), squeeze(name), words)


class RunIndex:
    """The known runs of a context, by everything that they can be called."""

    def __init__(self, context: Context) -> None:
        self._defaults = context.defaults
        self._exact: dict[str, list[KnownRun]] = defaultdict(list)
        self._squeezed: dict[str, list[KnownRun]] = defaultdict(list)
        self._inside: dict[str, list[KnownRun]] = defaultdict(list)
        self.projects: dict[str, str] = {}
        self.entities: dict[str, str] = {}
        self.users: dict[str, str] = {}
        for run in context.known_runs:
            self._add(run)
        if context.defaults.project:
            self.projects.setdefault(context.defaults.project.lower(), context.defaults.project)
        if context.defaults.entity:
            self.entities.setdefault(context.defaults.entity.lower(), context.defaults.entity)
        if context.user.wandb:
            self.users.setdefault(context.user.wandb.lower(), context.user.wandb)

    def _add(self, run: KnownRun) -> None:
        called = _called(run.entity, run.project, run.id, run.name)
        if run.name:
            self._squeezed[called.squeezed].append(run)
        for word in called.words:
            self._inside[word].append(run)
        for name in called.names:
            self._exact[name].append(run)
        self.projects.setdefault(run.project.lower(), run.project)
        self.entities.setdefault(run.entity.lower(), run.entity)
        if run.user:
            self.users.setdefault(run.user.lower(), run.user)

    def exact(self, text: str) -> Found:
        """Runs of exactly this path, name or id."""
        runs = self._exact.get(text.lower(), [])
        return Found(self._prefer(runs), "exact") if runs else Found()

    def spelled(self, words: Iterable[str]) -> Found:
        """Runs of this name with other separators, or with spaces in it."""
        key = squeeze("".join(words))
        runs = self._squeezed.get(key, []) if key else []
        return Found(self._prefer(runs), "spelled") if runs else Found()

    def begun(self, words: Iterable[str]) -> Found:
        """The run whose name begins with these whole words: "fluffy leaf" for "fluffy-leaf-7"."""
        key = squeeze("".join(words))
        if len(key) < 2 * PREFIX:
            return Found()
        runs = [
            run
            for name, known in self._squeezed.items()
            if name.startswith(key)
            for run in known
            if _WHOLE_WORD.match(_behind(run.name or "", len(key)))
        ]
        return Found(self._prefer(runs), "prefix") if runs else Found()

    def inside(self, text: str) -> Found:
        """Runs whose name has this as a whole word: "totem" for "big-totem-pole"."""
        lower = text.lower()
        if len(lower) <= PREFIX or not lower.isalpha():
            return Found()
        runs = self._inside.get(lower, [])
        return Found(self._prefer(runs), "inside") if runs else Found()

    def find(self, text: str, *, inside: bool = True) -> Found:
        """The whole order of resolution for a name as it was typed.

        Args:
            text: The name.
            inside: Whether a word inside a run's name may stand for it.
        """
        if url := run_of_url(text):
            return Found((self.exact(url).path or url,), "url")
        found = self.exact(text)
        if not found.paths:
            found = self.spelled([text])
        if not found.paths and _PATH.match(text):
            return Found((text,), "path")
        return found if found.paths else self._near(squeeze(text), text, inside=inside)

    def _prefer(self, runs: list[KnownRun]) -> tuple[str, ...]:
        paths = tuple(dict.fromkeys(run.path for run in runs))
        if len(paths) > 1:
            here = [run.path for run in runs if run.project == self._defaults.project]
            if len(set(here)) == 1:
                return (here[0],)
        return paths

    def _near(self, key: str, text: str, *, inside: bool) -> Found:
        if len(key) < PREFIX or not self._squeezed:
            return Found()
        begins = [
            run for name, runs in self._squeezed.items() if name.startswith(key) for run in runs
        ]
        begins += [
            run
            for name, runs in self._exact.items()
            if "/" not in name and name.startswith(text.lower())
            for run in runs
        ]
        if begins:
            return Found(self._prefer(begins), "prefix")
        if len(key) < PREFIX + 1:
            return Found()
        if _LABEL.search(text):
            ends = [
                run
                for name, runs in self._squeezed.items()
                if name.endswith(key)
                for run in runs
                if _WHOLE_WORD.match(_behind((run.name or "")[::-1], len(key)))
            ]
            if ends:
                return Found(self._prefer(ends), "ending")
        if inside and (found := self.inside(text)).paths:
            return found
        best = process.extract(key, self._squeezed.keys(), scorer=fuzz.ratio, limit=2)
        best = [match for match in best if digits(match[0]) == digits(key)]
        if not best or best[0][1] < SIMILAR:
            return Found()
        if len(best) > 1 and best[0][1] - best[1][1] < MARGIN:
            return Found()
        return Found(self._prefer(self._squeezed[best[0][0]]), "similar")


def pointed(ref: Ref, thread: Thread) -> tuple[Run, ...]:
    """What a pointing word stands for in a thread; the pointing itself where it stays open."""
    paths = thread.paths
    if not paths:
        return (ref,)
    match ref.ref:
        case "thread":
            return paths if thread.kind in {"run", "comparison"} else (ref,)
        case "these":
            return paths
        case "ordinal" if ref.n is not None:
            place = ref.n - 1 if ref.n > 0 else ref.n
            return (paths[place],) if -len(paths) <= place < len(paths) else (ref,)
        case _:
            return (ref,)
