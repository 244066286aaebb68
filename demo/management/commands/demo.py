"""`manage.py demo`: build the demo city, or print how to sign in to it."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from demo import year
from demo.city import CITIES, PASSWORD
from office import days
from office.models import Staff
from office.refusal import Refusal


class Command(BaseCommand):
    help = "载入演示城市（DEMO_CITY=jinzhong|xuzhou|binzhou|panzhihua）；--logins 列出各岗位的演示账号。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The city is named in the environment; a smaller one is for trying things out."""
        parser.add_argument("--logins", action="store_true", help="列出各岗位的演示账号")
        parser.add_argument("--size", type=int, default=1200, help="大约多少居民")

    def handle(self, *args: Any, logins: bool, size: int, **options: Any) -> None:
        """Build, or list. Never on a production machine: everybody knows the password."""
        if logins:
            self._logins()
            return
        if not settings.LOCAL:
            raise CommandError("演示账号的密码人人皆知，只能在试用机（LOCAL=true）上载入演示城市。")
        word = os.environ.get("DEMO_CITY") or "jinzhong"
        if word not in CITIES:
            raise CommandError(f"DEMO_CITY={word} 不是演示城市，可选：{'、'.join(CITIES)}")
        try:
            year.build(word, size, self.stdout.write, books_until=days.today())
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal

    def _logins(self) -> None:
        """One account per role, the one that bears its name."""
        people = Staff.objects.filter(is_demo=True, username__in=Staff.Role.values).select_related("area")
        found = {person.username: person for person in people}
        if not found:
            self.stdout.write("没有演示账号。")
            return
        self.stdout.write(f"{'账号':<12}{'密码':<26}岗位（管辖区域）")
        for role in Staff.Role.values:
            if role in found:
                person = found[role]
                self.stdout.write(f"{role:<14}{PASSWORD:<28}{person.get_role_display()}（{person.area}）")
