"""No rule of a regulation goes unproved, and no test claims to prove one that does not exist."""

import json
from io import StringIO

from django.core.management import call_command


def test_every_rule_is_carried_by_a_test() -> None:
    """The command itself refuses a test that names a row which no regulation has."""
    said = StringIO()
    call_command("articles", stdout=said)
    *lines, last = said.getvalue().splitlines()
    bare = [
        row
        for row, _code, test in zip(lines, lines[1:], lines[2:], strict=False)
        if row.split()[1:2] == ["rule"] and test.split() == ["test", "-"]
    ]
    counts = json.loads(last)
    assert not bare, "\n".join(bare)
    assert counts["rule"] == counts["rule_with_tests"] > 0
