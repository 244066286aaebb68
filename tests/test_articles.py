"""No rule of a regulation goes unproved, and no test claims to prove one that does not exist."""

import json
import subprocess
import sys
from itertools import pairwise

import pytest
from django.conf import settings


@pytest.mark.slow
def test_every_rule_is_carried_by_a_test() -> None:
    command = [sys.executable, "-m", "tests.articles"]
    answer = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False, timeout=300)
    assert answer.returncode == 0, answer.stderr
    *rows, last = answer.stdout.splitlines()
    counts = json.loads(last)
    bare = [rule for rule, test in pairwise(rows) if " rule " in rule and test.strip() == "-"]
    assert not bare, "\n".join(bare)
    assert counts["rule"] == counts["rule_with_tests"] > 0
