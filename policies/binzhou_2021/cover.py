"""Joining in Binzhou: the last quarter's window, the transition of late payers, the years that were missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from policies import covering, days
from policies.covering import CoverAnswer, CoverQuestion, Due, Entitlement, Start, Window
from policies.rules import Rules
from policies.shapes import Reason
from policies.worksheet import Worksheet


def cover(question: CoverQuestion, rules: Rules) -> CoverAnswer:
    """Say whether the person may join for the year, what is due from whom in yuan, when benefits begin and in full.

    Refused are people on employee insurance (BZ02) and payments before the window opens (BZ11.1).
    """
    if question.person.employee_insured:
        return covering.refused("BZ02", "已参加职工医保，不得重复参加居民医保")
    if question.person.basis == "household" and question.person.registered_here is False:
        return covering.refused("BZ02", "户籍不在本市，不能以本市户籍参保；持本地居住证的，请按居住证参保")
    if question.person.basis == "residence_permit" and question.person.resides_here is False:
        return covering.refused("BZ02", "居住地不在本市，不能凭居住证参保")
    window = covering.window(question.year, rules)
    sheet = Worksheet()
    answer = _joined(question, window, rules, sheet)
    if not answer.eligible:
        return answer
    return _with_missed_years(question, answer, rules)


def _joined(question: CoverQuestion, window: Window, rules: Rules, sheet: Worksheet) -> CoverAnswer:
    birth, paid_on = question.happened("birth"), question.paid_on
    if birth is not None and birth.year == question.year:
        limit = rules("cover.newborn.from_birth_months")
        last = days.add_months(birth, int(limit.value))
        if paid_on is None:
            told = f"尚未缴费：新生儿请于{last}前（含当日）缴纳出生当年个人参保费，自出生之日起享受待遇"
            return covering.unpaid(_contribution(question, rules, sheet), Reason(limit.article, told), sheet)
        if paid_on <= last:
            start = Start(birth, limit.article, f"新生儿出生{limit.value}个月内缴费，自出生之日起享受待遇")
            return covering.begun(_contribution(question, rules, sheet), start, sheet)
    if paid_on is None:
        told = f"尚未缴费：{question.year}年度集中参保缴费期为{window}，逾期须全额缴纳并进入过渡期"
        return covering.unpaid(_contribution(question, rules, sheet), Reason(window.article, told), sheet)
    if paid_on in window:
        start = Start(question.new_year, window.article, "在集中缴费期内缴费，自次年1月1日起享受待遇")
        return covering.begun(_contribution(question, rules, sheet), start, sheet)
    if paid_on < window.opens:
        return covering.refused(window.article, f"{question.year}年度的缴费期尚未开始，请在{window}缴费")
    return _late(question, paid_on, rules, sheet)


def _late(question: CoverQuestion, paid_on: date, rules: Rules, sheet: Worksheet) -> CoverAnswer:
    """After the window: the person carries the subsidy too, and a transition with a halved inpatient ratio begins.

    The county's duty to pay the individual part of the named groups knows no deadline [BZ07.3].
    """
    length, factor = rules("cover.transition_days"), rules("cover.transition_factor")
    until = paid_on + timedelta(days=int(length.value))
    told = f"超过集中缴费期，个人全额缴费（含政府补助），缴费之日起{length.value}天过渡期至{until}，住院报销比例减半"
    entitlement, article = _entitlement(question, rules), length.article
    due = covering.contribution(question.standard, entitlement, article, article, sheet, carried=True)
    answer = covering.begun(due, Start(paid_on, length.article, told), sheet)
    return replace(answer, transition_until=until, inpatient_factor=factor.value)


def _contribution(question: CoverQuestion, rules: Rules, sheet: Worksheet) -> tuple[Due, ...]:
    return covering.contribution(question.standard, _entitlement(question, rules), "BZ11.1", "BZ07.2", sheet)


def _entitlement(question: CoverQuestion, rules: Rules) -> Entitlement | None:
    """The county pays in full for the groups of BZ07.3; of it and of any sponsor [BZ08] the highest, never two."""
    supported = rules.words("subsidy.groups").value
    found = []
    if set(supported) & set(question.person.groups) or question.age >= rules("subsidy.elderly_age").value:
        found.append(covering.entitled("county_finance", "subsidy.share", rules))
    return covering.best([*found, *covering.sponsored(question, rules.words("sponsor.kinds").article)])


def _with_missed_years(question: CoverQuestion, answer: CoverAnswer, rules: Rules) -> CoverAnswer:
    """List the years that were not paid, what each would cost, and lower the benefits where a notice says how far."""
    since = rules("contribution.missed.since_year")
    first = max(int(since.value), question.person.birth_date.year)
    missed = tuple(year for year in range(first, question.year) if year not in question.person.insured_years)
    if not missed:
        return answer
    each = question.standard.individual
    listed = "、".join(f"{year}年度{each}元" for year in missed)
    answer = covering.noted(answer, Reason(since.article, f"可补缴中断期间个人缴费：{listed}；不补缴的，适当降低待遇"))
    lowered = covering.optional("cover.missed_factor", rules)
    if lowered is None or question.person.repaired_years >= len(missed):
        return replace(answer, missed_years=missed)
    told = f"中断{len(missed)}年未全部补缴，住院报销比例乘以{lowered.value}"
    return replace(
        covering.noted(answer, Reason(lowered.article, told)),
        missed_years=missed,
        inpatient_factor=answer.inpatient_factor * lowered.value,
    )
