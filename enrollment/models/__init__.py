"""Tables of enrollment: one file per noun, gathered here for Django."""

from enrollment.models.change import Merge, ResidentChange
from enrollment.models.contribution import CollectionPeriod, Due, Enrollment
from enrollment.models.debit import Debit, DebitLine, Mandate
from enrollment.models.doubt import Doubt, Proof
from enrollment.models.paper import Paper, Scan, ScanPiece
from enrollment.models.renewal import CoverChange, RenewalCount
from enrollment.models.payment import OPEN, Payment, Reassignment
from enrollment.models.resident import Household, Resident, School, Status

__all__ = [
    "CollectionPeriod",
    "CoverChange",
    "Debit",
    "DebitLine",
    "Doubt",
    "Due",
    "Enrollment",
    "Household",
    "Mandate",
    "Merge",
    "OPEN",
    "Paper",
    "Payment",
    "Proof",
    "Reassignment",
    "RenewalCount",
    "Resident",
    "ResidentChange",
    "Scan",
    "ScanPiece",
    "School",
    "Status",
]
