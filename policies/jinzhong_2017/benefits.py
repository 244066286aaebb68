"""What Jinzhong pays for outpatient care, major diseases, stays and deliveries, in the order of its articles."""

from __future__ import annotations

from decimal import Decimal

from policies.ceilings import WHOLE, limited, paid_above, points
from policies.critical import critical_illness
from policies.days import age
from policies.exclusion import Exclusions, refusal
from policies.lines import Catalogue, Fees, level, take_apart
from policies.money import ZERO, positive, yuan
from policies.outcome import paid, unpaid
from policies.rules import Figure, Rules
from policies.shapes import Benefit, Claim, Institution, NotUnderstood, Reason
from policies.worksheet import Worksheet

EXCLUSIONS = Exclusions(
    causes=dict.fromkeys(
        (
            "crime",
            "brawl",
            "drunkenness",
            "self_harm",
            "traffic_accident",
            "medical_accident",
            "third_party",  # an accident for which somebody is liable
            "work_injury",  # another fund carries it
            "public_health",
            "abroad",
        ),
        "JZ19",
    ),
    non_designated="JZ19",
    no_cover="JZ10.1",
)
CATALOGUE = Catalogue(
    outside="JZ19",
    uncovered="JZ10.1",
    first_share="JZ18",
    admitted_kinds=frozenset({"large_equipment", "implant_domestic", "implant_imported", "disposable", "blood"}),
)
PERSONAL = "JZ22.1"
PRIMARY = 1  # level 1, and 0: village and township clinics without level


def benefit(claim: Claim, rules: Rules) -> Benefit:
    """Decide one course of care; what the exclusions refuse is the person's to the last yuan [JZ19]."""
    if reason := refusal(claim, EXCLUSIONS):
        return unpaid(claim, "refused", reason)
    if claim.benefit == "outpatient":
        return outpatient(claim, rules)
    if claim.benefit == "major_disease":
        return major_disease(claim, rules)
    if claim.benefit == "delivery" and claim.care.delivery == "normal":
        return normal_delivery(claim, rules)
    return inpatient(claim, rules)


def outpatient(claim: Claim, rules: Rules) -> Benefit:
    """Ordinary outpatient care at primary institutions: a ratio without deductible, up to a yearly limit [JZ12.2]."""
    if claim.institution.level > PRIMARY:
        return unpaid(claim, "refused", Reason("JZ12.2", "普通门诊只在基层定点医疗机构报销"))
    sheet = Worksheet()
    tier = level(claim)
    ratio, limit = rules("outpatient.ratio", tier), rules("outpatient.limit", tier)
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


def major_disease(claim: Claim, rules: Rules) -> Benefit:
    """A major disease paid per case: fund, then charity or assistance; above the quota the named hospital [JZ14.3]."""
    disease = claim.care.major_disease
    if disease is None:
        raise NotUnderstood("care.major_disease", "重特大疾病须写明类别、限额标准和是否指定医院")
    if not disease.named_hospital:
        return unpaid(claim, "refused", Reason("JZ14.3", "重特大疾病只在指定医院按病种付费，其他医院请按住院申报"))
    sheet = Worksheet()
    total = sum((line.amount for line in claim.lines), ZERO)
    sheet.write("医疗费总额", total, "JZ14.3", "各行金额之和")
    base = sheet.write("限额内费用", min(total, disease.quota), "JZ14.3", "%s 与限额 %s 取低", total, disease.quota)
    borne = sheet.write("医疗机构负担", total - base, "JZ14.3", "%s − %s", total, base)
    ratio = rules("major_disease.ratio")
    basic = sheet.write("基金支付", yuan(ratio.value * base), ratio, "%s × %s", base, ratio.value)
    charity = assistance = ZERO
    if disease.klass == 1 and _poor_child(claim, rules):
        share = rules("major_disease.charity")
        # Treatment is free of charge, so the last fen of the two roundings is the charity's.
        charity = min(yuan(share.value * base), base - basic)
        sheet.write("慈善补助", charity, share, "%s × %s，不超过 %s − %s", base, share.value, base, basic)
    elif "medical_assistance" in claim.person.groups:
        share = rules("major_disease.assistance")
        assistance = min(yuan(share.value * base), base - basic)
        sheet.write("医疗救助", assistance, share, "%s × %s", base, share.value)
    compliant = base - basic - charity - assistance
    sheet.write("合规个人负担", compliant, ratio, "%s − %s − %s − %s", base, basic, charity, assistance)
    critical, reasons = critical_illness(compliant, claim.year_to_date, rules, sheet)
    return paid(
        claim,
        Fees(total, borne, ZERO, ZERO, ZERO, base),
        sheet,
        article=PERSONAL,
        ratio=ratio.value,
        basic=basic,
        compliant=compliant,
        critical=critical,
        charity=charity,
        assistance=assistance,
        reasons=reasons,
    )


