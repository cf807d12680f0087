"""The analysis as tools of the Model Context Protocol, so that a coding agent gives our verdicts.

Read only: a tool looks, and changes nothing anywhere. What a tool returns is the report that
``wandb-bot … --json`` prints, with its schema; what fails is said in the same sentence, with the
same exit code.
"""

import functools
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated, Any, Final, Literal, ParamSpec

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from analysis.causes.report import WhyReport
from analysis.comparing.report import Comparison
from analysis.errors import AnalysisError
from analysis.failures import FailuresReport
from analysis.looking.report import Look
from analysis.reports import RunReport
from bot.questions import Questions
from bot.settings import Settings

P = ParamSpec("P")

INSTRUCTIONS: Final = """\
Looks at Weights & Biases training runs with documented detectors and statistics, no language
model: how a run is doing (describe), all running jobs (watch), which of several is better and how
sure that is (compare), why one failed (why), a project's failures by cause (failures). Use these
verdicts instead of judging curves yourself, and quote their evidence. Nothing is ever changed."""

_NON_FINITE: Final = {"enum": ["NaN", "Infinity", "-Infinity"]}

Run = Annotated[
    str,
    Field(
        description="entity/project/run_id, project/run_id, a run id with a default project, a W&B "
        "run link, or a path on disk (a run's folder or a .wandb file)."
    ),
]
Side = Annotated[
    str,
    Field(
        description="A run; several seeds joined by commas; [entity/project/]group:NAME; or "
        "FOLDER/group:NAME for runs on disk."
    ),
]


def build(settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> MCPServer:
    """A server with all tools.

    Args:
        settings: budgets, thresholds, metric names.
        now: the clock.
    """
    questions = Questions(settings, now)

    async def describe(run: Run) -> RunReport:
        """Says how a training run is doing.

        Health, findings with evidence and advice, loss, gradient norm, evaluation metrics,
        progress and ETA, and what could not be checked.
        """
        return await questions.describe(run)

    async def watch(
        where: Annotated[
            str | None, Field(description="entity or entity/project; the key's own when absent.")
        ] = None,
        projects: Annotated[
            list[str] | None, Field(description="Only these projects of the entity.")
        ] = None,
        hours: Annotated[
            float, Field(gt=0, le=8_784_000, description="How far back, by when a run ended.")
        ] = 24.0,
    ) -> Look:
        """Shows all running jobs at a glance.

        Each with its health and progress; then what failed and what finished in the last hours.
        """
        return await questions.watch(where, projects or (), hours)

    async def compare(
        sides: Annotated[list[Side], Field(min_length=2, max_length=8)],
        metric: Annotated[str | None, Field(description="What decides; chosen if absent.")] = None,
        better: Annotated[
            Literal["up", "down"] | None,
            Field(description="Which way is better, where the metric's name does not tell."),
        ] = None,
        by: Annotated[
            Literal["step", "tokens", "time"] | None,
            Field(description="What the sides are compared at equal amounts of."),
        ] = None,
    ) -> Comparison:
        """Says which side is better, how sure that is, and how many more seeds would settle it."""
        return await questions.compare(sides, metric=metric, better=better, by=by)

    async def why(run: Run) -> WhyReport:
        """Says why a run failed.

        The cause, the exception and its place, the quoted log lines, and what to do.
        """
        return await questions.why(run)

    async def failures(
        project: Annotated[str, Field(description="entity/project, or a folder of runs.")],
        days: Annotated[float, Field(gt=0, description="How far back.")] = 7.0,
    ) -> FailuresReport:
        """Groups the failures of a project by their error."""
        return await questions.failures(project, days)

    return MCPServer(
        "wandb-bot",
        title="Weights & Biases runs: health, causes, comparisons",
        instructions=INSTRUCTIONS,
        version=version("wandb-bot"),
        tools=[_tool(function) for function in (describe, watch, compare, why, failures)],
        log_level="WARNING",
    )


def _tool(function: Callable[..., Awaitable[Any]]) -> Tool:
    tool = Tool.from_function(
        _told(function),
        annotations=ToolAnnotations(
            read_only_hint=True,
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=True,
        ),
        structured_output=True,
    )
    # The reports write non-finite numbers as W&B does: the schema that clients check has to say so.
    tool.fn_metadata.output_schema = _widened(tool.fn_metadata.output_schema)
    return tool


def _told(function: Callable[P, Awaitable[BaseModel]]) -> Callable[P, Awaitable[CallToolResult]]:
    """The report as ``--json`` writes it; what goes wrong in our own sentence, with its exit code.

    The SDK's own conversion would turn non-finite numbers into null.
    """

    @functools.wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> CallToolResult:
        try:
            report = await function(*args, **kwargs)
        except AnalysisError as error:
            raise ToolError(f"{error} (exit code {error.exit_code})") from None
        text = report.model_dump_json()
        return CallToolResult(
            content=[TextContent(type="text", text=text)], structured_content=json.loads(text)
        )

    return call


def _widened(schema: Any) -> Any:
    """The schema, in which every number may also be one of the three that JSON lacks."""
    if isinstance(schema, dict):
        if schema.get("type") == "number":
            return {"anyOf": [schema, _NON_FINITE]}
        return {key: _widened(value) for key, value in schema.items()}
    if isinstance(schema, Sequence) and not isinstance(schema, str):
        return [_widened(item) for item in schema]
    return schema
