"""A paper that was seen is written once and withdrawn at most once; its scan is never changed."""

from django.db import migrations

from office.triggers import append_only, refuse

# The person may become another (two records are found to be one); what was seen may not.
_WRITTEN = "kind number remark seen_on seen_by_id kept_at".split()
_REWRITTEN = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in _WRITTEN)


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0009_papers_scans_and_places")]

    operations = [
        refuse("enrollment_paper", "DELETE", "", "a paper that was seen is kept for ever", "is_not_deleted"),
        refuse(
            "enrollment_paper",
            "UPDATE",
            f"OLD.withdrawn_on IS NOT NULL AND (NEW.withdrawn_on IS NULL OR NEW.withdrawn_on <> OLD.withdrawn_on OR "
            f"NEW.withdrawn_by_id <> OLD.withdrawn_by_id OR NEW.withdrawn_why <> OLD.withdrawn_why) OR {_REWRITTEN}",
            "a paper that was seen is written once",
            "is_not_rewritten",
        ),
        *append_only("enrollment_scan"),
        *append_only("enrollment_scanpiece"),
    ]
