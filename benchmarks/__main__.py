"""`python -m benchmarks [NAME]`: one JSON line per figure of benchmarks/<NAME>.py, or of all of them."""

import argparse
import importlib
import json
import os
import pkgutil
import sys
from contextlib import nullcontext
from pathlib import Path

import django

from config import trial

TOOLS = {"measure"}


def names() -> list[str]:
    """Every benchmark on the shelf."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name for module in modules if module.name not in TOOLS and not module.name.startswith("_"))


def main(arguments: list[str]) -> int:
    """Run in a database of its own, dropped at the end; a module with DATABASE = False works without any."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=names() or None)
    chosen = parser.parse_args(arguments)
    modules = [importlib.import_module(f"benchmarks.{name}") for name in ([chosen.name] if chosen.name else names())]
    needed = any(getattr(module, "DATABASE", True) for module in modules)
    with trial.database(f"bench_{os.getpid()}") if needed else nullcontext():
        for module in modules:
            for figure in module.run():
                print(json.dumps(figure, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    sys.exit(main(sys.argv[1:]))
