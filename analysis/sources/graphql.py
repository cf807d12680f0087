"""The questions that a W&B server is asked; all of them, and nowhere else.

Each is valid against the schema that the local server keeps, which is written from W&B's own
clients; a test holds them to it. Fields that only the web app or other clients are known to ask
for stand in operations of their own, so that a server without them can be asked the plain one.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """A named GraphQL operation."""

    name: str
    text: str


_FACTS = """
  id name displayName state config summaryMetrics historyLineCount tags group jobType sweepName
  commit notes createdAt heartbeatAt user { name username }
"""

_RUN = "project(name: $project, entityName: $entity) { run(name: $run) { %s } }"
_RUN_VARIABLES = "$entity: String!, $project: String!, $run: String!"


def _of_run(name: str, fields: str, more: str = "") -> Operation:
    return Operation(name, f"query {name}({_RUN_VARIABLES}{more}) {{ {_RUN % fields} }}")


RUN = _of_run("Run", f"{_FACTS} historyKeys host exitcode")
RUN_PLAIN = _of_run("RunPlain", f"{_FACTS} historyKeys")

HISTORY = _of_run("History", "sampledHistory(specs: $specs)", ", $specs: [JSONString!]!")
BUCKETS = _of_run("Buckets", "bucketedHistory(specs: $specs)", ", $specs: [JSONString!]!")
SYSTEM = _of_run("System", "events(samples: $samples)", ", $samples: Int")
CONSOLE = _of_run(
    "Console",
    "logLines(last: $last) { edges { node { number timestamp level line } } }",
    ", $last: Int",
)


def _runs(name: str, extra: str = "", more: str = "") -> Operation:
    return Operation(
        name,
        f"query {name}($entity: String!, $project: String!, $filters: JSONString, $order: String,"
        f" $first: Int, $after: String{more}) {{"
        " project(name: $project, entityName: $entity) {"
        " runCount(filters: $filters)"
        " runs(filters: $filters, first: $first, after: $after, order: $order) {"
        f" edges {{ node {{ {_FACTS} {extra} }} cursor }} pageInfo {{ endCursor hasNextPage }}"
        " } } }",
    )


RUNS = _runs("Runs")
RUNS_WITH_CURVES = _runs(
    "RunsWithCurves", "sampledHistory(specs: $specs)", ", $specs: [JSONString!]!"
)

VIEWER = Operation(
    "Viewer",
    "query Viewer { viewer { id entity username email teams { edges { node { name } } } } }",
)

PROJECTS = Operation(
    "Projects",
    "query Projects($entity: String!, $first: Int, $after: String) {"
    ' projects(entityName: $entity, first: $first, after: $after, order: "-lastActive") {'
    " edges { node { name entityName lastActive runCount } }"
    " pageInfo { endCursor hasNextPage } } }",
)
MODELS = Operation(
    "Models",
    "query Models($entity: String!, $first: Int, $after: String) {"
    " models(entityName: $entity, first: $first, after: $after) {"
    " edges { node { name entityName createdAt } }"
    " pageInfo { endCursor hasNextPage } } }",
)


def curves_of(runs: int) -> Operation:
    """New points of so many runs in one request: an alias ``r0``, ``r1``, … a run.

    Variables a run: ``e0`` entity, ``p0`` project, ``n0`` run id, ``s0`` specs.
    """
    places: Sequence[int] = range(runs)
    variables = ", ".join(
        f"$e{i}: String!, $p{i}: String!, $n{i}: String!, $s{i}: [JSONString!]!" for i in places
    )
    fields = " ".join(
        f"r{i}: project(name: $p{i}, entityName: $e{i}) {{"
        f" run(name: $n{i}) {{ id sampledHistory(specs: $s{i}) }} }}"
        for i in places
    )
    return Operation("Curves", f"query Curves({variables}) {{ {fields} }}")


NAMED = (
    RUN,
    RUN_PLAIN,
    HISTORY,
    BUCKETS,
    SYSTEM,
    CONSOLE,
    RUNS,
    RUNS_WITH_CURVES,
    VIEWER,
    PROJECTS,
    MODELS,
)
"""Every operation of fixed text, for the test that holds them to the schema."""
