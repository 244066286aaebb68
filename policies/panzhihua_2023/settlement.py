"""Settling with institutions in Panzhihua: groups of cases (DRG) first, under a regional global budget (PZ21)."""

from __future__ import annotations

from policies import settling
from policies.rules import Rules
from policies.settling import Articles, MonthAnswer, MonthQuestion, YearAnswer, YearQuestion

METHODS = dict.fromkeys(settling.METHODS, "PZ21")
ARTICLES = Articles(methods=METHODS, volume="PZ21", yearly="PZ21", deposit="PZ21")


def month(question: MonthQuestion, rules: Rules) -> MonthAnswer:
    """Settle one month of one institution, in yuan."""
    return settling.month(question, rules, ARTICLES)


def year(question: YearQuestion, rules: Rules) -> YearAnswer:
    """Settle one institution's year, in yuan."""
    return settling.year(question, ARTICLES)
