"""Settling with institutions in Jinzhong: many methods under volume control, a quality deposit (JZ22, JZ23)."""

from __future__ import annotations

from policies import settling
from policies.rules import Rules
from policies.settling import Articles, MonthAnswer, MonthQuestion, YearAnswer, YearQuestion

METHODS = dict.fromkeys(settling.METHODS, "JZ23")
ARTICLES = Articles(methods=METHODS, volume="JZ23", yearly="JZ23", deposit="JZ22.2")


def month(question: MonthQuestion, rules: Rules) -> MonthAnswer:
    """Settle one month of one institution, in yuan."""
    return settling.month(question, rules, ARTICLES)


def year(question: YearQuestion, rules: Rules) -> YearAnswer:
    """Settle one institution's year, in yuan."""
    return settling.year(question, ARTICLES)
