"""Settling in Binzhou: institutions under a global budget (BZ29), and who covers a county's gap (BZ35)."""

from __future__ import annotations

from policies import settling
from policies.money import ZERO, positive, yuan
from policies.rules import Rules
from policies.settling import Articles, GapAnswer, GapQuestion, MonthAnswer, MonthQuestion, YearAnswer, YearQuestion
from policies.worksheet import Worksheet

METHODS = dict.fromkeys(settling.METHODS, "BZ29") | {"capitation": "BZ13.2"}
ARTICLES = Articles(methods=METHODS, volume="BZ29", yearly="BZ29", deposit="BZ29")


def month(question: MonthQuestion, rules: Rules) -> MonthAnswer:
    """Settle one month of one institution, in yuan."""
    return settling.month(question, rules, ARTICLES)


def year(question: YearQuestion, rules: Rules) -> YearAnswer:
    """Settle one institution's year, in yuan."""
    return settling.year(question, ARTICLES)


def gap(question: GapQuestion, rules: Rules) -> GapAnswer:
    """Cover a county's deficit, in yuan: its rolling balance first, the rest by reserve and county or the county alone.

    What the reserve lacks for its share stays uncovered: the city decides on it.
    """
    sheet = Worksheet()
    share = rules("gap.reserve_share")
    article = share.article if question.plan_met else "BZ35.3"
    sheet.write("当年缺口", question.deficit, article)
    from_rolling = sheet.write("动用滚存结余", min(question.deficit, positive(question.rolling_balance)), article)
    rest = sheet.write(
        "结余不足部分", question.deficit - from_rolling, article, "%s − %s", question.deficit, from_rolling
    )
    asked = yuan(rest * share.value) if question.plan_met else ZERO
    if question.plan_met:
        sheet.write("应由风险储备金分担", asked, article, "%s × %s", rest, share.value)
    from_reserve = sheet.write("风险储备金支付", min(asked, positive(question.reserve)), article)
    from_county = sheet.write("县级财政承担", rest - asked, article, "%s − %s", rest, asked)
    uncovered = sheet.write("储备金不足，报市政府决定", asked - from_reserve, article, "%s − %s", asked, from_reserve)
    return GapAnswer(from_rolling, from_reserve, from_county, uncovered, sheet.steps())
