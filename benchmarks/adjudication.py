"""A thousand claims worked out in one set, against deciding them in memory and writing the bare columns by SQL."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from benchmarks.measure import figure
from claims import adjudication, gathering, intake
from claims.models import Claim, ClaimLine
from tests.town import Town

CLAIMS = 1_000
FEES = ("西药费", "中成药费", "检查费", "护理费", "床位费")
_UPDATE = """UPDATE claims_claim SET state = 'adjudicated', policy = 'jinzhong_2017', in_scope_fen = %s,
    deductible_fen = %s, ratio = '0.7500', basic_fen = %s, compliant_personal_fen = %s, personal_fen = %s,
    adjudicated_at = %s WHERE id = %s"""
_MOVE = """INSERT INTO claims_claimmove (claim_id, before, after, at, why)
    VALUES (%s, 'received', 'adjudicated', %s, '')"""
_COUNT = """UPDATE claims_accumulator SET admissions = 1, basic_fen = %s, inpatient_basic_fen = %s
    WHERE resident_id = %s AND year = 2025"""


def run() -> Iterator[dict[str, Any]]:
    """First stays of as many people, five fee lines each."""
    town = Town()
    hospital = town.hospital("county")
    patients = [town.patient() for _ in range(CLAIMS)]
    waiting: list[Claim] = []
    turn = 0

    def enter() -> None:
        nonlocal turn
        turn += 1
        drafts = [
            intake.Draft(
                number=f"B{turn:03d}{number:06d}",
                facts={
                    "resident_id": patient.pk,
                    "benefit": Claim.Benefit.INPATIENT,
                    "admitted": date(2025, 3, 2),
                    "discharged": date(2025, 3, 12),
                },
                lines=[
                    ClaimLine(number=n, item=item, kind="drug", klass="A", amount=Decimal("800.00"))
                    for n, item in enumerate(FEES, start=1)
                ],
            )
            for number, patient in enumerate(patients)
        ]
        waiting[:] = intake.enter(drafts, hospital, by=town.manager, at=town.now)

    def work() -> None:
        adjudication.adjudicate([claim.pk for claim in waiting], at=town.now)

    def floor() -> None:
        asked = gathering.questions(
            Claim.objects.filter(pk__in=[claim.pk for claim in waiting]).select_related("resident__area")
        )
        with transaction.atomic(), connection.cursor() as cursor:
            told = []
            for question in asked:
                answer = question.regulation.benefit(question.asked) if question.regulation else None
                assert answer is not None
                amounts = (answer.in_scope, answer.deductible, answer.basic, answer.compliant_personal, answer.personal)
                told.append((*(int(amount * 100) for amount in amounts), town.now, question.claim.pk))
            cursor.executemany(_UPDATE, told)
            cursor.executemany(_MOVE, [(row[-1], town.now) for row in told])
            cursor.executemany(
                _COUNT,
                [(row[2], row[2], question.claim.resident_id) for row, question in zip(told, asked, strict=True)],
            )

    yield figure("adjudication", rows=CLAIMS, work=work, floor=floor, before=enter)
