"""What is asked and answered in settling with an institution and in covering a county's gap, and the shared sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from policies import bands
from policies.money import ZERO, positive, yuan
from policies.rules import Rules
from policies.shapes import NotUnderstood
from policies.worksheet import Step, Worksheet

WHOLE = Decimal(1)
MONTHS_OF_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Case:
    """One case paid by itself: a fixed quota share, or a group weight less what others paid for it."""

    quota_share: Decimal = ZERO
    weight: Decimal = ZERO
    paid_by_others: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class MonthQuestion:
    """One month of one institution, in yuan; which fields count depends on `method`.

    `budget_to_date` None means that no budget is agreed.
    """

    method: str = "fee_for_service"
    claimed: Decimal = ZERO
    deducted: Decimal = ZERO
    budget_to_date: Decimal | None = None
    approved_before: Decimal = ZERO
    deposit_rate: Decimal = ZERO
    heads: int = 0
    quota: Decimal = ZERO
    days: int = 0
    rate: Decimal = ZERO
    cases: tuple[Case, ...] = ()
    base_rate: Decimal = ZERO
    coefficient: Decimal = WHOLE


@dataclass(frozen=True, slots=True)
class MonthAnswer:
    """`held` waits for the year end, `deposit` for the appraisal, `payable` goes out now."""

    approved: Decimal
    within: Decimal
    held: Decimal
    deposit: Decimal
    payable: Decimal
    steps: tuple[Step, ...] = ()


class Band(NamedTuple):
    """Overspending up to `up_to` times the budget is carried by the fund with `fund_share`."""

    up_to: Decimal
    fund_share: Decimal


class Grade(NamedTuple):
    """From this appraisal score on, this part of the deposits is returned."""

    since: Decimal
    coefficient: Decimal


@dataclass(frozen=True, slots=True)
class YearQuestion:
    """One institution's year: approved in all, budget (None: none agreed), what was paid out and what was withheld."""

    approved: Decimal
    budget: Decimal | None
    paid: Decimal
    deposits: Decimal = ZERO
    score: Decimal | None = None
    bands: tuple[Band, ...] = ()
    savings_share: Decimal = ZERO
    quality: tuple[Grade, ...] = ()


@dataclass(frozen=True, slots=True)
class YearAnswer:
    """`due` is owed to the institution; negative, the institution owes it."""

    over: Decimal
    fund_share: Decimal
    institution_share: Decimal
    savings_kept: Decimal
    deposit_returned: Decimal
    due: Decimal
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class GapQuestion:
    """A county's deficit of the year, its rolling balance, and what the city's risk reserve still holds."""

    deficit: Decimal
    rolling_balance: Decimal
    plan_met: bool
    reserve: Decimal


@dataclass(frozen=True, slots=True)
class GapAnswer:
    """Who covers the deficit; `uncovered` is what the reserve lacks and the city decides on."""

    from_rolling: Decimal
    from_reserve: Decimal
    from_county: Decimal
    uncovered: Decimal
    steps: tuple[Step, ...] = ()


class Articles(NamedTuple):
    """The articles behind a settlement: how care is paid, what limits it, how overspending and quality count."""

    methods: Mapping[str, str]
    volume: str
    yearly: str
    deposit: str


def by_fee(question: MonthQuestion) -> tuple[Decimal, str]:
    """What the institution claimed for single services."""
    return question.claimed, "申报金额"


def by_head(question: MonthQuestion) -> tuple[Decimal, str]:
    """Contracted heads times the yearly quota, one twelfth a month."""
    amount = yuan(question.heads * question.quota / MONTHS_OF_A_YEAR)
    return amount, f"{question.heads}人 × {question.quota} ÷ {MONTHS_OF_A_YEAR}"


def by_day(question: MonthQuestion) -> tuple[Decimal, str]:
    """Days of care times the rate of a day."""
    return yuan(question.days * question.rate), f"{question.days}日 × {question.rate}"


def by_disease(question: MonthQuestion) -> tuple[Decimal, str]:
    """The fund's share of the quota, case by case."""
    return sum((case.quota_share for case in question.cases), ZERO), f"{len(question.cases)}例定额合计"


def by_group(question: MonthQuestion) -> tuple[Decimal, str]:
    """Weight x base rate x coefficient, rounded case by case, less what patients and other payers paid."""
    price = question.base_rate * question.coefficient
    amount = sum((yuan(case.weight * price) - case.paid_by_others for case in question.cases), ZERO)
    return amount, f"{len(question.cases)}例(权重 × {question.base_rate} × {question.coefficient} − 他方已付)合计"


