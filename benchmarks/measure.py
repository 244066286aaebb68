"""One figure: how long the work takes, against its floor, with its memory and its queries."""

import gc
import resource
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.db import connection

Work = Callable[[], object]


def figure(
    name: str,
    *,
    rows: int,
    work: Work,
    floor: Work,
    before: Work | None = None,
    repeat: int = 3,
    in_database: bool = True,
) -> dict[str, Any]:
    """Time `work` over `rows` rows beside `floor`, the barest code that does the same; the best of `repeat` turns each.

    `before` restores the starting point untimed before every turn of either, for work that can be done only once.
    `peak_mb` is the highest resident memory of the process during the first turn of the work, `queries` its statements.
    """
    seconds = floor_seconds = float("inf")
    queries, peak_mb = 0, 0.0
    for turn in range(repeat):  # in turns, so that a busy moment of the machine does not fall on one of the two alone
        floor_seconds = min(floor_seconds, _timed(floor, before))
        counter = _Counter()
        with ExitStack() as stack:
            if turn == 0:
                stack.enter_context(connection.execute_wrapper(counter))
                _forget_peak()
            seconds = min(seconds, _timed(work, before, counter))
        if turn == 0:
            queries, peak_mb = counter.count, _peak_mb()
    return {
        "name": name,
        "rows": rows,
        "seconds": round(seconds, 6),
        "rows_per_s": round(rows / seconds),
        "floor_seconds": round(floor_seconds, 6),
        "ratio": round(seconds / floor_seconds, 2),
        "peak_mb": round(peak_mb, 1),
        "queries": queries,
        "database": connection.vendor if in_database else "none",
    }


class _Counter:
    """Counts statements, those of `before` left out."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], *call: Any) -> Any:
        self.count += 1
        return execute(*call)


def _timed(work: Work, before: Work | None, counter: _Counter | None = None) -> float:
    if before:
        before()
    if counter:
        counter.count = 0
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _forget_peak() -> None:
    # Linux forgets the high-water mark on request; elsewhere it stays that of the whole process.
    marks = Path("/proc/self/clear_refs")
    if marks.exists():
        marks.write_text("5")


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
