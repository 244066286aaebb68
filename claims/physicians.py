"""Insurance physicians: registered by their licence, where they practise, and whether they stand [JZ25, BZ30]."""

import re
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from claims.models import Institution, Physician, PhysicianStanding, Practice
from office import audit
from office.models import Staff
from office.refusal import Refusal

State = PhysicianStanding.State
_SHAPE: Final = re.compile(r"[0-9A-Z]{6,30}")
_IDENTITY: Final = re.compile(r"(?=([1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dX]))")


class CannotRegister(Refusal):
    """The physician, the practice or the standing cannot be written down like this."""


def licence(told: str) -> str:
    """The number of a licence as it is kept. Refuses one that is or holds an identity number: those are not kept here.

    The licence to practise has fifteen digits; the certificate of qualification ends with the person's identity
    number and is not asked for.
    """
    number = told.strip().upper()
    if _IDENTITY.search(number):
        raise CannotRegister(_("请填写执业证书编号：此处不登记含身份证号码的资格证书编号。"), "JZ25", "licence")
    if not _SHAPE.fullmatch(number):
        raise CannotRegister(_("执业证书编号应为 6 至 30 位数字或大写字母。"), field="licence")
    return number


def register(
    number: str, name: str, institution: Institution, specialty: str, since: date, *, title: str = "", by: Staff,
    at: datetime,
) -> Physician:  # fmt: skip
    """Register a physician with the first institution, standing from the same day. Refuses a licence that is taken."""
    number = licence(number)
    if Physician.objects.filter(licence=number).exists():
        raise CannotRegister(_("执业证书编号 %(number)s 已登记。") % {"number": number}, field="licence")
    with transaction.atomic():
        made = Physician.objects.create(
            licence=number, name=name.strip(), title=title.strip(), area=institution.area, registered_by=by,
            registered_at=at,
        )  # fmt: skip
        Practice.objects.create(physician=made, institution=institution, specialty=specialty, since=since)
        PhysicianStanding.objects.create(
            physician=made, state=State.ACTIVE, since=since, why=_("登记"), stated_by=by, stated_at=at
        )
        audit.record(by, "claims.register_physician", made, {"licence": number, "at": institution.code}, at=at)
    return made


def practise(
    physician: Physician, institution: Institution, specialty: str, since: date, *, leaves: bool, by: Staff,
    at: datetime,
) -> Practice:  # fmt: skip
    """The physician practises at an institution from a day on; where she `leaves`, the others end the day before.

    Refuses days that she already practises there.
    """
    with transaction.atomic():
        Physician.objects.select_for_update().get(pk=physician.pk)
        there = physician.practices.filter(Q(until=None) | Q(until__gte=since), institution=institution)
        if there.exists():
            raise CannotRegister(_("该医师在这些天已在 %(name)s 执业。") % {"name": institution.name}, field="since")
        if leaves:
            others = physician.practices.filter(until=None)
            if others.filter(since__gte=since).exists():
                raise CannotRegister(_("原执业机构的起始日不早于此日，请核对。"), field="since")
            others.update(until=since - timedelta(days=1))
        made = Practice.objects.create(physician=physician, institution=institution, specialty=specialty, since=since)
        detail = {"at": institution.code, "since": since.isoformat(), "leaves": leaves}
        audit.record(by, "claims.physician_practises", physician, detail, at=at)
    return made


def state(physician: Physician, standing: str, since: date, why: str, *, by: Staff, at: datetime) -> PhysicianStanding:
    """Say how a physician stands from a day on, with the reason: active, suspended or ended; ended stays ended."""
    if not why.strip():
        raise CannotRegister(_("请写明原因。"), field="why")
    with transaction.atomic():
        Physician.objects.select_for_update().get(pk=physician.pk)
        last = physician.standings.first()
        if last is not None and last.state == State.ENDED:
            raise CannotRegister(_("该医师的医保资格已终止，不再变动。"), "JZ25")
        if last is not None and since <= last.since:
            raise CannotRegister(
                _("最近一次变动自 %(day)s 起，新的变动须在其后。") % {"day": last.since}, field="since"
            )
        if last is not None and last.state == standing:
            raise CannotRegister(_("该医师现已是“%(state)s”。") % {"state": last.get_state_display()}, field="state")
        made = PhysicianStanding.objects.create(
            physician=physician, state=standing, since=since, why=why.strip(), stated_by=by, stated_at=at
        )
        detail = {"state": str(standing), "since": since.isoformat(), "why": why}
        audit.record(by, "claims.state_physician", physician, detail, at=at)
    return made
