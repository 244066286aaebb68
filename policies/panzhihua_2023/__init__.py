"""The regulation of panzhihua of 2023: its figures and the formulas in the order of its text."""

from policies.panzhihua_2023 import benefits, collection, cover, refunds, settlement
from policies.regulation import Formulas

FORMULAS = Formulas(
    benefit=benefits.benefit,
    cover=cover.cover,
    phases=collection.phases,
    minimum=collection.minimum,
    month=settlement.month,
    year=settlement.year,
    refund=refunds.refund,
)
