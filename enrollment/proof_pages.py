"""Pages of the yearly identity proof: who has proved and who has not, and a village's proofs entered at once."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment import proving
from enrollment.forms import day_field, periods
from enrollment.models import CollectionPeriod, Enrollment
from office import days, desk
from office.area_choice import AreaField
from office.desk import Column, Filter
from office.duties import Duty
from office.models import Area
from office.refusal import Refusal


def _period(request: HttpRequest, pk: int) -> CollectionPeriod:
    return get_object_or_404(periods(request.user), pk=pk)


class Proofs(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = gettext_lazy("年度身份认证")
    hint = gettext_lazy("由他方缴费的人每年在缴费期内认证身份。")
    search: ClassVar = ("resident__name__startswith", "resident__initials__istartswith")
    search_hint = gettext_lazy("姓名或拼音首字母")
    file_name = "proofs"
    template = "enrollment/proofs.html"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "resident.name"),
        Column(gettext_lazy("证件号码"), "resident.id_masked"),
        Column(gettext_lazy("村（社区）"), "area.name"),
        Column(gettext_lazy("参保年度"), "year"),
        Column(
            gettext_lazy("认证"),
            lambda row: str(_("已认证") if row.proved_on else _("未认证")),
            "badge",
            tone=lambda row: "good" if row.proved_on else "wait",
        ),
        Column(gettext_lazy("认证日期"), "proved_on", "date"),
        Column(gettext_lazy("到账日"), "paid_on", "date"),
    )
    filters: ClassVar = (
        Filter(
            "proved",
            gettext_lazy("认证"),
            [("yes", gettext_lazy("已认证")), ("no", gettext_lazy("未认证"))],
            apply=lambda rows, value: rows.filter(proved_on__isnull=value == "no"),
        ),
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Enrollment]:
        return proving.listed(_period(request, kwargs["pk"]), request.user).order_by("area__path", "pk")

    def href(self, row: Enrollment) -> str:
        return reverse("enrollment:resident", args=[row.resident_id])

    def beside(self, request: HttpRequest, rows: QuerySet[Enrollment], **kwargs: Any) -> dict[str, Any]:
        period = _period(request, kwargs["pk"])
        listed = proving.listed(period, request.user)
        left = listed.filter(proved_on=None)
        return {
            "title": _("%(year)s 年度身份认证") % {"year": period.year},
            "period": period,
            "article": proving.ASKED_BY.get(period.policy, ""),
            "proved": listed.exclude(proved_on=None).count(),
            "left": left.count(),
            "choose": _chooser(request),
        }


class VillageForm(forms.Form):
    """Which village's proofs are entered."""

    village = AreaField(label=gettext_lazy("村（社区）"), level=Area.Level.VILLAGE)


def _chooser(request: HttpRequest) -> VillageForm:
    form = VillageForm(request.GET if "village" in request.GET else None)
    form.fields["village"].within(request.user)
    return form


class ProofForm(forms.Form):
    """Who of one village has shown who they are, when and how."""

    people = forms.ModelMultipleChoiceField(
        label=gettext_lazy("未认证"), queryset=Enrollment.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    proved_on = day_field(gettext_lazy("认证日期"))
    how = forms.CharField(label=gettext_lazy("认证方式"), max_length=60)

    def __init__(self, *args: Any, people: QuerySet[Enrollment], **kwargs: Any) -> None:
        everybody = [one.pk for one in people]
        super().__init__(*args, initial={"people": everybody, "proved_on": days.today()}, **kwargs)
        self.order_fields(["proved_on", "how", "people"])  # a long list comes last: nobody tabs through it
        self.fields["how"].widget.attrs["autofocus"] = True
        self.fields["people"].queryset = people
        self.fields["people"].label_from_instance = lambda one: f"{one.resident.name} {one.resident.id_masked}"


@desk.page(Duty.REGISTER)
def prove(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter the proofs of one village: everybody who has not proved yet is ticked, whoever did not come is not."""
    period = _period(request, pk)
    chosen = _chooser(request)
    if not chosen.is_valid():
        for wrong in chosen.errors.values():
            messages.error(request, wrong[0])
        return redirect("enrollment:proofs", pk)
    village = chosen.cleaned_data["village"]
    people = proving.listed(period, request.user).filter(area=village, proved_on=None).order_by("pk")
    if not people.exists():
        messages.info(request, _("%(village)s没有未认证的人。") % {"village": village.name})
        return redirect("enrollment:proofs", pk)
    form = ProofForm(request.POST or None, people=people)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        chosen = [one.resident_id for one in told["people"]]
        try:
            done = proving.prove(chosen, period, told["how"], by=request.user, on=told["proved_on"], at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已登记 %(count)d 人的身份认证。") % {"count": done})
            return redirect("enrollment:proofs", pk)
    context = {
        "title": f"{_('登记身份认证')}：{village.name}",
        "form": form,
        "cancel": reverse("enrollment:proofs", args=[pk]),
    }
    return desk.render(request, "work/form.html", context)
