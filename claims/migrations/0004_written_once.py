"""Moves of a claim are written once, a claim is never deleted, and what was settled keeps its amounts."""

from django.db import migrations

from office.triggers import append_only, refuse

_AMOUNTS = (
    "total hospital_borne out_of_scope over_ceiling first_share in_scope deductible basic compliant_personal "
    "critical_illness assistance charity personal"
).split()
_CHANGED = " OR ".join(f"NEW.{amount}_fen <> OLD.{amount}_fen" for amount in _AMOUNTS)


class Migration(migrations.Migration):
    dependencies = [("claims", "0003_initial")]

    operations = [
        *append_only("claims_claimmove"),
        refuse("claims_claim", "DELETE", "", "a claim is cancelled, never deleted", "is_not_deleted"),
        refuse(
            "claims_claim",
            "UPDATE",
            f"OLD.state = 'settled' AND (NEW.state <> 'settled' OR {_CHANGED})",
            "a settled claim keeps its amounts",
            "settled_is_frozen",
        ),
    ]
