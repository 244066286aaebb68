"""The audit trail is written once, and its head exists before anybody queues at it."""

from django.db import migrations

from office.triggers import append_only, refuse


def _begin_the_chain(apps, editor):
    apps.get_model("office", "AuditHead").objects.create(id=1)


class Migration(migrations.Migration):
    dependencies = [("office", "0001_initial")]

    operations = [
        migrations.RunPython(_begin_the_chain, migrations.RunPython.noop),
        *append_only("office_auditevent"),
        refuse("office_audithead", "DELETE", "", "the head of the audit trail stays", "is_not_deleted"),
        refuse("office_batch", "DELETE", "OLD.state = 'taken'", "a file that was taken stays", "taken_stays"),
    ]
