"""Guards: the shape of the house, checked on every run, so that it holds when nobody is looking."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
APPS = ("funds", "claims", "enrollment", "office")
HOUSE = (*APPS, "demo", "policies", "config")
MONEY = ("policies", "funds", "claims", "enrollment")  # packages in which a float would end up near an amount
TOOLS = Path(sys.executable).parent

Module = tuple[Path, ast.Module]


def _modules(*packages: str) -> Iterator[Module]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _where(path: Path, node: Any) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def _tool(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=300
    )


def test_imports_point_only_downwards() -> None:
    answer = _tool(str(TOOLS / "lint-imports"), "--no-cache")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_lint_has_nothing_to_say() -> None:
    answer = _tool(str(TOOLS / "ruff"), "check", "--no-cache", "--output-format", "concise", ".")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_code_is_laid_out_by_the_formatter() -> None:
    answer = _tool(str(TOOLS / "ruff"), "format", "--no-cache", "--check", ".")
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.slow
def test_types_of_the_regulations_are_strict() -> None:
    answer = _tool(str(TOOLS / "mypy"), "policies")
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.django_db
def test_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


PRODUCTION = {
    "LOCAL": "false",
    "DEBUG": "false",
    "HTTPS": "true",
    "OTP_REQUIRED": "true",
    "SECRET_KEY": "a-long-key-of-a-test-that-guards-nothing-but-has-to-look-like-one-0123456789",
    "IDENTITY_KEY": "bm90IGEga2V5LCBvbmx5IHRoaXJ0eS10d28gYnl0ZXM=",
    "ALLOWED_HOSTS": "huimin.example.org",
}


def test_production_settings_pass_every_check_for_deployment() -> None:
    answer = _tool(sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO", **PRODUCTION)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("key", ["SECRET_KEY", "IDENTITY_KEY"])
def test_nothing_starts_without_its_keys(key: str) -> None:
    answer = _tool(sys.executable, "manage.py", "check", **(PRODUCTION | {key: ""}))
    assert answer.returncode != 0
    assert f"缺少 {key}" in answer.stderr


def test_no_drawer_for_odds_and_ends() -> None:
    names = {"services.py", "utils.py", "helpers.py", "common.py", "misc.py", "signals.py"}
    assert [str(path.relative_to(ROOT)) for path, _ in _modules(*HOUSE) if path.name in names] == []


def test_every_module_says_what_the_room_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT)) for path, tree in _modules(*HOUSE) if tree.body and ast.get_docstring(tree) is None
    ]
    assert silent == []


def test_business_is_never_done_by_signals() -> None:
    heard = [
        _where(path, node)
        for path, tree in _modules(*APPS)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(("signals", "dispatch"))
    ]
    assert heard == []


def test_saving_a_row_does_nothing_else() -> None:
    overridden = [
        _where(path, node)
        for path, tree in _modules(*APPS)
        for cls in ast.walk(tree)
        if isinstance(cls, ast.ClassDef) and "Canvas" not in ast.unparse(cls)  # a page of paper is saved, not a row
        for node in cls.body
        if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete", "bulk_create"}
    ]
    assert overridden == []


def test_imports_stand_at_the_top() -> None:
    inside = [
        _where(path, node)
        for path, tree in _modules(*HOUSE, "benchmarks", "tests")
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


_EVERYTHING = {"Exception", "BaseException"}
# A chunk of a job runs another room's work: whatever goes wrong there stays with the chunk, is logged and is shown.
_KEEPS_FAILURES = {"office/jobs.py"}


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in _EVERYTHING) for kind in caught)


def test_no_except_catches_what_it_does_not_know() -> None:
    broad = [
        _where(path, node)
        for path, tree in _modules(*HOUSE)
        if path.relative_to(ROOT).as_posix() not in _KEEPS_FAILURES
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node)
    ]
    assert broad == []


def test_no_float_near_money() -> None:
    floats = [
        _where(path, node)
        for path, tree in _modules(*MONEY)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id in {"float", "FloatField"})
        or (isinstance(node, ast.Attribute) and node.attr == "FloatField")
    ]
    assert floats == []


CLOCKS = {("date", "today"), ("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("timezone", "now")}
TURNERS = {("timezone", "localdate"), ("timezone", "localtime")}  # clocks when asked about no moment in particular


def _reads_the_clock(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and not node.args and not node.keywords:
        return _dotted(node.func) in TURNERS
    return _dotted(node) in CLOCKS


def _dotted(node: ast.AST) -> tuple[str, str] | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id, node.attr
    return None


def test_the_clock_hangs_in_one_place() -> None:
    """Work gets its days as arguments; doors ask office.days, and no other module knows what day it is."""
    elsewhere = [
        _where(path, node)
        for path, tree in _modules(*APPS, "policies")
        if path != ROOT / "office" / "days.py"
        for node in ast.walk(tree)
        if _reads_the_clock(node)
    ]
    assert elsewhere == []
