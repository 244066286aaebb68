"""`manage.py estimate KIND [FILE]`: the trial calculation for JSON Lines from a file or standard input."""

import sys
from argparse import ArgumentParser, FileType
from typing import Any

from django.core.management.base import BaseCommand

from policies import estimate


class Command(BaseCommand):
    """Reads requests line by line, writes one answer a line in the same order, and nothing else."""

    help = "试算：逐行读入请求，逐行给出答案（claim、cover、settlement、gap）"
    requires_system_checks: list[str] = []  # nothing of the database is asked, and starting must be quick
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(estimate.KINDS), help="试算的种类")
        parser.add_argument(
            "file", nargs="?", type=FileType("rb"), default=sys.stdin.buffer, help="JSON Lines 文件，缺省读标准输入"
        )
        parser.add_argument("--explain", action="store_true", help="附上计算步骤")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit status 1 when any request was not understood; the others are answered all the same."""
        understood = True
        for line, good in estimate.answers(options["kind"], options["file"], options["explain"]):
            self._write(line)
            understood &= good
        if not understood:
            sys.exit(1)

    def _write(self, line: bytes) -> None:
        """UTF-8 whatever the locale, and at once: whoever asks through a pipe waits for the answer."""
        pipe = getattr(self.stdout, "buffer", None)
        if pipe is None:
            self.stdout.write(line.decode(), ending="")
        else:
            pipe.write(line)
            pipe.flush()
