"""What is typed in about a year's collection: the period, a county's days, a sponsor and its money, a correction."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from enrollment.forms import day_field
from enrollment.models import CollectionPeriod, Sponsorship
from office.area_choice import AreaField
from office.models import Area, Staff


class PeriodForm(forms.Form):
    """A year's collection: its standards come from the notices, its days from the text where they are left empty."""

    year = forms.IntegerField(label=_("参保年度"), min_value=2018, max_value=2100)
    opens_on = day_field(_("开始"), required=False, help_text=_("留空按办法规定"))
    closes_on = day_field(_("截止"), required=False, help_text=_("留空按办法规定"))


class CountyWindowForm(forms.Form):
    """A county's own days inside the city's."""

    area = forms.ModelChoiceField(label=_("县（市、区）"), queryset=Area.objects.none(), empty_label=_("请选择"))
    opens_on = day_field(_("开始"))
    closes_on = day_field(_("截止"))
    document = forms.CharField(label=_("文号"), max_length=80)

    def __init__(self, *args: Any, staff: Staff, period: CollectionPeriod, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = Area.objects.visible_to(staff).filter(level=Area.Level.COUNTY)
        self.fields["opens_on"].initial, self.fields["closes_on"].initial = period.opens_on, period.closes_on


class SponsorForm(forms.Form):
    """Who pays for whom, how much a head, on which document."""

    kind = forms.ChoiceField(label=_("资助方"), choices=Sponsorship.Kind.choices)
    area = AreaField(label=_("区域"))
    name = forms.CharField(label=_("名称"), max_length=80)
    document = forms.CharField(label=_("依据文件"), max_length=80)
    per_head = forms.DecimalField(label=_("每人资助（元）"), max_digits=8, decimal_places=2, min_value=0)
    since = day_field(_("起"), help_text=_("按缴费到账日算"))
    until = day_field(_("止"))
    everybody = forms.BooleanField(label=_("资助全区域的参保人"), required=False)
    numbers = forms.CharField(
        label=_("受资助人名单"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("每行一个证件号码，其后可空格加姓名；可从表格粘贴"),
    )

    def __init__(self, *args: Any, staff: Staff, period: CollectionPeriod, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].within(staff)
        if staff.area.level == Area.Level.CITY:
            self.fields["area"].initial = None  # a sponsor stands in a village, a town or a county
        self.fields["since"].initial, self.fields["until"].initial = period.opens_on, period.closes_on
        self.fields["numbers"].widget.attrs["autocomplete"] = "off"


class SponsorMoneyForm(forms.Form):
    """The sponsor's one payment."""

    amount = forms.DecimalField(label=_("金额（元）"), max_digits=14, decimal_places=2, min_value=0)
    received_on = day_field(_("到账日"))
    receipt = forms.CharField(label=_("凭证号"), max_length=40)


class MendForm(forms.Form):
    """Why dues are worked out anew."""

    note = forms.CharField(label=_("更正原因"), max_length=200)
    document = forms.CharField(label=_("依据文件"), max_length=80)
