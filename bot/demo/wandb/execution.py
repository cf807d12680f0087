"""GraphQL, executed: the schema file, its resolvers, and errors in W&B's words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    Visitor,
    build_schema,
    execute_sync,
    parse,
    validate,
    visit,
)

from bot.demo.wandb.ask import Ask
from bot.demo.wandb.resolvers import RESOLVERS

SCHEMA = resources.files("bot.demo.wandb").joinpath("schema.graphql").read_text(encoding="utf-8")
_ALIASED = frozenset({"project", "run", "runs"})


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A parsed query: its first operation's name, its top fields, and its aliases."""

    node: DocumentNode
    operation: str
    fields: tuple[str, ...]
    aliases: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """``data`` and ``errors`` as they are sent, and whether the query was valid at all."""

    data: Any
    errors: list[dict[str, Any]]
    valid: bool = True

    def body(self) -> dict[str, Any]:
        """The body of the answer."""
        made: dict[str, Any] = {"data": self.data}
        if self.errors:
            made["errors"] = self.errors
        return made


@lru_cache(maxsize=128)
def read(query: str, operation: str | None) -> Document:
    """Parse a query; one that was asked before is at hand, as on any GraphQL server.

    Raises:
        GraphQLError: when it is no GraphQL.
    """
    node = parse(query)
    operations = [each for each in node.definitions if isinstance(each, OperationDefinitionNode)]
    names = [each.name.value for each in operations if each.name]
    top = [
        each.name.value
        for each in (operations[0].selection_set.selections if operations else ())
        if isinstance(each, FieldNode)
    ]
    counter = _Aliases()
    visit(node, counter)
    return Document(node, operation or (names[0] if names else ""), tuple(top), counter.found)


class _Aliases(Visitor):
    """Counts aliases of the fields that cost most."""

    def __init__(self) -> None:
        super().__init__()
        self.found = 0

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.alias and node.name.value in _ALIASED:
            self.found += 1


def answer(
    document: Document, variables: Mapping[str, Any], operation: str | None, ask: Ask
) -> Outcome:
    """Validate and execute a query.

    Raises:
        FaultRaised: when a resolver met a fault that decides the whole answer.
    """
    schema = schema_without(ask.store.quirks.missing_fields)
    invalid = _invalid(document, ask.store.quirks.missing_fields)
    if invalid:
        return Outcome(None, [_formatted(error) for error in invalid], valid=False)
    result = execute_sync(
        schema,
        document.node,
        context_value=ask,
        variable_values=dict(variables),
        operation_name=operation or None,
    )
    errors = result.errors or []
    for error in errors:
        cause = error.original_error
        if cause is not None and not isinstance(cause, GraphQLError):
            raise cause  # a fault, or a mistake in a resolver
    return Outcome(result.data, [_formatted(error) for error in errors])


@lru_cache(maxsize=128)
def _invalid(document: Document, missing: frozenset[str]) -> tuple[GraphQLError, ...]:
    """What is wrong with a query in the schema of a server that lacks some fields."""
    return tuple(validate(schema_without(missing), document.node))


def problem(message: str) -> dict[str, Any]:
    """A body that holds one error."""
    return {"errors": [{"message": message}]}


def _formatted(error: GraphQLError) -> dict[str, Any]:
    # W&B quotes names in double quotes, and makes no suggestions.
    message = re.sub(r"'([^']*)'", r'"\1"', error.message).partition(" Did you mean")[0]
    if message.startswith("Cannot query field"):
        message = message.rstrip(".")
    made: dict[str, Any] = {"message": message}
    if error.path:
        made["path"] = error.path
    return made


@cache
def schema_without(missing: frozenset[str]) -> GraphQLSchema:
    """The schema with its resolvers, without the fields (``Type.field``) that a server lacks."""
    schema = build_schema(SCHEMA)
    for kind in schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind.name.startswith("__"):
            continue
        for name, each in list(kind.fields.items()):
            if f"{kind.name}.{name}" in missing:
                del kind.fields[name]
                continue
            each.resolve = RESOLVERS.get(kind.name, {}).get(name)
            for argument_name, argument in each.args.items():
                argument.out_name = re.sub(r"([A-Z])", r"_\1", argument_name).lower()
    return schema
