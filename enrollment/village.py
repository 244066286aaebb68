"""Who of a village is in, unpaid, out or not put down for a year, and the same as completion from town to city."""

from decimal import Decimal
from typing import NamedTuple

from django.db.models import F, FilteredRelation, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from enrollment import tallies
from enrollment.models import Enrollment, Resident
from office.models import Area, Staff


class Standing(TextChoices):
    """How somebody stands for a year, in the words of whoever goes from door to door."""

    IN = "in", _("已参保")
    UNPAID = "unpaid", _("未缴费")
    OUT = "out", _("不予参保或已终止")
    ABSENT = "absent", _("未登记参保")


TONES = {Standing.IN: "good", Standing.UNPAID: "wait", Standing.OUT: "bad", Standing.ABSENT: "plain"}
_STANDINGS = {
    Enrollment.State.COVERED: Standing.IN,
    Enrollment.State.DUE: Standing.UNPAID,
    Enrollment.State.REFUSED: Standing.OUT,
    Enrollment.State.ENDED: Standing.OUT,
    None: Standing.ABSENT,
}


class Counts(NamedTuple):
    """How many people stand how."""

    covered: int = 0
    unpaid: int = 0
    out: int = 0
    absent: int = 0

    @property
    def people(self) -> int:
        return sum(self)

    @property
    def completion(self) -> Decimal | None:
        """Covered of those who can be, in percent with one decimal; None where there is nobody."""
        possible = self.covered + self.unpaid + self.absent
        return (Decimal(self.covered * 100) / possible).quantize(Decimal("0.1")) if possible else None

    def plus(self, other: "Counts") -> "Counts":
        return Counts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Part(NamedTuple):
    """One area of a table and how its people stand."""

    area: Area
    counts: Counts


def standing(state: str | None) -> Standing:
    """What the state of a year's enrollment means here; None: nobody put the person down."""
    return _STANDINGS[Enrollment.State(state) if state else None]


def people(area: Area, year: int, by: Staff) -> QuerySet[Resident]:
    """Everyone of the area for the year, with `state_of_year`, `paid_on`, `benefits_from` and `benefits_until`.

    Who ended without being put down for the year is no longer of the village. Only rows within the scope of `by`.
    """
    rows = Resident.objects.visible_to(by).annotate(
        of_year=FilteredRelation("enrollments", condition=Q(enrollments__year=year))
    )
    # A village is one key; the path would have the database look through the residents of everywhere else too.
    rows = rows.filter(area=area) if area.level == Area.Level.VILLAGE else rows.filter(area__path__startswith=area.path)
    return rows.filter(Q(ended_on=None) | Q(of_year__isnull=False)).annotate(
        state_of_year=F("of_year__state"),
        paid_on=F("of_year__paid_on"),
        benefits_from=F("of_year__benefits_from"),
        benefits_until=F("of_year__benefits_until"),
    )


def standing_as(rows: QuerySet[Resident], asked: str) -> QuerySet[Resident]:
    """Of `people` those who stand like this."""
    states = [state for state, standing in _STANDINGS.items() if standing == asked]
    return rows.filter(state_of_year=None) if states == [None] else rows.filter(state_of_year__in=states)


def counted(area: Area, year: int, by: Staff) -> Counts:
    """How the people of the whole area stand. One query of the running counts; nobody is counted."""
    whole = Counts()
    for counts in _by_path(area, year, by).values():
        whole = whole.plus(counts)
    return whole


def completion(area: Area, year: int, by: Staff) -> list[Part]:
    """The areas directly below, each with how its people stand, in the order of their codes. Two queries."""
    below = Area.objects.visible_to(by).filter(parent=area).order_by("code")
    counts = {part.path: (part, Counts()) for part in below}
    codes = area.path.count("/") + 1
    for path, found in _by_path(area, year, by).items():
        # Who lives nowhere more precise than in the area itself has no line of their own below it.
        part = "/".join(path.split("/")[:codes]) + "/"
        if part in counts:
            counts[part] = (counts[part][0], counts[part][1].plus(found))
    return [Part(part, found) for part, found in counts.values()]


def _by_path(area: Area, year: int, by: Staff) -> dict[str, Counts]:
    """Whoever has left counts where an enrollment says so; whoever is here and has none is absent."""
    found = {}
    for path, told in tallies.standing(area, year, by).items():
        due, covered, refused, ended = (told[kind] for kind in tallies.STATES)
        absent = told[tallies.Kind.HERE] + told[tallies.Kind.GONE] - (due + covered + refused + ended)
        found[path] = Counts(covered, due, refused + ended, absent)
    return found
