"""Joining in Xuzhou: who may, who pays the contribution, and from which day benefits run."""

from __future__ import annotations

from datetime import date

from policies import covering, days
from policies.covering import CoverAnswer, CoverQuestion, Due, Entitlement, Insured, Start
from policies.rules import Rules
from policies.shapes import Reason
from policies.worksheet import Worksheet

GROUNDS = {"household": "XZ07.1", "pupil": "XZ07.1", "residence_permit": "XZ07.2", "university": "XZ07.3"}

# Which article speaks of a change of standing, and which figure counts its months.
CHANGES = {
    "graduation": "cover.change_months",
    "discharge_from_service": "cover.change_months",
    "release": "cover.change_months",
    "moved_in_insured": "cover.change_months",
    "left_employee_insurance": "cover.change_months",
    "permit_transfer_insured": "cover.transfer_months",
}


def cover(question: CoverQuestion, rules: Rules) -> CoverAnswer:
    """Say whether the person may join for the year, what is due from whom in yuan, and when benefits begin.

    Refused are people on employee insurance, pensioners from elsewhere and people without a ground for joining (XZ07).
    Raises NotSet where the family-planning share decides and no notice has set it (XZ09.5).
    """
    if refusal := _refusal(question.person):
        return refusal
    sheet = Worksheet()
    due = _contribution(question, rules, sheet)
    if question.paid_on is None:
        answer = covering.unpaid(due, _deadline(question, rules), sheet)
    else:
        answer = covering.begun(due, _start(question, question.paid_on, rules), sheet)
    return covering.noted(answer, *_certificate(question, rules))


def _refusal(person: Insured) -> CoverAnswer | None:
    if person.employee_insured:
        return covering.refused("XZ07.1", "已参加职工医保，不得重复参加居民医保")
    if person.pension_elsewhere:
        return covering.refused("XZ07.4", "已享受异地退休金或养老金、退休后户籍迁入的人员不在参保范围")
    if person.basis == "household" and person.registered_here is False:
        return covering.refused(
            "XZ07.1", "户籍不在本市，不能以本市户籍参保；持居住证或在本市就读的，请按居住证或学籍参保"
        )
    if person.basis == "residence_permit" and person.resides_here is False:
        return covering.refused("XZ07.2", "居住地不在本市，不能凭居住证参保")
    if person.basis not in GROUNDS:
        return covering.refused("XZ07.1", "没有本市户籍、学籍或居住证，不在参保范围")
    return None


def _contribution(question: CoverQuestion, rules: Rules, sheet: Worksheet) -> tuple[Due, ...]:
    student = question.person.basis == "university"
    return covering.contribution(
        question.standard, _entitlement(question, rules), "XZ09.1", "XZ09.7" if student else "XZ24.1", sheet
    )


def _entitlement(question: CoverQuestion, rules: Rules) -> Entitlement | None:
    """The best single entitlement [XZ09.8]; the open family-planning share is asked for only where it could be best."""
    groups = question.person.groups
    found = []
    if "medical_assistance" in groups:
        # The paragraph on students is the special one: the school's finance pays for them, not the assistance fund.
        student = question.person.basis == "university"
        payer, parameter = (
            ("school_finance", "subsidy.share.student")
            if student
            else ("medical_assistance", "subsidy.share.medical_assistance")
        )
        found.append(covering.entitled(payer, parameter, rules))
    if "severely_disabled" in groups:
        found.append(covering.entitled("government", "subsidy.share.severely_disabled", rules))
    if question.age >= rules("subsidy.elderly_age").value:
        found.append(covering.entitled("government", "subsidy.share.elderly", rules))
    best = covering.best(found)
    if "family_planning_reward" in groups and (best is None or best.share < covering.WHOLE):
        found.append(covering.entitled("family_planning", "subsidy.share.family_planning", rules))
        best = covering.best(found)
    return best


def _start(question: CoverQuestion, paid_on: date, rules: Rules) -> Start:
    """The first day of benefits: the first rule that speaks of this person decides."""
    for rule in (_newborn, _new_status, _new_student, _in_window, _changed, _renewed):
        if start := rule(question, paid_on, rules):
            return start
    return _waits(question, paid_on, rules)


