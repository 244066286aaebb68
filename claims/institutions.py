"""Who treats and on what terms: institutions, their dated facts, their agreements, who is designated on a day."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from claims.models import Agreement, Institution, InstitutionFacts
from office import audit
from office.models import Area, Staff
from office.refusal import Refusal

_STATED = ("level", "grade", "affiliation", "location", "ownership", "beds", "chinese_medicine")
DEPOSIT_LIMIT = Decimal("0.05")


class CannotContract(Refusal):
    """The institution, its facts or its agreement cannot be written down like this."""


def admit(code: str, name: str, area: Area, *, since: date, by: Staff, at: datetime, **facts: Any) -> Institution:
    """Put an institution on the list with its first facts (level, grade, affiliation, location, ownership, beds, ...).

    `area` handles its claims: its county, or the city for one outside. It is paid only under an agreement (`sign`).
    Refuses a code that is taken.
    """
    if Institution.objects.filter(code=code).exists():
        raise CannotContract(_("机构代码 %(code)s 已登记，请核对。") % {"code": code}, field="code")
    with transaction.atomic():
        institution = Institution.objects.create(code=code, name=name, area=area)
        state_facts(institution, since, by=by, at=at, **facts)
        audit.record(by, "claims.admit_institution", institution, {"code": code, "name": name}, at=at)
    return institution


def state_facts(institution: Institution, since: date, *, by: Staff, at: datetime, **facts: Any) -> InstitutionFacts:
    """State what the institution is from `since` on; earlier claims keep the facts of their own admission day."""
    if institution.facts.filter(since=since).exists():
        raise CannotContract(
            _("%(name)s 自 %(day)s 起的属性已登记，请另定起始日。") % {"name": institution.name, "day": since},
            field="since",
        )
    if not 0 <= facts.get("level", 0) <= 3:
        raise CannotContract(_("级别应为 0（未定级）、1、2 或 3。"), field="level")
    with transaction.atomic():
        stated = InstitutionFacts.objects.create(institution=institution, since=since, **facts)
        audit.record(
            by,
            "claims.state_facts",
            institution,
            {"since": since.isoformat(), **{name: str(value) for name, value in facts.items()}},
            at=at,
        )
    return stated


def sign(
    institution: Institution,
    number: str,
    since: date,
    until: date,
    *,
    by: Staff,
    at: datetime,
    method: str = Agreement.Method.FEE_FOR_SERVICE,
    deposit_rate: Decimal = DEPOSIT_LIMIT,
    year_budget: Decimal | None = None,
    heads: int | None = None,
    quota: Decimal | None = None,
    day_rate: Decimal | None = None,
) -> Agreement:
    """Sign a service agreement from `since` to `until`, both inclusive; it makes the institution designated [JZ20].

    `deposit_rate` is a fraction of at most 0.05 [JZ22.2], `year_budget` yuan. A method by heads needs `heads` and the
    yearly `quota` of each in yuan, one by days the `day_rate` in yuan. Refuses a method without its quantities, a
    number that is taken and terms that overlap another agreement of the institution.
    """
    if until < since:
        raise CannotContract(_("协议终止日不能早于起始日。"), field="until")
    if not 0 <= deposit_rate <= DEPOSIT_LIMIT:
        raise CannotContract(_("质量保证金比例不得超过 5%%，请写小数，例如 0.05。") % {}, "JZ22.2", "deposit_rate")
    if method == Agreement.Method.CAPITATION and not (heads and quota):
        raise CannotContract(_("按人头付费须写明签约人数和年人头定额（元）。"), field="heads")
    if method == Agreement.Method.PER_DIEM and not day_rate:
        raise CannotContract(_("按床日付费须写明床日标准（元）。"), field="day_rate")
    if Agreement.objects.filter(number=number).exists():
        raise CannotContract(_("协议编号 %(number)s 已使用。") % {"number": number}, field="number")
    with transaction.atomic():
        # Two agreements signed at once wait here for each other; a database constraint cannot see `ended_on`.
        Institution.objects.select_for_update().get(pk=institution.pk)
        other = institution.agreements.filter(_in_force(since, until)).first()
        if other is not None:
            raise CannotContract(
                _("与协议 %(number)s（%(since)s 至 %(until)s）重叠，请先终止该协议或改变起始日。")
                % {"number": other.number, "since": other.since, "until": other.ended_on or other.until},
                field="since",
            )
        agreement = Agreement.objects.create(
            institution=institution,
            number=number,
            since=since,
            until=until,
            method=method,
            deposit_rate=deposit_rate,
            year_budget=year_budget,
            heads=heads,
            quota=quota,
            day_rate=day_rate,
            signed_by=by,
        )
        audit.record(
            by,
            "claims.sign_agreement",
            institution,
            {"agreement": number, "since": since.isoformat(), "until": until.isoformat(), "method": method},
            at=at,
        )
    return agreement


def end_agreement(agreement: Agreement, on: date, *, by: Staff, at: datetime, why: str) -> None:
    """End an agreement before its term; `on` is its last day, from the next on the institution is not designated."""
    if not agreement.since <= on <= agreement.until or agreement.ended_on is not None:
        raise CannotContract(_("终止日应在协议期内，且协议尚未终止。"), field="ended_on")
    with transaction.atomic():
        agreement.ended_on = on
        agreement.save(update_fields=["ended_on"])
        audit.record(
            by,
            "claims.end_agreement",
            agreement.institution,
            {"agreement": agreement.number, "on": on.isoformat(), "why": why},
            at=at,
        )


def _in_force(first: date, last: date) -> Q:
    return Q(since__lte=last, until__gte=first) & (Q(ended_on=None) | Q(ended_on__gte=first))


def agreements_on(day: date) -> models.QuerySet[Agreement]:
    """The agreements in force on a day and not ended before it."""
    return Agreement.objects.filter(_in_force(day, day)).select_related("institution")


def designated_on(day: date) -> models.QuerySet[Institution]:
    """The designated list of a day: who has an agreement in force, with `level` as it stood then."""
    facts = InstitutionFacts.objects.filter(institution=models.OuterRef("pk"), since__lte=day).order_by("-since")
    return Institution.objects.filter(agreements__in=agreements_on(day)).annotate(
        level=models.Subquery(facts.values("level")[:1])
    )


def facts_on(institutions: Iterable[int], day: date) -> dict[int, InstitutionFacts]:
    """The facts of these institutions (ids) on a day; one that had none yet is left out."""
    asked = list(institutions)
    standing = Standing(asked)
    return {pk: facts for pk in asked if (facts := standing.facts(pk, day)) is not None}


class Standing:
    """Facts and agreements of a set of institutions through time: one query, then any institution on any day."""

    def __init__(self, institutions: Iterable[int]) -> None:
        asked = set(institutions)
        self._facts: dict[int, list[InstitutionFacts]] = {pk: [] for pk in asked}
        self._terms: dict[int, list[tuple[date, date]]] = {pk: [] for pk in asked}
        nothing = [Value(None, output_field=InstitutionFacts._meta.get_field(name)) for name in _STATED]
        stated = InstitutionFacts.objects.filter(institution__in=asked).order_by()
        agreed = Agreement.objects.filter(institution__in=asked).order_by()
        day = models.DateField(null=True)
        for institution, since, until, ended_on, *facts in stated.values_list(
            "institution_id", "since", Cast(Value(None), day), Cast(Value(None), day), *_STATED
        ).union(agreed.values_list("institution_id", "since", "until", "ended_on", *nothing), all=True):
            if until is None:
                told = dict(zip(_STATED, facts, strict=True))
                self._facts[institution].append(InstitutionFacts(institution_id=institution, since=since, **told))
            else:
                self._terms[institution].append((since, min(until, ended_on or until)))
        for rows in self._facts.values():
            rows.sort(key=lambda row: row.since)

    def facts(self, institution: int, day: date) -> InstitutionFacts | None:
        """What the institution was on the day; None before its first facts."""
        rows = self._facts[institution]
        standing = bisect_right(rows, day, key=lambda row: row.since)
        return rows[standing - 1] if standing else None

    def designated(self, institution: int, day: date) -> bool:
        """Whether an agreement was in force on the day."""
        return any(since <= day <= until for since, until in self._terms[institution])
