"""What is wrong with a setting, in a sentence: the variable to set, and what it takes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import annotated_types
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from analysis.refs import shorten
from bot.settings import Settings, variable_of

_SHOWN = 60
# Annotation → what it takes, in words; further kinds keep the library's own sentence.
_KINDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple[str, ...]: "names, separated by commas or as a list",
    dict[str, str]: 'a table of names, such as loss = "train/nll"',
}
_BOUNDS: Mapping[type, tuple[str, str]] = {
    annotated_types.Ge: ("ge", "at least"),
    annotated_types.Gt: ("gt", "more than"),
    annotated_types.Le: ("le", "at most"),
    annotated_types.Lt: ("lt", "less than"),
}
_PATTERNS: Mapping[str, str] = {
    "slack_api_url": "an address that ends in /api/",
    "database_url": "sqlite:///FILE or postgresql://…",
}


def explain(
    error: ValidationError | SettingsError, path: Path | None, file: Mapping[str, Any]
) -> str:
    """All that is wrong, a sentence each.

    Args:
        error: what the library found.
        path: the settings file that was read.
        file: what it holds.
    """
    if isinstance(error, SettingsError):  # a variable that must hold JSON does not
        field = str(error).partition('"')[2].partition('"')[0]
        variable = variable_of((field,))
        return f"{variable} cannot be used: it must be JSON; or set {variable}__NAME for each name."
    sentences = (_sentence(detail, path, file) for detail in error.errors(include_url=False))
    return " ".join(dict.fromkeys(sentences))


def _sentence(detail: ErrorDetails, path: Path | None, file: Mapping[str, Any]) -> str:
    names = {variable_of((name,)): name for name in Settings.model_fields}
    loc = tuple(str(part) for part in detail["loc"] if not isinstance(part, int))
    loc = (names.get(loc[0], loc[0]), *loc[1:])
    where = f" (in {path.name}: {'.'.join(loc)})" if path and _stands_in(file, loc) else ""
    if detail["type"] == "extra_forbidden":
        known = ", ".join(_fields(loc[:-1]) or Settings.model_fields)
        return f"{variable_of(loc)} is no setting{where}; there are: {known}."
    field = _field(loc)
    # An address of a database may hold a password.
    secret = loc[0] == "database_url" or (field and SecretStr in get_args(field.annotation))
    value = "" if secret else f" is “{shorten(str(detail['input']), _SHOWN)}” and"
    rule = allowed(loc) or detail["msg"][:1].lower() + detail["msg"][1:]
    return f"{variable_of(loc)}{value} cannot be used{where}: it must be {rule}."


def _fields(loc: tuple[str, ...]) -> Mapping[str, FieldInfo]:
    model: Any = Settings
    for part in loc:
        field = model.model_fields.get(part)
        model = field.annotation if field else None
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return {}
    fields: Mapping[str, FieldInfo] = model.model_fields
    return fields


def _field(loc: tuple[str, ...]) -> FieldInfo | None:
    return _fields(loc[:-1]).get(loc[-1]) or _fields(()).get(loc[0])


def allowed(path: tuple[str, ...]) -> str:
    """What the setting at ``path`` takes, in words."""
    field = _field(path)
    if field is None:
        return ""
    if path[0] in _PATTERNS:
        return _PATTERNS[path[0]]
    if get_origin(field.annotation) is Literal:
        return "one of " + ", ".join(map(str, get_args(field.annotation)))
    if SecretStr in get_args(field.annotation):
        return _KINDS[str]
    kind = _KINDS.get(field.annotation, "")
    return ", ".join([kind, *_bounds(field)]) if kind else "a table"


def _bounds(field: FieldInfo) -> Iterator[str]:
    for constraint in field.metadata:
        attribute, words = _BOUNDS.get(type(constraint), ("", ""))
        if attribute:
            yield f"{words} {getattr(constraint, attribute):g}"


def _stands_in(values: Any, loc: tuple[str, ...]) -> bool:
    for part in loc:
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return True
