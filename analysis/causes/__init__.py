"""Why did a run fail: console log, exit code and metrics → cause, quotes and advice."""

from analysis.causes.batch import why_batch
from analysis.causes.diagnose import diagnose
from analysis.causes.grouping import Failure, FailureGroup, fingerprint, group_failures
from analysis.causes.model import CAUSES, Cause, Diagnosis, Frame, MetricEvidence
from analysis.causes.report import WhyReport, sentence
from analysis.causes.text import Log

__all__ = [
    "CAUSES",
    "Cause",
    "Diagnosis",
    "Failure",
    "FailureGroup",
    "Frame",
    "Log",
    "MetricEvidence",
    "WhyReport",
    "diagnose",
    "fingerprint",
    "group_failures",
    "sentence",
    "why_batch",
]
