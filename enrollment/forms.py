"""What clerks type in: a household's papers, statuses and ends, a new collection period, what a file is for."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from enrollment.models import CollectionPeriod, Paper, Resident, Status
from enrollment.registration import EVENTS, Papers
from office import areas
from office.area_choice import AreaField
from office.models import Area, Staff
from office.uploads import UploadForm

MEMBERS = 9  # rows for members on the page; a larger household is sent as a roster


def day_field(label: Any, **more: Any) -> forms.DateField:
    """A day that is typed as 2025-03-10 or picked."""
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


def _or_none(choices: Any) -> list[tuple[str, Any]]:
    return [("", "—"), *choices]


class PapersForm(forms.Form):
    """One person's papers; sex and birth are only typed where there is no identity card."""

    id_type = forms.ChoiceField(label=_("证件类型"), choices=Resident.IdType.choices, required=False)
    id_number = forms.CharField(label=_("证件号码"), max_length=40)
    name = forms.CharField(label=_("姓名"), max_length=60)
    birth_on = day_field(_("出生日期"), required=False)
    sex = forms.ChoiceField(label=_("性别"), choices=_or_none(Resident.Sex.choices), required=False)
    phone = forms.CharField(label=_("电话"), max_length=20, required=False)
    basis = forms.ChoiceField(label=_("参保依据"), choices=Resident.Basis.choices, required=False)
    insured_through = forms.IntegerField(label=_("上次参保年度"), min_value=2000, max_value=2100, required=False)
    event = forms.ChoiceField(label=_("参保事由"), choices=_or_none(EVENTS.items()), required=False)
    event_on = day_field(_("事由日期"), required=False)
    registry = forms.CharField(
        label=_("户籍地"), max_length=100, required=False, widget=forms.TextInput(attrs={"placeholder": "320321 丰县"})
    )
    residence = forms.CharField(label=_("居住地"), max_length=100, required=False)
    seen = forms.MultipleChoiceField(
        label=_("已查验材料"),
        choices=[choice for choice in Paper.Kind.choices if choice[0] != Paper.Kind.OTHER],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["id_number"].widget.attrs |= {"autocomplete": "off", "inputmode": "text", "data-number": "1"}
        self.fields["id_type"].widget.attrs["aria-label"] = self.fields["id_type"].label  # it stands beside the number
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        if self["id_type"].value() in (None, "", Resident.IdType.ID_CARD):
            # The number tells both: Tab passes them by, however late the answer comes for somebody who types fast.
            for name in ("birth_on", "sex"):
                self.fields[name].widget.attrs["tabindex"] = "-1"

    def papers(self) -> Papers:
        """The papers as they were typed."""
        told = {name: value for name, value in self.cleaned_data.items() if value not in ("", None, [])}
        return Papers(**told)


class MemberForm(PapersForm):
    """A member of the household, with the relation to its head."""

    relation = forms.CharField(label=_("与户主关系"), max_length=20)
    field_order = ("relation", "id_type", "id_number", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["relation"].widget.attrs |= {"list": "relations", "autocomplete": "off"}

    def has_changed(self) -> bool:
        """Whether anybody was typed in: the choices of an empty row come with every page."""
        return bool(set(self.changed_data) - {"id_type", "basis"})


Members = forms.formset_factory(MemberForm, extra=MEMBERS, max_num=MEMBERS)


class HouseholdForm(forms.Form):
    """Where a household lives."""

    area = AreaField(label=_("村（社区）"), level=Area.Level.VILLAGE)
    address = forms.CharField(label=_("住址"), max_length=120, required=False)

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        at_home = self.fields["area"].within(staff)
        # Where the hands begin: a village's own clerk need not choose the village.
        self.fields["address" if at_home else "area"].widget.attrs["autofocus"] = True


class StatusForm(forms.Form):
    """A status that a department certified."""

    group = forms.ChoiceField(label=_("身份"), choices=Status.Group.choices)
    since = day_field(_("起"))
    until = day_field(_("止"), required=False, help_text=_("未定留空"))
    certified_by = forms.CharField(label=_("认定部门"), max_length=60)
    document = forms.CharField(label=_("依据"), max_length=80, required=False)


class EndForm(forms.Form):
    """Why and from when somebody's insurance here ends."""

    reason = forms.ChoiceField(label=_("终止原因"), choices=Resident.EndReason.choices)
    ended_on = day_field(_("日期"), help_text=_("死亡或转出之日；转职工医保的，为职工医保开始之日"))


class IdCardForm(forms.Form):
    """The identity card of somebody registered under another paper."""

    id_number = forms.CharField(label=_("居民身份证号码"), max_length=40)


def periods(staff: Staff, on: date | None = None) -> Any:
    """The collection periods of the person's city, those not yet over on `on` where a day is given."""
    found = CollectionPeriod.objects.filter(area=areas.city_of(staff.area)).select_related("area")
    return found if on is None else found.filter(year__gte=on.year)


def find_period(request: HttpRequest, pk: int) -> CollectionPeriod:
    """The period with this key that the person may see; anybody else's is not there."""
    return get_object_or_404(periods(request.user), pk=pk)


class RosterForm(UploadForm):
    """A roster: of which area, and whether its people are put down for a year at once."""

    place = AreaField(label=_("区域"), help_text=_("名册未写村（社区）的，请选到村"))
    period = forms.ModelChoiceField(
        label=_("同时登记参保"), queryset=CollectionPeriod.objects.none(), required=False, empty_label=_("只登记人员")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].within(self.staff)
        self.fields["period"].queryset = periods(self.staff)

    def area(self) -> Area:
        return self.cleaned_data["place"]

    def parameters(self) -> dict[str, Any]:
        period = self.cleaned_data["period"]
        return {"period": period.pk} if period else {}
