"""Folds the records of W&B's offline log into what they say of the run."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar

from analysis.run import Key
from analysis.sources.columns import Columns
from analysis.sources.terminal import Terminal
from analysis.sources.values import flatten, number, parse_json

if TYPE_CHECKING:
    from analysis.sources.record_type import Record

_NUMBER = frozenset("-0123456789")
_RUNTIME = {("_runtime",), ("_wandb", "runtime")}
_OWN = ("_step", "_timestamp", "_runtime", "_wandb")  # W&B's own columns: no metrics


@dataclass
class Recording:
    """All that a log has said so far; ``fold`` takes the next record.

    Attributes:
        about: the last ``run`` record; ``None`` before the first.
        environment: the last ``environment`` record.
        config: plain values, from ``run`` and ``config`` records.
        last: the last logged value of each name.
        history: rows by ``_step``.
        system: one row a sample, names with the prefix ``system.``.
        start: Unix seconds of the start of this process.
        last_time: Unix seconds of the latest record that bears a time.
        runtime: W&B's own seconds of running, where it said them.
        exit_code: of an ``exit`` record that says the run is complete.
    """

    about: Any = None
    environment: Any = None
    config: dict[str, Any] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)
    history: Columns = field(default_factory=Columns)
    system: Columns = field(default_factory=Columns)
    terminal: Terminal = field(default_factory=Terminal)
    last_time: float | None = None
    runtime: float | None = None
    exit_code: int | None = None
    preempting: bool = False
    records: int = 0
    start: float | None = None
    _summary_texts: dict[tuple[str, ...], str] = field(default_factory=dict)
    _other: dict[str, int] = field(default_factory=dict)
    _step_metrics: dict[str, str] = field(default_factory=dict)
    _globs: dict[str, str] = field(default_factory=dict)

    def fold(self, record: "Record") -> None:
        """Take in the next record; one of a kind that says nothing of the run is passed over."""
        self.records += 1
        kind = record.WhichOneof("record_type")
        handle = self._handlers.get(kind or "")
        if handle is not None:
            handle(self, getattr(record, kind))

    @property
    def summary(self) -> dict[str, Any]:
        """What was set explicitly, nested as it was logged."""
        found: dict[str, Any] = {}
        for path, text in self._summary_texts.items():
            _set(found, path, _parse(text))
        return found

    def keys(self) -> dict[str, Key]:
        """Every logged name, what it is, and its x-axis."""
        found = {
            name: Key(self.history.count(name), True, self._axis(name))
            for name in self.history.names
        }
        for name, count in self._other.items():
            found.setdefault(name, Key(count, False, self._axis(name)))
        return found

    def _axis(self, name: str) -> str | None:
        exact = self._step_metrics.get(name)
        if exact:
            return exact
        for pattern, axis in self._globs.items():
            if name != axis and name not in self._step_metrics and fnmatchcase(name, pattern):
                return axis
        return None

    # What each kind of record says.

    def _seen(self, seconds: float | None) -> None:
        if seconds is not None and math.isfinite(seconds) and seconds > (self.last_time or 0):
            self.last_time = seconds

    def _run(self, run: Any) -> None:
        self.about = run
        self.start = _seconds(run.start_time)
        self._seen(self.start)
        self._config(run.config)
        self._summary(run.summary)

    def _environment(self, environment: Any) -> None:
        self.environment = environment
        self._seen(_seconds(environment.started_at))

    def _config(self, config: Any) -> None:
        for item in config.update:
            path = _path(item)
            if path[0] != "_wandb":
                _set(self.config, path, _value(item))
        for item in config.remove:
            _remove(self.config, _path(item))

    def _summary(self, summary: Any) -> None:
        # There is a record of all last values for each row: they are read only when asked for.
        for item in summary.update:
            path = tuple(item.nested_key) or (item.key,)
            self._summary_texts[path] = item.value_json
            if path in _RUNTIME:
                self._ran(number(_parse(item.value_json)))
        for item in summary.remove:
            gone = tuple(item.nested_key) or (item.key,)
            for path in [p for p in self._summary_texts if p[: len(gone)] == gone]:
                del self._summary_texts[path]

    def _ran(self, seconds: float | None) -> None:
        """W&B's count of seconds: how long the run has run, and so a time."""
        if seconds is None or not math.isfinite(seconds):
            return
        self.runtime = max(seconds, self.runtime or 0.0)
        if self.start is not None:  # of a resumed run the count begins at what it had run before
            self._seen(self.start + seconds - self.about.runtime)

    def _history(self, history: Any) -> None:
        step, time = history.step.num, math.nan
        numbers: list[tuple[str, float]] = []
        for name, value in _row(history.item):
            as_number = number(value)
            if name == "_step":
                step = int(as_number) if as_number is not None else step
            elif name == "_timestamp":
                time = as_number if as_number is not None else time
            elif name == "_runtime":
                self._ran(as_number)
            elif name not in _OWN:
                self.last[name] = value
                if as_number is None:
                    self._other[name] = self._other.get(name, 0) + 1
                else:
                    numbers.append((name, as_number))
        self._seen(time)
        self.history.add(step, time, numbers)

    def _stats(self, stats: Any) -> None:
        time = _seconds(stats.timestamp)
        self._seen(time)
        values: list[tuple[str, float]] = []
        for item in stats.item:
            value = number(_parse(item.value_json))
            if value is not None:
                name = item.key if item.key.startswith("system.") else f"system.{item.key}"
                values.append((name, value))
        self.system.add(len(self.system), math.nan if time is None else time, values)

    def _output(self, output: Any) -> None:
        time = _seconds(output.timestamp)
        self._seen(time)
        self.terminal.write(output.line, error=output.output_type == 0, time=time)

    def _output_line(self, output: Any) -> None:
        time = _seconds(output.timestamp)
        self._seen(time)
        line = output.line if output.line.endswith("\n") else output.line + "\n"
        self.terminal.write(line, error=output.output_type == 0, time=time)

    def _exit(self, exit_record: Any) -> None:
        if exit_record.runtime:
            self._ran(float(exit_record.runtime))
        if not exit_record.not_complete:  # else the process leaves a run that goes on elsewhere
            self.exit_code = exit_record.exit_code

    def _preempting(self, _record: Any) -> None:
        self.preempting = True

    def _metric(self, metric: Any) -> None:
        if metric.glob_name and metric.step_metric:
            self._globs[metric.glob_name] = metric.step_metric
        elif metric.name:
            self._step_metrics[metric.name] = metric.step_metric

    _handlers: ClassVar[Mapping[str, Callable[["Recording", Any], None]]] = {
        "run": _run,
        "environment": _environment,
        "config": _config,
        "summary": _summary,
        "history": _history,
        "stats": _stats,
        "output": _output_line,
        "output_raw": _output,
        "exit": _exit,
        "preempting": _preempting,
        "metric": _metric,
    }


