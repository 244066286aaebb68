"""The regulation of jinzhong of 2017: its figures and the formulas in the order of its text."""

from policies.jinzhong_2017 import benefits, collection, cover, refunds, settlement
from policies.regulation import Formulas

FORMULAS = Formulas(
    benefit=benefits.benefit,
    cover=cover.cover,
    phases=collection.phases,
    month=settlement.month,
    year=settlement.year,
    refund=refunds.refund,
)
