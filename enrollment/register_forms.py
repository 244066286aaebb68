"""What clerks type in when something about a registered person or household becomes another."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from enrollment import changing
from enrollment.forms import day_field
from enrollment.models import Resident
from enrollment.registration import EVENTS, HEAD


class ReasonForm(forms.Form):
    """Why something is done; kept with the act."""

    why = forms.CharField(label=_("原因"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class ChangeForm(ReasonForm):
    """The facts of a person as they stand, to be typed over; the document number stays masked until it is retyped."""

    name = forms.CharField(label=_("姓名"), max_length=60)
    phone = forms.CharField(label=_("电话"), max_length=20, required=False)
    address = forms.CharField(label=_("住址"), max_length=120, required=False)
    relation = forms.CharField(label=_("与户主关系"), max_length=20, required=False)
    basis = forms.ChoiceField(label=_("参保依据"), choices=Resident.Basis.choices)
    registry = forms.CharField(
        label=_("户籍地"), max_length=100, required=False, help_text=_("区划代码在前，如 320321 丰县")
    )
    residence = forms.CharField(label=_("居住地"), max_length=100, required=False)
    event = forms.ChoiceField(label=_("参保事由"), choices=[("", "—"), *EVENTS.items()], required=False)
    event_on = day_field(_("事由日期"), required=False)
    insured_through = forms.IntegerField(label=_("上次参保年度"), min_value=1850, max_value=2100, required=False)
    id_type = forms.ChoiceField(label=_("证件类型"), choices=Resident.IdType.choices)
    id_number = forms.CharField(
        label=_("新证件号码"), max_length=40, required=False, help_text=_("证件不变的留空；出生日期和性别随号码更正")
    )
    birth_on = day_field(_("出生日期"))
    sex = forms.ChoiceField(label=_("性别"), choices=Resident.Sex.choices)
    since = day_field(
        _("自何日起"), required=False, help_text=_("新情况从这一天所在年度起算；原来登记有误的留空，各年度一并更正")
    )
    field_order = (
        "name", "phone", "address", "relation", "basis", "registry", "residence",
        "event", "event_on", "insured_through", "id_type", "id_number", "birth_on", "sex", "since", "why",
    )  # fmt: skip

    def __init__(self, *args: Any, resident: Resident, **kwargs: Any) -> None:
        standing = {name: getattr(resident, name) for name in changing.FACTS if name not in ("address", "id_number")}
        standing["address"] = resident.household.address if resident.household else ""
        super().__init__(*args, initial=standing | kwargs.pop("initial", {}), **kwargs)
        self.fields["name"].widget.attrs["autofocus"] = True
        self.fields["id_number"].widget.attrs["autocomplete"] = "off"
        if resident.household is None:
            del self.fields["address"], self.fields["relation"]
        elif resident.relation == HEAD:
            del self.fields["relation"]

    def facts(self) -> dict[str, Any]:
        """The facts that were typed over."""
        typed = {name: self.cleaned_data[name] for name in self.changed_data if name in changing.FACTS}
        if not self.cleaned_data["id_number"]:
            typed.pop("id_number", None)
        return typed
