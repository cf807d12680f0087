"""A run's history as columns: a million rows of ten metrics, or ten rows of five thousand."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_EXACT = 2**53  # integers beyond it are not floats without loss


def jsonable(value: Any) -> Any:
    """The value as W&B sends it: non-finite floats are the strings ``NaN``, ``Infinity``, …."""
    match value:
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case np.generic():
            return jsonable(value.item())
        case Mapping():
            return {str(key): jsonable(item) for key, item in value.items()}
        case list() | tuple():
            return [jsonable(item) for item in value]
        case _:
            return value


def json_list(values: npt.NDArray[Any]) -> list[Any]:
    """A column as JSON values, quick where all are plain numbers."""
    if values.dtype == np.int64 or (values.dtype == np.float64 and bool(np.isfinite(values).all())):
        plain: list[Any] = values.tolist()
        return plain
    return [jsonable(value) for value in values.tolist()]


def pick(held: Ints, values: npt.NDArray[Any], rows: Ints) -> npt.NDArray[Any]:
    """The values at some rows, all of which are among those ``held``; both ascend."""
    return values[rows] if _dense(held) else values[np.searchsorted(held, rows)]


def _dense(held: Ints) -> bool:
    """Whether all rows from the first on are held (or none is)."""
    return held.size == 0 or int(held[-1]) == held.size - 1


def among(held: Ints, rows: Ints) -> npt.NDArray[np.bool_]:
    """Which of the rows are held; both ascend."""
    if _dense(held):
        return rows < held.size
    places = np.minimum(np.searchsorted(held, rows), held.size - 1)
    found: npt.NDArray[np.bool_] = held[places] == rows
    return found


class Column:
    """The values of one name and the rows that hold them, ascending; grows at the end."""

    __slots__ = ("_rows", "_values", "path", "size")

    def __init__(self, path: tuple[str, ...], rows: Ints, values: npt.NDArray[Any]) -> None:
        self.path = path
        self._rows = rows
        self._values = values
        self.size = rows.size

    @classmethod
    def empty(cls, path: tuple[str, ...]) -> "Column":
        """A column that holds nothing yet."""
        return cls(path, np.empty(0, np.int64), np.empty(0, np.int64))

    @property
    def rows(self) -> Ints:
        """int64[size], the row numbers."""
        return self._rows[: self.size]

    @property
    def values(self) -> npt.NDArray[Any]:
        """[size] of float64, int64, or objects where values are mixed."""
        return self._values[: self.size]

    def append(self, row: int, value: Any) -> None:
        """Add a value at a row that comes after all others."""
        wanted = _kind_with(self._values.dtype if self.size else None, value)
        if wanted != self._values.dtype:
            self._values = self._values.astype(wanted)
        if self.size == self._rows.size:
            more = max(16, self.size)
            self._rows = np.concatenate([self._rows, np.empty(more, np.int64)])
            self._values = np.concatenate([self._values, np.empty(more, wanted)])
        self._rows[self.size] = row
        self._values[self.size] = value
        self.size += 1

    def at(self, rows: Ints) -> npt.NDArray[Any]:
        """The values at rows that all hold one."""
        return pick(self.rows, self.values, rows)

    def numbers(self) -> tuple[Ints, Floats]:
        """Rows and values where the value is a number (a boolean is none)."""
        if self._values.dtype != object:
            return self.rows, self.values.astype(np.float64, copy=False)
        number = np.fromiter(
            (isinstance(v, int | float) and not isinstance(v, bool) for v in self.values),
            dtype=np.bool_,
            count=self.size,
        )
        return self.rows[number], self.values[number].astype(np.float64)


def _kind_with(kind: np.dtype[Any] | None, value: Any) -> np.dtype[Any]:
    """The narrowest kind of column that holds its values and this one without loss."""
    fits: np.dtype[Any]
    if isinstance(value, float):
        fits = np.dtype(np.float64)
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) < _EXACT:
        fits = np.dtype(np.int64)
    else:
        return np.dtype(object)
    if kind is None or kind == fits:
        return fits
    return np.dtype(object if kind.kind == "O" else np.float64)


class Table:
    """All rows of a run. Nested values are kept under dotted names, media as they are.

    Attributes:
        columns: by name.
        size: number of rows.
        last_step: the largest step; −1 without rows.
        cache: what was derived from the rows; emptied when one is added.
    """

    def __init__(self) -> None:
        self.columns: dict[str, Column] = {}
        self.size = 0
        self.last_step = -1
        self.cache: dict[Any, Any] = {}
        self._ascending = True

    @classmethod
    def of(
        cls, steps: Ints, dense: Mapping[str, npt.ArrayLike], sparse: Mapping[str, Any]
    ) -> "Table":
        """A table from arrays.

        Args:
            steps: int64[n], ascending.
            dense: by name, [n] values, one a row.
            sparse: by name, ``(steps, values)``: at these steps only, which must be in ``steps``.
        """
        table = cls()
        rows = np.arange(steps.size, dtype=np.int64)
        table.size = steps.size
        table.last_step = int(steps.max()) if steps.size else -1
        table._ascending = bool(np.all(np.diff(steps) >= 0))
        table.columns["_step"] = Column(("_step",), rows, steps.astype(np.int64))
        for name, given in dense.items():
            values = _as_column(given)
            if values.size != rows.size:
                raise ValueError(f"{name}: {values.size} values for {rows.size} steps")
            table.columns[name] = Column((name,), rows, values)
        for name, (at, given) in sparse.items():
            places = np.searchsorted(steps, np.asarray(at, dtype=np.int64))
            table.columns[name] = Column((name,), places.astype(np.int64), _as_column(given))
        return table

    @property
    def steps(self) -> Ints:
        """int64[size], the step of each row."""
        column = self.columns.get("_step")
        return column.values.astype(np.int64, copy=False) if column else np.empty(0, np.int64)

    def append(self, row: Iterable[tuple[tuple[str, ...], Any]]) -> None:
        """Add one row, given as paths and values; it must hold ``_step``."""
        for path, value in row:
            name = ".".join(path)
            if name not in self.columns:
                self.columns[name] = Column.empty(path)
            self.columns[name].append(self.size, value)
        self.size += 1
        self.cache.clear()
        step = int(self.columns["_step"].values[-1])
        self._ascending = self._ascending and step >= self.last_step
        self.last_step = max(self.last_step, step)

    def rows_in(self, min_step: int | None, stop_step: int | None) -> Ints:
        """Numbers of the rows from one step on, up to before another."""
        low = -(2**62) if min_step is None else min_step
        high = 2**62 if stop_step is None else stop_step
        steps = self.steps
        if self._ascending:
            return np.arange(*np.searchsorted(steps, [low, high]), dtype=np.int64)
        return np.flatnonzero((steps >= low) & (steps < high)).astype(np.int64)

    def rows_with(self, names: Sequence[str], within: Ints) -> Ints:
        """The rows among ``within`` that hold all the names."""
        rows = within
        for name in names:
            column = self.columns.get(name)
            if column is None:
                return np.empty(0, np.int64)
            if column.size < self.size:
                rows = rows[among(column.rows, rows)]
        return rows

    def flat(self, names: Sequence[str], rows: Ints) -> list[dict[str, Any]]:
        """Row objects with exactly these names, which all the rows hold."""
        if not rows.size:
            return []
        columns = [json_list(self.columns[name].at(rows)) for name in names]
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]

    def nested(self, rows: Ints, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Row objects with everything they hold (of these names), nested as it was logged."""
        found: list[dict[str, Any]] = [{} for _ in range(rows.size)]
        for name in self.columns if names is None else names:
            column = self.columns.get(name)
            if column is None:
                continue
            held = np.flatnonzero(among(column.rows, rows))
            for place, value in zip(held.tolist(), json_list(column.at(rows[held])), strict=True):
                _put(found[place], column.path, value)
        return found


def _put(row: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for part in path[:-1]:
        row = row.setdefault(part, {})
    row[path[-1]] = value


def flatten(
    row: Mapping[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Paths and values of a row; a dict with a ``_type`` (media, a histogram) stays whole."""
    for key, value in row.items():
        path = (*above, key)
        if isinstance(value, Mapping) and value and "_type" not in value:
            yield from flatten(value, path)
        else:
            yield path, value


def _as_column(given: npt.ArrayLike) -> npt.NDArray[Any]:
    values = np.asarray(given)
    if values.dtype.kind in "iu":
        return values.astype(np.int64, copy=False)
    if values.dtype.kind == "f":
        return values.astype(np.float64, copy=False)
    column = np.empty(len(values), dtype=object)
    column[:] = values.tolist()
    return column
