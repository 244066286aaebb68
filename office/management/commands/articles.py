"""`manage.py articles`: every row of the regulations with its code and its tests, and a count at the end."""

import json
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from office import articles
from policies import shelf


class Command(BaseCommand):
    """Prints the rows in the order of the texts, then one line of JSON. Fails where a test names an unknown row."""

    help = "各办法条文要求、承载代码与测试"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print regulation by regulation, then the counts of rules and processes, in all and with tests."""
        tests = settings.BASE_DIR / "tests"
        rows = articles.rows(tests)
        for code, own in groupby(rows, key=lambda row: row.regulation):
            self.stdout.write(f"\n{shelf.regulation(code).title} ({code})")
            for row in own:
                self.stdout.write(f"{row.id:<8} {row.kind:<8} {row.asks_zh} | {row.asks}")
                self.stdout.write(f"{'':<8} code     {', '.join(row.code) or '-'}")
                for test in row.tests or ("-",):
                    self.stdout.write(f"{'':<8} test     {test}")
        counts = {}
        for kind in ("rule", "process"):
            counts[kind] = sum(row.kind == kind for row in rows)
            counts[f"{kind}_with_tests"] = sum(row.kind == kind and bool(row.tests) for row in rows)
        self.stdout.write(json.dumps(counts))
        if strangers := sorted(set(articles.carried(tests)) - {row.id for row in rows}):
            raise CommandError(f"没有办法含有这些条文编号，请改正测试中的编号：{'、'.join(strangers)}")
