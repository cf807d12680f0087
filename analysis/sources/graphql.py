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

_BRIEF = """
  id name displayName state historyLineCount tags group jobType sweepName createdAt heartbeatAt
  user { name username }
"""
_PAGE_INFO = "pageInfo { endCursor hasNextPage }"

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


CENSUS = Operation(
    "Census",
    "query Census($entity: String!, $project: String!, $known: JSONString, $first: Int,"
    " $others: JSONString, $page: Int) {"
    " project(name: $project, entityName: $entity) {"
    ' known: runs(filters: $known, first: $first, order: "-created_at")'
    f" {{ edges {{ node {{ {_BRIEF} }} cursor }} {_PAGE_INFO} }}"
    ' others: runs(filters: $others, first: $page, order: "-created_at")'
    f" {{ edges {{ node {{ {_FACTS} historyKeys }} cursor }} {_PAGE_INFO} }}"
    " } }",
)
"""Which runs changed: what moves of those that are known, and all of the others."""


def _census_page(name: str, fields: str) -> Operation:
    return Operation(
        name,
        f"query {name}($entity: String!, $project: String!, $filters: JSONString, $first: Int,"
        " $after: String) {"
        " project(name: $project, entityName: $entity) {"
        ' runs(filters: $filters, first: $first, after: $after, order: "-created_at")'
        f" {{ edges {{ node {{ {fields} }} cursor }} {_PAGE_INFO} }} }} }}",
    )


CENSUS_KNOWN = _census_page("CensusKnown", _BRIEF)
CENSUS_OTHERS = _census_page("CensusOthers", f"{_FACTS} historyKeys")

NEWS_FACTS = {
    "": "",
    "summary": "summaryMetrics historyLineCount heartbeatAt createdAt",
    "all": f"{_FACTS} historyKeys",
    "end": f"{_FACTS} historyKeys exitcode",
}
"""What of a run comes along with its new points; not every server knows the exit code."""


def news_of(asked: Sequence[tuple[str, bool]]) -> Operation:
    """New points of many runs in one request: an alias ``r0``, ``r1``, … a run.

    Variables a run: ``e0`` entity, ``p0`` project, ``n0`` run id, ``s0`` specs, and ``m0`` samples
    where system metrics are wanted.

    Args:
        asked: for each run a key of ``NEWS_FACTS``, and whether system metrics are wanted.
    """
    variables, fields = [], []
    for i, (facts, system) in enumerate(asked):
        variables.append(f"$e{i}: String!, $p{i}: String!, $n{i}: String!, $s{i}: [JSONString!]!")
        if system:
            variables.append(f"$m{i}: Int")
        events = f"events(samples: $m{i})" if system else ""
        fields.append(
            f"r{i}: project(name: $p{i}, entityName: $e{i}) {{ run(name: $n{i}) {{"
            f" id {NEWS_FACTS[facts]} sampledHistory(specs: $s{i}) {events} }} }}"
        )
    return Operation("News", f"query News({', '.join(variables)}) {{ {' '.join(fields)} }}")


NAMED = (
    RUN,
    RUN_PLAIN,
    HISTORY,
    BUCKETS,
    SYSTEM,
    CONSOLE,
    RUNS,
    RUNS_WITH_CURVES,
    CENSUS,
    CENSUS_KNOWN,
    CENSUS_OTHERS,
    VIEWER,
    PROJECTS,
    MODELS,
)
"""Every operation of fixed text, for the test that holds them to the schema."""
