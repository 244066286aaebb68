"""Filings for care elsewhere: a referral out of the city, or a long-term residence outside it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from claims.models import Filing
from enrollment.models import Resident
from office import audit
from office.models import Staff
from office.refusal import Refusal

NONE = "none"


class CannotFile(Refusal):
    """This filing cannot be registered."""


def file(
    resident: Resident, kind: str, since: date, until: date, *, by: Staff, at: datetime, number: str = ""
) -> Filing:
    """Register care elsewhere from `since` to `until`, both inclusive [JZ24.1, JZ24.2, XZ17].

    The number is made where none is given. Refuses a person whose registration ended, and a term that overlaps another
    filing of the same kind.
    """
    if until < since:
        raise CannotFile(_("备案止日不能早于起日。"), field="until")
    if resident.ended_on is not None and resident.ended_on < since:
        raise CannotFile(_("%(name)s 已于 %(day)s 终止参保登记。") % {"name": resident.name, "day": resident.ended_on})
    number = number or f"BA{since:%Y%m%d}{resident.pk:07d}{'Z' if kind == Filing.Kind.REFERRAL else 'C'}"
    if Filing.objects.filter(number=number).exists():
        raise CannotFile(_("备案号 %(number)s 已存在。") % {"number": number}, field="number")
    with transaction.atomic():
        Resident.objects.select_for_update(of=("self",)).get(pk=resident.pk)
        other = resident.filings.filter(kind=kind, since__lte=until, until__gte=since).first()
        if other is not None:
            raise CannotFile(
                _("与备案 %(number)s（%(since)s 至 %(until)s）重叠。")
                % {"number": other.number, "since": other.since, "until": other.until},
                field="since",
            )
        filing = Filing.objects.create(
            resident=resident, kind=kind, number=number, since=since, until=until, filed_by=by
        )
        audit.record(
            by,
            "claims.file",
            resident,
            {"number": number, "kind": kind, "since": since.isoformat(), "until": until.isoformat()},
            at=at,
        )
    return filing


class Filings:
    """The filings of a set of residents: any resident on any day."""

    def __init__(self) -> None:
        self._terms: defaultdict[int, list[tuple[date, date, str]]] = defaultdict(list)

    @classmethod
    def of(cls, residents: Iterable[int]) -> "Filings":
        """Read those of these residents: one query."""
        filings = cls()
        rows = Filing.objects.filter(resident__in=set(residents))
        for resident, since, until, kind in rows.values_list("resident", "since", "until", "kind"):
            filings.learn(resident, since, until, kind)
        return filings

    def learn(self, resident: int, since: date, until: date, kind: str) -> None:
        """Take one filing in."""
        self._terms[resident].append((since, until, kind))

    def on(self, resident: int, day: date) -> str:
        """resident, referral or none; a resident elsewhere who was referred too keeps the better standing."""
        kinds = {kind for since, until, kind in self._terms[resident] if since <= day <= until}
        return next((kind for kind in (Filing.Kind.RESIDENT.value, Filing.Kind.REFERRAL.value) if kind in kinds), NONE)


def filing_on(residents: Iterable[int], day: date) -> dict[int, str]:
    """The filing of each of these residents (ids) on a day: resident, referral or none."""
    asked = list(residents)
    filings = Filings.of(asked)
    return {resident: filings.on(resident, day) for resident in asked}
