"""Tens of thousands of requests of each kind, answered by the product and by a second reading of the texts."""

import os
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any

from policies import estimate
from tests.policies.second_reading import comparison

SHOWN = 5


def run(short: bool) -> Iterator[dict[str, Any]]:
    """One row per kind; the first differences go to standard error, with the request that shows them."""
    count = int(os.environ.get("SECOND_READING_COUNT", "2000" if short else "50000"))
    seed = int(os.environ.get("SECOND_READING_SEED", "1"))
    for kind in comparison.READINGS:
        found = list(
            chain(
                comparison.differences(estimate.answer, kind, count, seed),
                comparison.unnamed_faults(estimate.answer, kind, count // 10, seed),
            )
        )
        for line in found[:SHOWN]:
            print(line, file=sys.stderr)
        row = {"name": f"second_reading.{kind}", "tried": count + count // 10, "failed": len(found), "database": None}
        yield row
