"""Tables of claims: one file per noun, gathered here for Django."""

from claims.models.accumulator import Accumulator
from claims.models.adjustment import Adjustment
from claims.models.claim import Claim, ClaimLine, ClaimMove
from claims.models.institution import Agreement, Filing, Institution, InstitutionFacts
from claims.models.message import Connection, Message

__all__ = [
    "Accumulator",
    "Adjustment",
    "Agreement",
    "Claim",
    "ClaimLine",
    "ClaimMove",
    "Connection",
    "Filing",
    "Institution",
    "InstitutionFacts",
    "Message",
]
