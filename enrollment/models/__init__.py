"""Tables of enrollment: one file per noun, gathered here for Django."""

from enrollment.models.change import Merge, ResidentChange
from enrollment.models.contribution import CollectionPeriod, Due, Enrollment, Payment
from enrollment.models.resident import Household, Resident, School, Status

__all__ = [
    "CollectionPeriod",
    "Due",
    "Enrollment",
    "Household",
    "Merge",
    "Payment",
    "Resident",
    "ResidentChange",
    "School",
    "Status",
]
