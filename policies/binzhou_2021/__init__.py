"""The regulation of binzhou of 2021: its figures and the formulas in the order of its text."""

from policies.binzhou_2021 import benefits, collection, cover, refunds, settlement
from policies.regulation import Formulas

FORMULAS = Formulas(
    benefit=benefits.benefit,
    cover=cover.cover,
    phases=collection.phases,
    month=settlement.month,
    year=settlement.year,
    gap=settlement.gap,
    refund=refunds.refund,
)
