"""The papers say what is there: every command, link, path, table and constraint that they name exists."""

import ast
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.core.management import get_commands
from django.db import connection
from django.urls import Resolver404, resolve

from office.models import Staff
from policies import estimate

ROOT = Path(settings.BASE_DIR)
PAPERS = [ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAPERS += sorted((ROOT / "docs").glob("*.md"))
APPS = ("office", "enrollment", "claims", "funds")
KINDS = (".py", ".yaml", ".md", ".csv", ".toml", ".txt", ".css", ".html", ".po", ".mo", ".example")
MADE = (".venv/", "var/", ".git/")  # made on a machine, not part of the repository

paper = pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.relative_to(ROOT).as_posix())


@cache
def _inventory() -> tuple[list[str], list[str]]:
    """Every file of the repository and every folder, from the root."""
    own = [path for path in ROOT.iterdir() if f"{path.name}/" not in MADE]
    found = [path for top in own for path in (top, *top.rglob("*")) if path.is_file()]
    files = [path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts]
    folders = {f"{parent.as_posix()}/" for file in files for parent in Path(file).parents}
    return files, sorted(folders)


def _code(text: str) -> Iterator[str]:
    """What is written as code: between backticks, or as an indented line."""
    for line in text.splitlines():
        if line.startswith("    "):
            yield line.strip()
        else:
            yield from re.findall(r"`([^`]+)`", line)


def _words(paper: Path) -> Iterator[str]:
    """Single words of code between backticks."""
    for line in paper.read_text(encoding="utf-8").splitlines():
        if not line.startswith("    "):
            yield from (word for word in re.findall(r"`([^`]+)`", line) if " " not in word)


@paper
def test_every_make_target_named_exists(paper: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {word for code in _code(paper.read_text(encoding="utf-8")) for word in re.findall(r"\bmake ([a-z]+)", code)}
    assert named <= targets


@paper
def test_every_command_named_exists(paper: Path) -> None:
    named = re.findall(r"manage\.py ([a-z_]+)", paper.read_text(encoding="utf-8"))
    assert set(named) <= set(get_commands())


@paper
def test_every_benchmark_and_proof_named_exists(paper: Path) -> None:
    named = re.findall(r"make (bench|prove) NAME=([a-z_]+)", paper.read_text(encoding="utf-8"))
    folders = {"bench": ROOT / "benchmarks", "prove": ROOT / "tests" / "proofs"}
    assert [name for kind, name in named if name != "x" and not (folders[kind] / f"{name}.py").exists()] == []


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@paper
def test_every_link_leads_somewhere(paper: Path) -> None:
    lost = []
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)]+))?\)", paper.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        page = (paper.parent / target).resolve() if target else paper
        if not page.exists() or (anchor and anchor not in _anchors(page)):
            lost.append(f"{target}#{anchor}")
    assert lost == []


def _is_path(word: str) -> bool:
    return re.fullmatch(r"[\w.*-]+(/[\w.*-]+)*/?", word) is not None and (word.endswith(("/", *KINDS)))


@paper
def test_every_file_named_exists(paper: Path) -> None:
    files, folders = _inventory()
    lost = [
        word
        for word in _words(paper)
        if _is_path(word)
        and not word.startswith(MADE)
        and not any(fnmatch(f"/{there}", f"*/{word}") for there in (folders if word.endswith("/") else files))
    ]
    assert lost == []


@paper
def test_every_test_named_exists(paper: Path) -> None:
    lost = []
    for file, name in re.findall(r"(tests/[\w/]+\.py)::(\w+)", paper.read_text(encoding="utf-8")):
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(tree)):
            lost.append(f"{file}::{name}")
    assert lost == []


@paper
def test_every_address_named_answers(paper: Path) -> None:
    lost = []
    for word in _words(paper):
        if re.fullmatch(r"/[\w/-]+/(\?.*)?", word):
            try:
                resolve(word.partition("?")[0])
            except Resolver404:
                lost.append(word)
    assert lost == []


