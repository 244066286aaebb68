"""Tables of enrollment: one file per noun, gathered here for Django."""

from enrollment.models.change import Merge, ResidentChange
from enrollment.models.contribution import CollectionPeriod, Due, Enrollment, Payment
from enrollment.models.doubt import Doubt, Proof
from enrollment.models.paper import Paper, Scan, ScanPiece
from enrollment.models.renewal import CoverChange, RenewalCount
from enrollment.models.resident import Household, Resident, School, Status

__all__ = [
    "CollectionPeriod",
    "CoverChange",
    "Doubt",
    "Due",
    "Enrollment",
    "Household",
    "Merge",
    "Paper",
    "Payment",
    "Proof",
    "RenewalCount",
    "Resident",
    "ResidentChange",
    "Scan",
    "ScanPiece",
    "School",
    "Status",
]
