"""The table of causes, in order of priority: within one exception the first that matches wins."""

from typing import Final

from analysis.causes.rules import access, data, gpu, memory, numbers, processes, scheduler
from analysis.causes.rules.base import TAIL_LINES, Rule

RULES: Final[tuple[Rule, ...]] = (
    *scheduler.RULES,
    *memory.RULES,
    *numbers.RULES,
    *access.RULES,
    *data.RULES,
    *gpu.RULES,
    *processes.RULES,
)

__all__ = ["RULES", "TAIL_LINES", "Rule"]
