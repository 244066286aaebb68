"""What was fixed when due is never rewritten: dues, corrections, sponsors, a period's standards, county days."""

from django.db import migrations

from office.triggers import by_vendor, refuse, refuse_if

_SAYS = "a due is never deleted once somebody paid or it was corrected"
_GONE = "OLD.superseded_by_id IS NOT NULL OR OLD.correction_id IS NOT NULL OR OLD.settled_by_id IS NOT NULL"
_PAID = "SELECT 1 FROM enrollment_enrollment e WHERE e.id = OLD.enrollment_id AND e.paid_on IS NOT NULL"


def _changed(columns: str, *, numbers: str = "") -> str:
    told = [f"NEW.{column} <> OLD.{column}" for column in columns.split()]
    told += [f"COALESCE(NEW.{column}, 0) <> COALESCE(OLD.{column}, 0)" for column in numbers.split()]
    return " OR ".join(told)


_OUTSIDE = """SELECT 1 FROM enrollment_collectionperiod p WHERE p.id = NEW.period_id
    AND (NEW.opens_on < p.opens_on OR NEW.closes_on > p.closes_on)"""


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0013_what_is_due_is_fixed")]

    operations = [
        refuse(
            "enrollment_due",
            "UPDATE",
            "OLD.superseded_by_id IS NOT NULL"
            " OR (OLD.settled_by_id IS NOT NULL AND COALESCE(NEW.settled_by_id, 0) <> OLD.settled_by_id) OR "
            + _changed("enrollment_id payer amount_fen article", numbers="sponsorship_id correction_id"),
            "a due is fixed: it is superseded by a correction, never rewritten",
            "is_fixed",
        ),
        by_vendor(
            f"""CREATE FUNCTION enrollment_due_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF {_GONE} OR EXISTS ({_PAID}) THEN
                RAISE EXCEPTION '{_SAYS}'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'enrollment_due_is_kept';
                END IF; RETURN OLD; END $$;;
            CREATE TRIGGER enrollment_due_is_kept BEFORE DELETE ON enrollment_due FOR EACH ROW
                EXECUTE FUNCTION enrollment_due_is_kept()""",
            f"""CREATE TRIGGER enrollment_due_is_kept BEFORE DELETE ON enrollment_due FOR EACH ROW
                WHEN {_GONE} OR EXISTS ({_PAID}) BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END""",
            "DROP TRIGGER enrollment_due_is_kept ON enrollment_due;; DROP FUNCTION enrollment_due_is_kept()",
            "DROP TRIGGER enrollment_due_is_kept",
        ),
        refuse("enrollment_duecorrection", "DELETE", "", "a correction is kept for ever", "is_not_deleted"),
        refuse(
            "enrollment_duecorrection",
            "UPDATE",
            "OLD.evened_on IS NOT NULL OR "
            + _changed(
                "enrollment_id corrected_on reason note document before_fen after_fen after_payment", numbers="by_id"
            ),
            "a correction is written once",
            "is_not_rewritten",
        ),
        refuse(
            "enrollment_sponsorship",
            "UPDATE",
            "OLD.ended_on IS NOT NULL OR NEW.entered_by_id <> OLD.entered_by_id"
            " OR (OLD.confirmed_by_id IS NOT NULL AND ("
            + _changed(
                "period_id area_id kind name document per_head_fen everybody since until", numbers="confirmed_by_id"
            )
            + "))",
            "a confirmed sponsorship is not rewritten",
            "is_not_rewritten",
        ),
        refuse(
            "enrollment_sponsorship", "DELETE", "OLD.confirmed_by_id IS NOT NULL", "a sponsor is kept", "is_not_deleted"
        ),
        refuse("enrollment_sponsorpayment", "UPDATE", "", "a sponsor payment is written once", "is_not_changed"),
        refuse("enrollment_sponsorpayment", "DELETE", "", "a sponsor payment is kept for ever", "is_not_deleted"),
        refuse(
            "enrollment_collectionperiod",
            "UPDATE",
            _changed("area_id year policy individual_fen subsidy_fen"),
            "the standards of a period are fixed when it is opened",
            "is_fixed",
        ),
        refuse_if(
            "enrollment_countywindow", "INSERT", _OUTSIDE, "a county collects inside the days of the city", "is_inside"
        ),
        refuse(
            "enrollment_countywindow",
            "UPDATE",
            "OLD.replaced_at IS NOT NULL OR " + _changed("period_id area_id opens_on closes_on document set_by_id"),
            "a county window is replaced, not rewritten",
            "is_not_rewritten",
        ),
    ]
