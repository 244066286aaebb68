"""Tables of enrollment: one file per noun, gathered here for Django."""

from enrollment.models.change import Merge, ResidentChange
from enrollment.models.contribution import CollectionPeriod, CountyWindow, Due, Enrollment
from enrollment.models.correction import DueCorrection
from enrollment.models.debit import Debit, DebitLine, Mandate
from enrollment.models.doubt import Doubt, Proof
from enrollment.models.paper import Paper, Scan, ScanPiece
from enrollment.models.payment import OPEN, Payment, Reassignment
from enrollment.models.reconciliation import Comparison, DayCount, ReportedLine
from enrollment.models.refund import Refund, RefundList, RefundMove
from enrollment.models.renewal import CoverChange, RenewalCount
from enrollment.models.resident import Household, Resident, School, Status
from enrollment.models.sponsor import SponsoredPerson, SponsorPayment, Sponsorship
from enrollment.models.tally import Certificate, Tally, Target

__all__ = [
    "OPEN",
    "Certificate",
    "CollectionPeriod",
    "Comparison",
    "CountyWindow",
    "CoverChange",
    "DayCount",
    "Debit",
    "DebitLine",
    "Doubt",
    "Due",
    "DueCorrection",
    "Enrollment",
    "Household",
    "Mandate",
    "Merge",
    "Paper",
    "Payment",
    "Proof",
    "Reassignment",
    "Refund",
    "RefundList",
    "RefundMove",
    "RenewalCount",
    "ReportedLine",
    "Resident",
    "ResidentChange",
    "Scan",
    "ScanPiece",
    "School",
    "SponsorPayment",
    "SponsoredPerson",
    "Sponsorship",
    "Status",
    "Tally",
    "Target",
]
