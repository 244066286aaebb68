"""Papers that were checked: one family complete with a scan, one with a paper withdrawn, a school with its classes."""

from datetime import timedelta
from io import BytesIO
from typing import Final

from reportlab.pdfgen.canvas import Canvas

from demo.city import City, moment
from enrollment import papers, schooling
from enrollment.models import CollectionPeriod, Household, Paper, Resident, School

COMPLETE: Final = "李长河"
WITHDRAWN: Final = "陈迟春"


def file_papers(city: City, period: CollectionPeriod) -> None:
    """The clerk checks the papers of two families of the stories; the students are in two classes."""
    day = period.opens_on + timedelta(days=12)
    head = Resident.objects.select_related("area", "household").get(name=COMPLETE)
    by = city.clerk_of(head.area)
    act = {"by": by, "on": day, "at": moment(day, 11)}
    papers.file(head, Paper.Kind.HOUSEHOLD_BOOK, whole_household=True, scan=[_scan()], **act)
    for person in Household.objects.get(pk=head.household_id).members.order_by("pk"):
        papers.file(person, Paper.Kind.ID_CARD, **act)
    late = Resident.objects.select_related("area").get(name=WITHDRAWN)
    by = city.clerk_of(late.area)
    paper = papers.file(late, Paper.Kind.ID_CARD, remark="复印件", by=by, on=day, at=moment(day, 11, 20))
    papers.withdraw(paper, "复印件不清，待补原件", by=by, on=day, at=moment(day, 11, 30))
    county = city.counties[0]
    schooling.found(
        "90002", f"{county}实验小学", School.Kind.PUPIL, county, by=city.clerk_of(county), at=moment(day, 12)
    )


def _scan() -> bytes:
    out = BytesIO()
    canvas = Canvas(out, pagesize=(420, 300), invariant=1)
    canvas.drawString(60, 160, "SAMPLE / DEMO: scan of a household book")
    canvas.save()
    return out.getvalue()
