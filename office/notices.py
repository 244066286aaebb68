"""Dated notices beside the regulations: entered by one person, approved by another, then cited like an article."""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from office import audit
from office.models import Area, Notice, Staff
from office.refusal import Refusal
from policies import rules, shelf
from policies.regulation import UNTIL, Regulation

NATION = "000000"  # the region of rules that hold in every city
WARN_DAYS = (180, 90, 30)  # before the last day of a regulation
_TIER = re.compile(r"[0-9a-z_]+(\.[0-9a-z_]+)*")


class CannotEnter(Refusal):
    """A notice about a parameter that does not exist, or with a value that cannot be read."""


class CannotApprove(Refusal):
    """A notice that is approved already, or by the very person who entered it."""


class Lapse(NamedTuple):
    """A regulation whose last day is near or past; `warning` is the step reached: 180, 90, 30, or 0 once it lapsed."""

    policy: str
    title: str
    until: date
    days_left: int
    warning: int


def regulation(policy: str) -> Regulation:
    """The regulation with the city's approved notices, as they stand in the database at this moment.

    Costs one small query, so ask once per request, job chunk or set, not once per person. The figures are built anew
    only where a notice has changed, in whichever process.
    """
    approved = Notice.objects.filter(policy=policy, approved_by__isnull=False).order_by("since", "pk")
    return _with(policy, tuple(approved.values_list("key", "tier", "value", "since", "document")))


@lru_cache(maxsize=32)
def _with(policy: str, approved: tuple[tuple[str, str, str, date, str], ...]) -> Regulation:
    # The notices themselves are the key: nothing can go stale, and rolled-back or re-used row ids do not matter.
    told = [rules.Notice(key, tier or None, value, since, document) for key, tier, value, since, document in approved]
    return shelf.regulation(policy).with_notices(told)


def enter(
    policy: str,
    key: str,
    value: str,
    since: date,
    document: str,
    by: Staff,
    at: datetime,
    tier: str = "",
    title: str = "",
    is_sample: bool = False,
) -> Notice:
    """Enter a notice, which counts once a second person approves it. Refuses what the regulation cannot read.

    `key` is a parameter of the regulation or "regulation.until"; `value` is written as the figure's unit asks: yuan,
    a fraction such as 0.75, MM-DD, a day.
    """
    key, value, tier, document = key.strip(), value.strip(), tier.strip(), document.strip()
    refuse_unreadable(policy, key, tier, value)
    _refuse_foreign(policy, by)
    if not document:
        raise CannotEnter(_("请写明文号：引用时如条文一样写出"), field="document")
    with transaction.atomic():
        if Notice.objects.filter(policy=policy, key=key, tier=tier, since=since).exists():
            raise CannotEnter(_("此参数同一施行日已有公告；数字不改，只加新的施行日"), field="since")
        notice = Notice.objects.create(
            policy=policy,
            key=key,
            tier=tier,
            value=value,
            since=since,
            document=document,
            title=title,
            is_sample=is_sample,
            entered_by=by,
            entered_at=at,
        )
        audit.record(by, "office.enter_notice", notice, _told(notice), at=at)
    return notice


def approve(notice: Notice, by: Staff, at: datetime) -> Notice:
    """Put a notice into force. Refuses the person who entered it, and a notice that is approved already."""
    with transaction.atomic():
        waiting = Notice.objects.select_for_update().get(pk=notice.pk)
        if waiting.approved_by_id is not None:
            raise CannotApprove(_("此公告已经批准"))
        if waiting.entered_by_id == by.pk:
            raise CannotApprove(_("录入人不能批准自己录入的公告，请另一人批准"))
        _refuse_foreign(waiting.policy, by)
        refuse_unreadable(waiting.policy, waiting.key, waiting.tier, waiting.value)
        waiting.approved_by, waiting.approved_at = by, at
        waiting.save(update_fields=["approved_by", "approved_at"])
        audit.record(by, "office.approve_notice", waiting, _told(waiting), at=at)
    notice.refresh_from_db()
    return notice


def take_back(notice: Notice, by: Staff, at: datetime) -> None:
    """Remove a notice that nobody has approved. Refuses an approved one: it was in force, so it stays."""
    with transaction.atomic():
        waiting = Notice.objects.select_for_update().get(pk=notice.pk)
        if waiting.approved_by_id is not None:
            raise CannotApprove(_("已批准的公告不能撤回；请录入新的施行日的公告"))
        _refuse_foreign(waiting.policy, by)
        audit.record(by, "office.take_back_notice", waiting, _told(waiting), at=at)
        waiting.delete()


def refuse_unreadable(policy: str, key: str, tier: str, value: str) -> None:
    """Raise CannotEnter, naming the field, where the regulation has no such parameter or tier or cannot read this."""
    try:
        figures = shelf.regulation(policy).figures()
    except shelf.UnknownRegulation:
        raise CannotEnter(_("没有代码为 %(policy)s 的办法") % {"policy": policy}, field="policy") from None
    if key == UNTIL:
        _refuse_unless_day(value)
        tier_known = not tier
    else:
        of_key = [figure for figure in figures if figure.parameter == key]
        if not of_key:
            raise CannotEnter(_("办法中没有参数 %(key)s") % {"key": key}, field="key")
        try:
            rules.parse(of_key[0].unit, value)
        except ValueError as error:
            unit = rules.UNITS[of_key[0].unit]
            raise CannotEnter(
                _("值 %(value)s 不能读作“%(unit)s”：%(why)s") % {"value": value, "unit": unit, "why": error},
                field="value",
            ) from None
        # A formula asks for "2.county", then "2", then for the figure of all tiers.
        tiers = {figure.tier for figure in of_key}
        tier_known = bool(tiers & {tier, tier.partition(".")[0]}) or ("" in tiers and bool(_TIER.fullmatch(tier)))
    if not tier_known:
        raise CannotEnter(_("参数 %(key)s 没有档次 %(tier)s") % {"key": key, "tier": tier or "（空）"}, field="tier")


def lapsing(on: date) -> list[Lapse]:
    """The regulations that end within 180 days of this day or have ended, the nearest first."""
    found = []
    for policy in shelf.codes():
        standing = regulation(policy)
        if standing.until is None:
            continue
        left = (standing.until - on).days
        if left <= WARN_DAYS[0]:
            step = 0 if left < 0 else min(days for days in WARN_DAYS if left <= days)
            found.append(Lapse(policy, standing.title, standing.until, left, step))
    return sorted(found, key=lambda lapse: lapse.until)


def _refuse_foreign(policy: str, by: Staff) -> None:
    """Standards are the city's: no county sets or approves them, and no other city."""
    region = shelf.regulation(policy).region
    if by.area is None or by.area.level != Area.Level.CITY or region not in (by.area.code, NATION):
        told = {"title": shelf.regulation(policy).title}
        raise CannotEnter(_("《%(title)s》的公告由该市的市级经办机构录入和批准") % told, field="policy")


def _refuse_unless_day(value: str) -> None:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise CannotEnter(_("日期应写作 2027-12-31：%(value)s") % {"value": value}, field="value") from None


def _told(notice: Notice) -> dict[str, str]:
    return {
        "policy": notice.policy,
        "key": notice.key,
        "tier": notice.tier,
        "value": notice.value,
        "since": notice.since.isoformat(),
        "document": notice.document,
    }
