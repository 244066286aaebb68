#!/usr/bin/env python
"""The command line of the office."""

import os
import sys

from django.core.management import execute_from_command_line

from config import keys

# They ask the regulations only, no record and so no secret: they answer on a machine that has no keys yet.
WITHOUT_RECORDS = {"estimate", "articles"}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if WITHOUT_RECORDS.intersection(sys.argv[1:2]):
        keys.lend()
    execute_from_command_line(sys.argv)
