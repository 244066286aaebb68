"""No day of a resident is covered by two enrollments."""

from django.db import migrations

from office.triggers import by_vendor

_OVERLAP = """SELECT 1 FROM enrollment_enrollment other WHERE other.resident_id = NEW.resident_id AND other.id <> NEW.id
    AND other.benefits_from <= NEW.benefits_until AND other.benefits_until >= NEW.benefits_from"""


def _sqlite(event: str) -> str:
    return f"""CREATE TRIGGER enrollment_cover_overlaps_on_{event.split()[0].lower()} AFTER {event} ON enrollment_enrollment
        FOR EACH ROW WHEN NEW.benefits_from IS NOT NULL AND EXISTS ({_OVERLAP})
        BEGIN SELECT RAISE(ABORT, 'no_overlapping_cover'); END"""


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0002_initial")]

    operations = [
        by_vendor(
            """CREATE EXTENSION IF NOT EXISTS btree_gist;;
            ALTER TABLE enrollment_enrollment ADD CONSTRAINT no_overlapping_cover
            EXCLUDE USING gist (resident_id WITH =, daterange(benefits_from, benefits_until, '[]') WITH &&)
            WHERE (benefits_from IS NOT NULL)""",
            f"{_sqlite('INSERT')};;{_sqlite('UPDATE')}",
            "ALTER TABLE enrollment_enrollment DROP CONSTRAINT no_overlapping_cover",
            "DROP TRIGGER enrollment_cover_overlaps_on_insert;;DROP TRIGGER enrollment_cover_overlaps_on_update",
        ),
    ]
