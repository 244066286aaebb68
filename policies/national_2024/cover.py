"""Joining by the national rule of 2024: a fixed wait, a month more for each missed year, one less if repaid."""

from __future__ import annotations

from datetime import date

from policies import covering, days
from policies.covering import CoverAnswer, CoverQuestion, Start
from policies.rules import NotSet, Rules
from policies.shapes import Reason
from policies.worksheet import Worksheet


def cover(question: CoverQuestion, rules: Rules) -> CoverAnswer:
    """Say whether the person may join for the year, what is due in yuan, and when benefits begin.

    Refused are people on employee insurance (NA1). Raises NotSet where the window decides and no notice has set it.
    """
    if question.person.employee_insured:
        return covering.refused("NA1", "已参加职工医保，不得重复参加居民医保")
    sheet = Worksheet()
    due = covering.contribution(question.standard, None, "NA1", "NA1", sheet)
    if question.paid_on is None:
        return covering.unpaid(due, _deadline(question, rules), sheet, question.missed_years)
    return covering.begun(due, _start(question, question.paid_on, rules), sheet, question.missed_years)


def _start(question: CoverQuestion, paid_on: date, rules: Rules) -> Start:
    if birth := question.happened("birth"):
        return Start(birth, "NA3", "新生儿不设等待期，自出生之日起享受待遇")
    if paid_on in covering.window(question.year, rules) and not question.missed_years:
        return Start(question.new_year, "NA2", "在集中参保期内缴费且未断缴，自1月1日起享受待遇")
    if "medical_assistance" in question.person.groups:
        return Start(days.day_after(paid_on), "NA3", "医疗救助对象不设等待期，缴费次日起享受待遇")
    left, limit = question.happened("left_employee_insurance"), rules("cover.change_months")
    if left and paid_on <= days.add_months(left, int(limit.value)):
        told = f"职工医保中断{limit.value}个月内参保，不设等待期，缴费次日起享受待遇"
        return Start(days.day_after(paid_on), limit.article, told)
    months, article, told = _wait(len(question.missed_years), question.person.repaired_years, rules)
    return Start(covering.after_wait(paid_on, months), article, told)


def _wait(missed: int, repaired: int, rules: Rules) -> tuple[int, str, str]:
    """Months to wait, the article that sets the last word, and the sum in words."""
    fixed, more, less = (rules(f"cover.{key}_months") for key in ("waiting", "missed_year", "repaired_year"))
    months = int(fixed.value + missed * more.value - min(repaired, missed) * less.value)
    floor, article = rules("cover.long_break_months"), more.article if missed else fixed.article
    if missed >= rules("cover.long_break_years").value and months < floor.value:
        months, article = int(floor.value), floor.article
    return months, article, f"断缴{missed}年、已补缴{min(repaired, missed)}年，等待{months}个月后享受待遇"


def _deadline(question: CoverQuestion, rules: Rules) -> Reason:
    """What an unpaid person is told; an unset window is only named."""
    try:
        window = covering.window(question.year, rules)
    except NotSet as gap:
        return Reason(gap.article, f"尚未缴费：缴费期限未定，{gap.message}")
    return Reason(window.article, f"尚未缴费：集中参保期为{window}，逾期或断缴须等待后享受待遇")
