"""Pages of the catalogues: find an item, see it through time, ask what held on a day, and take a new list."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.validators import RegexValidator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from claims import catalogue_files, catalogues, dated_lists
from claims.forms import day_field
from claims.models import CatalogueItem, DiseaseCode, Institution, OperationCode
from office import days, desk, uploads
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.models import Area, Batch

_REGION = RegexValidator(r"^[0-9]{6}$", gettext_lazy("应为六位区划代码，如 370000"))
TONES = {"A": "good", "B": "wait", "C": "bad"}


class CodeFileForm(uploads.UploadForm):
    """A list of codes: as of which day, all of them or the changes."""

    extent = forms.ChoiceField(
        label=gettext_lazy("文件范围"),
        choices=[("changes", gettext_lazy("变动")), ("full", gettext_lazy("全量"))],
        help_text=gettext_lazy("全量文件中没有的编码，自执行日期起调出；导入前先列出"),
    )
    day = day_field(gettext_lazy("执行日期"))

    def area(self) -> Area:
        return self.staff.area

    def parameters(self) -> dict[str, Any]:
        told = self.cleaned_data
        return dated_lists.parameters(told["day"], full=told["extent"] == "full", region=told.get("region", ""))


class CatalogueFileForm(CodeFileForm):
    """A catalogue, and whose it is."""

    region = forms.CharField(
        label=gettext_lazy("目录区划"),
        max_length=6,
        validators=[_REGION],
        help_text=gettext_lazy("省级目录填省的代码；市的补充目录填市的代码；外省目录用于异地联网结算"),
    )
    field_order = ("region", "extent", "day")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].initial = _home(self.staff.area)[-1] if self.staff.area else ""


def _home(area: Area) -> tuple[str, ...]:
    return catalogues.around(area.path.partition("/")[0])


for _code, _title, _form, _list in (
    (catalogue_files.CATALOGUE, gettext_lazy("导入医保目录"), CatalogueFileForm, "claims:catalogue"),
    (catalogue_files.DISEASES, gettext_lazy("导入疾病编码"), CodeFileForm, "claims:diseases"),
    (catalogue_files.OPERATIONS, gettext_lazy("导入手术编码"), CodeFileForm, "claims:operations"),
):
    _hint = gettext_lazy("先与现行目录比对，列出新增、调整和调出，再导入；已有的内容只增不改。")
    uploads.offer(_code, uploads.Kind(_title, Duty.CONTRACT, _form, _hint, _list, "claims:compare-codes"))


class DayForm(forms.Form):
    """The day for which a list is asked, and the level of the institution where it matters."""

    on = day_field(gettext_lazy("日期"), required=False)
    level = forms.TypedChoiceField(
        label=gettext_lazy("机构级别"),
        choices=[(1, gettext_lazy("一级")), (2, gettext_lazy("二级")), (3, gettext_lazy("三级"))],
        coerce=int,
        empty_value=3,
        required=False,
    )

    @classmethod
    def told(cls, given: Any) -> tuple[date, int]:
        """The day and the level that were asked for; today and the third where they cannot be read."""
        form = cls(given)
        form.is_valid()
        return form.cleaned_data.get("on") or days.today(), form.cleaned_data.get("level") or 3


def in_force(rows: QuerySet[Any], day: date, *same: str) -> QuerySet[Any]:
    """Of these dated rows the one of each code that holds on the day."""
    later = rows.model._default_manager.filter(
        Q(since__gt=OuterRef("since")) | Q(since=OuterRef("since"), version__gt=OuterRef("version")),
        since__lte=day,
        **{name: OuterRef(name) for name in same},
    )
    return rows.filter(~Exists(later), since__lte=day)


class _Dated(desk.ListPage):
    """A list of dated rows as it stood on a day."""

    duty = Duty.SEE_RESIDENTS
    template = "claims/catalogue.html"
    search: ClassVar = ("name__contains", "initials__istartswith", "code__istartswith")
    search_hint = gettext_lazy("名称、拼音首字母或编码")

    def beside(self, request: HttpRequest, rows: QuerySet[Any], **kwargs: Any) -> dict[str, Any]:
        return {"on": DayForm.told(request.GET)[0]}


def _regions(request: HttpRequest) -> Sequence[tuple[str, str]]:
    """The regions of which a catalogue is there: a few, found one after another by the index."""
    found: list[str] = []
    while len(found) < 50:
        beyond = CatalogueItem.objects.filter(region__gt=found[-1]) if found else CatalogueItem.objects.all()
        following = beyond.order_by("region").values_list("region", flat=True).first()
        if following is None:
            break
        found.append(following)
    home = _home(request.user.area)
    return [(region, _("%(region)s（本地）") % {"region": region} if region in home else region) for region in found]


class Catalogue(_Dated):
    title = gettext_lazy("医保目录")
    file_name = "catalogue"
    columns: ClassVar = (
        Column(gettext_lazy("国家编码"), "code"),
        Column(gettext_lazy("名称"), "name"),
        Column(gettext_lazy("目录"), "get_kind_display"),
        Column(gettext_lazy("目录分类"), "get_klass_display", "badge", tone=lambda row: TONES[row.klass]),
        Column(gettext_lazy("先行自付比例"), "first_share", "number"),
        Column(gettext_lazy("限价"), "ceiling", "money"),
        Column(gettext_lazy("限定"), lambda row: "；".join(limits(row))),
        Column(gettext_lazy("区划"), "region"),
        Column(gettext_lazy("起"), "since", "date"),
    )
    filters: ClassVar = (
        Filter("region", gettext_lazy("区划"), _regions),
        Filter("kind", gettext_lazy("目录"), CatalogueItem.Kind.choices),
        Filter("klass", gettext_lazy("目录分类"), CatalogueItem.Klass.choices),
    )
    buttons: ClassVar = (
        Button(
            gettext_lazy("导入医保目录"),
            reverse_lazy("office:upload", args=[catalogue_files.CATALOGUE]),
            Duty.CONTRACT,
            "upload_file",
        ),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[CatalogueItem]:
        day, _level = DayForm.told(request.GET)
        found = in_force(CatalogueItem.objects.filter(listed=True), day, "region", "code")
        return found.defer("initials", "batch").order_by("region", "code")

    def href(self, row: CatalogueItem) -> str:
        return reverse("claims:catalogue-item", args=[row.pk])


class _Codes(_Dated):
    columns: ClassVar = (
        Column(gettext_lazy("编码"), "code"),
        Column(gettext_lazy("名称"), "name"),
        Column(gettext_lazy("起"), "since", "date"),
    )
    model: ClassVar[Any]

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Any]:
        day, _level = DayForm.told(request.GET)
        return in_force(self.model.objects.filter(listed=True), day, "code").order_by("code")


class Diseases(_Codes):
    model = DiseaseCode
    title = pgettext_lazy("many", "疾病编码")
    file_name = "diseases"
    buttons: ClassVar = (
        Button(
            gettext_lazy("导入疾病编码"), reverse_lazy("office:upload", args=["diseases"]), Duty.CONTRACT, "upload_file"
        ),
    )


class Operations(_Codes):
    model = OperationCode
    title = pgettext_lazy("many", "手术编码")
    file_name = "operations"
    buttons: ClassVar = (
        Button(
            gettext_lazy("导入手术编码"),
            reverse_lazy("office:upload", args=["operations"]),
            Duty.CONTRACT,
            "upload_file",
        ),
    )


def limits(row: CatalogueItem) -> list[str]:
    """What the catalogue limits an item to, each in a few words."""
    told = []
    if row.sex:
        told.append(_("限%(sex)s") % {"sex": row.get_sex_display()})
    if row.age_from is not None or row.age_to is not None:
        ages = {"first": row.age_from or 0, "last": "" if row.age_to is None else row.age_to}
        told.append(_("%(first)s–%(last)s 岁") % ages)
    for value, words in (
        (row.least_level, gettext_lazy("%(n)s 级及以上机构")),
        (row.most_days, gettext_lazy("最多 %(n)s 天")),
        (row.per_day, gettext_lazy("每日 %(n)s 次")),
        (row.per_stay, gettext_lazy("每次住院 %(n)s 次")),
    ):
        if value is not None:
            told.append(str(words) % {"n": value})
    if row.chinese_medicine:
        told.append(_("限定点中医机构"))
    if row.indications:
        told.append(row.indications)
    return told


@desk.page(Duty.SEE_RESIDENTS)
def item_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One item through time, and what held on a day: the class, the share, the ceiling at a level."""
    named = get_object_or_404(CatalogueItem, pk=pk)
    rows = list(CatalogueItem.objects.filter(region=named.region, code=named.code).order_by("since", "version"))
    day, level = DayForm.told(request.GET)
    standing = [row for row, later in zip(rows, [*rows[1:], None], strict=True) if _stands(row, later)]
    held = next((row for row in reversed(standing) if row.since <= day), None)
    context = {
        "title": rows[-1].name,
        "item": rows[-1],
        "held": held,
        "day": day,
        "level": level,
        "price": held.ceiling_at(level) if held else None,
        "limits": limits(held) if held and held.listed else [],
        "form": DayForm(initial={"on": day, "level": level}),
        "spans": spans(standing, days.today()),
        "rows": [(row, limits(row), row not in standing) for row in reversed(rows)],
        "tones": TONES,
    }
    return desk.render(request, "claims/catalogue_item.html", context)


