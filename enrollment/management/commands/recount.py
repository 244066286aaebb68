"""`manage.py recount`: the running counts made anew from the rows, where `manage.py audit` found one that differs."""

from typing import Any

from django.core.management import BaseCommand

from enrollment import tallies
from office import days


class Command(BaseCommand):
    help = "按登记、参保和缴费记录重新计算参保计数（平时由数据库自动维护）。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Count anew and say so."""
        tallies.recount(days.now())
        self.stdout.write("参保计数已重新计算")
