"""Tens of thousands of requests of each kind, answered by the product and by a second reading of the texts."""

import os
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any

from policies import estimate
from tests.policies.second_reading import comparison

SHOWN = 5  # differences of a kind that go to standard error, each with the request that shows it


def run(short: bool) -> Iterator[dict[str, Any]]:
    """One row over all kinds; SECOND_READING_COUNT and SECOND_READING_SEED ask for more or for other requests."""
    count = int(os.environ.get("SECOND_READING_COUNT", "2000" if short else "50000"))
    seed = int(os.environ.get("SECOND_READING_SEED", "1"))
    tried = failed = 0
    for kind in comparison.READINGS:
        differences = comparison.differences(estimate.answer, kind, count, seed)
        unnamed = comparison.unnamed_faults(estimate.answer, kind, count // 10, seed)
        found = list(chain(differences, unnamed))
        for line in found[:SHOWN]:
            print(f"{kind}: {line}", file=sys.stderr)
        tried += count + count // 10
        failed += len(found)
    yield {"tried": tried, "failed": failed, "database": None}
