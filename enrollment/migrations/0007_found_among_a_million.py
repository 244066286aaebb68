"""Residents are found by the beginning of a name and by a whole number through indexes made for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0006_changes_are_written_once")]

    operations = [
        migrations.RemoveIndex("resident", "resident_by_name"),
        migrations.AddIndex(
            "resident",
            models.Index(fields=["name"], name="resident_by_beginning_of_name", opclasses=["varchar_pattern_ops"]),
        ),
        migrations.AddIndex("resident", models.Index(fields=["id_index"], name="resident_by_number")),
    ]
