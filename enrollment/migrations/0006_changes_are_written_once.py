"""Changes of residents are written once, a proposal is decided on once, and last digits of earlier residents are found."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from office.secrecy import blind_index
from office.triggers import refuse

_WRITTEN = "resident_id area_id kind facts why needs_second asked_by_id asked_at".split()
_REWRITTEN = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in _WRITTEN)
_BATCH = 2000


def find_by_last_digits(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Index the last four characters of the numbers that are registered already."""
    residents = apps.get_model("enrollment", "Resident").objects
    last = 0
    while rows := list(residents.filter(pk__gt=last, id_tail="").only("pk", "id_number").order_by("pk")[:_BATCH]):
        for row in rows:
            row.id_tail = blind_index(f"last four {row.id_number[-4:]}")
        residents.bulk_update(rows, ["id_tail"], batch_size=500)
        last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0005_changes_merges_and_last_digits")]

    operations = [
        migrations.RunPython(find_by_last_digits, migrations.RunPython.noop),
        refuse("enrollment_residentchange", "DELETE", "", "a change is kept for ever", "is_not_deleted"),
        refuse(
            "enrollment_residentchange",
            "UPDATE",
            f"OLD.state <> 'proposed' OR {_REWRITTEN}",
            "a change is written once",
            "is_not_rewritten",
        ),
        refuse("enrollment_merge", "DELETE", "", "a merge is kept for ever", "is_not_deleted"),
        refuse(
            "enrollment_merge",
            "UPDATE",
            "OLD.undone_at IS NOT NULL OR NEW.kept_id <> OLD.kept_id OR NEW.gone_id <> OLD.gone_id OR "
            "NEW.why <> OLD.why OR NEW.merged_by_id <> OLD.merged_by_id OR NEW.merged_at <> OLD.merged_at",
            "a merge is written once",
            "is_not_rewritten",
        ),
    ]