def _row(items: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Names and values of a history row; media, tables and histograms as one value each.

    The writer flattens them: a name with a ``_type`` beside it is one of these as a whole.
    """
    nested: list[tuple[Sequence[str], Any]] = []
    for item in items:
        if len(item.nested_key) > 1:
            nested.append((tuple(item.nested_key), item))
            continue
        name = item.nested_key[0] if item.nested_key else item.key
        value = _value(item)
        if isinstance(value, dict) and "_type" not in value:
            yield from flatten(value, name)
        else:
            yield name, value
    media = {path[:-1] for path, _ in nested if path[-1] == "_type"}
    for whole in media:
        yield ".".join(whole), {"_type": "media"}
    for path, item in nested:
        if not any(path[:depth] in media for depth in range(1, len(path))):
            yield ".".join(path), _value(item)


def _path(item: Any) -> list[str]:
    return list(item.nested_key) or [item.key]


def _value(item: Any) -> Any:
    """The value of an item: its JSON text, else the typed value beside it."""
    if item.value_json:
        return _parse(item.value_json)
    typed = item.WhichOneof("value") if "value" in item.DESCRIPTOR.oneofs_by_name else None
    if typed is None or typed == "none":
        return None
    return _parse(item.json) if typed == "json" else getattr(item, typed)


def _parse(text: str) -> Any:
    try:
        if text[:1] in _NUMBER:  # much quicker than a JSON decoder, and there are millions of them
            return float(text) if "." in text or "e" in text else int(text)
        return parse_json(text)
    except ValueError:
        pass
    try:
        return parse_json(text)
    except ValueError:
        return text


def _seconds(stamp: Any) -> float | None:
    """Unix seconds of a protobuf time; ``None`` where it is not set."""
    return stamp.seconds + stamp.nanos / 1e9 if stamp.seconds else None


def _set(into: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        inner = into.get(part)
        if not isinstance(inner, dict):
            inner = into[part] = {}
        into = inner
    into[path[-1]] = value


def _remove(out_of: dict[str, Any], path: Sequence[str]) -> None:
    inner: Any = out_of
    for part in path[:-1]:
        inner = inner.get(part) if isinstance(inner, dict) else None
    if isinstance(inner, dict):
        inner.pop(path[-1], None)
