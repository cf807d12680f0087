"""The settings as a table: for the documentation, for `wandb-bot config`, and for errors."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import (
    BaseModel,
    SecretStr,
)
from pydantic.fields import FieldInfo

from bot.settings import Settings, variable_of

_DEFAULTS_IN_WORDS = {"database_url": "a SQLite file in the user's data directory"}


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting as the documentation and ``wandb-bot config`` show it."""

    variable: str
    file_key: str
    default: str
    description: str
    secret: bool
    path: tuple[str, ...]


def rows() -> Iterator[SettingRow]:
    """All settings, in the order of their definition."""
    for name, field in Settings.model_fields.items():
        nested = field.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            for inner, inner_field in nested.model_fields.items():
                yield _row((name, inner), inner_field)
        else:
            yield _row((name,), field)


def origin_of(
    row: SettingRow, file: Mapping[str, Any]
) -> Literal["environment", "file", "default"]:
    """Where a setting's value comes from.

    Args:
        row: which setting.
        file: what the settings file holds.
    """
    section = variable_of(row.path[:1])
    for name, value in os.environ.items():
        upper = name.upper()
        if value and (upper in {row.variable, section} or upper.startswith(f"{row.variable}__")):
            return "environment"
    values: Any = file
    for part in row.path:
        values = values.get(part) if isinstance(values, Mapping) else None
    return "default" if values is None and row.variable not in file else "file"


def in_words(value: object) -> str:
    """A value as one would write it into the file or the environment."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)


def _row(path: tuple[str, ...], field: FieldInfo) -> SettingRow:
    table, key = path[0], path[-1]
    secret = SecretStr in get_args(field.annotation)
    default = _DEFAULTS_IN_WORDS.get(path[0]) or ("" if field.default is None else field.default)
    return SettingRow(
        variable=variable_of(path),
        file_key=f"[{table}] {key}" if len(path) == 2 else key,
        default="" if default in ((), {}) else in_words(default),
        description=field.description or "",
        secret=secret,
        path=path,
    )
