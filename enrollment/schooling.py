"""Schools and their students: who is put down for a year, who is unpaid, and by when a school pays for all (XZ08.5)."""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Count, F, FilteredRelation, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from enrollment import belonging, village
from enrollment.models import Enrollment, Payment, Resident, School
from enrollment.village import Counts, Standing
from office import audit, cells, notices
from office.models import Area, Staff
from office.refusal import Refusal
from policies import joining
from policies.joining import Deadline
from policies.money import ZERO
from policies.rules import NoRule


class CannotFound(Refusal):
    """A school that cannot be put down like this."""


class Whole(NamedTuple):
    """How the students of a school stand for a year, and what came in for them in yuan."""

    counts: Counts
    paid: Decimal


def found(code: str, name: str, kind: str, area: Area, *, by: Staff, at: datetime) -> School:
    """Put down a school. Refused with CannotFound: an area out of scope, a code that is taken, no name."""
    if by.area is None or not by.area.covers(area):
        raise CannotFound(_("%(area)s不在您的管辖区域内") % {"area": area}, field="area")
    if kind not in School.Kind.values:
        raise CannotFound(_("没有这种学校类别：%(kind)s") % {"kind": kind}, field="kind")
    try:
        code = cells.code(code)
    except cells.BadCell as refusal:
        raise CannotFound(refusal.message, field="code") from None
    if not name.strip() or not code or len(code) > 20:
        raise CannotFound(_("学校代码（20 位以内）和名称不能为空"), field="code")
    try:
        with transaction.atomic():
            school = School.objects.create(code=code, name=name.strip(), kind=kind, area=area)
            audit.record(by, "schooling.found", school, {"code": code}, at=at, area=area)
    except IntegrityError as error:
        raise CannotFound(_("学校代码 %(code)s 已登记") % {"code": code}, field="code") from error
    return school


def students(school: School, year: int, by: Staff) -> QuerySet[Resident]:
    """Everyone of the school for the year, as `village.people` tells of a village. Only rows within scope."""
    rows = Resident.objects.visible_to(by).filter(school=school)
    rows = rows.annotate(of_year=FilteredRelation("enrollments", condition=Q(enrollments__year=year)))
    return rows.filter(Q(ended_on=None) | Q(of_year__isnull=False)).annotate(
        state_of_year=F("of_year__state"),
        paid_on=F("of_year__paid_on"),
        benefits_from=F("of_year__benefits_from"),
        benefits_until=F("of_year__benefits_until"),
    )


def whole(school: School, year: int, by: Staff) -> Whole:
    """How all students of the school stand, and the sum that was paid for them. Two queries."""
    numbers = dict.fromkeys(Standing, 0)
    grouped = students(school, year, by).order_by().values_list("state_of_year").annotate(number=Count("pk"))
    for state, number in grouped:
        numbers[village.standing(state)] += number
    matched = Payment.objects.visible_to(by).filter(
        state=Payment.State.MATCHED, enrollment__year=year, enrollment__resident__school=school
    )
    return Whole(Counts(*numbers.values()), matched.aggregate(sum=Sum("amount"))["sum"] or ZERO)


def listed(year: int, by: Staff) -> QuerySet[School]:
    """The schools within scope, each with its `students` and `unpaid` of the year (put down and owing, or absent)."""
    living = Resident.objects.filter(school=OuterRef("pk"), ended_on=None)
    done = (Enrollment.State.COVERED, Enrollment.State.REFUSED, Enrollment.State.ENDED)
    settled = living.filter(enrollments__year=year, enrollments__state__in=done)
    rows = School.objects.visible_to(by).select_related("area")
    rows = rows.annotate(on_roster=_number(living), settled=_number(settled))
    return rows.annotate(unpaid=F("on_roster") - F("settled"))


def _number(rows: QuerySet[Resident]) -> Coalesce:
    counted = rows.order_by().values("school").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def deadline(area: Area, kind: str, year: int) -> Deadline | None:
    """The last day for the school to pay for its students for the year, where the city's text names one."""
    policy = belonging.regulation_of(area)
    if not policy or kind != School.Kind.UNIVERSITY:
        return None
    try:
        return joining.school_deadline(year, notices.regulation(policy).rules(date(year - 1, 12, 31)))
    except NoRule:
        return None
