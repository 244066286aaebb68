"""Pages on which two records of one person become one, and are parted again the same day if that was wrong."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from enrollment import merging
from enrollment.models import Merge, Resident
from enrollment.register_forms import ReasonForm
from enrollment.register_views import resident_of
from office import days, desk, identity
from office.duties import Duty
from office.models import Staff
from office.refusal import Refusal
from office.secrecy import blind_index


class MergeForm(ReasonForm):
    """The other record, by its document number or out of those that may be the same person."""

    other = forms.ModelChoiceField(
        label=gettext_lazy("可能是同一人的登记"), queryset=Resident.objects.none(), required=False, empty_label="—"
    )
    number = forms.CharField(label=gettext_lazy("或另一份登记的证件号码"), max_length=40, required=False)
    field_order = ("other", "number", "why")

    def __init__(self, *args: Any, resident: Resident, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = staff
        found = merging.candidates(resident, staff)
        keys = [person.pk for person in found]
        self.fields["other"].queryset = Resident.objects.filter(pk__in=keys).select_related("area")
        self.fields["other"].label_from_instance = lambda person: (
            f"{person.name} {person.get_id_type_display()} {person.id_masked} {person.area.name}"
        )
        self.fields["number"].widget.attrs["autocomplete"] = "off"
        self.fields["other"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        if number := told.get("number"):
            index = blind_index(identity.normal(number))
            told["other"] = Resident.objects.visible_to(self.staff).filter(id_index=index).first()
        if told.get("other") is None:
            self.add_error("number", _("请选择或填写另一份登记；管辖区域内没有此证件号码的登记"))
        return told


@desk.page(Duty.REGISTER)
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep this record and let another one of the same person end in it."""
    kept = resident_of(request, pk)
    initial = {"other": request.GET.get("other", "")}
    form = MergeForm(request.POST or None, resident=kept, staff=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            merging.merge(kept, told["other"], by=request.user, on=days.today(), at=days.now(), why=told["why"])
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已合并，全部记录转入本登记；如有误，当日可撤销。"))
            return redirect("enrollment:resident", pk)
    context = {
        "title": _("合并登记：%(name)s") % {"name": kept.name},
        "form": form,
        "cancel": reverse("enrollment:resident", args=[pk]),
        "hint": _("保留本登记，另一份登记的参保、缴费、身份、备案和费用全部转入本登记。"),
        "submit": _("合并"),
    }
    return desk.render(request, "work/form.html", context)


@require_POST
@desk.page(Duty.REGISTER)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Part two records again on the day they were merged."""
    row = get_object_or_404(Merge.objects.visible_to(request.user), pk=pk)
    merging.undo(row, by=request.user, on=days.today(), at=days.now())
    messages.success(request, _("合并已撤销，两份登记恢复原样。"))
    return redirect("enrollment:resident", row.kept_id)