METHODS: Mapping[str, Callable[[MonthQuestion], tuple[Decimal, str]]] = {
    "fee_for_service": by_fee,
    "capitation": by_head,
    "per_diem": by_day,
    "per_disease": by_disease,
    "drg": by_group,
}


def month(question: MonthQuestion, rules: Rules, articles: Articles) -> MonthAnswer:
    """Settle one month: approve, hold back what exceeds the budget to date, withhold the deposit, pay the rest.

    Raises NotUnderstood for an unknown method or a deposit rate above the regulation's limit.
    """
    if question.method not in METHODS:
        raise NotUnderstood("method", f"没有“{question.method}”这种结算方式，可用：{'、'.join(METHODS)}")
    limit = rules("settlement.deposit.limit")
    if question.deposit_rate > limit.value:
        raise NotUnderstood("deposit_rate", f"质量保证金比例不得超过{limit.value}（{limit.article}）")
    sheet = Worksheet()
    method = articles.methods[question.method]
    amount, how = METHODS[question.method](question)
    sheet.write("按结算方式应结", amount, method, how)
    approved = sheet.write("审核核定", amount - question.deducted, method, f"{amount} − {question.deducted}")
    if question.budget_to_date is None:
        within = sheet.write("预算内", approved, articles.volume, "未定预算，全部计入")
    else:
        room = positive(question.budget_to_date - question.approved_before)
        how = f"累计预算{question.budget_to_date} − 此前已核定{question.approved_before}，余{room}"
        within = sheet.write("预算内", min(approved, room), articles.volume, how)
    held = sheet.write("暂缓支付", approved - within, articles.volume, f"{approved} − {within}")
    deposit = yuan(question.deposit_rate * within) + ZERO  # no minus nought of a month owed back
    sheet.write("质量保证金", deposit, limit.article, f"{within} × {question.deposit_rate}")
    payable = sheet.write("本月应付", within - deposit, articles.volume, f"{within} − {deposit}")
    return MonthAnswer(approved, within, held, deposit, payable, sheet.steps())


def carried_by_fund(approved: Decimal, budget: Decimal, shares: tuple[Band, ...]) -> Decimal:
    """The fund's part of what lies above the budget, band by band; above the last band it carries nothing."""
    return bands.by_bands(
        approved, (bands.Band(up_to * budget, share) for up_to, share in sorted(shares)), since=budget
    )


def coefficient(question: YearQuestion) -> Decimal:
    """The part of the deposits that the appraisal score returns.

    Raises NotUnderstood where deposits were withheld and the score is missing or lies below every grade.
    """
    if not question.deposits:
        return ZERO
    if question.score is None:
        raise NotUnderstood("score", "已预留保证金，需要年度考核得分才能返还")
    reached = [grade for grade in question.quality if grade.since <= question.score]
    if not reached:
        raise NotUnderstood("quality", f"考核得分{question.score}没有对应的返还系数，请补全 quality")
    return max(reached).coefficient


def year(question: YearQuestion, articles: Articles) -> YearAnswer:
    """Settle the year: share savings or overspending, return deposits by quality, take off what was paid already."""
    sheet = Worksheet()
    approved = sheet.write("全年核定", question.approved, articles.yearly)
    budget = approved if question.budget is None else question.budget
    over = sheet.write("超支", positive(approved - budget), articles.yearly, f"核定{approved}，预算{budget}")
    fund_share = carried_by_fund(approved, budget, question.bands) if over else ZERO
    sheet.write("超支由基金分担", fund_share, articles.yearly, "按预算分段")
    institution_share = sheet.write("超支由机构承担", over - fund_share, articles.yearly, f"{over} − {fund_share}")
    saved = positive(budget - approved)
    savings_kept = yuan(saved * question.savings_share)
    sheet.write("结余留用", savings_kept, articles.yearly, f"{saved} × {question.savings_share}")
    returned_part = coefficient(question)
    returned = yuan(question.deposits * returned_part)
    sheet.write("返还保证金", returned, articles.deposit, f"{question.deposits} × {returned_part}")
    carried = approved - institution_share
    how = f"{carried} + {savings_kept} − {question.paid} − {question.deposits} + {returned}"
    due = sheet.write(
        "年终应付", carried + savings_kept - question.paid - question.deposits + returned, articles.yearly, how
    )
    return YearAnswer(over, fund_share, institution_share, savings_kept, returned, due, sheet.steps())
