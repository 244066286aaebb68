"""The articles of the regulations beside the code and the tests that carry them, for the page and the command."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from policies import shelf
from policies.regulation import load

CASES = "policies/cases/*.yaml"


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement: what an article asks, in two languages, the code that does it and the tests that prove it."""

    regulation: str
    id: str
    kind: str
    asks: str
    asks_zh: str
    code: tuple[str, ...]
    tests: tuple[str, ...]


def rows(tests: Path) -> list[Row]:
    """Every row of every regulation, in the order of the texts, with the tests found below the folder `tests`."""
    proofs = carried(tests)
    return [
        Row(
            code,
            row["id"],
            row["kind"],
            row["asks"],
            row["asks_zh"],
            tuple(row["code"]),
            tuple(proofs.get(row["id"], ())),
        )
        for code in shelf.codes()
        for row in shelf.regulation(code).articles()
    ]


def carried(tests: Path) -> dict[str, list[str]]:
    """The tests of each row by its id: marked tests and cases of the casebook. Sources are read, nothing is run."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(tests.rglob("test_*.py")):
        place = path.relative_to(tests.parent).as_posix()
        for name, named in _marked(ast.parse(path.read_text(encoding="utf-8"))):
            for article in named:
                found[article].append(f"{place}::{name}")
    for path in sorted(tests.glob(CASES)):
        place = path.relative_to(tests.parent).as_posix()
        for case in load(path)["cases"]:
            for article in case.get("articles", ()):
                found[article].append(f"{place}: {case['name']}")
    return found


def _marked(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Each test function of a file with the rows that its own marks, its class's or its file's name."""
    of_file = [
        article
        for node in tree.body
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets)
        for article in _named(node.value)
    ]
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            of_class = [*of_file, *(article for mark in node.decorator_list for article in _named(mark))]
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name.startswith("test_"):
                    yield f"{node.name}::{inner.name}", [*of_class, *_own(inner)]
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, [*of_file, *_own(node)]


def _own(function: ast.FunctionDef) -> list[str]:
    return [article for mark in function.decorator_list for article in _named(mark)]


def _named(mark: ast.expr) -> list[str]:
    """The ids in every `pytest.mark.article(...)` within an expression, once each, in order."""
    named = [
        argument.value
        for call in ast.walk(mark)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "article"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    return list(dict.fromkeys(named))
