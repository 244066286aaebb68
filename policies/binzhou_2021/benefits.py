"""What Binzhou pays for care: outpatient and stays, in the order of its articles 12 to 22."""

from __future__ import annotations

from decimal import Decimal

from policies.ceilings import limited, paid_above, points
from policies.critical import critical_illness
from policies.exclusion import Exclusions, refusal
from policies.lines import Catalogue, Fees, level, take_apart
from policies.money import ZERO, yuan
from policies.outcome import paid, unpaid
from policies.rules import Figure, Rules
from policies.shapes import Benefit, Claim, NotUnderstood, Reason
from policies.worksheet import Worksheet

EXCLUSIONS = Exclusions(
    causes=dict.fromkeys(("work_injury", "third_party", "public_health", "abroad"), "BZ22"),
    non_designated="BZ24",
    no_cover="BZ11.4",
)
CATALOGUE = Catalogue(outside="BZ16", uncovered="BZ11.4", first_share="BZ16")
PERSONAL = "BZ25.1"
PRIMARY = 1  # level 1, and 0: village and township clinics without level


def benefit(claim: Claim, rules: Rules) -> Benefit:
    """Decide one course of care; the text knows outpatient care and stays, no benefit of its own for anything else."""
    if reason := refusal(claim, EXCLUSIONS):
        return unpaid(claim, "refused", reason)
    if claim.benefit == "outpatient":
        return outpatient(claim, rules)
    if claim.benefit == "inpatient":
        return inpatient(claim, rules)
    return unpaid(claim, "refused", Reason("BZ12.1", "本办法没有这项待遇，只有普通门诊、住院和门诊慢性病"))


def outpatient(claim: Claim, rules: Rules) -> Benefit:
    """Ordinary outpatient care at the contracted institution: a ratio of what still counts in the year [BZ13]."""
    if claim.care.inside_stay:
        return unpaid(claim, "refused", Reason("BZ12.1", "住院期间暂停门诊待遇"))
    if not claim.institution.contracted or claim.institution.level > PRIMARY:
        return unpaid(claim, "refused", Reason("BZ13.2", "普通门诊只在签约的一级定点医疗机构报销"))
    sheet = Worksheet()
    used = claim.year_to_date
    limit = rules("outpatient.limit", level(claim))
    ratio = rules("outpatient.ratio", "usual" if used.outpatient_last_year else "after_year_without")
    ceiling = rules("inpatient.ceiling", level(claim))
    fees = take_apart(claim, rules, CATALOGUE, sheet)
    counted = limited(fees.in_scope, limit, used.outpatient_in_scope, sheet, "计入门诊限额的费用")
    share = sheet.write("门诊按比例", yuan(ratio.value * counted), ratio, "%s × %s", counted, ratio.value)
    basic = limited(share, ceiling, used.basic, sheet, "门诊统筹支付")
    compliant = sheet.write("合规个人负担", fees.in_scope - basic, limit, "%s − %s", fees.in_scope, basic)
    return paid(
        claim,
        fees,
        sheet,
        article=PERSONAL,
        ratio=ratio.value,
        basic=basic,
        compliant=compliant,
        feeds_critical=False,
        counted=fees.in_scope,
    )


def inpatient(claim: Claim, rules: Rules) -> Benefit:
    """A stay [BZ14], outside the city after a first self-payment [BZ18]; then critical illness [BZ12.1]."""
    sheet = Worksheet()
    tier = counted_level(claim, rules)
    deductible, ratio = rules("inpatient.deductible", tier), rules("inpatient.ratio", tier)
    ceiling = rules("inpatient.ceiling", tier)
    fees = _first_self_payment(claim, take_apart(claim, rules, CATALOGUE, sheet), rules, sheet)
    in_scope = fees.in_scope
    due = min(_waived(claim, tier, deductible, rules, sheet), in_scope)
    above = paid_above(in_scope, due)
    sheet.write("起付标准以上", above, deductible, "%s − %s", in_scope, due)
    effective = _in_transition(claim, _with_chinese_medicine(claim, ratio, rules, sheet), rules, sheet)
    share = sheet.write("统筹按比例", yuan(effective * above), ratio, "%s × %s", above, effective)
    basic = limited(share, ceiling, claim.year_to_date.basic, sheet, "统筹基金支付")
    compliant = sheet.write("合规个人负担", in_scope - basic, "BZ12.1", "%s − %s", in_scope, basic)
    critical, reasons = critical_illness(compliant, claim.year_to_date, rules, sheet)
    return paid(
        claim,
        fees,
        sheet,
        article=PERSONAL,
        deductible=due,
        ratio=effective,
        basic=basic,
        compliant=compliant,
        critical=critical,
        reasons=reasons,
        inpatient_basic=basic,
        tier=tier,
    )


def counted_level(claim: Claim, rules: Rules) -> str:
    """The level as which the hospital counts: level 3 outside the city, a private one by its beds, else its own."""
    place = claim.institution
    if _away(claim):
        return "3"
    if place.ownership == "private":
        if place.beds is None:
            raise NotUnderstood("institution.beds", "民营医疗机构按床位数参照级别，请填写床位数")
        return "2" if place.beds <= rules("private.beds").value else "3"
    return level(claim)


def _away(claim: Claim) -> bool:
    """Outside the city and not a filed resident of that place [BZ18, BZ19]."""
    return claim.institution.location != "in_city" and claim.care.filing != "resident"


def _first_self_payment(claim: Claim, fees: Fees, rules: Rules, sheet: Worksheet) -> Fees:
    if not _away(claim):
        return fees
    share = rules("out_of_area.first_share", claim.care.filing)
    before = fees.in_scope
    taken = sheet.write("市外就医首先自付", yuan(share.value * before), share, "%s × %s", before, share.value)
    left = sheet.write("首先自付后的政策范围内费用", before - taken, share, "%s − %s", before, taken)
    return fees._replace(first_share=fees.first_share + taken, in_scope=left)


def _waived(claim: Claim, tier: str, deductible: Figure, rules: Rules, sheet: Worksheet) -> Decimal:
    """The deductible; none from the year's third stay in level 2 and 3 hospitals on, in those hospitals [BZ14.1]."""
    nth = claim.year_to_date.admissions_level_2_3 + 1
    free_from = rules("inpatient.free_from_admission")
    if tier != "1" and nth >= free_from.value:
        return sheet.write("起付标准", ZERO, free_from, "二、三级医院年内第 %s 次住院，取消起付线", nth)
    return sheet.write("起付标准", deductible.value, deductible)


def _with_chinese_medicine(claim: Claim, ratio: Figure, rules: Rules, sheet: Worksheet) -> Decimal:
    sheet.write("支付比例", ratio.value, ratio)
    place = claim.institution
    if not (place.chinese_medicine and place.designated and place.location == "in_city"):
        return ratio.value
    more = rules("inpatient.chinese_medicine_points")
    return points(ratio.value, more.value, more, sheet, "中医医疗机构提高后的支付比例")


def _in_transition(claim: Claim, ratio: Decimal, rules: Rules, sheet: Worksheet) -> Decimal:
    """The final ratio, halved where the admission day lies in the transition after a late payment [BZ11.2]."""
    last = claim.cover.transition_until if claim.cover else None
    if last is None or claim.care.admitted > last:
        return ratio
    half = rules("inpatient.transition_factor")
    return sheet.write("过渡期内的支付比例", ratio * half.value, half, "%s × %s", ratio, half.value)
