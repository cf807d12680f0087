"""How long it takes to understand a sentence: `python -m benchmarks.understand`.

Reads every sentence of all files of the corpus several times, its context parsed anew
each time as `understand --batch` does, and prints median, 95th percentile and maximum in
milliseconds; the target is a median under 2 ms. Exits with 1 above it.
"""

import json
import statistics
import sys
import time
from pathlib import Path

from handlers.language import Context, understand

CORPUS = Path(__file__).parent.parent / "tests" / "handlers" / "language" / "corpus"
ROUNDS = 3
TARGET_MS = 2.0


def main() -> int:
    """Measures and prints."""
    rows = [
        json.loads(line)
        for part in sorted(CORPUS.glob("*.jsonl"))
        for line in part.read_text(encoding="utf-8").splitlines()
    ]
    started = time.perf_counter()
    understand("hello", Context())
    first = (time.perf_counter() - started) * 1000
    cases = [(str(row["text"]), row["context"]) for row in rows]
    spent: list[float] = []
    for _ in range(ROUNDS):
        for text, context in cases:
            started = time.perf_counter()
            understand(text, Context.model_validate(context))
            spent.append((time.perf_counter() - started) * 1000)
    spent.sort()
    median = statistics.median(spent)
    print(f"{len(cases)} sentences, {ROUNDS} rounds; first use {first:.0f} ms")
    p95 = spent[int(len(spent) * 0.95)]
    print(f"median {median:.2f} ms, p95 {p95:.2f} ms, max {spent[-1]:.2f} ms")
    return 0 if median < TARGET_MS else 1


if __name__ == "__main__":
    sys.exit(main())
