"""Who treats and on what terms: institutions, their dated facts, their agreements, who is designated on a day."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from claims import contract_moves, institution_codes
from claims.models import Agreement, ContractMove, Institution, InstitutionFacts, Suspension
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
    Refuses a code that is taken or cannot be one.
    """
    code = institution_codes.check(code)
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
        stated = InstitutionFacts.objects.create(institution=institution, since=since, stated_by=by, **facts)
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
    also: Sequence[str] = (),
    checked_by: Staff | None = None,
) -> Agreement:
    """Sign a service agreement from `since` to `until`, both inclusive; it makes the institution designated [JZ20].

    The office signs by `contract_acts.propose` and `contract_acts.confirm`, two people; this is what they come to.

    `deposit_rate` is a fraction of at most 0.05 [JZ22.2], `year_budget` yuan. A method by heads needs `heads` and the
    yearly `quota` of each in yuan, one by days the `day_rate` in yuan; `also` names further methods [JZ23]. Refuses a
    method without its quantities, a number that is taken and terms that overlap another agreement of the institution.
    """
    methods = {str(method), *map(str, also)}
    if until < since:
        raise CannotContract(_("协议终止日不能早于起始日。"), field="until")
    if not 0 <= deposit_rate <= DEPOSIT_LIMIT:
        raise CannotContract(_("质量保证金比例不得超过 5%%，请写小数，例如 0.05。") % {}, "JZ22.2", "deposit_rate")
    if Agreement.Method.CAPITATION in methods and not (heads and quota):
        raise CannotContract(_("按人头付费须写明签约人数和年人头定额（元）。"), field="heads")
    if Agreement.Method.PER_DIEM in methods and not day_rate:
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
            also=sorted(methods - {str(method)}),
            signed_by=by,
            checked_by=checked_by,
        )
        contract_moves.move_agreement(
            agreement, ContractMove.Stand.IN_FORCE, on=since, by=by, at=at, why=number, checked_by=checked_by
        )
        audit.record(
            by,
            "claims.sign_agreement",
            institution,
            {"agreement": number, "since": since.isoformat(), "until": until.isoformat(), "method": method},
            at=at,
        )
    return agreement


def end_agreement(
    agreement: Agreement, on: date, *, by: Staff, at: datetime, why: str,
    reason: str = Agreement.EndReason.BREACH, recover: Decimal | None = None, checked_by: Staff | None = None,
) -> None:  # fmt: skip
    """End an agreement before its term; `on` is its last day, from the next on the institution is not designated.

    `recover` is what is claimed back in yuan [JZ20].
    """
    if not agreement.since <= on <= agreement.until or agreement.ended_on is not None:
        raise CannotContract(_("终止日应在协议期内，且协议尚未终止。"), field="ended_on")
    if recover is not None and recover <= 0:
        raise CannotContract(_("追回金额应大于 0。"), field="recover")
    with transaction.atomic():
        stand = ContractMove.Stand.ENDED
        contract_moves.move_agreement(agreement, stand, on=on, by=by, at=at, why=why, checked_by=checked_by)
        agreement.ended_on, agreement.end_reason, agreement.recover = on, reason, recover
        agreement.save(update_fields=["ended_on", "end_reason", "recover"])
        told = {"agreement": agreement.number, "on": on.isoformat(), "why": why, "reason": str(reason)}
        told |= {} if recover is None else {"recover": str(recover)}
        audit.record(by, "claims.end_agreement", agreement.institution, told, at=at)


def _in_force(first: date, last: date) -> Q:
    return Q(since__lte=last, until__gte=first) & (Q(ended_on=None) | Q(ended_on__gte=first))


def agreements_on(day: date) -> models.QuerySet[Agreement]:
    """The agreements in force on a day, not ended before it and not suspended on it."""
    suspended = Suspension.objects.filter(agreement=models.OuterRef("pk"), since__lte=day)
    suspended = suspended.filter(Q(until=None) | Q(until__gte=day))
    agreed = Agreement.objects.filter(_in_force(day, day)).exclude(models.Exists(suspended))
    return agreed.select_related("institution")


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


_AGREED, _SUSPENDED = -1, -2  # in the place of the level, where the row tells no facts


class Standing:
    """Facts, agreements and suspensions of a set of institutions through time: one query, then any on any day."""

    def __init__(self, institutions: Iterable[int]) -> None:
        asked = set(institutions)
        self._facts: dict[int, list[InstitutionFacts]] = {pk: [] for pk in asked}
        self._terms: dict[int, list[tuple[date, date]]] = {pk: [] for pk in asked}
        self._suspended: dict[int, list[tuple[date, date]]] = {pk: [] for pk in asked}
        day = models.DateField(null=True)
        nothing = [Value(None, output_field=InstitutionFacts._meta.get_field(name)) for name in _STATED[1:]]
        stated = InstitutionFacts.objects.filter(institution__in=asked).order_by()
        agreed = Agreement.objects.filter(institution__in=asked).order_by()
        paused = Suspension.objects.filter(agreement__institution__in=asked).order_by()
        level = models.IntegerField()
        for institution, since, until, ended_on, *facts in stated.values_list(
            "institution_id", "since", Cast(Value(None), day), Cast(Value(None), day), *_STATED
        ).union(
            agreed.values_list(
                "institution_id", "since", "until", "ended_on", Value(_AGREED, output_field=level), *nothing
            ),
            # An open suspension goes as far as its agreement.
            paused.values_list(
                F("agreement__institution_id"),
                "since",
                Coalesce("until", "agreement__until"),
                "agreement__ended_on",
                Value(_SUSPENDED, output_field=level),
                *nothing,
            ),
            all=True,
        ):
            if facts[0] == _AGREED:
                self._terms[institution].append((since, min(until, ended_on or until)))
            elif facts[0] == _SUSPENDED:
                self._suspended[institution].append((since, min(until, ended_on or until)))
            else:
                told = dict(zip(_STATED, facts, strict=True))
                self._facts[institution].append(InstitutionFacts(institution_id=institution, since=since, **told))
        for rows in self._facts.values():
            rows.sort(key=lambda row: row.since)

    def facts(self, institution: int, day: date) -> InstitutionFacts | None:
        """What the institution was on the day; None before its first facts."""
        rows = self._facts[institution]
        standing = bisect_right(rows, day, key=lambda row: row.since)
        return rows[standing - 1] if standing else None

    def designated(self, institution: int, day: date) -> bool:
        """Whether an agreement was in force on the day and not suspended on it."""
        agreed = any(since <= day <= until for since, until in self._terms[institution])
        return agreed and not any(since <= day <= until for since, until in self._suspended[institution])