def _newborn(question: CoverQuestion, paid_on: date, rules: Rules) -> Start | None:
    birth = question.happened("birth")
    if birth is None or question.person.insured_years:
        return None
    at_once, next_day = rules("cover.newborn.from_birth_months"), rules("cover.newborn.next_day_months")
    if paid_on <= days.add_months(birth, int(at_once.value)):
        return Start(birth, at_once.article, f"新生儿出生{at_once.value}个月内缴费，自出生之日起享受待遇")
    if paid_on <= days.add_months(birth, int(next_day.value)):
        return Start(
            days.day_after(paid_on), next_day.article, f"新生儿出生{next_day.value}个月内缴费，自足额缴费次日起享受待遇"
        )
    wait = rules("cover.waiting_months")
    first = covering.after_wait(paid_on, int(wait.value))
    return Start(first, "XZ10.3c", f"新生儿出生{next_day.value}个月后缴费，等待{wait.value}个月后享受待遇")


def _new_status(question: CoverQuestion, paid_on: date, rules: Rules) -> Start | None:
    # "Not yet covered" means not renewing: whoever was covered to the eve of the year renews as everybody does.
    status = question.happened("status")
    if status is None or question.renewing:
        return None
    return Start(status, "XZ10.6", "未参保的新增资助对象，自取得资格之日起享受待遇")


def _new_student(question: CoverQuestion, paid_on: date, rules: Rules) -> Start | None:
    entry = question.happened("university_entry")
    if entry is None or entry.year != question.year - 1:
        return None
    return Start(entry, "XZ21.2", "新入学大学生已缴次年费用，自入学之日起享受待遇")


def _in_window(question: CoverQuestion, paid_on: date, rules: Rules) -> Start | None:
    window = covering.window(question.year, rules)
    if paid_on not in window:
        return None
    return Start(question.new_year, window.article, "在集中缴费期内缴费，自次年1月1日起享受待遇")


def _changed(question: CoverQuestion, paid_on: date, rules: Rules) -> Start | None:
    if question.event is None or question.event.kind not in CHANGES:
        return None
    limit = rules(CHANGES[question.event.kind])
    if paid_on > days.add_months(question.event.date, int(limit.value)):
        return None
    return Start(days.day_after(paid_on), limit.article, f"身份变动后{limit.value}个月内缴费，自足额缴费次日起享受待遇")


def _renewed(question: CoverQuestion, paid_on: date, rules: Rules) -> Start | None:
    closes = rules.text("contribution.renewal.closes")
    if not question.renewing or paid_on > covering.falls(closes.value, question.year):
        return None
    return Start(
        days.day_after(paid_on), closes.article, "续保人员3月31日前缴费，自足额缴费次日起享受待遇，欠费期间不予结算"
    )


def _waits(question: CoverQuestion, paid_on: date, rules: Rules) -> Start:
    wait = rules("cover.waiting_months")
    late = "续保人员3月31日后缴费" if question.renewing else "未按时参保"
    return Start(
        covering.after_wait(paid_on, int(wait.value)),
        "XZ10.2a" if question.renewing else "XZ10.2b",
        f"{late}，等待{wait.value}个月后享受待遇",
    )


def _deadline(question: CoverQuestion, rules: Rules) -> Reason:
    """What an unpaid person is told: the last day on which paying opens the best way in."""
    event, window = question.event, covering.window(question.year, rules)
    if (birth := question.happened("birth")) and not question.person.insured_years:
        limit = rules("cover.newborn.from_birth_months")
        last = days.add_months(birth, int(limit.value))
        return Reason(limit.article, f"尚未缴费：新生儿请于{last}前（含当日）缴费，自出生之日起享受待遇")
    if (status := question.happened("status")) and status.year not in question.person.insured_years:
        return Reason("XZ10.6", f"尚未缴费：补办参保、资助缴费手续后，自{status}取得资格之日起享受待遇")
    if event is not None and event.kind in CHANGES:
        limit = rules(CHANGES[event.kind])
        last = days.add_months(event.date, int(limit.value))
        return Reason(limit.article, f"尚未缴费：请于{last}前（含当日）缴费，缴费次日起享受待遇")
    if question.renewing:
        closes = rules.text("contribution.renewal.closes")
        last = covering.falls(closes.value, question.year)
        return Reason(window.article, f"尚未缴费：集中缴费期为{window}，续保人员最迟{last}缴费可免等待期")
    return Reason(window.article, f"尚未缴费：集中缴费期为{window}，逾期缴费须等待后享受待遇")


def _certificate(question: CoverQuestion, rules: Rules) -> tuple[Reason, ...]:
    """The parents' employers reimburse the contribution against a certificate: a paper, not a payer."""
    limit = rules("only_child.adult_age")
    if "only_child" not in question.person.groups or question.age >= limit.value:
        return ()
    half = rules("only_child.employer_share")
    told = f"独生子女未满{limit.value}周岁：凭缴费证明由父母双方单位各报销{half.value:.0%}，仅一方有单位的由其全额报销"
    return (Reason(half.article, told),)
