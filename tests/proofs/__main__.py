"""`python -m tests.proofs [NAME] [--short]`: one JSON line {"name", "tried", "failed", "database"} per proof."""

import argparse
import importlib
import json
import os
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.db import connection

from config import trial


def names() -> list[str]:
    """Every proof on the shelf."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name for module in modules if not module.name.startswith("_"))


def prove(name: str, short: bool) -> Iterator[dict[str, Any]]:
    """Run `tests/proofs/<name>.py`, whose `run(short)` yields what was tried and what failed."""
    for row in importlib.import_module(f"tests.proofs.{name}").run(short):
        yield {"name": name, "tried": 0, "failed": 0, "database": connection.vendor} | row


def main(arguments: list[str]) -> int:
    """0 where every trial held, 1 where one failed or a proof tried nothing at all."""
    parser = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    parser.add_argument("name", nargs="?", choices=names() or None)
    parser.add_argument("--short", action="store_true", help="fewer trials, for every test run")
    chosen = parser.parse_args(arguments)
    good = True
    for name in [chosen.name] if chosen.name else names():
        with trial.database(f"proofs_{os.getpid()}"):  # its own: a proof commits what it does
            for row in prove(name, chosen.short):
                good &= row["failed"] == 0 < row["tried"]
                print(json.dumps(row, ensure_ascii=False), flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    sys.exit(main(sys.argv[1:]))
