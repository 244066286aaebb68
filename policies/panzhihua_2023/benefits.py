"""What Panzhihua pays for care, in the order of its articles 12 to 19; the figures come from its notices."""

from __future__ import annotations

from decimal import Decimal

from policies.ceilings import limited, paid_above, points
from policies.critical import critical_illness
from policies.exclusion import Exclusions, refusal
from policies.lines import Catalogue, level, take_apart
from policies.money import positive, yuan
from policies.outcome import paid, unpaid
from policies.rules import Rules
from policies.shapes import Benefit, Claim, Reason
from policies.worksheet import Worksheet

EXCLUSIONS = Exclusions(
    causes=dict.fromkeys(("work_injury", "third_party", "public_health", "abroad", "fitness_checkup"), "PZ14"),
    non_designated="PZ12.3",
    no_cover="PZ11",
)
CATALOGUE = Catalogue(outside="PZ13", uncovered="PZ11", first_share="PZ13")
PERSONAL = "PZ18"


def benefit(claim: Claim, rules: Rules) -> Benefit:
    """Decide one course of care: the exclusions [PZ14], then the benefit [PZ12]."""
    if reason := refusal(claim, EXCLUSIONS):
        return unpaid(claim, "refused", reason)
    if claim.benefit == "outpatient":
        return outpatient(claim, rules)
    if claim.benefit == "delivery":
        return delivery(claim, rules)
    if claim.benefit == "major_disease":
        return unpaid(claim, "refused", Reason("PZ12.3", "本办法没有按病种支付的重特大疾病待遇，请按住院申报"))
    return inpatient(claim, rules)


def outpatient(claim: Claim, rules: Rules) -> Benefit:
    """Ordinary outpatient care: the notice's ratio up to its yearly limit [PZ12.1]."""
    sheet = Worksheet()
    ratio, limit = rules("outpatient.ratio", level(claim)), rules("outpatient.limit", level(claim))
    fees = take_apart(claim, rules, CATALOGUE, sheet)
    share = sheet.write("门诊按比例", yuan(ratio.value * fees.in_scope), ratio, "%s × %s", fees.in_scope, ratio.value)
    basic = limited(share, limit, claim.year_to_date.outpatient_basic, sheet, "门诊统筹支付")
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
    """A stay by the figures of the notices [PZ12.3], worse outside the city [PZ19]; then critical illness [PZ24]."""
    sheet = Worksheet()
    deductible = rules("inpatient.deductible", _column(claim))
    ratio = _ratio(claim, rules, sheet)
    ceiling = rules("inpatient.ceiling", level(claim))
    fees = take_apart(claim, rules, CATALOGUE, sheet)
    in_scope = fees.in_scope
    due = sheet.write("起付线", min(deductible.value, in_scope), deductible)
    above = sheet.write("起付线以上", paid_above(in_scope, due), deductible, "%s − %s", in_scope, due)
    share = sheet.write("统筹按比例", yuan(ratio * above), "PZ12.3", "%s × %s", above, ratio)
    basic = limited(share, ceiling, claim.year_to_date.inpatient_basic, sheet, "统筹基金支付")
    compliant = sheet.write("合规个人负担", in_scope - basic, "PZ24", "%s − %s", in_scope, basic)
    critical, reasons = critical_illness(compliant, claim.year_to_date, rules, sheet)
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
        reasons=reasons,
        inpatient_basic=basic,
    )


def delivery(claim: Claim, rules: Rules) -> Benefit:
    """A delivery in hospital: the notice's fixed sum whatever its course, at most what it cost [PZ12.4]."""
    sheet = Worksheet()
    standard = rules("delivery.normal", level(claim))
    fees = take_apart(claim, rules, CATALOGUE, sheet)
    basic = min(fees.total, standard.value)
    sheet.write("住院分娩定额支付", basic, standard, "%s 与 %s 取低", fees.total, standard.value)
    compliant = sheet.write("合规个人负担", positive(fees.in_scope - basic), standard, "%s − %s", fees.in_scope, basic)
    if claim.care.delivery == "normal":
        return paid(claim, fees, sheet, article=PERSONAL, basic=basic, compliant=compliant, feeds_critical=False)
    critical, reasons = critical_illness(compliant, claim.year_to_date, rules, sheet)
    return paid(
        claim, fees, sheet, article=PERSONAL, basic=basic, compliant=compliant, critical=critical, reasons=reasons
    )


def _away(claim: Claim) -> bool:
    """Outside the city and not at a filed residence [PZ19]."""
    return claim.institution.location != "in_city" and claim.care.filing != "resident"


def _column(claim: Claim) -> str:
    """The column of the deductible: a notice may raise it outside the city ("2.referral", "2.unfiled") [PZ19]."""
    if not _away(claim):
        return level(claim)
    return f"{level(claim)}.{'referral' if claim.care.filing == 'referral' else 'unfiled'}"


def _ratio(claim: Claim, rules: Rules, sheet: Worksheet) -> Decimal:
    local = rules("inpatient.ratio", level(claim))
    sheet.write("支付比例", local.value, local)
    if not _away(claim):
        return local.value
    less = rules(f"out_of_area.{'referral' if claim.care.filing == 'referral' else 'unfiled'}_points")
    return points(local.value, -less.value, less, sheet, "市外住院降低后的支付比例")
