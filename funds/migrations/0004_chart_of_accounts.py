"""The chart of accounts of the social insurance fund accounting system stands from the beginning."""

import csv
from pathlib import Path

from django.db import migrations


def _chart(apps, editor):
    account = apps.get_model("funds", "Account")
    with (Path(__file__).parent.parent / "data" / "accounts.csv").open(encoding="utf-8") as rows:
        account.objects.bulk_create(
            account(code=row["code"], name=row["name"], kind=row["kind"], is_confirmed=row["confirmed"] == "yes")
            for row in csv.DictReader(rows)
        )


class Migration(migrations.Migration):
    dependencies = [("funds", "0003_written_once")]
    operations = [migrations.RunPython(_chart, migrations.RunPython.noop)]
