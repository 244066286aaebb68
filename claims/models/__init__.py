"""Tables of claims: one file per noun, gathered here for Django."""

from claims.models.accumulator import Accumulator
from claims.models.adjustment import Adjustment
from claims.models.catalogue import CatalogueItem, DiseaseCode, OperationCode
from claims.models.claim import Claim, ClaimLine, ClaimMove
from claims.models.contract import Application, Appraisal, Assessment, ContractAct, ContractMove, Suspension
from claims.models.institution import Agreement, Filing, Institution, InstitutionFacts
from claims.models.message import Connection, Message
from claims.models.physician import Physician, PhysicianStanding, Practice

__all__ = [
    "Accumulator",
    "Adjustment",
    "Agreement",
    "Application",
    "Appraisal",
    "Assessment",
    "CatalogueItem",
    "Claim",
    "ClaimLine",
    "ClaimMove",
    "Connection",
    "ContractAct",
    "ContractMove",
    "DiseaseCode",
    "Filing",
    "Institution",
    "InstitutionFacts",
    "Message",
    "OperationCode",
    "Physician",
    "PhysicianStanding",
    "Practice",
    "Suspension",
]
