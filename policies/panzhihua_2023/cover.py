"""Joining in Panzhihua: a window and a wait that notices set; newborns and the rural poor do not wait."""

from __future__ import annotations

from datetime import date

from policies import covering, days
from policies.covering import CoverAnswer, CoverQuestion, Start
from policies.rules import NotSet, Rules
from policies.shapes import NotUnderstood, Reason
from policies.worksheet import Worksheet


def cover(question: CoverQuestion, rules: Rules) -> CoverAnswer:
    """Say whether the person may join for the year, what is due in yuan, and when benefits begin.

    Refused are people on employee insurance (PZ05). Raises NotSet where window or wait decide and no notice has set
    them, NotUnderstood where the wait is set above six months (PZ11).
    """
    _check_wait(rules)
    if question.person.employee_insured:
        return covering.refused("PZ05", "已参加职工医保，不在居民医保参保范围")
    if covering.lives_elsewhere(question.person):
        return covering.refused("PZ05", "户籍和居住地都不在本市，不属于我市居民医保参保范围")
    sheet = Worksheet()
    sponsor = covering.best(covering.sponsored(question, "PZ06"))
    due = covering.contribution(question.standard, sponsor, "PZ08", "PZ06", sheet)
    if question.paid_on is None:
        return covering.unpaid(due, _deadline(question, rules), sheet)
    return covering.begun(due, _start(question, question.paid_on, rules), sheet)


def _check_wait(rules: Rules) -> None:
    """A wait is set by notice, but never above the limit of the text."""
    wait, limit = covering.optional("cover.waiting_months", rules), rules("cover.waiting_months.limit")
    if wait is not None and wait.value > limit.value:
        told = f"待遇等待期不得超过{limit.value}个月（{limit.article}），请改为0至{limit.value}的整数"
        raise NotUnderstood("parameters.cover.waiting_months", told)


def _start(question: CoverQuestion, paid_on: date, rules: Rules) -> Start:
    if birth := question.happened("birth"):
        return Start(birth, "PZ11", "新生儿不设等待期，自出生之日起享受待遇")
    if paid_on in covering.window(question.year, rules) and not question.missed_years:
        return Start(question.new_year, "PZ11", "在集中参保期内缴费，自1月1日起享受待遇")
    if "rural_low_income" in question.person.groups:
        return Start(days.day_after(paid_on), "PZ11", "农村低收入人口不设等待期，缴费次日起享受待遇")
    wait = rules("cover.waiting_months")
    first = covering.after_wait(paid_on, int(wait.value))
    cause = "中断缴费后续保" if question.missed_years else "集中参保期外参保"
    return Start(first, wait.article, f"{cause}，等待{wait.value}个月后享受待遇")


def _deadline(question: CoverQuestion, rules: Rules) -> Reason:
    """What an unpaid person is told; what is due does not hang on the window, so an unset one is only named."""
    if question.happened("birth"):
        return Reason("PZ11", "尚未缴费：新生儿缴费后自出生之日起享受待遇")
    try:
        window = covering.window(question.year, rules)
    except NotSet as gap:
        return Reason(gap.article, f"尚未缴费：缴费期限未定，{gap.message}")
    return Reason(window.article, f"尚未缴费：集中参保期为{window}，逾期或中断缴费须等待后享受待遇")
