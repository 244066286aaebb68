"""The SQL auditor: re-derives from the rows what the application says, by other means than the application's own."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from django.db import connection

from office import audit


class Finding(NamedTuple):
    """One thing that does not hold: which check, which row, and what it should have been."""

    check: str
    row: str
    detail: str


# Each query names the rows that break a rule: id, what stands there, what should stand there. Plain SQL for both
# databases, written from the rules and not from the models, so that one mistake is not made twice.
CHECKS: Final[dict[str, str]] = {
    "posting moves a positive sum between two accounts": """
        SELECT id, amount_fen, 0 FROM funds_posting WHERE amount_fen <= 0 OR debit_id = credit_id""",
    "entry has postings": """
        SELECT e.id, 0, 1 FROM funds_entry e LEFT JOIN funds_posting p ON p.entry_id = e.id WHERE p.id IS NULL""",
    "reversal mirrors its entry": """
        SELECT e.id, (SELECT SUM(amount_fen) FROM funds_posting WHERE entry_id = e.id),
            (SELECT SUM(amount_fen) FROM funds_posting WHERE entry_id = e.reverses_id)
        FROM funds_entry e WHERE e.reverses_id IS NOT NULL AND (
            (SELECT COUNT(*) FROM funds_posting a JOIN funds_posting b ON b.entry_id = e.reverses_id
                AND b.debit_id = a.credit_id AND b.credit_id = a.debit_id AND b.amount_fen = a.amount_fen
                AND b.leg = a.leg AND b.sub_fund = a.sub_fund AND b.area_id = a.area_id WHERE a.entry_id = e.id)
            <> (SELECT COUNT(*) FROM funds_posting WHERE entry_id = e.reverses_id))""",
    "settlement is the sum of its claims": """
        SELECT s.id, s.critical_illness_fen + s.assistance_fen + s.charity_fen,
            COALESCE(SUM(i.critical_illness_fen + i.assistance_fen + i.charity_fen), 0)
        FROM funds_settlement s LEFT JOIN funds_settlementitem i ON i.settlement_id = s.id
        GROUP BY s.id, s.critical_illness_fen, s.assistance_fen, s.charity_fen, s.claims
        HAVING s.critical_illness_fen + s.assistance_fen + s.charity_fen
            <> COALESCE(SUM(i.critical_illness_fen + i.assistance_fen + i.charity_fen), 0)
            OR s.claims <> COUNT(i.id) - COUNT(i.adjustment_id)""",
    "fee-for-service settlement claims what its items were worth": """
        SELECT s.id, s.claimed_fen, COALESCE(SUM(i.basic_fen), 0)
        FROM funds_settlement s LEFT JOIN funds_settlementitem i ON i.settlement_id = s.id
        WHERE s.method = 'fee_for_service' GROUP BY s.id, s.claimed_fen
        HAVING s.claimed_fen <> COALESCE(SUM(i.basic_fen), 0)""",
    "settled claim stands at the amount it was settled with": """
        SELECT c.id, c.basic_fen, i.basic_fen FROM funds_settlementitem i JOIN claims_claim c ON c.id = i.claim_id
        WHERE i.adjustment_id IS NULL AND (c.state NOT IN ('settled', 'reversed') OR c.basic_fen <> i.basic_fen
            OR c.critical_illness_fen <> i.critical_illness_fen
            OR c.assistance_fen <> i.assistance_fen OR c.charity_fen <> i.charity_fen)""",
    "negative line takes back what its reversal says": """
        SELECT i.id, i.basic_fen, a.basic_fen FROM funds_settlementitem i
        JOIN claims_adjustment a ON a.id = i.adjustment_id
        WHERE a.claim_id <> i.claim_id OR a.payee <> 'institution' OR a.basic_fen <> i.basic_fen
            OR a.critical_illness_fen <> i.critical_illness_fen OR a.assistance_fen <> i.assistance_fen
            OR a.charity_fen <> i.charity_fen""",
    "reversed claim is worth nothing any more": """
        SELECT c.id, c.basic_fen + c.critical_illness_fen + c.assistance_fen + c.charity_fen,
            COALESCE(SUM(a.basic_fen + a.critical_illness_fen + a.assistance_fen + a.charity_fen), 0)
        FROM claims_claim c LEFT JOIN claims_adjustment a ON a.claim_id = c.id WHERE c.state = 'reversed'
        GROUP BY c.id, c.basic_fen, c.critical_illness_fen, c.assistance_fen, c.charity_fen
        HAVING c.basic_fen + COALESCE(SUM(a.basic_fen), 0) <> 0
            OR c.critical_illness_fen + COALESCE(SUM(a.critical_illness_fen), 0) <> 0
            OR c.assistance_fen + COALESCE(SUM(a.assistance_fen), 0) <> 0
            OR c.charity_fen + COALESCE(SUM(a.charity_fen), 0) <> 0""",
    "settled redress is booked to the fen": """
        SELECT r.id, ABS(a.basic_fen) + ABS(a.critical_illness_fen) + ABS(a.assistance_fen) + ABS(a.charity_fen),
            COALESCE((SELECT SUM(p.amount_fen) FROM funds_entry e JOIN funds_posting p ON p.entry_id = e.id
                WHERE e.source = 'redress:' || r.id), 0)
        FROM funds_redress r JOIN claims_adjustment a ON a.id = r.adjustment_id
        WHERE r.settled_by_id IS NOT NULL
            AND ABS(a.basic_fen) + ABS(a.critical_illness_fen) + ABS(a.assistance_fen) + ABS(a.charity_fen) <>
            COALESCE((SELECT SUM(p.amount_fen) FROM funds_entry e JOIN funds_posting p ON p.entry_id = e.id
                WHERE e.source = 'redress:' || r.id), 0)""",
    "settled claim stands in a settlement": """
        SELECT c.id, 0, 1 FROM claims_claim c
        LEFT JOIN funds_settlementitem i ON i.claim_id = c.id AND i.adjustment_id IS NULL
        WHERE c.state IN ('settled', 'reversed') AND i.id IS NULL""",
    "paid settlement is booked to the fen": """
        SELECT s.id, s.payable_fen + s.deposit_fen + s.critical_illness_fen + s.assistance_fen + s.charity_fen,
            COALESCE(SUM(p.amount_fen), 0)
        FROM funds_settlement s LEFT JOIN funds_entry e ON e.source = 'settlement:' || s.id
        LEFT JOIN funds_posting p ON p.entry_id = e.id
        WHERE s.state = 'paid'
        GROUP BY s.id, s.payable_fen, s.deposit_fen, s.critical_illness_fen, s.assistance_fen, s.charity_fen
        HAVING s.payable_fen + s.deposit_fen + s.critical_illness_fen + s.assistance_fen + s.charity_fen
            <> COALESCE(SUM(p.amount_fen), 0)""",
    "payment file is booked to the fen": """
        SELECT b.id, (SELECT COALESCE(SUM(amount_fen), 0) FROM enrollment_payment
                WHERE batch_id = b.id AND state NOT IN ('spread', 'debit_failed', 'debit_closed')),
            COALESCE(SUM(p.amount_fen), 0)
        FROM office_batch b JOIN funds_entry e ON e.source = 'payments:' || b.id
        LEFT JOIN funds_posting p ON p.entry_id = e.id GROUP BY b.id
        HAVING (SELECT COALESCE(SUM(amount_fen), 0) FROM enrollment_payment
                WHERE batch_id = b.id AND state NOT IN ('spread', 'debit_failed', 'debit_closed'))
            <> COALESCE(SUM(p.amount_fen), 0)""",
    "paid refund is booked to the fen, and nothing else is": """
        SELECT r.id, r.amount_fen, COALESCE(SUM(p.amount_fen), 0)
        FROM enrollment_refund r JOIN funds_entry e ON e.source = 'refund:' || r.id
        LEFT JOIN funds_posting p ON p.entry_id = e.id
        GROUP BY r.id, r.amount_fen, r.state
        HAVING r.state <> 'paid' OR r.amount_fen <> COALESCE(SUM(p.amount_fen), 0)""",
    "refund goes back once and never more than was paid": """
        SELECT p.id, SUM(r.amount_fen), p.amount_fen FROM enrollment_payment p
        JOIN enrollment_refund r ON r.payment_id = p.id AND r.state <> 'refused'
        GROUP BY p.id, p.amount_fen HAVING SUM(r.amount_fen) > p.amount_fen OR COUNT(*) > 1""",
    "refund list is the sum of its refunds": """
        SELECT l.id, l.amount_fen, (SELECT COALESCE(SUM(r.amount_fen), 0) FROM enrollment_refund r
            WHERE r.pay_list_id = l.id) FROM enrollment_refundlist l
        WHERE l.amount_fen < (SELECT COALESCE(SUM(r.amount_fen), 0) FROM enrollment_refund r
            WHERE r.pay_list_id = l.id)""",
    "comparison holds what its lines say": """
        SELECT c.id, c.ours_fen, p.amount_fen FROM enrollment_comparison c
        JOIN enrollment_payment p ON p.id = c.payment_id WHERE c.ours_fen <> p.amount_fen
        UNION ALL SELECT c.id, c.tax_fen, l.amount_fen FROM enrollment_comparison c
        JOIN enrollment_reportedline l ON l.id = c.tax_line_id WHERE c.tax_fen <> l.amount_fen OR l.side <> 'tax'
        UNION ALL SELECT c.id, c.fund_fen, l.amount_fen FROM enrollment_comparison c
        JOIN enrollment_reportedline l ON l.id = c.fund_line_id WHERE c.fund_fen <> l.amount_fen OR l.side <> 'fund'""",
    "claim is carried whole by its payers": """
        SELECT id, total_fen, basic_fen + critical_illness_fen + assistance_fen + charity_fen + hospital_borne_fen
            + personal_fen
        FROM claims_claim WHERE total_fen <> basic_fen + critical_illness_fen + assistance_fen + charity_fen
            + hospital_borne_fen + personal_fen""",
    "claim's total is the sum of its lines": """
        SELECT c.id, c.total_fen, COALESCE(SUM(l.amount_fen), 0) FROM claims_claim c
        LEFT JOIN claims_claimline l ON l.claim_id = c.id GROUP BY c.id, c.total_fen
        HAVING c.total_fen <> COALESCE(SUM(l.amount_fen), 0)""",
    "year's basic payments are what its claims were paid": """
        SELECT a.id, a.basic_fen, COALESCE(w.worth, 0) FROM claims_accumulator a LEFT JOIN (
            SELECT resident_id, year, SUM(fen) AS worth FROM (
                SELECT resident_id, year, basic_fen AS fen FROM claims_claim
                WHERE state IN ('adjudicated', 'approved', 'settled', 'reversed')
                UNION ALL
                SELECT c.resident_id, c.year, d.basic_fen FROM claims_adjustment d
                JOIN claims_claim c ON c.id = d.claim_id
            ) parts GROUP BY resident_id, year
        ) w ON w.resident_id = a.resident_id AND w.year = a.year
        WHERE a.basic_fen <> COALESCE(w.worth, 0)""",
    "year's critical illness payments are what its claims were paid": """
        SELECT a.id, a.critical_illness_fen, COALESCE(w.worth, 0) FROM claims_accumulator a LEFT JOIN (
            SELECT resident_id, year, SUM(fen) AS worth FROM (
                SELECT resident_id, year, critical_illness_fen AS fen FROM claims_claim
                WHERE state IN ('adjudicated', 'approved', 'settled', 'reversed')
                UNION ALL
                SELECT c.resident_id, c.year, d.critical_illness_fen FROM claims_adjustment d
                JOIN claims_claim c ON c.id = d.claim_id
            ) parts GROUP BY resident_id, year
        ) w ON w.resident_id = a.resident_id AND w.year = a.year
        WHERE a.critical_illness_fen <> COALESCE(w.worth, 0)""",
    "covered enrollment was paid for": """
        SELECT e.id, 0, COALESCE(SUM(d.amount_fen), 0) FROM enrollment_enrollment e
        JOIN enrollment_due d ON d.enrollment_id = e.id AND d.payer = 'individual' AND d.superseded_by_id IS NULL
        WHERE e.state = 'covered'
            AND NOT EXISTS (SELECT 1 FROM enrollment_duecorrection c WHERE c.id = d.correction_id AND c.after_payment)
            AND NOT EXISTS (SELECT 1 FROM enrollment_payment p WHERE p.enrollment_id = e.id AND p.state = 'matched')
        GROUP BY e.id HAVING COALESCE(SUM(d.amount_fen), 0) > 0""",
    "count of people is what the rows say": """
        SELECT a.code || ' ' || c.year || ' ' || c.kind || COALESCE(' ' || c.day, ''), SUM(c.stands), SUM(c.should)
        FROM (
            SELECT area_id, year, kind, day, number AS stands, 0 AS should FROM enrollment_tally WHERE kind <> 'money'
            UNION ALL SELECT area_id, 0, 'here', NULL, 0, COUNT(*) FROM enrollment_resident WHERE ended_on IS NULL
                GROUP BY area_id
            UNION ALL SELECT r.area_id, e.year, e.state, NULL, 0, COUNT(*) FROM enrollment_enrollment e
                JOIN enrollment_resident r ON r.id = e.resident_id GROUP BY r.area_id, e.year, e.state
            UNION ALL SELECT r.area_id, e.year, 'gone', NULL, 0, COUNT(*) FROM enrollment_enrollment e
                JOIN enrollment_resident r ON r.id = e.resident_id WHERE r.ended_on IS NOT NULL
                GROUP BY r.area_id, e.year
            UNION ALL SELECT r.area_id, e.year, 'paid', e.paid_on, 0, COUNT(*) FROM enrollment_enrollment e
                JOIN enrollment_resident r ON r.id = e.resident_id WHERE e.paid_on IS NOT NULL
                GROUP BY r.area_id, e.year, e.paid_on
        ) c JOIN office_area a ON a.id = c.area_id
        GROUP BY a.code, c.year, c.kind, c.day HAVING SUM(c.stands) <> SUM(c.should)""",
    "money counted by day is what the payments say": """
        SELECT a.code || ' ' || c.year || ' ' || c.day, SUM(c.stands), SUM(c.should) FROM (
            SELECT area_id, year, day, number AS lines, amount_fen AS stands, 0 AS should FROM enrollment_tally
            WHERE kind = 'money'
            UNION ALL SELECT area_id, COALESCE(meant_year, year), paid_on, -COUNT(*), 0, SUM(amount_fen)
                FROM enrollment_payment WHERE state = 'matched' GROUP BY area_id, COALESCE(meant_year, year), paid_on
        ) c JOIN office_area a ON a.id = c.area_id
        GROUP BY a.code, c.year, c.day HAVING SUM(c.stands) <> SUM(c.should) OR SUM(c.lines) <> 0""",
    "import accounts for every row it read": """
        SELECT id, read, taken + refused + duplicate FROM office_batch
        WHERE state = 'taken' AND read <> taken + refused + duplicate""",
}


def findings() -> Iterator[Finding]:
    """Everything that does not hold, one finding a row; nothing where all is well."""
    with connection.cursor() as cursor:
        for name, query in CHECKS.items():
            cursor.execute(query)
            for row, stands, should in cursor.fetchall():
                yield Finding(name, str(row), f"{stands} ≠ {should}")
    chain = audit.verify()
    if not chain.holds:
        yield Finding("audit trail is an unbroken chain", str(chain.broken), chain.why)
