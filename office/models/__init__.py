"""Tables of the office: one file per noun, gathered here for Django."""

from office.models.area import Area
from office.models.audit import AuditEvent, AuditHead
from office.models.batch import Batch, Made, Mapping, Portion, Problem
from office.models.job import Chunk, Job
from office.models.notice import Notice
from office.models.staff import Staff

__all__ = [
    "Area", "AuditEvent", "AuditHead", "Batch", "Chunk", "Job", "Made", "Mapping", "Notice", "Portion", "Problem",
    "Staff",
]  # fmt: skip
