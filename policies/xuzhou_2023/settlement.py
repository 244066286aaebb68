"""Settling with institutions in Xuzhou: volume control, monthly and year-end settlement (XZ26, XZ28)."""

from __future__ import annotations

from policies import settling
from policies.rules import Rules
from policies.settling import Articles, MonthAnswer, MonthQuestion, YearAnswer, YearQuestion

METHODS = dict.fromkeys(settling.METHODS, "XZ26.1") | {"capitation": "XZ26.2"}
ARTICLES = Articles(methods=METHODS, volume="XZ28.3", yearly="XZ28.3", deposit="XZ28.3")


def month(question: MonthQuestion, rules: Rules) -> MonthAnswer:
    """Settle one month of one institution, in yuan."""
    return settling.month(question, rules, ARTICLES)


def year(question: YearQuestion, rules: Rules) -> YearAnswer:
    """Settle one institution's year, in yuan."""
    return settling.year(question, ARTICLES)