@paper
def test_every_setting_named_is_explained(paper: Path) -> None:
    known = "".join(
        (ROOT / place).read_text(encoding="utf-8") for place in (".env.example", "Makefile", "tests/__main__.py")
    )
    named = {word.partition("=")[0] for word in _words(paper) if re.fullmatch(r"[A-Z][A-Z_]{3,}(=.*)?", word)}
    assert {name for name in named if not re.search(rf"\b{name}\b", known)} <= {"FORMULAS", "TRUNCATE"}


@cache
def _models() -> dict[str, type]:
    return {model.__name__: model for app in APPS for model in apps.get_app_config(app).get_models()}


def _stands(name: str) -> bool:
    """Whether `Model` or `Model.field` stands in the tables."""
    model, _dot, field = name.partition(".")
    if model not in _models():
        return False
    try:
        return not field or bool(_models()[model]._meta.get_field(field))  # type: ignore[attr-defined]
    except FieldDoesNotExist:
        return False


@paper
def test_every_field_named_exists(paper: Path) -> None:
    """A word such as `Claim.basic` names a table and its column."""
    named = {word for word in _words(paper) if re.fullmatch(r"[A-Z]\w+\.[a-z_]+", word)}
    assert {name for name in named if name.partition(".")[0] in _models() and not _stands(name)} == set()


def test_every_table_of_the_glossary_exists() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Words\n")[1]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("|")][2:]
    named = [word for row in rows for word in re.findall(r"`([A-Z][\w.]+)`", row[2])]
    assert len(rows) >= 30
    assert len(named) >= 20
    assert [word for word in named if not _stands(word)] == []


def _asked(paper: Path) -> Iterator[tuple[str, str]]:
    """Every question to the trial calculation that a paper shows, with its kind."""
    text = paper.read_text(encoding="utf-8")
    for question in re.findall(r"""^    (?:echo ')?(\{"ref": .+\})(?=$|')""", text, re.MULTILINE):
        told = json.loads(question)
        kinds = {"lines": "claim", "paid_on": "cover", "method": "settlement", "deficit": "gap"}
        yield next(kind for field, kind in kinds.items() if field in told), question


@pytest.mark.parametrize("paper", [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "docs" / "regulations.md"])
def test_every_question_shown_is_understood(paper: Path) -> None:
    asked = list(_asked(paper))
    assert asked
    assert [question for kind, question in asked if "error" in estimate.answer(kind, json.loads(question))] == []


def test_the_worksheet_shown_is_the_one_that_is_answered() -> None:
    paper = ROOT / "docs" / "regulations.md"
    [question] = [json.loads(question) for kind, question in _asked(paper) if kind == "claim"]
    steps = estimate.answer("claim", question, explain=True)["steps"]
    shown = re.findall(r"^\| ([A-Z]+[\d.]+) \| (.+) \| ([\d.]+) \|$", paper.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(shown) == 10
    for article, what, amount in shown:
        start = what.removesuffix("…）")
        assert any(
            (step["article"], step["amount"]) == (article, amount) and step["what"].startswith(start) for step in steps
        ), what


def test_every_role_is_described() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [role for role in Staff.Role.values if f"\n| {role} | {Staff.Role(role).label} |" not in text] == []


ELSEWHERE = {"sqlite": r"\w+_keeps_all|no_overlapping_cover", "postgresql": r"enrollment_cover_overlaps_on_\w+"}
TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}


@pytest.mark.django_db
def test_every_constraint_and_trigger_of_the_safety_page_stands_in_the_database() -> None:
    """Asked of the database itself: a table that was built anew without its triggers is found here as well."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS[connection.vendor])
        there = {name for (name,) in cursor.fetchall()}
        for table in connection.introspection.table_names(cursor):
            if table.startswith(APPS):
                there |= set(connection.introspection.get_constraints(cursor, table))
    named = {word for word in _words(ROOT / "docs" / "safety.md") if re.fullmatch(r"[a-z]+(_[a-z0-9]+){2,}", word)}
    assert len(named) > 50
    assert {name for name in named - there if not re.fullmatch(ELSEWHERE[connection.vendor], name)} <= {"visible_to"}
