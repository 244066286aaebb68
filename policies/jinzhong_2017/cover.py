"""Joining in Jinzhong: the autumn window, the newborn who pays nothing, the late payer who carries the subsidy too."""

from __future__ import annotations

from datetime import date, timedelta

from policies import covering
from policies.covering import CoverAnswer, CoverQuestion, Due, Entitlement, Start, Window
from policies.money import ZERO
from policies.rules import Rules
from policies.shapes import Reason
from policies.worksheet import Worksheet


def cover(question: CoverQuestion, rules: Rules) -> CoverAnswer:
    """Say whether the person may join for the year, what is due from whom in yuan, and when benefits begin.

    Refused are people on employee insurance (JZ04) and, outside the window, everyone who was not covered the year
    before (JZ09). Raises NotSet where a subsidised group's share decides and no notice has set it (JZ07).
    """
    if question.person.employee_insured:
        return covering.refused("JZ04", "已参加职工医保，不得重复参加城乡居民医保")
    if covering.lives_elsewhere(question.person):
        return covering.refused("JZ04", "户籍和居住地都不在本市，不在覆盖范围，请在居住地参保")
    sheet = Worksheet()
    birth = question.happened("birth")
    if birth is not None and birth.year == question.year:
        due = (Due("none", sheet.write("出生当年应缴", ZERO, "JZ08"), "JZ08"),)
        return covering.begun(due, Start(birth, "JZ08", "新生儿出生当年不缴费，自出生之日起享受待遇"), sheet)
    window = covering.window(question.year, rules)
    if question.paid_on is None:
        told = f"尚未缴费：{question.year}年度参保缴费期为{window}"
        return covering.unpaid(_contribution(question, rules, sheet), Reason(window.article, told), sheet)
    if question.paid_on in window:
        start = Start(question.new_year, window.article, "在参保缴费期内缴费，自次年1月1日起享受待遇")
        return covering.begun(_contribution(question, rules, sheet), start, sheet)
    return _missed(question, question.paid_on, window, rules, sheet)


def _missed(question: CoverQuestion, paid_on: date, window: Window, rules: Rules, sheet: Worksheet) -> CoverAnswer:
    """A payment outside the window: those covered the year before pay all of it themselves and wait [JZ09].

    All of it: the article leaves no part to a sponsor, whatever group the person belongs to.
    """
    following = covering.window(question.year + 1, rules)
    if paid_on < window.opens:
        return covering.refused(window.article, f"{question.year}年度的缴费期尚未开始，请在{window}缴费")
    if paid_on in following:
        told = f"{following}缴纳的是{question.year + 1}年度的费用，{question.year}年度不能再补缴"
        return covering.refused(following.article, told)
    if not question.renewing:
        told = f"已错过缴费期{window}且上年度未参保，不能补缴；下一个缴费期为{following}"
        return covering.refused("JZ09", told)
    wait = rules("cover.late_days")
    first = paid_on + timedelta(days=int(wait.value) + 1)
    start = Start(first, wait.article, f"错过缴费期补缴，个人缴费和财政补助由个人承担，缴费满{wait.value}日后享受待遇")
    due = covering.contribution(question.standard, None, wait.article, wait.article, sheet, carried=True)
    return covering.begun(due, start, sheet)


def _contribution(question: CoverQuestion, rules: Rules, sheet: Worksheet) -> tuple[Due, ...]:
    return covering.contribution(question.standard, _entitlement(question, rules), "JZ05", "JZ05", sheet)


def _entitlement(question: CoverQuestion, rules: Rules) -> Entitlement | None:
    """The best share among the groups of JZ07; a notice may set one share for all or one for each group."""
    groups, age = question.person.groups, question.age
    tiers = [group for group in rules.words("subsidy.groups").value if group in groups]
    if age >= rules("subsidy.elderly_age").value:
        tiers.append("elderly")
    if "low_income_family" in groups and (
        age >= rules("subsidy.low_income.elderly_age").value or age < rules("subsidy.low_income.adult_age").value
    ):
        tiers.append("low_income_family")
    return covering.best(covering.entitled("government", "subsidy.share", rules, tier) for tier in tiers)
