"""What the database refuses, whoever asks: changed history, thawed settlements, sums that do not add up."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from claims import lifecycle
from claims.models import Accumulator, Claim, ClaimMove
from tests.town import Town


def _refused(sql: str, *values: object, says: str = "") -> None:
    with pytest.raises(DatabaseError, match=says), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_a_settled_claim_keeps_its_amounts(town: Town) -> None:
    claim = town.approved(town.patient(), town.hospital())
    lifecycle.move([claim], "settled", by=town.accountant, at=town.now)
    _refused(
        "UPDATE claims_claim SET basic_fen = basic_fen - 1, personal_fen = personal_fen + 1 WHERE id = %s", claim.pk
    )
    _refused("UPDATE claims_claim SET state = 'cancelled' WHERE id = %s", claim.pk)


def test_a_move_is_never_changed_nor_lost(town: Town) -> None:
    town.claim(town.patient(), town.hospital())
    _refused("UPDATE claims_claimmove SET why = '改'")
    _refused("DELETE FROM claims_claimmove")
    assert ClaimMove.objects.count() == 1


def test_a_claim_is_never_deleted(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital())
    # Its lines and moves would hold it back as well; the rule itself has to speak.
    _refused("DELETE FROM claims_claim WHERE id = %s", claim.pk, says="never deleted")


@pytest.mark.parametrize(
    "amounts",
    [
        {"basic": Decimal("1.00")},
        {"personal": Decimal("0.00")},
        {"in_scope": Decimal("1.00")},
        {"total": Decimal("0.00")},
    ],
)
def test_the_parts_of_a_claim_add_up(town: Town, amounts: dict[str, Decimal]) -> None:
    claim = town.claim(town.patient(), town.hospital())
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(**amounts)


def test_a_counter_passes_no_ceiling(town: Town) -> None:
    town.claim(town.patient(), town.hospital())
    with pytest.raises(IntegrityError), transaction.atomic():
        Accumulator.objects.update(inpatient_basic=Decimal("70000.01"))


def test_one_counter_for_a_person_and_a_year(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital())
    with pytest.raises(IntegrityError), transaction.atomic():
        Accumulator.objects.create(resident=claim.resident, year=claim.year)


def test_no_move_outside_the_table(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital())
    for state in ("settled", "parked", "adjudicated"):
        with pytest.raises(lifecycle.CannotMove):
            lifecycle.move([claim], state, by=town.manager, at=town.now)


def test_every_state_has_its_row_in_the_table_of_moves() -> None:
    assert set(lifecycle.MOVES) == set(Claim.State)
