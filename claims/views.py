"""Doors of claims on the work site: the list, one claim with its why, the review queue, and the decisions."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from claims import catalogues, institutions, intake, review, withdrawing
from claims.forms import ClaimsFileForm
from claims.lifecycle import MOVES, CannotMove
from claims.models import Claim, Institution
from office import audit, days, desk, uploads
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.secrecy import blind_index
from policies import shelf

State = Claim.State
TONES = {
    State.RECEIVED: "plain",
    State.ADJUDICATED: "wait",
    State.INQUIRY: "wait",
    State.PARKED: "bad",
    State.APPROVED: "good",
    State.REFUSED: "bad",
    State.RETURNED: "bad",
    State.SETTLED: "good",
    State.REVERSED: "plain",
    State.CANCELLED: "plain",
}
# Who carries the claim: amount and label, in the order of the bar on the page.
PAYERS = (
    ("basic", gettext_lazy("统筹基金")),
    ("critical_illness", gettext_lazy("大病保险")),
    ("assistance", gettext_lazy("医疗救助")),
    ("charity", gettext_lazy("慈善补助")),
    ("hospital_borne", gettext_lazy("医院负担")),
    ("personal", gettext_lazy("个人负担")),
)
FEES = ("hospital_borne", "out_of_scope", "over_ceiling", "first_share", "in_scope")
OPEN = (State.ADJUDICATED, State.INQUIRY)
DECISIONS = frozenset({State.APPROVED, State.REFUSED, State.RETURNED, State.INQUIRY, State.RECEIVED})
LINES = 500  # fee lines on the page; the export of the list has them all

uploads.offer(
    intake.KIND,
    uploads.Kind(
        gettext_lazy("医院费用文件"),
        Duty.INTAKE,
        ClaimsFileForm,
        gettext_lazy("每行一条费用明细，同一结算单的各行重复其就诊信息；一行有误，整笔退回。"),
        "claims:claims",
    ),
)


def _institutions(request: HttpRequest) -> Any:
    return Institution.objects.visible_to(request.user).values_list("pk", "name")


def _years(request: HttpRequest) -> Any:
    years = Claim.objects.visible_to(request.user).order_by("-year").values_list("year", flat=True).distinct()
    return [(year, year) for year in years]


class Claims(desk.ListPage):
    duty = Duty.SEE_CLAIMS
    title = pgettext_lazy("many", "费用申报")
    search_hint = gettext_lazy("结算单号、姓名或完整证件号码")
    file_name = "claims"
    columns: ClassVar = (
        Column(gettext_lazy("结算单号"), "number"),
        Column(gettext_lazy("姓名"), "resident.name"),
        Column(gettext_lazy("医疗机构"), "institution.name"),
        Column(gettext_lazy("待遇"), "get_benefit_display"),
        Column(gettext_lazy("出院"), "discharged", "date"),
        Column(gettext_lazy("总额"), "total", "money"),
        Column(gettext_lazy("统筹"), "basic", "money"),
        Column(gettext_lazy("大病"), "critical_illness", "money"),
        Column(gettext_lazy("个人"), "personal", "money"),
        Column(gettext_lazy("状态"), "get_state_display", "badge", tone=lambda claim: TONES[claim.state]),
    )
    filters: ClassVar = (
        Filter("state", gettext_lazy("状态"), State.choices),
        Filter("institution", gettext_lazy("机构"), _institutions),
        Filter("benefit", gettext_lazy("待遇"), Claim.Benefit.choices),
        Filter("year", gettext_lazy("年度"), _years),
    )
    buttons: ClassVar = (
        Button(
            gettext_lazy("导入费用文件"), reverse_lazy("office:upload", args=["claims"]), Duty.INTAKE, "upload_file"
        ),
        Button(gettext_lazy("审核台"), reverse_lazy("claims:queue"), Duty.REVIEW, "fact_check"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Claim]:
        rows = Claim.objects.visible_to(request.user).select_related("resident", "institution")
        return rows.defer("worksheet", "reasons", "added", "resident__id_number")

    def found(self, rows: QuerySet[Claim], text: str) -> QuerySet[Claim]:
        return rows.filter(
            Q(number__istartswith=text) | Q(resident__name__startswith=text) | Q(resident__id_index=blind_index(text))
        )

    def href(self, row: Claim) -> str:
        return reverse("claims:claim", args=[row.pk])


def _claim(request: HttpRequest, pk: int) -> Claim:
    return get_object_or_404(
        Claim.objects.visible_to(request.user).select_related(
            "resident__area", "institution", "batch", "entered_by", "reviewed_by", "area"
        ),
        pk=pk,
    )


def _told(request: HttpRequest, claim: Claim) -> dict[str, Any]:
    """Everything the page of a claim shows."""
    parts = [(label, getattr(claim, name), f"hm-c{i}") for i, (name, label) in enumerate(PAYERS, start=1)]
    articles = shelf.regulation(claim.policy).articles() if claim.policy else []
    return {
        "title": _("结算单 %(number)s") % {"number": claim.number},
        "claim": claim,
        "tone": TONES[claim.state],
        "parts": [(label, amount, colour, amount * 100 / claim.total) for label, amount, colour in parts if amount],
        "fees": [(Claim._meta.get_field(name).verbose_name, getattr(claim, name)) for name in FEES],
        "lines": _lines(claim),
        "moves": claim.moves.select_related("by"),
        "regulation": shelf.regulation(claim.policy).title if claim.policy else "",
        "articles": articles,
        "id_masked": claim.resident.id_masked,
        "diagnosis_masked": f"{claim.diagnosis[:1]}***" if claim.diagnosis else "—",
        "seen": claim.adjudicated_at.isoformat() if claim.adjudicated_at else "",
        "may": DECISIONS & MOVES[claim.state] if claim.entered_by_id != request.user.pk else frozenset(),
        "own": claim.entered_by_id == request.user.pk,
        "adjustments": claim.adjustments.order_by("pk"),
        "later": Claim.objects.filter(replaces=claim).only("pk", "version").first(),
        "counted": claim.resident.accumulators.filter(year=claim.year).first(),
    }


def _lines(claim: Claim) -> list[catalogues.Seen]:
    """The fee lines with what the catalogue said of them; the level of the hospital is asked only where one did."""
    lines = list(claim.lines.select_related("catalogue")[:LINES])
    facts = None
    if any(line.catalogue_id for line in lines):
        facts = institutions.facts_on([claim.institution_id], claim.admitted).get(claim.institution_id)
    return catalogues.seen(lines, facts.level if facts else 1)


@desk.page(Duty.SEE_CLAIMS)
def claim_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One claim: who carries it, why this amount, its lines, its moves, and the decisions that are open."""
    return desk.render(request, "claims/claim.html", _told(request, _claim(request, pk)))