def inpatient(claim: Claim, rules: Rules) -> Benefit:
    """A stay, and a delivery with complications or by caesarean [JZ15, JZ16]; then critical illness [JZ17]."""
    sheet = Worksheet()
    tier = charge_class(claim)
    deductible, ratio = rules("inpatient.deductible", tier), rules("inpatient.ratio", tier)
    ceiling = rules("inpatient.ceiling", tier)
    fees = take_apart(claim, rules, CATALOGUE, sheet)
    in_scope = fees.in_scope
    due = min(_halved(claim, deductible, rules, sheet), in_scope)
    above = paid_above(in_scope, due)
    sheet.write("起付标准以上", above, deductible, "%s − %s", in_scope, due)
    effective = _unreferred(claim, ratio, rules, sheet)
    share = sheet.write("统筹按比例", yuan(effective * above), ratio, "%s × %s", above, effective)
    basic = limited(share, ceiling, claim.year_to_date.inpatient_basic, sheet, "统筹基金支付")
    compliant = sheet.write("合规个人负担", in_scope - basic, "JZ17", "%s − %s", in_scope, basic)
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
    )


def charge_class(claim: Claim) -> str:
    """The column of the table of article 15: class 3, class 2 by affiliation, class 1, or outside the province."""
    place = claim.institution
    klass = _class_of(place)
    if place.location != "in_city" and claim.care.filing == "resident":
        return "2.city" if klass == "2" else klass  # the column of the matching local institution [JZ24.2]
    if place.location == "out_of_province":
        return "1.out_of_province"
    if klass == "2":
        return "2.city" if place.affiliation in ("city", "province") else "2.county"
    return klass


def _class_of(place: Institution) -> str:
    if place.level == 3:
        return "1" if place.grade == "A" else "2"
    return "2" if place.level == 2 and place.grade == "A" else "3"


def _poor_child(claim: Claim, rules: Rules) -> bool:
    years = age(claim.person.birth_date, claim.care.admitted)
    youngest, oldest = rules("major_disease.charity_ages", "from"), rules("major_disease.charity_ages", "to")
    return "poor_family_child" in claim.person.groups and youngest.value <= years <= oldest.value


def _halved(claim: Claim, deductible: Figure, rules: Rules, sheet: Worksheet) -> Decimal:
    """The deductible of this stay: halved for a child and from the second stay of the year on; halvings multiply."""
    factor = WHOLE
    if age(claim.person.birth_date, claim.care.admitted) <= rules("inpatient.child_age").value:
        half = rules("inpatient.child_factor")
        factor = sheet.write("儿童起付线系数", factor * half.value, half)
    if claim.year_to_date.admissions:
        half = rules("inpatient.later_admission_factor")
        factor = sheet.write("二次及以上住院起付线系数", factor * half.value, half, "%s × %s", factor, half.value)
    if factor is WHOLE:
        return sheet.write("起付标准", deductible.value, deductible)
    return sheet.write("起付标准", yuan(deductible.value * factor), deductible, "%s × %s", deductible.value, factor)


def _unreferred(claim: Claim, ratio: Figure, rules: Rules, sheet: Worksheet) -> Decimal:
    """The ratio, lowered outside the pooling area without referral and without emergency [JZ24.1]."""
    sheet.write("支付比例", ratio.value, ratio)
    care = claim.care
    if claim.institution.location == "in_city" or care.filing != "none" or care.emergency:
        return ratio.value
    less = rules("out_of_area.unfiled_points")
    return points(ratio.value, -less.value, less, sheet, "未转诊降低后的支付比例")


def normal_delivery(claim: Claim, rules: Rules) -> Benefit:
    """A normal delivery: a fixed sum by the standing of the institution, at most what it cost [JZ16]."""
    sheet = Worksheet()
    standard = rules("delivery.normal", "township" if claim.institution.affiliation == "township" else "county")
    fees = take_apart(claim, rules, CATALOGUE, sheet)
    basic = min(fees.total, standard.value)
    sheet.write("自然分娩支付", basic, standard, "%s 与 %s 取低", fees.total, standard.value)
    compliant = positive(fees.in_scope - basic)
    return paid(claim, fees, sheet, article=PERSONAL, basic=basic, compliant=compliant, feeds_critical=False)
