"""Asks the real ``wandb.Api`` for all that the product cares about, and prints it as JSON.

Started by ``test_wandb_client.py`` in a process of its own, with the server in WANDB_BASE_URL.
"""

import json
import sys
import tempfile
from typing import Any

import wandb
from wandb.errors import CommError


def of_run(api: wandb.Api, path: str, key: str) -> dict[str, Any]:
    """Everything of one run."""
    run = api.run(path)
    return {
        "state": run.state,
        "name": run.name,
        "user": run.user.username,
        "created_at": run.created_at,
        "tags": run.tags,
        "config": dict(run.config),
        "summary": {k: v for k, v in dict(run.summary).items() if k != "_wandb"},
        "sampled": run.history(keys=[key], pandas=False, samples=10_000),
        "thinned": run.history(keys=[key], pandas=False, samples=20),
        "history": run.history(pandas=False, samples=7),
        "scan": list(run.scan_history()),
        "scan_keys": list(run.scan_history(keys=[key])),
        "last_step": run.lastHistoryStep,
        "keys": sorted(run.history_keys["keys"]),
        "tail": [(line.number, line.content) for line in run.console_logs(last=4)],
        "log": [line.content for line in run.console_logs(per_page=5)],
        "stamped": [line.timestamp is not None for line in run.console_logs(last=1)],
        "files": {file.name: file.size for file in run.files()},
        "system": run.history(stream="system", pandas=False),
    }


def main(paths: list[str], keys: list[str]) -> dict[str, Any]:
    """The whole conversation."""
    api = wandb.Api()
    found: dict[str, Any] = {
        path: of_run(api, path, k) for path, k in zip(paths, keys, strict=True)
    }
    entity = paths[0].split("/")[0]
    pages = api.runs(f"{entity}/digits", per_page=1, order="-created_at")
    found["order"] = [run.id for run in pages]
    found["count"] = len(pages)
    filters = {"$and": [{"state": {"$in": ["finished"]}}, {"config.lr": {"$gt": 1}}]}
    found["filtered"] = [run.id for run in api.runs(f"{entity}/digits", filters=filters)]
    whole = api.runs(f"{entity}/digits", lazy=False)
    found["page_configs"] = [run.config["lr"] for run in whole]
    found["projects"] = sorted(project.name for project in api.projects(entity))
    sweep: Any = api.sweep(f"{entity}/made/sw1")  # type: ignore[no-untyped-call]  # not typed there
    found["sweep"] = [sweep.state, [run.id for run in sweep.runs], sweep.best_run().id]
    found["viewer"] = [api.viewer.username, api.default_entity]
    log = next(iter(api.run(paths[0]).files(names=["output.log"])))
    found["download"] = log.download(root=tempfile.mkdtemp()).read()
    try:
        api.run(f"{entity}/digits/none")
    except CommError as error:
        found["missing"] = str(error)
    return found


if __name__ == "__main__":
    half = len(sys.argv[1:]) // 2
    print(json.dumps(main(sys.argv[1 : 1 + half], sys.argv[1 + half :])))
