"""Every question fits the schema that is written from W&B's own clients."""

from pathlib import Path

import pytest
from graphql import build_schema, parse, validate
from graphql.language import OperationDefinitionNode

from analysis.sources.graphql import NAMED, NEWS_FACTS, Operation, news_of

SCHEMA = build_schema(
    (Path(__file__).parents[3] / "bot" / "demo" / "wandb" / "schema.graphql").read_text()
)


@pytest.mark.parametrize(
    "operation",
    [
        *NAMED,
        *(news_of([(facts, system)]) for facts in NEWS_FACTS for system in (False, True)),
        news_of([("summary", False)] * 50),
    ],
    ids=lambda operation: operation.name,
)
def test_an_operation_is_valid_and_bears_its_name(operation: Operation) -> None:
    document = parse(operation.text)
    assert validate(SCHEMA, document) == []
    (definition,) = document.definitions
    assert isinstance(definition, OperationDefinitionNode)
    assert definition.name is not None
    assert definition.name.value == operation.name


def test_an_operation_has_one_name_only() -> None:
    assert len({operation.name for operation in NAMED}) == len(NAMED)


def test_fields_that_only_first_parties_may_read_are_not_asked_for() -> None:
    assert not [operation.name for operation in NAMED if "apiKeys" in operation.text]
