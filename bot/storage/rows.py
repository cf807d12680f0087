"""Rows to dataclasses, and “insert or update” in the words of both databases."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar

from sqlalchemy import Row, Table, and_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


D = TypeVar("D", bound=_Dataclass)
T = TypeVar("T")

CHUNK = 500
"""Values in one ``IN (…)``: well under what either database takes."""


def to(kind: type[D], row: Row[Any]) -> D:
    """The dataclass whose fields are named as the columns."""
    return kind(**{name: getattr(row, name) for name in kind.__dataclass_fields__})


async def upsert(
    connection: AsyncConnection,
    table: Table,
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    keep: Iterable[str] = (),
    key: Iterable[str] | None = None,
) -> None:
    """Inserts rows, or updates those that exist.

    Args:
        connection: of a write transaction.
        table: where to.
        values: one row or several of the same columns.
        keep: columns that an existing row keeps.
        key: the unique columns; the primary key where not given.
    """
    rows = [values] if isinstance(values, Mapping) else list(values)
    if not rows:
        return
    unique = list(key) if key else [column.name for column in table.primary_key]
    insert = _insert(connection, table)
    fixed = {*unique, *keep}
    changed = {name: insert.excluded[name] for name in rows[0] if name not in fixed}
    statement = (
        insert.on_conflict_do_update(index_elements=unique, set_=changed)
        if changed
        else insert.on_conflict_do_nothing(index_elements=unique)
    )
    await connection.execute(statement, rows)


async def insert_once(
    connection: AsyncConnection, table: Table, values: Mapping[str, Any], *, key: Iterable[str]
) -> bool:
    """Inserts a row unless one with the same key exists; whether it was new."""
    statement = (
        _insert(connection, table)
        .values(**values)
        .on_conflict_do_nothing(index_elements=list(key))
        .returning(*(table.c[name] for name in key))
    )
    return (await connection.execute(statement)).first() is not None


async def insert_or_renew(
    connection: AsyncConnection,
    table: Table,
    values: Mapping[str, Any],
    *,
    before: Mapping[str, Any],
) -> bool:
    """Inserts a row, or updates the one with its primary key if that is old; whether it did.

    Args:
        connection: of a write transaction.
        table: where to.
        values: the row.
        before: what makes a row old: each column with the greatest value that it may have.
    """
    unique = [column.name for column in table.primary_key]
    insert = _insert(connection, table).values(**values)
    statement = insert.on_conflict_do_update(
        index_elements=unique,
        set_={name: insert.excluded[name] for name in values if name not in unique},
        where=and_(*(table.c[name] <= limit for name, limit in before.items())),
    ).returning(*(table.c[name] for name in unique))
    return (await connection.execute(statement)).first() is not None


def _insert(connection: AsyncConnection, table: Table) -> Any:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterable[Sequence[T]]:
    """The values in pieces that fit one statement."""
    every = list(values)
    return (every[at : at + size] for at in range(0, len(every), size))
