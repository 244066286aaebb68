"""A year's collection is opened with the standards of its notices; a county may take narrower days by the text."""

from datetime import date, datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment.models import CollectionPeriod, CountyWindow
from office import audit, notices
from office.models import Area, Notice, Staff
from office.refusal import Refusal
from policies import collecting, covering, shelf
from policies.collecting import Meaning, Phase, Standards
from policies.covering import Standard
from policies.rules import NoRule, Words

INDIVIDUAL: Final = "contribution.individual"
SUBSIDY: Final = "contribution.subsidy"
MINIMUM: Final = "contribution.individual.minimum"


class CannotOpen(Refusal):
    """A collection period or a county's days cannot be opened like this."""


class NotInScope(Refusal):
    """Somebody acts on an area that is not theirs."""


def window(policy: str, year: int) -> covering.Window:
    """The days in which `year` is paid for. Refuses with CannotOpen where the regulation has no figure or is over."""
    try:
        return covering.window(year, notices.regulation(policy).rules(date(year - 1, 12, 31)))
    except NoRule as gap:
        raise CannotOpen(gap.message, article=gap.article, field="year") from gap


def standards(policy: str, year: int, on: date) -> Standards:
    """What a person and the public pay for `year`, by the approved notices in force on `on`, with what they cite.

    Refused with CannotOpen: a year for which no notice has set a standard, an individual standard of zero or below the
    national minimum (PZ08), a day that the regulation does not reach.
    """
    try:
        return notices.regulation(policy).standards(year, on)
    except NoRule as gap:
        told = _("%(year)s 年度：%(gap)s") % {"year": year, "gap": gap.message}
        raise CannotOpen(told, article=gap.article, field="year") from gap
    except collecting.NotAllowed as no:
        raise CannotOpen(no.message, article=no.article, field="year") from no


def keys(policy: str) -> list[str]:
    """The yearly parameters that notices set before a period is opened."""
    known = {figure.parameter for figure in shelf.regulation(policy).figures()}
    return [key for key in (INDIVIDUAL, SUBSIDY, MINIMUM) if key in known]


def _notice(policy: str, key: str, year: int, since: date) -> Notice | None:
    told = Notice.objects.filter(policy=policy, key=key, since=since, approved_by__isnull=False)
    return told.filter(tier=str(year)).first()


def later_notices(period: CollectionPeriod) -> QuerySet[Notice]:
    """Approved notices that set another standard for the year after the period was opened: what is due stays fixed."""
    approved = Notice.objects.filter(policy=period.policy, tier=str(period.year), approved_by__isnull=False)
    told = approved.filter(key__in=[INDIVIDUAL, SUBSIDY], approved_at__gt=period.opened_at)
    return told.exclude(pk__in=[pk for pk in (period.individual_notice_id, period.subsidy_notice_id) if pk])


def open_period(
    area: Area,
    policy: str,
    year: int,
    *,
    by: Staff,
    at: datetime,
    opens_on: date | None = None,
    closes_on: date | None = None,
) -> CollectionPeriod:
    """Open a city's collection for `year` with the standards that its notices set, fixed from then on.

    The window is the regulation's; narrower days may be given, wider ones are refused with CannotOpen, as are a second
    period for the year, a year that the regulation does not reach and a year without its notices (`standards`).
    """
    if not by.area.covers(area):
        raise NotInScope(_("%(area)s不在您的管辖区域内。") % {"area": area}, field="area")
    if area.level != Area.Level.CITY:
        raise CannotOpen(_("缴费期由市级统一开设，%(area)s不是市。") % {"area": area}, field="area")
    told = window(policy, year)
    fixed = standards(policy, year, timezone.localdate(at))
    opens_on, closes_on = opens_on or told.opens, closes_on or told.closes
    if not told.opens <= opens_on <= closes_on <= told.closes:
        raise CannotOpen(
            _("缴费期应在办法规定的 %(window)s 之内，起止日不能颠倒。") % {"window": told},
            article=told.article,
            field="opens_on",
        )
    try:
        with transaction.atomic():
            period = CollectionPeriod.objects.create(
                area=area,
                policy=policy,
                year=year,
                opens_on=opens_on,
                closes_on=closes_on,
                individual=fixed.individual.value,
                subsidy=fixed.subsidy.value,
                document=fixed.individual.article,
                individual_notice=_notice(policy, INDIVIDUAL, year, fixed.individual.since),
                subsidy_notice=_notice(policy, SUBSIDY, year, fixed.subsidy.since),
                opened_by=by,
                opened_at=at,
            )
            detail = {
                "year": year,
                "individual": [str(period.individual), fixed.individual.article],
                "subsidy": [str(period.subsidy), fixed.subsidy.article],
            }
            audit.record(by, "collection.open", period, detail, at=at)
    except IntegrityError as error:
        raise CannotOpen(
            _("%(area)s %(year)s 年度的缴费期已经开设。") % {"area": area, "year": year}, field="year"
        ) from error
    return period


