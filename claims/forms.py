"""What people type in about claims: a hospital's file, an institution with its facts and agreements, a filing."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.models import Agreement, Filing, Institution, InstitutionFacts
from enrollment.models import Resident
from office.models import Area, Staff
from office.secrecy import blind_index
from office.uploads import UploadForm


def day_field(label: Any, **more: Any) -> forms.DateField:
    """A day that is typed as 2025-03-10 or picked."""
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


class ClaimsFileForm(UploadForm):
    """A hospital's file and whose it is."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=gettext_lazy("医疗机构"))

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, staff=staff, **kwargs)
        self.fields["institution"].queryset = Institution.objects.visible_to(staff)

    def area(self) -> Area:
        return self.cleaned_data["institution"].area

    def parameters(self) -> dict[str, Any]:
        return {"institution": self.cleaned_data["institution"].code}


class FactsForm(forms.Form):
    """What an institution is from a day on."""

    since = day_field(gettext_lazy("自何日起"))
    level = forms.TypedChoiceField(
        label=gettext_lazy("级别"),
        choices=[
            (0, gettext_lazy("未定级")),
            (1, gettext_lazy("一级")),
            (2, gettext_lazy("二级")),
            (3, gettext_lazy("三级")),
        ],
        coerce=int,
    )
    grade = forms.ChoiceField(
        label=gettext_lazy("等次"), choices=[("", "—"), *InstitutionFacts.Grade.choices], required=False
    )
    affiliation = forms.ChoiceField(label=gettext_lazy("隶属"), choices=InstitutionFacts.Affiliation.choices)
    location = forms.ChoiceField(label=gettext_lazy("所在地"), choices=InstitutionFacts.Location.choices)
    ownership = forms.ChoiceField(label=gettext_lazy("所有制"), choices=InstitutionFacts.Ownership.choices)
    beds = forms.IntegerField(label=gettext_lazy("床位"), min_value=0, max_value=100_000, initial=0)
    chinese_medicine = forms.BooleanField(label=gettext_lazy("中医医疗机构"), required=False)

    def facts(self) -> dict[str, Any]:
        """The facts without their first day."""
        return {name: self.cleaned_data[name] for name in FactsForm.base_fields if name != "since"}


class StatedForm(FactsForm):
    """What an institution is from a day on, and the paper that says so."""

    paper = forms.CharField(
        label=gettext_lazy("证明材料"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("如等级评审批文、执业许可证的文号"),
    )

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"paper": self.cleaned_data["paper"]}


class InstitutionForm(StatedForm):
    """An institution that is put on the list, with its first facts."""

    code = forms.CharField(label=gettext_lazy("机构代码"), max_length=20)
    name = forms.CharField(label=gettext_lazy("机构名称"), max_length=80)
    area = forms.ModelChoiceField(
        Area.objects.none(),
        label=gettext_lazy("经办区域"),
        help_text=gettext_lazy("市内机构选所在县（市、区）；市外机构选市本级"),
    )
    field_order = ("code", "name", "area", "since")

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = Area.objects.visible_to(staff).filter(level__lte=Area.Level.COUNTY)


class AgreementForm(forms.Form):
    """A service agreement."""

    number = forms.CharField(label=gettext_lazy("协议编号"), max_length=40)
    since = day_field(gettext_lazy("起始日"))
    until = day_field(gettext_lazy("终止日"))
    method = forms.ChoiceField(label=gettext_lazy("付费方式"), choices=Agreement.Method.choices)
    deposit_rate = forms.DecimalField(
        label=gettext_lazy("质量保证金比例"),
        min_value=0,
        max_digits=5,
        decimal_places=4,
        initial=Decimal("0.05"),
        help_text=gettext_lazy("不超过 0.05"),
    )
    year_budget = forms.DecimalField(
        label=gettext_lazy("年度总额（元）"), min_value=0, max_digits=14, decimal_places=2, required=False
    )


class FilingForm(forms.Form):
    """Care elsewhere, for a person by identity number."""

    id_number = forms.CharField(
        label=gettext_lazy("证件号码"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    kind = forms.ChoiceField(label=gettext_lazy("备案类型"), choices=Filing.Kind.choices)
    since = day_field(gettext_lazy("起"))
    until = day_field(gettext_lazy("止"))
    number = forms.CharField(
        label=gettext_lazy("备案号"), max_length=40, required=False, help_text=gettext_lazy("不填则自动编号")
    )

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = staff

    def clean_id_number(self) -> Resident:
        """The person behind the number, within the area of the member of staff."""
        found = Resident.objects.visible_to(self.staff).filter(id_index=blind_index(self.cleaned_data["id_number"]))
        resident = found.order_by("-id_type").first()
        if resident is None:
            raise ValidationError(_("您的管辖区域内没有登记此证件号码的居民，请核对。"))
        return resident


class DesignatedForm(forms.Form):
    """The day for which the designated list is asked."""

    on = day_field(gettext_lazy("定点日期"), required=False)

    @classmethod
    def day(cls, given: Any, otherwise: date) -> date:
        """The day that was asked for, or today where it cannot be read."""
        form = cls(given)
        return (form.cleaned_data["on"] if form.is_valid() else None) or otherwise
