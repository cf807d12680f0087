"""How long a diagnosis takes: real log endings, megabyte lines, binary garbage, hostile repetition.

Run with ``python -m benchmarks.causes``. Each line is CPU time, the best of three runs.
"""

import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from analysis.causes import Log, diagnose
from analysis.redact import redact

LOGS = Path(__file__).parent.parent / "tests" / "analysis" / "causes" / "logs"
MEGABYTE = 1_000_000


def inputs() -> dict[str, bytes]:
    """Name → a log that is hard in its own way."""
    chance = random.Random(7)
    progress = b"\r".join(
        b"%d%%|####| %d/90000 [00:01<00:10, 9.1it/s]" % (i % 100, i) for i in range(90_000)
    )
    trace = b'  File "/srv/train.py", line 3, in f\n    x = y\n' * 20_000
    return {
        "one line of a megabyte of words": b"loss 0.5 step 3 lorem ipsum token " * (MEGABYTE // 34),
        "one line of a megabyte of letters": b"a" * MEGABYTE,
        "one line of four megabytes of a progress bar": progress,
        "a megabyte of binary garbage": chance.randbytes(MEGABYTE),
        "five megabytes of binary garbage": chance.randbytes(5 * MEGABYTE),
        "twenty thousand frames": b"Traceback (most recent call last):\n" + trace,
        "ordinary log, five megabytes": b"{'loss': '1.384', 'grad_norm': '0.4627', 'epoch': '1'}\n"
        * 90_000,
        "errors on every line": b"ValueError: bad value 3\n" * 60_000,
        "names of secrets on every line": b"pad_token=<pad> token=abc password: x\n" * 26_000,
        "colour codes on every line": b"\x1b[32mINFO\x1b[0m step 3 loss \x1b[1m0.5\x1b[0m\n"
        * 26_000,
    }


def best(call: Callable[[], object]) -> float:
    """Seconds of the fastest of three calls."""
    times = []
    for _ in range(3):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Print the table."""
    endings = [path.read_bytes() for path in sorted(LOGS.rglob("*.log"))]
    seconds = best(lambda: [diagnose(log, exit_code=1) for log in endings]) / len(endings)
    print(f"{'a log ending of the test set, on average':48} {seconds * 1000:8.1f} ms")
    for name, data in inputs().items():
        seconds = best(partial(diagnose, Log(data), exit_code=1))
        print(f"{name:48} {seconds * 1000:8.1f} ms")
    text = inputs()["ordinary log, five megabytes"].decode()[:MEGABYTE]
    print(f"{'redact a megabyte of ordinary log':48} {best(lambda: redact(text)) * 1000:8.1f} ms")


if __name__ == "__main__":
    main()
