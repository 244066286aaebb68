"""The regulation of xuzhou of 2023: its figures and the formulas in the order of its text."""

from policies.regulation import Formulas
from policies.xuzhou_2023 import benefits, certificates, collection, cover, refunds, settlement

FORMULAS = Formulas(
    benefit=benefits.benefit,
    cover=cover.cover,
    phases=collection.phases,
    month=settlement.month,
    year=settlement.year,
    refund=refunds.refund,
    reimbursement=certificates.reimbursement,
)
