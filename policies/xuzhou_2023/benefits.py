"""What Xuzhou pays for care, in the order of its articles 11 to 19; the figures come from the notices of article 13."""

from __future__ import annotations

from decimal import Decimal

from policies.ceilings import limited, paid_above, points
from policies.critical import critical_illness
from policies.exclusion import CAUSES, Exclusions, refusal
from policies.lines import Catalogue, level, take_apart
from policies.money import positive, yuan
from policies.outcome import paid, unpaid
from policies.rules import Rules
from policies.shapes import Benefit, Claim, Reason
from policies.worksheet import Worksheet

EXCLUSIONS = Exclusions(
    causes=dict.fromkeys(("work_injury", "third_party", "public_health", "abroad"), "XZ11"),
    non_designated="XZ19",
    no_cover="XZ10.1",
)
CATALOGUE = Catalogue(outside="XZ11", uncovered="XZ10.1", first_share="XZ15.1", uninformed="scope.uninformed_share")
INQUIRED = ("trauma", "poisoning")
PERSONAL = "XZ25"


def benefit(claim: Claim, rules: Rules) -> Benefit:
    """Decide one course of care: exclusions [XZ11, XZ19], the inquiry into an injury [XZ18], the benefit [XZ13]."""
    if reason := _not_covered_by_inquiry(claim) or refusal(claim, EXCLUSIONS):
        return unpaid(claim, "refused", reason)
    if claim.benefit == "outpatient":
        return outpatient(claim, rules)
    if claim.benefit == "major_disease":
        return unpaid(claim, "refused", Reason("XZ13", "本办法没有按病种支付的重特大疾病待遇，请按住院申报"))
    if claim.benefit == "delivery" and claim.care.delivery == "normal":
        return normal_delivery(claim, rules)
    return inpatient(claim, rules)


def outpatient(claim: Claim, rules: Rules) -> Benefit:
    """Ordinary outpatient care: the notice's ratio up to its yearly limit [XZ13], lower outside the city [XZ17]."""
    sheet = Worksheet()
    ratio = _ratio(claim, "outpatient.ratio", rules, sheet)
    limit = rules("outpatient.limit", level(claim))
    fees = take_apart(claim, rules, CATALOGUE, sheet)
    share = sheet.write("门诊按比例", yuan(ratio * fees.in_scope), "XZ13", "%s × %s", fees.in_scope, ratio)
    basic = limited(share, limit, claim.year_to_date.outpatient_basic, sheet, "门诊统筹支付")
    compliant = sheet.write("合规个人负担", fees.in_scope - basic, "XZ13", "%s − %s", fees.in_scope, basic)
    pending, reasons = _inquiry_open(claim)
    return paid(
        claim,
        fees,
        sheet,
        article=PERSONAL,
        ratio=ratio,
        basic=basic,
        compliant=compliant,
        reasons=reasons,
        pending=pending,
        feeds_critical=False,
        counted=fees.in_scope,
    )


def inpatient(claim: Claim, rules: Rules) -> Benefit:
    """A stay, and a delivery with complications or by caesarean [XZ13]; then critical illness [XZ05]."""
    sheet = Worksheet()
    deductible = rules("inpatient.deductible", level(claim))
    ratio = _ratio(claim, "inpatient.ratio", rules, sheet)
    ceiling = rules("inpatient.ceiling", level(claim))
    fees = take_apart(claim, rules, CATALOGUE, sheet)
    in_scope = fees.in_scope
    due = sheet.write("起付标准", min(deductible.value, in_scope), deductible)
    above = sheet.write("起付标准以上", paid_above(in_scope, due), deductible, "%s − %s", in_scope, due)
    share = sheet.write("统筹按比例", yuan(ratio * above), "XZ13", "%s × %s", above, ratio)
    basic = limited(share, ceiling, claim.year_to_date.inpatient_basic, sheet, "统筹基金支付")
    compliant = sheet.write("合规个人负担", in_scope - basic, "XZ05", "%s − %s", in_scope, basic)
    critical, unset = critical_illness(compliant, claim.year_to_date, rules, sheet)
    pending, reasons = _inquiry_open(claim)
    return paid(
        claim,
        fees,
        sheet,
        article=PERSONAL,
        deductible=due,
        ratio=ratio,
        basic=basic,
        compliant=compliant,
        critical=critical,
        reasons=reasons + unset,
        pending=pending,
        inpatient_basic=basic,
    )


def normal_delivery(claim: Claim, rules: Rules) -> Benefit:
    """A normal delivery: the notice's fixed sum, at most what it cost [XZ13]."""
    sheet = Worksheet()
    standard = rules("delivery.normal", level(claim))
    fees = take_apart(claim, rules, CATALOGUE, sheet)
    payable = fees.total - fees.hospital_borne
    basic = min(payable, standard.value)
    sheet.write("自然分娩支付", basic, standard, "%s 与 %s 取低", payable, standard.value)
    pending, reasons = _inquiry_open(claim)
    return paid(
        claim,
        fees,
        sheet,
        article=PERSONAL,
        basic=basic,
        compliant=positive(fees.in_scope - basic),
        reasons=reasons,
        pending=pending,
        feeds_critical=False,
    )


def _ratio(claim: Claim, parameter: str, rules: Rules, sheet: Worksheet) -> Decimal:
    """The ratio of the level; outside the city as at home for filed residents, else lower [XZ17]."""
    tier, filing = level(claim), claim.care.filing
    away = claim.institution.location != "in_city"
    if away and filing == "referral" and tier == "3":
        fixed = rules("out_of_area.referral_ratio")
        return sheet.write("转诊市外三级医疗机构的支付比例", fixed.value, fixed)
    local = rules(parameter, tier)
    sheet.write("支付比例", local.value, local)
    if not away or filing == "resident":
        return local.value
    less = rules("out_of_area.referral_points" if filing == "referral" else "out_of_area.unfiled_points")
    return points(local.value, -less.value, less, sheet, "市外就医降低后的支付比例")


def _not_covered_by_inquiry(claim: Claim) -> Reason | None:
    if claim.care.cause in INQUIRED and claim.care.inquiry == "not_covered":
        return Reason("XZ18", f"{CAUSES[claim.care.cause]}经稽核不符合医保支付规定，基金不予支付")
    return None


def _inquiry_open(claim: Claim) -> tuple[bool, tuple[Reason, ...]]:
    """Whether trauma or poisoning still waits for its inquiry, and what the clerk is told [XZ18]."""
    if claim.care.cause in INQUIRED and claim.care.inquiry is None:
        return True, (Reason("XZ18", f"{CAUSES[claim.care.cause]}须先行稽核，符合支付规定后方可支付"),)
    return False, ()
