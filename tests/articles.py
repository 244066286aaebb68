"""`python -m tests.articles`: every row of the regulations with the tests that carry it, and a count as the last line.

A test names its rows with @pytest.mark.article("JZ15.3"), a case of the casebook under `articles`. Ends with 1 where a
test names a row that no regulation has.
"""

import json
import os
import sys
from collections import defaultdict
from contextlib import redirect_stdout

import pytest

from policies import shelf


class Collector:
    """Listens to pytest's collection and files each test under the rows that it names."""

    def __init__(self) -> None:
        self.tests: dict[str, list[str]] = defaultdict(list)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Called by pytest once every test is known."""
        for item in session.items:
            named = {row for mark in item.iter_markers("article") for row in mark.args}
            parameters = getattr(item, "callspec", None)
            for value in parameters.params.values() if parameters else ():
                named |= set(getattr(value, "articles", ()))
            for row in named:
                self.tests[row].append(item.nodeid)


def collect() -> dict[str, list[str]]:
    """The tests of each row, by asking pytest itself; nothing is run."""
    collector = Collector()
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        code = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", "tests"], plugins=[collector])
    if code != pytest.ExitCode.OK:
        raise SystemExit("the tests cannot be collected; run pytest --collect-only to see why")
    return collector.tests


def main() -> int:
    """Print the rows of every regulation in order, then one JSON line with the counts."""
    tests = collect()
    counts = {"rule": 0, "rule_with_tests": 0, "process": 0, "process_with_tests": 0}
    for code in shelf.codes():
        regulation = shelf.regulation(code)
        print(f"\n{regulation.title} ({code})")
        for row in regulation.articles():
            carried = tests.pop(row["id"], [])
            counts[row["kind"]] += 1
            counts[f"{row['kind']}_with_tests"] += bool(carried)
            print(f"{row['id']:<8} {row['kind']:<8} {row['asks']}")
            for test in carried or ["-"]:
                print(f"{'':<17} {test}")
    for row, naming in sorted(tests.items()):
        print(f"{row}: no regulation has this row, but it is named by {', '.join(naming)}", file=sys.stderr)
    print(json.dumps(counts))
    return 1 if tests else 0


if __name__ == "__main__":
    sys.exit(main())