def set_county_window(
    period: CollectionPeriod, county: Area, opens_on: date, closes_on: date, document: str, *, by: Staff, at: datetime
) -> CountyWindow:
    """Set a county's own days of collecting inside the city's (BZ11.1); a later decision replaces the one before.

    Refused with CannotOpen and the article: where the regulation knows no days of a county, days outside the city's or
    the wrong way round; and an area that is no county of this city, days that are over, no document.
    """
    if not by.area.covers(county):
        raise NotInScope(_("%(area)s不在您的管辖区域内。") % {"area": county}, field="area")
    if county.level != Area.Level.COUNTY or not period.area.covers(county):
        raise CannotOpen(_("%(area)s不是本市的县（市、区）。") % {"area": county}, field="area")
    levels = allowed(period)
    if "county" not in levels.value:
        raise CannotOpen(_("办法规定全市统一的缴费期，县（市、区）不能另定。"), article=levels.article, field="area")
    if not period.opens_on <= opens_on <= closes_on <= period.closes_on:
        told = {"since": period.opens_on, "until": period.closes_on}
        raise CannotOpen(
            _("县级缴费期应在市缴费期 %(since)s 至 %(until)s 之内，起止日不能颠倒。") % told,
            article=levels.article,
            field="opens_on",
        )
    if closes_on < timezone.localdate(at):
        raise CannotOpen(_("截止日已过，不能再设定。"), field="closes_on")
    if not document.strip():
        raise CannotOpen(_("请写明文号。"), field="document")
    with transaction.atomic():
        CollectionPeriod.objects.select_for_update(no_key=True).get(pk=period.pk)
        CountyWindow.objects.filter(period=period, area=county, replaced_at=None).update(replaced_at=at)
        kept = CountyWindow.objects.create(
            period=period,
            area=county,
            opens_on=opens_on,
            closes_on=closes_on,
            document=document.strip(),
            set_by=by,
            set_at=at,
        )
        detail = {"opens_on": opens_on, "closes_on": closes_on, "document": kept.document}
        audit.record(by, "collection.county_window", kept, detail, at=at, area=county)
    return kept


def allowed(period: CollectionPeriod) -> Words:
    """Which levels may collect on narrower days than the city's, with the article that says so."""
    return notices.regulation(period.policy).rules(period.opens_on).words("contribution.window.within")


def county_windows(period: CollectionPeriod, by: Staff) -> QuerySet[CountyWindow]:
    """The days in force of the counties that the person may see: below their area, or the county they belong to."""
    standing = CountyWindow.objects.filter(period=period, replaced_at=None).select_related("area", "set_by")
    mine = Q(area__path__startswith=by.area.path)
    above = [by.area.path[:length] for length in range(1, len(by.area.path) + 1)]
    return standing.filter(mine | Q(area__path__in=above)).order_by("area__path")


def phases(period: CollectionPeriod, county: CountyWindow | None = None) -> tuple[Phase, ...]:
    """The phases of the year for the city, or for a county with days of its own. Refuses as `window` does.

    What a payment means follows the days of the text: a county that stops earlier takes nothing from anybody.
    """
    try:
        told = notices.regulation(period.policy).phases(period.year)
    except NoRule as gap:
        raise CannotOpen(gap.message, article=gap.article, field="year") from gap
    told = collecting.within(told, period.opens_on, period.closes_on, told[0].article)
    if county is None:
        return told
    return collecting.within(told, county.opens_on, county.closes_on, county.document)


def meanings(period: CollectionPeriod) -> list[Meaning]:
    """What a payment on the first day of each phase of the text means, asked of the regulation itself."""
    regulation = notices.regulation(period.policy)
    standard = Standard(period.individual, period.subsidy)
    try:
        return collecting.meanings(regulation.phases(period.year), regulation.cover, period.year, standard)
    except NoRule as gap:
        raise CannotOpen(gap.message, article=gap.article, field="year") from gap
