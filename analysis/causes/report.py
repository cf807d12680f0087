"""A diagnosis → the JSON of `why`, and its one sentence."""

import math
import ntpath
import posixpath
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from analysis.causes.model import Cause, Confidence, Diagnosis
from analysis.reports import MissingPart

SCHEMA_VERSION: Final = 1


def finite_json(value: object) -> object:
    """A JSON value with non-finite numbers as W&B writes them: `"NaN"`, `"Infinity"`."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {str(key): finite_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite_json(item) for item in value]
    return value


class FrameReport(BaseModel):
    """The last frame in the user's own code."""

    model_config = ConfigDict(frozen=True)

    file: str
    line: int
    function: str | None = None
    code: str | None = None


class WhyReport(BaseModel):
    """What `wandb-bot why --json` prints."""

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = SCHEMA_VERSION
    cause: Cause
    confidence: Confidence
    confidence_value: float = Field(ge=0, le=1)
    exception_type: str | None = None
    exception_message: str | None = None
    frame: FrameReport | None = None
    sentence: str
    quotes: list[str] = Field(default_factory=list)
    advice: str | None = None
    also: list[str] = Field(default_factory=list)
    missing: list[MissingPart] = Field(default_factory=list)
    evidence: Annotated[dict[str, object], PlainSerializer(finite_json)] = Field(
        default_factory=dict
    )

    @classmethod
    def of(cls, diagnosis: Diagnosis) -> "WhyReport":
        """The report of a diagnosis."""
        frame = diagnosis.frame
        return cls(
            cause=diagnosis.cause,
            confidence=diagnosis.confidence,
            confidence_value=diagnosis.confidence_value,
            exception_type=diagnosis.exception_type,
            exception_message=diagnosis.exception_message,
            frame=FrameReport(
                file=frame.file, line=frame.line, function=frame.function, code=frame.code
            )
            if frame
            else None,
            sentence=sentence(diagnosis),
            quotes=list(diagnosis.quotes),
            advice=diagnosis.advice,
            also=list(diagnosis.also),
            evidence=dict(diagnosis.evidence),
        )


TITLES: Final[Mapping[Cause, str]] = {
    "gpu_oom": "It ran out of GPU memory",
    "host_oom": "It ran out of host memory",
    "nan": "The loss or a value in training became NaN or infinite",
    "assertion": "An assertion failed",
    "python_exception": "It stopped with an exception",
    "network_nccl": "Communication between processes or over the network failed",
    "timeout_limit": "It reached its time limit",
    "preempted": "It was pre-empted",
    "killed": "It was killed from outside",
    "interrupted": "It was interrupted",
    "disk_full": "The disk or a quota was full",
    "data_missing": "A file or data set is missing",
    "data_bad": "Data could not be read: broken or in another format",
    "cuda_error": "The GPU reported an error",
    "segfault": "It crashed in native code",
    "auth": "Access was refused: a key, a token or a permission",
    "dependency": "A package, driver or program is missing or does not fit",
    "none": "It did not fail",
    "unknown": "The cause cannot be told from the log",
}


def sentence(diagnosis: Diagnosis) -> str:
    """One sentence with the cause, the place and the step, as far as they are known."""
    title = TITLES[diagnosis.cause]
    if diagnosis.cause == "none" and diagnosis.evidence.get("rule") == "state":
        return f"{title}: {diagnosis.evidence['reason']}."
    if diagnosis.cause in {"none", "unknown"}:
        return f"{title}."
    parts = [title]
    frame = diagnosis.frame
    if frame is not None:
        name = ntpath.basename(posixpath.basename(frame.file))
        function = f" in `{frame.function}`" if frame.function else ""
        parts.append(f"{function} ({name}:{frame.line})")
    step = diagnosis.evidence.get("last_step")
    if step is not None:
        parts.append(f" after step {step}")
    if diagnosis.cause in {"python_exception", "assertion", "data_missing", "data_bad"}:
        name = (diagnosis.exception_type or "").rpartition(".")[2]
        message = (diagnosis.exception_message or "")[:160]
        told = f"{name}: {message}" if name and message else name
        parts.append(f": {told}" if told else "")
    elif diagnosis.confidence == "low" and diagnosis.evidence.get("reason"):
        parts.append(f": {diagnosis.evidence['reason']}")
    text = "".join(parts).rstrip(". ")
    return f"{text}."
