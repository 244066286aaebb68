"""A month's end of several institutions, drafted chunk by chunk, against one GROUP BY and the same rows by bare SQL."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from benchmarks.measure import figure
from claims import intake
from claims.models import Claim, ClaimLine
from funds import settlement
from tests.town import Town

INSTITUTIONS = 10
CLAIMS = 300  # of each institution in a month
YEAR = 2025
_AS_REVIEWED = {
    "in_scope": Decimal("800.00"),
    "deductible": Decimal("400.00"),
    "basic": Decimal("300.00"),
    "compliant_personal": Decimal("500.00"),
    "personal": Decimal("500.00"),
}
_SUMS = """SELECT institution_id, MIN(area_id), COUNT(*), SUM(basic_fen), SUM(critical_illness_fen),
    SUM(assistance_fen), SUM(charity_fen) FROM claims_claim
    WHERE state = 'approved' AND discharged <= %s GROUP BY institution_id"""
_SETTLEMENT = """INSERT INTO funds_settlement (institution_id, area_id, first_day, method, policy, state, claims,
    claimed_fen, deducted_fen, approved_fen, within_fen, held_fen, deposit_fen, payable_fen, critical_illness_fen,
    assistance_fen, charity_fen, worksheet, drafted_by_id, drafted_at)
    VALUES (%s, %s, %s, 'fee_for_service', 'jinzhong_2017', 'draft', %s, %s, 0, %s, %s, 0, %s, %s, %s, %s, %s, %s, %s,
    %s)"""
_ITEMS = """INSERT INTO funds_settlementitem (settlement_id, claim_id, basic_fen, critical_illness_fen, assistance_fen,
    charity_fen) SELECT s.id, c.id, c.basic_fen, c.critical_illness_fen, c.assistance_fen, c.charity_fen
    FROM claims_claim c JOIN funds_settlement s ON s.institution_id = c.institution_id AND s.first_day = %s
    WHERE c.state = 'approved' AND c.discharged <= %s"""
_MOVES = """INSERT INTO claims_claimmove (claim_id, before, after, by_id, at, why)
    SELECT id, 'approved', 'settled', %s, %s, '' FROM claims_claim WHERE state = 'approved' AND discharged <= %s"""
_SETTLED = "UPDATE claims_claim SET state = 'settled' WHERE state = 'approved' AND discharged <= %s"


def run() -> Iterator[dict[str, Any]]:
    """Each turn settles a month of its own; its claims are entered and approved untimed."""
    town = Town()
    hospitals = [town.hospital() for _ in range(INSTITUTIONS)]
    patients = [town.patient() for _ in range(CLAIMS)]
    reviewed = {"reviewed_by": town.reviewer, "reviewed_at": town.now}
    month = 0

    def review_a_month() -> None:
        nonlocal month
        month += 1
        for hospital in hospitals:
            drafts = [
                intake.Draft(
                    number=f"E{month:02d}{number:05d}",
                    facts={
                        "resident_id": patient.pk,
                        "benefit": Claim.Benefit.INPATIENT,
                        "admitted": date(YEAR, month, 2),
                        "discharged": date(YEAR, month, 9),
                    },
                    lines=[ClaimLine(number=1, item="西药费", kind="drug", klass="A", amount=Decimal("800.00"))],
                )
                for number, patient in enumerate(patients)
            ]
            intake.enter(drafts, hospital, by=town.manager, at=town.now)
        Claim.objects.filter(state=Claim.State.RECEIVED).update(state=Claim.State.APPROVED, **_AS_REVIEWED, **reviewed)

    def work() -> None:
        settlement.start(town.city, town.policy, date(YEAR, month, 1), by=town.accountant, at=town.now)
        town.work()

    def floor() -> None:
        first, last, by = date(YEAR, month, 1), date(YEAR, month, 28), town.accountant.pk
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SUMS, [last])
            rows = []
            for institution, area, count, basic, *others in cursor.fetchall():
                deposit = int(basic) // 20
                amounts = (basic, basic, basic, deposit, basic - deposit, *others)
                rows.append((institution, area, first, count, *amounts, json.dumps([]), by, town.now))
            cursor.executemany(_SETTLEMENT, rows)
            cursor.execute(_ITEMS, [first, last])
            cursor.execute(_MOVES, [by, town.now, last])
            cursor.execute(_SETTLED, [last])

    yield figure("month_end", rows=INSTITUTIONS * CLAIMS, work=work, floor=floor, before=review_a_month)
