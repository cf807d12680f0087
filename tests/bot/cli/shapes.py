"""The shapes that the contract fixes: names that must be there, in every report of that kind.

A dict is an object, a list of one shape an array of such, ``...`` is any value (null included),
a set the allowed values.
"""

from typing import Any

RUN = dict.fromkeys(
    "entity project id name state url user tags group sweep created_at heartbeat_at ended_at "
    "runtime_s".split(),
    ...,
)
HEALTH = {"healthy", "warning", "critical", "unknown"}
FINDING = dict.fromkeys(
    "code metric step_start step_end value noise_ratio message advice".split(), ...
) | {"severity": {"info", "warning", "critical"}}
LOSS = dict.fromkeys("metric first current best best_step change_pct".split(), ...) | {
    "direction": {"improving", "flat", "worsening", "diverged"}
}
PROGRESS = dict.fromkeys("step total_steps fraction steps_per_hour eta_s".split(), ...)
DESCRIBE = {
    "schema_version": ...,
    "run": RUN,
    "health": HEALTH,
    "headline": ...,
    "findings": [FINDING],
    "not_checked": [{"code": ..., "reason": ...}],
    "loss": LOSS,
    "grad_norm": dict.fromkeys("metric median p95 max current verdict".split(), ...),
    "eval": [dict.fromkeys("metric last best best_step direction".split(), ...)],
    "progress": PROGRESS,
    "throughput": dict.fromkeys("metric recent overall unit".split(), ...),
    "config": ...,
    "metrics_used": ...,
    "partial": {True, False},
    "missing": [{"what": ..., "reason": ...}],
}
ENTRY = {
    "run": RUN,
    "health": HEALTH,
    "headline": ...,
    "findings": [FINDING],
    "loss": LOSS,
    "progress": PROGRESS,
}
WATCH = {
    "schema_version": ...,
    "summary": dict.fromkeys("running critical warning failed crashed finished hours".split(), ...),
    "running": [ENTRY],
    "failed": [ENTRY],
    "finished": [ENTRY],
    "errors": [{"what": ..., "reason": ...}],
}
COMPARE = {
    "schema_version": ...,
    "verdict": {"a_better", "b_better", "too_close", "not_comparable", "ranked"},
    "confidence": {"low", "medium", "high"},
    "sides": [{"label": ..., "runs": ..., "value": ...}],
    "config_diff": [{"key": ..., "values": ..., "important": ...}],
} | dict.fromkeys(
    "metric axis matched_at effect interval confidence_value seeds seeds_needed reason so_far "
    "hidden_config_differences".split(),
    ...,
)
WHY = dict.fromkeys(
    "schema_version cause confidence_value exception_type quotes advice also evidence".split(), ...
) | {
    "confidence": {"low", "medium", "high"},
    "frame": dict.fromkeys("file line function code".split(), ...),
}


def differences(value: Any, shape: Any, at: str = "$") -> list[str]:
    """Where a value is not of a shape; an object or number that a run lacks may be null."""
    if shape is ...:
        return []
    if isinstance(shape, set):
        return [] if value in shape else [f"{at} is {value!r}"]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{at} is no array"]
        return [
            found
            for index, item in enumerate(value)
            for found in differences(item, shape[0], f"{at}[{index}]")
        ]
    if value is None and at != "$":
        return []
    if not isinstance(value, dict):
        return [f"{at} is no object"]
    missing = [f"{at}.{name} is missing" for name in shape if name not in value]
    return missing + [
        found
        for name, inner in shape.items()
        if name in value
        for found in differences(value[name], inner, f"{at}.{name}")
    ]
