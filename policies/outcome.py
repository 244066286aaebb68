"""The end of a decision: every yuan of the bill has its payer, and the year's counters move on."""

from __future__ import annotations

from decimal import Decimal

from policies.lines import Fees
from policies.money import ZERO
from policies.shapes import Benefit, Claim, Reason, YearToDate
from policies.worksheet import Worksheet


def unpaid(claim: Claim, status: str, *reasons: Reason) -> Benefit:
    """Nothing is paid (refused or no_rule): every yuan is the person's, the counters stay."""
    total = sum((line.amount for line in claim.lines), ZERO)
    sheet = Worksheet()
    sheet.write("医疗费总额", total, reasons[0].article, "各行金额之和")
    sheet.write("个人负担", total, reasons[0].article, reasons[0].message)
    return Benefit(
        status=status,
        total=total,
        hospital_borne=ZERO,
        out_of_scope=ZERO,
        over_ceiling=ZERO,
        first_share=ZERO,
        in_scope=ZERO,
        deductible=ZERO,
        ratio=None,
        basic=ZERO,
        compliant_personal=ZERO,
        critical_illness=ZERO,
        assistance=ZERO,
        charity=ZERO,
        personal=total,
        reasons=reasons,
        sheet=sheet,
        year_to_date=claim.year_to_date,
    )


def paid(
    claim: Claim,
    fees: Fees,
    sheet: Worksheet,
    *,
    article: str,
    basic: Decimal,
    compliant: Decimal,
    deductible: Decimal = ZERO,
    ratio: Decimal | None = None,
    critical: Decimal = ZERO,
    assistance: Decimal = ZERO,
    charity: Decimal = ZERO,
    reasons: tuple[Reason, ...] = (),
    pending: bool = False,
    inpatient_basic: Decimal = ZERO,
    feeds_critical: bool = True,
    counted: Decimal = ZERO,
    tier: str | None = None,
) -> Benefit:
    """Add the answer up; what no fund and no hospital carries is the person's.

    `article` says that the person pays only the rest; `inpatient_basic` is what counts in the inpatient ceiling,
    `counted` the outpatient costs that count in the year, `tier` the level as which a stay counts (that of the
    institution where none is said), `feeds_critical` whether compliant personal costs add up for the year.
    """
    personal = fees.total - basic - critical - assistance - charity - fees.hospital_borne
    sheet.write(
        "个人负担", personal, article, "%s − 统筹 %s − 大病 %s − 救助 %s − 慈善 %s − 医疗机构 %s",
        fees.total, basic, critical, assistance, charity, fees.hospital_borne,
    )  # fmt: skip
    before, stay = claim.year_to_date, claim.benefit != "outpatient"
    upper = stay and (claim.institution.level >= 2 if tier is None else tier in ("2", "3"))
    after = YearToDate(
        admissions=before.admissions + stay,
        admissions_level_2_3=before.admissions_level_2_3 + upper,
        basic=before.basic + basic,
        inpatient_basic=before.inpatient_basic + inpatient_basic,
        outpatient_basic=before.outpatient_basic if stay else before.outpatient_basic + basic,
        outpatient_in_scope=before.outpatient_in_scope + counted,
        compliant_personal=before.compliant_personal + compliant if feeds_critical else before.compliant_personal,
        critical_illness=before.critical_illness + critical,
        outpatient_last_year=before.outpatient_last_year,
    )
    return Benefit(
        status="pending" if pending else "payable",
        total=fees.total,
        hospital_borne=fees.hospital_borne,
        out_of_scope=fees.out_of_scope,
        over_ceiling=fees.over_ceiling,
        first_share=fees.first_share,
        in_scope=fees.in_scope,
        deductible=deductible,
        ratio=ratio,
        basic=basic,
        compliant_personal=compliant,
        critical_illness=critical,
        assistance=assistance,
        charity=charity,
        personal=personal,
        reasons=reasons,
        sheet=sheet,
        year_to_date=after,
    )
