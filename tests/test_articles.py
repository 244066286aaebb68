"""No rule of a regulation goes unproved, and no test claims to prove one that does not exist."""

import json
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from office import articles

TESTS = Path(__file__).parent


def test_every_rule_is_carried_by_code_and_by_a_test():
    bare = [row.id for row in articles.rows(TESTS) if row.kind == "rule" and not (row.code and row.tests)]
    assert not bare


def test_the_command_prints_every_row_and_ends_with_the_counts():
    told = StringIO()
    call_command("articles", stdout=told)
    *lines, last = told.getvalue().splitlines()
    rows, counts = articles.rows(TESTS), json.loads(last)
    assert all(any(line.startswith(f"{row.id} ") for line in lines) for row in rows)
    assert counts["rule"] == counts["rule_with_tests"] == sum(row.kind == "rule" for row in rows)
    assert counts["process"] == sum(row.kind == "process" for row in rows)


def test_marks_are_read_from_functions_classes_and_files(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_sample.py").write_text(
        "import pytest\n"
        'pytestmark = pytest.mark.article("A")\n'
        '@pytest.mark.article("B", "C")\ndef test_one(): ...\n'
        '@pytest.mark.article("D")\nclass TestTwo:\n    def test_two(self): ...\n'
        '@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.article("E"))])\ndef test_three(x): ...\n'
    )
    found = articles.carried(tmp_path / "tests")
    assert {key: [name.split("::", 1)[1] for name in names] for key, names in found.items()} == {
        "A": ["test_one", "TestTwo::test_two", "test_three"],
        "B": ["test_one"],
        "C": ["test_one"],
        "D": ["TestTwo::test_two"],
        "E": ["test_three"],
    }
