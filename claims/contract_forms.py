"""What people type in about an agreement's way: application, assessment, publication, and each act of two people."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from claims.forms import AgreementForm, day_field
from claims.models import Agreement, Application


def _why(label: Any = None, most: int = 300) -> forms.CharField:
    return forms.CharField(label=label or gettext_lazy("原因"), max_length=most)


class ApplyForm(forms.Form):
    """An institution asks to be designated."""

    applied_on = day_field(gettext_lazy("申请日期"))
    materials = forms.CharField(
        label=gettext_lazy("申请材料"),
        max_length=300,
        help_text=gettext_lazy("如执业许可证、法人证照、信息系统情况、人员名册"),
    )
    contact = forms.CharField(label=gettext_lazy("联系人"), max_length=60, required=False)


class AssessForm(forms.Form):
    """What one assessor found."""

    assessed_on = day_field(gettext_lazy("评估日期"))
    score = forms.DecimalField(label=gettext_lazy("得分"), min_value=0, max_value=100, max_digits=5, decimal_places=2)
    fit = forms.TypedChoiceField(
        label=gettext_lazy("结论"),
        choices=[("1", gettext_lazy("合格")), ("0", gettext_lazy("不合格"))],
        coerce=lambda value: value == "1",
    )
    findings = _why(gettext_lazy("评估意见"))


class PublishForm(forms.Form):
    """The days on which the result is published."""

    published_from = day_field(gettext_lazy("公示起"))
    published_until = day_field(gettext_lazy("公示止"))


class CloseForm(forms.Form):
    """No agreement comes of an application."""

    to = forms.ChoiceField(
        label=gettext_lazy("结果"),
        choices=[
            (Application.State.REFUSED.value, Application.State.REFUSED.label),
            (Application.State.WITHDRAWN.value, Application.State.WITHDRAWN.label),
        ],
    )
    why = _why()


class ActForm(forms.Form):
    """What every act says beside its terms."""

    why = _why()
    paper = forms.CharField(label=gettext_lazy("文号"), max_length=80, required=False)

    def terms(self) -> dict[str, Any]:
        """The terms of the act, without why and on which paper."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("why", "paper")}


class SignForm(ActForm, AgreementForm):
    """A service agreement with its term, methods, budget and deposit."""

    also = forms.MultipleChoiceField(
        label=gettext_lazy("其他付费方式"),
        choices=Agreement.Method.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    heads = forms.IntegerField(label=gettext_lazy("签约人数"), min_value=1, max_value=10_000_000, required=False)
    quota = forms.DecimalField(
        label=gettext_lazy("年人头定额（元）"), min_value=0, max_digits=10, decimal_places=2, required=False
    )
    day_rate = forms.DecimalField(
        label=gettext_lazy("床日标准（元）"), min_value=0, max_digits=10, decimal_places=2, required=False
    )
    field_order = ("number", "since", "until", "method", "deposit_rate", "year_budget", "heads", "quota", "day_rate")


class SuspendForm(ActForm):
    """Days on which an agreement does not count."""

    since = day_field(gettext_lazy("暂停起"))
    until = day_field(gettext_lazy("暂停止"), required=False, help_text=gettext_lazy("不填则至恢复为止"))
    field_order = ("since", "until")


class ResumeForm(ActForm):
    """The first day on which it counts again."""

    on = day_field(gettext_lazy("恢复日"))
    field_order = ("on",)


class EndForm(ActForm):
    """The end of an agreement before its term."""

    on = day_field(gettext_lazy("最后一日"))
    reason = forms.ChoiceField(label=gettext_lazy("终止原因"), choices=Agreement.EndReason.choices)
    notice_on = day_field(gettext_lazy("通知日期"), help_text=gettext_lazy("书面通知该机构的日期"))
    recover = forms.DecimalField(
        label=gettext_lazy("追回金额（元）"),
        min_value=0,
        max_digits=12,
        decimal_places=2,
        required=False,
        help_text=gettext_lazy("骗取基金的必填"),
    )
    field_order = ("on", "reason", "notice_on", "recover")


class AppraiseForm(ActForm):
    """What a year of the agreement was worth."""

    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=2000, max_value=2100)
    score = forms.DecimalField(label=gettext_lazy("得分"), min_value=0, max_value=100, max_digits=5, decimal_places=2)
    coefficient = forms.DecimalField(
        label=gettext_lazy("保证金返还系数"),
        min_value=0,
        max_value=1,
        max_digits=5,
        decimal_places=4,
        help_text=gettext_lazy("按考核办法的分档，例如 0.95"),
    )
    field_order = ("year", "score", "coefficient")


class DecideForm(forms.Form):
    """The other person's answer to an act."""

    answer = forms.CharField(
        label=gettext_lazy("复核意见"), max_length=300, required=False, help_text=gettext_lazy("不通过时必填")
    )