def _stands(row: CatalogueItem, later: CatalogueItem | None) -> bool:
    """Whether a row holds for at least a day: a later version of its own first day takes its place."""
    return later is None or later.since > row.since


def spans(rows: Sequence[CatalogueItem], today: date) -> list[dict[str, Any]]:
    """The rows as parts of a bar from the first day to a year after today, each with its share of the width."""
    last = max([today, *(row.since for row in rows)])
    whole = max((last - rows[0].since).days + 180, 1)
    ends = [*(row.since for row in rows[1:]), None]
    told = []
    for row, end in zip(rows, ends, strict=True):
        length = ((end - row.since).days if end else (last - row.since).days + 180) * 100 / whole
        told.append({"row": row, "width": f"{length:.2f}", "tone": TONES[row.klass] if row.listed else "plain"})
    return told


_DIFFERENCES = (
    ("new", gettext_lazy("新增"), "good"),
    ("klass", gettext_lazy("分类调整"), "wait"),
    ("share", gettext_lazy("自付比例调整"), "wait"),
    ("ceiling", gettext_lazy("限价调整"), "wait"),
    ("other", gettext_lazy("其他调整"), "info"),
    ("gone", gettext_lazy("调出"), "bad"),
)


@desk.page(Duty.CONTRACT)
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """What taking a list would change against what stands, before anything is taken."""
    kinds = (catalogue_files.CATALOGUE, catalogue_files.DISEASES, catalogue_files.OPERATIONS)
    files = Batch.objects.visible_to(request.user).filter(kind__in=kinds).defer("content", "plan")
    batch = get_object_or_404(files.select_related("area"), pk=pk)
    told = batch.parameters.get("difference")
    if batch.state not in (Batch.State.PREVIEWED, Batch.State.TAKING, Batch.State.TAKEN) or told is None:
        return redirect("office:file", pk)
    labels = {field.name: field.verbose_name for field in CatalogueItem._meta.fields}
    parts = []
    for kind, label, tone in _DIFFERENCES:
        rows = [
            (code, name, since, [(labels.get(fact, fact), old or "—", new or "—") for fact, old, new in changed])
            for code, name, since, changed in told["rows"].get(kind, [])
        ]
        parts.append((label, tone, told["counts"].get(kind, 0), rows))
    context = {
        "title": _("与现行目录比对：%(file)s") % {"file": batch.file_name},
        "batch": batch,
        "order": dated_lists.Order.of(batch),
        "parts": parts,
        "same": told["same"],
        "changes": sum(told["counts"].values()),
        "most": dated_lists.SHOWN,
        "open": batch.state == Batch.State.PREVIEWED,
    }
    return desk.render(request, "claims/compare_codes.html", context)


class RegionForm(forms.Form):
    """Where an institution outside the city lies."""

    region = forms.CharField(
        label=gettext_lazy("就医地区划代码"),
        max_length=6,
        required=False,
        validators=[_REGION],
        help_text=gettext_lazy("市外机构填所在市的代码；联网结算时按就医地目录（滨州第十八条）。市内机构留空"),
    )


@desk.page(Duty.CONTRACT)
def locate(request: HttpRequest, pk: int) -> HttpResponse:
    """Say where an institution lies, for the catalogue of its place."""
    institution = get_object_or_404(Institution.objects.visible_to(request.user), pk=pk)
    form = RegionForm(request.POST or None, initial={"region": institution.region})
    if request.method == "POST" and form.is_valid():
        catalogues.locate(institution, form.cleaned_data["region"], by=request.user, at=days.now())
        messages.success(request, _("已登记所在地。"))
        return redirect("claims:institution", pk)
    context = {
        "title": _("%(name)s所在地") % {"name": institution.name},
        "form": form,
        "cancel": reverse("claims:institution", args=[pk]),
    }
    return desk.render(request, "work/form.html", context)
