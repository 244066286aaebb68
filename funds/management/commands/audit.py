"""`manage.py audit`: the auditor's findings, one a line; exit status 1 where there is any."""

import sys
from typing import Any

from django.core.management import BaseCommand

from funds import auditing


class Command(BaseCommand):
    help = "独立核对账目、结算、累计与审计链；有不符即列出并以 1 退出。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every finding; say so where there is none."""
        found = list(auditing.findings())
        for finding in found:
            self.stdout.write(f"{finding.check}: {finding.row}: {finding.detail}")
        if found:
            self.stderr.write(f"{len(found)} 项不符")
            sys.exit(1)
        self.stdout.write(f"{len(auditing.CHECKS) + 1} 项核对全部相符")
