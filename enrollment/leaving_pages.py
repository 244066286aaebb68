"""Pages of those whose insurance here has ended, and the files of other offices that say so."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy

from enrollment import leaving
from enrollment.models import Resident
from office import desk, uploads
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.models import Batch

TITLES = {
    Batch.Kind.DEATHS.value: (
        gettext_lazy("导入死亡信息"),
        gettext_lazy("民政、疾控提供的死亡信息：自死亡之日终止参保；对不上的人逐一列出。"),
    ),
    Batch.Kind.EMPLOYEES.value: (
        gettext_lazy("导入职工医保参保名册"),
        gettext_lazy("已参加职工医保的人：居民医保待遇截至职工医保参保前一日；对不上的人逐一列出。"),
    ),
    Batch.Kind.MOVED_OUT.value: (
        gettext_lazy("导入转出名册"),
        gettext_lazy("转出本市的人：自转出之日终止参保；对不上的人逐一列出。"),
    ),
}
for _kind in leaving.REASONS:
    _title, _hint = TITLES[_kind]
    uploads.offer(_kind, uploads.Kind(_title, Duty.REGISTER, hint=_hint, leads_to="enrollment:ended"))


class Ended(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = gettext_lazy("终止人员")
    search: ClassVar = ("name__startswith", "initials__istartswith")
    search_hint = gettext_lazy("姓名或拼音首字母")
    file_name = "ended"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "name"),
        Column(gettext_lazy("证件号码"), "id_masked"),
        Column(gettext_lazy("村（社区）"), "area.name"),
        Column(gettext_lazy("终止日期"), "ended_on", "date"),
        Column(gettext_lazy("终止原因"), "get_end_reason_display"),
    )
    filters: ClassVar = (
        Filter("reason", gettext_lazy("终止原因"), Resident.EndReason.choices, lookup="end_reason"),
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),
    )
    buttons: ClassVar = tuple(
        Button(title, reverse_lazy("office:upload", args=[kind]), Duty.REGISTER, "upload_file")
        for kind, (title, _hint) in TITLES.items()
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Resident]:
        found = Resident.objects.visible_to(request.user).filter(ended_on__isnull=False)
        return found.select_related("area").order_by("-ended_on", "pk")

    def href(self, row: Resident) -> str:
        return reverse("enrollment:resident", args=[row.pk])
