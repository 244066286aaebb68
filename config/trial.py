"""A database of their own for proofs and benchmarks, made from the migrations and dropped at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection
from django.test.runner import DiscoverRunner
from django.test.utils import setup_test_environment, teardown_test_environment


@contextmanager
def database(name: str) -> Iterator[None]:
    """Work in a fresh `name` database; on SQLite a real file, so that several processes can meet in it."""
    test = connection.settings_dict["TEST"]
    test["NAME"] = str(settings.VAR / f"{name}.sqlite3") if connection.vendor == "sqlite" else f"huimin_{name}"
    setup_test_environment(debug=False)
    runner = DiscoverRunner(verbosity=0, interactive=False)
    made = runner.setup_databases(serialized_aliases=())
    try:
        yield
    finally:
        runner.teardown_databases(made)
        teardown_test_environment()
