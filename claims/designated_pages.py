"""The designated list of any day: on the screen, on paper, as a file, and what changed since another day [JZ20]."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims import institutions
from claims.contracting import LEVELS
from claims.forms import day_field
from claims.models import Institution, InstitutionFacts
from office import days, desk
from office.desk import Button, Column, Filter
from office.duties import Duty

MOST_ON_PAPER = 5000  # institutions on one printed list; no city has more
MOST_CHANGES = 200  # names of those who came or went that the page shows


class DayForm(forms.Form):
    """The day of the list, and the day since which changes are asked."""

    on = day_field(gettext_lazy("名单日期"), required=False)
    since = day_field(gettext_lazy("与此日相比"), required=False)

    @classmethod
    def asked(cls, given: Any, otherwise: date) -> tuple[date, date | None]:
        """The days that were asked for; one that cannot be read is today, or none."""
        form = cls(given)
        form.is_valid()
        return form.cleaned_data.get("on") or otherwise, form.cleaned_data.get("since")


def designated(request: HttpRequest, day: date) -> QuerySet[Institution]:
    """Who is designated on a day within the person's scope, with the facts of that day."""
    stated = InstitutionFacts.objects.filter(institution=OuterRef("pk"), since__lte=day).order_by("-since")
    agreed = institutions.agreements_on(day).filter(institution=OuterRef("pk"))
    rows = Institution.objects.visible_to(request.user).select_related("area")
    return rows.filter(pk__in=institutions.agreements_on(day).values("institution")).annotate(
        **{f"its_{name}": Subquery(stated.values(name)[:1])
           for name in ("level", "grade", "affiliation", "ownership", "chinese_medicine", "beds")},
        agreement=Subquery(agreed.values("number")[:1]),
        agreed_until=Subquery(agreed.values("until")[:1]),
    )  # fmt: skip


def _label(choices: Any, name: str) -> Any:
    told = dict(choices)
    return lambda row: told.get(getattr(row, name))


class Designated(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = gettext_lazy("定点名单")
    search: ClassVar = ("code__istartswith", "name__icontains")
    search_hint = gettext_lazy("机构代码或名称")
    file_name = "designated"
    template = "claims/designated.html"
    columns: ClassVar = (
        Column(gettext_lazy("机构代码"), "code"),
        Column(gettext_lazy("机构名称"), "name"),
        Column(gettext_lazy("经办区域"), "area.name"),
        Column(gettext_lazy("级别"), lambda row: LEVELS.get(row.its_level)),
        Column(gettext_lazy("等次"), _label(InstitutionFacts.Grade.choices, "its_grade")),
        Column(gettext_lazy("隶属"), _label(InstitutionFacts.Affiliation.choices, "its_affiliation")),
        Column(gettext_lazy("所有制"), _label(InstitutionFacts.Ownership.choices, "its_ownership")),
        Column(gettext_lazy("协议编号"), "agreement"),
        Column(gettext_lazy("协议止"), "agreed_until", "date"),
    )
    filters: ClassVar = (
        Filter("area", gettext_lazy("区域"), desk.areas_below, "area__path__startswith"),
        Filter("level", gettext_lazy("级别"), LEVELS.items(), "its_level"),
        Filter(
            "kind",
            gettext_lazy("类别"),
            [
                ("public", gettext_lazy("公立")),
                ("private", gettext_lazy("民营")),
                ("chinese", gettext_lazy("中医")),
            ],
            apply=lambda rows, value: rows.filter(
                Q(its_chinese_medicine=True) if value == "chinese" else Q(its_ownership=value)
            ),
        ),
    )
    buttons: ClassVar = (
        Button(gettext_lazy("打印"), reverse_lazy("claims:print-designated"), Duty.SEE_RESIDENTS, "print"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Institution]:
        return designated(request, DayForm.asked(request.GET, days.today())[0])

    def href(self, row: Institution) -> str:
        return reverse("claims:institution", args=[row.pk])

    def beside(self, request: HttpRequest, rows: QuerySet[Any], **kwargs: Any) -> dict[str, Any]:
        on, since = DayForm.asked(request.GET, days.today())
        came, went = changed(request, since, on) if since else ([], [])
        where = f"{reverse('claims:print-designated')}?{request.GET.urlencode()}"
        told = [Button(one.label, where, one.duty, one.icon) for one in self.buttons]
        return {"on": on, "since": since, "came": came, "went": went, "buttons": told}


def changed(request: HttpRequest, since: date, on: date) -> tuple[list[Institution], list[Institution]]:
    """Who is designated on one day and was not on the other, and who no longer is; at most MOST_CHANGES of each."""
    seen = Institution.objects.visible_to(request.user)
    now, then = (institutions.agreements_on(day).values("institution") for day in (on, since))
    came = seen.filter(pk__in=now).exclude(pk__in=then)[:MOST_CHANGES]
    went = seen.filter(pk__in=then).exclude(pk__in=now)[:MOST_CHANGES]
    return list(came), list(went)


@desk.page(Duty.SEE_RESIDENTS)
def print_designated(request: HttpRequest) -> HttpResponse:
    """The list of a day on paper, filtered as on the screen."""
    on, _since = DayForm.asked(request.GET, days.today())
    page = Designated()
    rows = list(page.narrowed(request, designated(request, on))[:MOST_ON_PAPER])
    context = {
        "title": _("定点医疗机构名单"),
        "on": on,
        "area": request.user.area,
        "columns": [column.label for column in page.columns],
        "rows": [[column.text(row) for column in page.columns] for row in rows],
        "cancel": f"{reverse('claims:designated')}?{request.GET.urlencode()}",
        "now": days.now(),
    }
    return desk.render(request, "claims/print_designated.html", context)
