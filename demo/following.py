"""How the demo city follows its collection: targets from the city down to the villages, a certificate of payment."""

from datetime import date

from demo.city import City, moment
from enrollment import certificates, targets
from enrollment.models import CollectionPeriod, Enrollment, Payment
from office.models import Area

_DOCUMENT = "演示样本〔{year}〕参保任务"


def set_targets(city: City, period: CollectionPeriod, on: date) -> None:
    """The city's target is who is registered, one more in a thousand; each level splits it as it is proposed."""
    why, at = _DOCUMENT.format(year=period.year), moment(on, 15)
    here = sum(part.counts.people for part in targets.split_of(city.area, period.year, city.manager).parts)
    targets.set_city(city.area, period.year, here + here // 1000, why, by=city.manager, at=at)
    above = [city.area]
    while above:
        below = []
        for area in above:
            split = targets.split_of(area, period.year, city.manager, targets.Basis.REGISTERED)
            parts = {part.area.pk: part.proposed for part in split.parts if part.proposed is not None}
            if not split.whole or not split.whole.people or not parts:
                continue
            targets.split(area, period.year, parts, why, by=city.manager, at=at)
            below += [part.area for part in split.parts if part.area.level < Area.Level.VILLAGE]
        above = below


def certify(city: City, period: CollectionPeriod, on: date) -> None:
    """Somebody who paid asks for a certificate, and comes back because the first was lost."""
    paid = Payment.objects.filter(state=Payment.State.MATCHED, year=period.year, enrollment__paid_on__isnull=False)
    row = Enrollment.objects.filter(pk__in=paid.values("enrollment")).order_by("pk").first()
    for hour in (10, 16) if row else ():
        certificates.issue(row, [], by=city.clerk_of(row.area), at=moment(on, hour))