@desk.page(Duty.REVIEW)
def queue(request: HttpRequest) -> HttpResponse:
    """The next claim that waits for this reviewer; what the reviewer entered is left to others."""
    waiting = Claim.objects.visible_to(request.user).filter(state__in=OPEN).exclude(entered_by=request.user)
    after = request.GET.get("after", "")
    ordered = waiting.order_by("pk")
    claim = ordered.filter(pk__gt=int(after)).first() if after.isdecimal() else None
    claim = claim or ordered.first()
    context = {"title": _("审核台"), "waiting": waiting.count()}
    if claim is not None:
        context = {**_told(request, _claim(request, claim.pk)), **context, "queue": True}
    return desk.render(request, "claims/claim.html" if claim else "claims/nothing_waits.html", context)


@require_POST
@desk.page(Duty.REVIEW)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, refuse, return, send to inquiry, answer one, or have the claim worked out again."""
    claim, at = _claim(request, pk), days.now()
    message = request.POST.get("message", "").strip()
    _refuse_other_amounts(claim, request.POST.get("seen", ""))
    act = request.POST.get("act", "")
    if act == "approve":
        review.approve(claim, by=request.user, at=at, note=message[:200])
    elif act == "refuse":
        review.refuse(
            claim, by=request.user, at=at, message=message, article=request.POST.get("article", "").strip()[:20]
        )
    elif act == "return":
        review.return_to_institution(claim, by=request.user, at=at, why=message)
    elif act == "inquiry":
        review.send_to_inquiry(claim, by=request.user, at=at, why=message)
    elif act in Claim.Inquiry.values:
        review.answer_inquiry(claim, act, by=request.user, at=at, note=message)
    elif act == "recalculate":
        withdrawing.recalculate(claim, by=request.user, at=at, why=message or _("重新核算"))
    else:
        raise CannotMove(_("没有选择要办理的事项。"))
    messages.success(request, _("结算单 %(number)s 已办理。") % {"number": claim.number})
    return redirect(
        f"{reverse('claims:queue')}?after={pk}" if request.POST.get("queue") else reverse("claims:claim", args=[pk])
    )


def _refuse_other_amounts(claim: Claim, seen: str) -> None:
    """What is decided is what was seen: amounts worked out again in the meantime have to be looked at first."""
    standing = claim.adjudicated_at.isoformat() if claim.adjudicated_at else ""
    if seen != standing:
        raise CannotMove(_("结算单 %(number)s 的金额已重新核算，请重新查看后再办理。") % {"number": claim.number})


@require_POST
@desk.page(Duty.INTAKE)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel a claim, or reverse one that was settled."""
    claim = _claim(request, pk)
    why = request.POST.get("message", "").strip()
    if not why:
        raise review.CannotReview(_("请写明作废原因。"))
    gone = withdrawing.withdraw(claim, by=request.user, at=days.now(), why=why)
    told = _("已冲销，年度累计已原样退回。") if gone.state == State.REVERSED else _("已作废，年度累计已原样退回。")
    messages.success(request, told)
    return redirect("claims:claim", pk)


@require_POST
@desk.page(Duty.SEE_CLAIMS)
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show number and diagnosis in full; that they were shown, to whom and when, is written down."""
    claim = _claim(request, pk)
    audit.record(request.user, "claims.reveal", claim, {"number": claim.number}, at=days.now())
    return desk.render(request, "claims/_revealed.html", {"claim": claim})
