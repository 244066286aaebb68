"""Books are written once, into open months only; what was paid is frozen; a closed month stays closed."""

from django.db import migrations

from office.triggers import append_only, refuse, refuse_if


class Migration(migrations.Migration):
    dependencies = [("funds", "0002_initial"), ("claims", "0004_written_once")]

    operations = [
        *append_only("funds_entry"),
        *append_only("funds_posting"),
        *append_only("funds_settlementitem"),
        refuse_if(
            "funds_entry",
            "INSERT",
            "SELECT 1 FROM funds_month m WHERE m.id = NEW.month_id AND m.state = 'closed'",
            "the month is closed",
            "month_is_open",
        ),
        refuse_if(
            "funds_posting",
            "INSERT",
            "SELECT 1 FROM funds_entry e JOIN funds_month m ON m.id = e.month_id"
            " WHERE e.id = NEW.entry_id AND m.state = 'closed'",
            "the month is closed",
            "month_is_open",
        ),
        refuse("funds_month", "UPDATE", "OLD.state = 'closed'", "a closed month stays closed", "closed_stays_closed"),
        refuse("funds_month", "DELETE", "", "a month of the books stays", "is_not_deleted"),
        refuse("funds_settlement", "UPDATE", "OLD.state = 'paid'", "a paid settlement is frozen", "paid_is_frozen"),
        refuse("funds_settlement", "DELETE", "OLD.state <> 'draft'", "a settlement that was checked stays", "checked_stays"),
    ]
