"""What happens to agreements, by two people: one puts it forward, another confirms it, and only then does it hold."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims import contract_moves, institutions
from claims.models import Agreement, Application, Appraisal, ContractAct, Institution, Suspension
from office import audit
from office.models import Staff
from office.refusal import Refusal

Kind, State, Stand = ContractAct.Kind, ContractAct.State, contract_moves.Stand
ARTICLES: Final[Mapping[str, str]] = {
    Kind.SIGN: "XZ27", Kind.SUSPEND: "BZ24", Kind.RESUME: "BZ24", Kind.END: "JZ20", Kind.APPRAISE: "JZ22.2",
}  # fmt: skip
# What the terms of an act are called, in the order in which they are shown.
TERMS: Final[Mapping[str, Any]] = {
    "number": gettext_lazy("协议编号"),
    "since": gettext_lazy("起"),
    "until": gettext_lazy("止"),
    "on": gettext_lazy("生效日"),
    "method": gettext_lazy("付费方式"),
    "also": gettext_lazy("其他付费方式"),
    "deposit_rate": gettext_lazy("质量保证金比例"),
    "year_budget": gettext_lazy("年度总额（元）"),
    "heads": gettext_lazy("签约人数"),
    "quota": gettext_lazy("年人头定额（元）"),
    "day_rate": gettext_lazy("床日标准（元）"),
    "reason": gettext_lazy("终止原因"),
    "notice_on": gettext_lazy("通知日期"),
    "recover": gettext_lazy("追回金额（元）"),
    "year": gettext_lazy("年度"),
    "score": gettext_lazy("得分"),
    "coefficient": gettext_lazy("保证金返还系数"),
}
_DAYS: Final = {"since", "until", "on", "notice_on"}
_NUMBERS: Final = {"heads", "year"}
_AMOUNTS: Final = {"deposit_rate", "year_budget", "quota", "day_rate", "recover", "score", "coefficient"}


class CannotAct(Refusal):
    """The act cannot be put forward or confirmed like this, or not by this person."""


def read(terms: Mapping[str, Any]) -> dict[str, Any]:
    """The terms of an act with days as days, amounts as yuan."""
    told: dict[str, Any] = {}
    for name, value in terms.items():
        if name in _DAYS:
            told[name] = date.fromisoformat(value)
        elif name in _AMOUNTS:
            told[name] = Decimal(value)
        else:
            told[name] = int(value) if name in _NUMBERS else value
    return told


def propose(
    institution: Institution, kind: str, terms: Mapping[str, Any], *, by: Staff, at: datetime, why: str,
    agreement: Agreement | None = None, application: Application | None = None, paper: str = "",
) -> ContractAct:  # fmt: skip
    """Put an act forward; another person confirms it. Whatever it would be refused for then, it is refused for now.

    Signing needs a published application whose publication is over, unless an agreement of the institution only runs
    out [PZ16]. No act reaches back: claims of days gone by were judged as the institution stood then.
    """
    told = {name: value for name, value in terms.items() if value not in (None, "", [])}
    if not why.strip():
        raise CannotAct(_("请写明原因。"), field="why")
    on = timezone.localdate(at)
    if kind == Kind.SIGN:
        _refuse_unknown_applicant(institution, application, on)
    elif agreement is None or agreement.institution_id != institution.pk:
        raise CannotAct(_("此事项须针对该机构的一份协议。"))
    kept = {name: value if isinstance(value, int | list) else str(value) for name, value in told.items()}
    act = ContractAct(
        institution=institution, agreement=agreement, application=application, kind=kind, terms=kept,
        why=why.strip()[:300], article=ARTICLES[kind], paper=paper[:80], proposed_by=by, proposed_at=at,
    )  # fmt: skip
    with transaction.atomic():
        Institution.objects.select_for_update().get(pk=institution.pk)
        if institution.acts.filter(state=State.PROPOSED).exists():
            raise CannotAct(_("%(name)s 有一项协议办理正等待复核，请先办结。") % {"name": institution.name})
        _try(act, on, at)
        act.save(force_insert=True)
        detail = {"act": str(act), "kind": str(kind), "why": act.why, **kept}
        audit.record(by, "claims.propose_act", institution, detail, at=at)
    return act


def confirm(act: ContractAct, *, by: Staff, at: datetime, answer: str = "") -> ContractAct:
    """Let an act take effect. Refuses whoever put it forward, and what has become impossible meanwhile."""
    with transaction.atomic():
        held = _held(act, by)
        held.agreement = _take_effect(held, by, timezone.localdate(at), at)
        _decide(held, State.CONFIRMED, answer, by, at, "claims.confirm_act")
    return held


def refuse(act: ContractAct, *, by: Staff, at: datetime, answer: str) -> ContractAct:
    """Say no to an act, with the reason; nothing changes."""
    if not answer.strip():
        raise CannotAct(_("请写明不通过的原因。"), field="answer")
    with transaction.atomic():
        held = _held(act, by)
        _decide(held, State.REFUSED, answer, by, at, "claims.refuse_act")
    return held


def _held(act: ContractAct, by: Staff) -> ContractAct:
    held = ContractAct.objects.select_for_update(of=("self",)).select_related("institution__area").get(pk=act.pk)
    if held.state != State.PROPOSED:
        raise CannotAct(_("此事项已办结（%(state)s）。") % {"state": held.get_state_display()})
    if held.proposed_by_id == by.pk:
        raise CannotAct(_("提出人不能复核自己提出的事项，请由另一人复核。"), held.article)
    return held


def _decide(act: ContractAct, state: str, answer: str, by: Staff, at: datetime, event: str) -> None:
    act.state, act.decided_by, act.decided_at, act.answer = state, by, at, answer.strip()[:300]
    act.save(update_fields=["state", "decided_by", "decided_at", "answer", "agreement"])
    audit.record(by, event, act.institution, {"act": str(act), "kind": act.kind, "answer": act.answer}, at=at)


class _OnlyTried(Exception):
    """Ends a trial of an act, so that nothing of it stays."""


def _try(act: ContractAct, on: date, at: datetime) -> None:
    """Let the act take effect and take it back: what stands in its way is told to whoever puts it forward."""
    tried = ContractAct(**{field.attname: getattr(act, field.attname) for field in ContractAct._meta.concrete_fields})
    try:
        with transaction.atomic():
            tried.save(force_insert=True)
            _take_effect(tried, None, on, at)
            raise _OnlyTried
    except _OnlyTried:
        pass


def _refuse_unknown_applicant(institution: Institution, application: Application | None, on: date) -> None:
    if application is not None:
        if application.institution_id != institution.pk or application.state != Application.State.PUBLISHED:
            raise CannotAct(_("定点申请须经两人评估合格并公示，才能签订协议。"), "PZ16")
        if application.published_until >= on:
            raise CannotAct(
                _("公示至 %(day)s 届满，次日起才能签订协议。") % {"day": application.published_until}, "JZ20"
            )
        return
    last = institution.agreements.first()
    if last is None or last.ended_on is not None:
        raise CannotAct(_("该机构没有可续签的协议：须先申请定点，经评估和公示。"), "PZ16")


def _not_back(day: date, on: date, field: str) -> None:
    if day < on:
        raise CannotAct(
            _("生效日 %(day)s 已过：此前的费用已按当日定点状态核算，请另定今天或以后的日期。") % {"day": day},
            field=field,
        )


def _take_effect(act: ContractAct, by: Staff | None, on: date, at: datetime) -> Agreement:
    """What the act comes to; `by` is the second person, nobody while it is only tried."""
    told, who = read(act.terms), {"by": act.proposed_by, "checked_by": by, "at": at}
    if act.kind == Kind.SIGN:
        return _sign(act, told, who, on)
    agreement = Agreement.objects.select_related("institution__area").get(pk=act.agreement_id)
    match act.kind:
        case Kind.SUSPEND:
            _suspend(act, agreement, told, who, on)
        case Kind.RESUME:
            _resume(act, agreement, told, who, on)
        case Kind.END:
            _end(act, agreement, told, who, on)
        case _:
            _appraise(act, agreement, told, on)
    return agreement


def _sign(act: ContractAct, told: dict[str, Any], who: dict[str, Any], on: date) -> Agreement:
    agreement = institutions.sign(act.institution, **told, **who)
    if act.application is not None:
        contract_moves.move(
            act.application, Application.State.SIGNED, on=on, why=agreement.number, article=act.article, **who
        )
    return agreement


def _suspend(act: ContractAct, agreement: Agreement, told: dict[str, Any], who: dict[str, Any], on: date) -> None:
    since, until = told["since"], told.get("until")
    _not_back(since, on, "since")
    if until is not None and not since <= until <= agreement.until:
        raise CannotAct(_("暂停止日应不早于起日，且在协议期内。"), field="until")
    contract_moves.move_agreement(agreement, Stand.SUSPENDED, on=since, why=act.why, article=act.article, **who)
    last = until or agreement.until
    if any(one.since <= last and since <= (one.until or last) for one in agreement.suspensions.all()):
        raise CannotAct(_("这些天中有的已经暂停，请核对。"), field="since")
    Suspension.objects.create(agreement=agreement, since=since, until=until, act=act)


def _resume(act: ContractAct, agreement: Agreement, told: dict[str, Any], who: dict[str, Any], on: date) -> None:
    day = told["on"]
    _not_back(day, on, "on")
    before = day - timedelta(days=1)
    standing = [one for one in agreement.suspensions.all() if one.since <= before and (one.until or day) >= day]
    if not standing:
        raise CannotAct(_("协议在 %(day)s 并未暂停，不必恢复。") % {"day": day}, field="on")
    contract_moves.move_agreement(agreement, Stand.IN_FORCE, on=day, why=act.why, article=act.article, **who)
    Suspension.objects.filter(pk=standing[0].pk).update(until=before)


def _end(act: ContractAct, agreement: Agreement, told: dict[str, Any], who: dict[str, Any], on: date) -> None:
    day, reason, recover = told["on"], told["reason"], told.get("recover")
    _not_back(day, on, "on")
    if reason == Agreement.EndReason.FRAUD and recover is None:
        raise CannotAct(_("骗取基金而终止协议的，应写明追回金额。"), "JZ20", "recover")
    if recover is not None and reason not in (Agreement.EndReason.FRAUD, Agreement.EndReason.BREACH):
        raise CannotAct(_("只有骗取基金或违反协议才追回费用。"), "JZ20", "recover")
    if told.get("notice_on") is not None and told["notice_on"] > day:
        raise CannotAct(_("通知日期不能晚于协议最后一日。"), field="notice_on")
    institutions.end_agreement(agreement, day, why=act.why, reason=reason, recover=recover, **who)


def _appraise(act: ContractAct, agreement: Agreement, told: dict[str, Any], on: date) -> None:
    year, score, coefficient = told["year"], told["score"], told["coefficient"]
    last = agreement.ended_on or agreement.until
    if not agreement.since.year <= year <= last.year or year > on.year:
        raise CannotAct(_("%(year)d 年不在协议期内，或尚未到来。") % {"year": year}, field="year")
    if not 0 <= score <= 100:
        raise CannotAct(_("得分应在 0 到 100 之间。"), field="score")
    if not 0 <= coefficient <= 1:
        raise CannotAct(_("保证金返还系数应在 0 到 1 之间。"), "JZ22.2", "coefficient")
    try:
        with transaction.atomic():
            Appraisal.objects.create(agreement=agreement, year=year, score=score, coefficient=coefficient, act=act)
    except IntegrityError:
        raise CannotAct(_("协议 %(number)s 的 %(year)d 年度已考核。")
                        % {"number": agreement.number, "year": year}, field="year") from None  # fmt: skip
