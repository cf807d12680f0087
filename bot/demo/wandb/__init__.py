"""A local W&B server, for the demo and for tests; the real ``wandb.Api`` is its judge.

It serves recorded runs, made ones and live ones over GraphQL, with the semantics of
``schema.graphql``::

    async with LocalWandb(clock=clock) as server:            # a free loopback port
        run = server.add_recorded(RUNS / "healthy-digits", entity="demo")
        made = server.add_run(
            "demo", "made", "spiky", columns={"loss": loss, "lr": lr},   # numpy, one value a row
            sparse={"eval/loss": ([0, 100], [2.3, 1.1])}, config={"lr": 3e-4}, state="finished",
        )
        live = server.add_run("demo", "made", "live")        # running, no rows yet
        live.log({"loss": 2.3}, step=0)                      # also: log_system, print, beat,
        live.becomes("crashed")                              # configure, add_file
        settings = {"WANDB_BASE_URL": server.base_url, "WANDB_API_KEY": API_KEY}

        server.fail(Status(429, retry_after=2), times=1)                     # the next request
        server.fail(Status(500), path="demo/made/spiky", fields=HISTORY_FIELDS)   # a poisoned run
        server.fail(Null(), path="demo/made")                # the project is null from now on
        held = server.hold(operation="Describe*")            # never answers …
        await held.arrived(); held.release()                 # … until it is told to
        server.heal()

        await server.traffic.until(lambda t: len(t.of("RunsPage")) >= 2)
        request = server.traffic.requests[-1]                # operation, variables, sent, status
        server.quirks.missing_fields = frozenset({"Run.bucketedHistory"})    # an older server
        server.quirks.non_finite = "dropped"                 # "string", "null"
        server.add_key(other_key, User("guest", entity="guest"), reads=["guest/*"])
        server.crash_after_s = 300                           # W&B's own judgement of silent runs

A recorded run grows live again with ``Replay`` (``bot.demo.wandb.replay``).
"""

from bot.demo.wandb.execution import SCHEMA
from bot.demo.wandb.faults import (
    HISTORY_FIELDS,
    Errors,
    Fault,
    Hold,
    Null,
    Reset,
    Rule,
    Slow,
    Status,
    Truncated,
    empty_body,
    html_page,
)
from bot.demo.wandb.model import Line, LocalProject, LocalRun, LocalSweep, User
from bot.demo.wandb.server import LocalWandb
from bot.demo.wandb.store import API_KEY, Account, Quirks
from bot.demo.wandb.traffic import Request, Traffic

__all__ = [
    "API_KEY",
    "HISTORY_FIELDS",
    "SCHEMA",
    "Account",
    "Errors",
    "Fault",
    "Hold",
    "Line",
    "LocalProject",
    "LocalRun",
    "LocalSweep",
    "LocalWandb",
    "Null",
    "Quirks",
    "Request",
    "Reset",
    "Rule",
    "Slow",
    "Status",
    "Traffic",
    "Truncated",
    "User",
    "empty_body",
    "html_page",
]
