"""`manage.py estimate` from the outside: lines in, lines out, and a status that says whether all were understood."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.policies.test_benefits import REQUEST

ROOT = Path(__file__).parents[2]


def asked(tmp_path: Path, kind: str, *lines: str, **options: Any) -> tuple[list[dict[str, Any]], int]:
    page = tmp_path / "requests.jsonl"
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    out, status = StringIO(), 0
    try:
        call_command("estimate", kind, str(page), stdout=out, **options)
    except SystemExit as end:
        status = int(end.code or 0)
    return [json.loads(line) for line in out.getvalue().splitlines()], status


def test_understood_requests_end_well(tmp_path: Path) -> None:
    told, status = asked(tmp_path, "claim", json.dumps(REQUEST), json.dumps({**REQUEST, "ref": ["any", 1]}))
    assert [answer["ref"] for answer in told] == ["c1", ["any", 1]]
    assert status == 0
    assert "steps" not in told[0]


def test_one_bad_line_is_named_and_the_others_are_answered(tmp_path: Path) -> None:
    told, status = asked(tmp_path, "claim", json.dumps({**REQUEST, "colour": 1}), "", "{", json.dumps(REQUEST))
    assert [answer.get("error", {}).get("field") for answer in told] == ["colour", "", None]
    assert told[-1]["basic"] == "2400.00"
    assert status == 1


def test_the_steps_come_on_request(tmp_path: Path) -> None:
    [told], _ = asked(tmp_path, "claim", json.dumps(REQUEST), explain=True)
    assert {"article": "JZ15.1", "what": "统筹按比例（3200.00 × 0.75）", "amount": "2400.00"} in told["steps"]
    assert all(set(step) == {"article", "what", "amount"} for step in told["steps"])


@pytest.mark.slow
def test_standard_input_and_output_are_utf_8_whatever_the_locale() -> None:
    request = {**REQUEST, "ref": "𠮷·䶮", "lines": [{**REQUEST["lines"][0], "item": "西药费"}]}
    ran = subprocess.run(
        [sys.executable, "manage.py", "estimate", "claim", "--explain"],
        input=(json.dumps(request, ensure_ascii=False) + "\n{\n").encode(),
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        check=False,
    )
    first, second = (json.loads(line) for line in ran.stdout.decode("utf-8").splitlines())
    assert first["ref"] == "𠮷·䶮"
    assert "西药费" in first["steps"][0]["what"]
    assert second["error"]["field"] == ""
    assert ran.returncode == 1


@pytest.mark.slow
def test_a_machine_without_keys_may_ask_as_well(tmp_path: Path) -> None:
    """The trial calculation needs no record and so no secret: here is the house without its `.env`."""
    for part in ("config", "office", "enrollment", "claims", "funds", "demo", "policies", "templates", "locale"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    keyless = {name: value for name, value in os.environ.items() if name not in ("SECRET_KEY", "IDENTITY_KEY")}
    ran = subprocess.run(
        [sys.executable, "manage.py", "estimate", "claim"],
        input=json.dumps(REQUEST).encode(),
        capture_output=True,
        cwd=tmp_path,
        env=keyless,
        check=False,
    )
    assert json.loads(ran.stdout)["basic"] == "2400.00", ran.stderr.decode()
