"""Pages of enrollment on the work site: residents, households, the yearly collection, payments, the renewal."""

from datetime import date, timedelta
from typing import Any, ClassVar, NamedTuple

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment import (
    changing,
    collection,
    cover,
    documents,
    ending,
    finding,
    merging,
    payments,
    registration,
    renewal,
    roster,
    statuses,
)
from enrollment.forms import (
    EndForm,
    HouseholdForm,
    IdCardForm,
    Members,
    PapersForm,
    PeriodForm,
    RosterForm,
    StatusForm,
    periods,
)
from enrollment.models import CollectionPeriod, Due, Enrollment, Household, Payment, Resident
from office import areas, audit, days, desk, identity, uploads
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.models import Area, Job
from office.refusal import Refusal
from office.secrecy import blind_index
from policies import shelf

uploads.offer(
    roster.KIND,
    uploads.Kind(
        gettext_lazy("导入名册"),
        Duty.REGISTER,
        RosterForm,
        gettext_lazy("先预览，再导入：有问题的行会指出行号和栏目，可下载改正后重新上传；同一文件不会重复导入。"),
        "enrollment:residents",
    ),
)
uploads.offer(
    payments.KIND,
    uploads.Kind(
        gettext_lazy("导入税务缴费文件"),
        Duty.COLLECT,
        hint=gettext_lazy("每一行都会入账或列为例外并写明原因，合计与文件一致。"),
        leads_to="enrollment:payments",
    ),
)

STATE_TONES = {"due": "wait", "covered": "good", "refused": "bad", "ended": "plain"}
PAYMENT_TONES = {Payment.State.MATCHED: "good", Payment.State.WRONG_AMOUNT: "bad", Payment.State.NOT_ELIGIBLE: "bad"}
RELATIONS = ("配偶", "子", "女", "父", "母", "祖父", "祖母", "孙子", "孙女", "儿媳", "女婿", "其他")
MOST = 2000  # put down at one click; a whole city is the renewal's work
CHOICES = 400  # areas that are offered above a list


def _areas(request: HttpRequest) -> list[tuple[str, str]]:
    """The areas below the person's own, as choices above a list, indented by level: down to where all still fit."""
    below = Area.objects.visible_to(request.user).exclude(pk=request.user.area_id)
    top = request.user.area.level + 1
    levels = sorted(below.order_by().values_list("level").annotate(Count("pk")))
    fitting = [level for at, (level, _n) in enumerate(levels) if sum(n for _l, n in levels[: at + 1]) <= CHOICES]
    below = below.filter(level__in=fitting)
    return [(area.path, "　" * (area.level - top) + area.name) for area in below]


def _resident(request: HttpRequest, pk: int) -> Resident:
    rows = Resident.objects.visible_to(request.user).select_related("area", "household", "school")
    return get_object_or_404(rows, pk=pk)


def _period(request: HttpRequest, pk: int) -> CollectionPeriod:
    return get_object_or_404(periods(request.user), pk=pk)


def _state(row: Any) -> str:
    return str(Enrollment.State(row.state_of_year).label) if row.state_of_year else _("未参保")


def _in_state(rows: QuerySet[Resident], state: str) -> QuerySet[Resident]:
    """Those who stand like this in the year, asked of the enrollments by their index and not of every resident."""
    held = Enrollment.objects.filter(resident=OuterRef("pk"), year=days.today().year)
    return rows.filter(~Exists(held)) if state == "none" else rows.filter(Exists(held.filter(state=state)))


class Residents(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "居民")
    search_hint = gettext_lazy("姓名、拼音首字母、证件号码（完整或末四位）或户号")
    file_name = "residents"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "name"),
        Column(gettext_lazy("证件号码"), "id_masked"),
        Column(gettext_lazy("性别"), "get_sex_display"),
        Column(gettext_lazy("出生日期"), "birth_on", "date"),
        Column(gettext_lazy("村（社区）"), "area.name"),
        Column(gettext_lazy("户号"), "household.number"),
        Column(
            gettext_lazy("本年参保"),
            _state,
            "badge",
            tone=lambda row: STATE_TONES.get(row.state_of_year or "", "plain"),
        ),
    )
    filters: ClassVar = (
        Filter("area", gettext_lazy("区域"), _areas, lookup="area__path__startswith"),
        Filter(
            "state",
            gettext_lazy("本年参保"),
            [*Enrollment.State.choices, ("none", gettext_lazy("未参保"))],
            apply=_in_state,
        ),
    )
    buttons: ClassVar = (
        Button(gettext_lazy("登记家庭"), "/work/register/", Duty.REGISTER, "person_add"),
        Button(gettext_lazy("导入名册"), "/work/files/new/roster/", Duty.REGISTER, "upload_file"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Resident]:
        state = Enrollment.objects.filter(resident=OuterRef("pk"), year=days.today().year).values("state")
        found = Resident.objects.visible_to(request.user).select_related("area", "household")
        return found.annotate(state_of_year=Subquery(state))

    def found(self, rows: QuerySet[Resident], text: str) -> QuerySet[Resident]:
        text = identity.normal(text)
        if any(character.isdigit() for character in text):
            if documents.is_tail(text):
                return rows.filter(id_tail=documents.tail(text))
            return finding.by_number(rows, text)
        return finding.by_name(rows, text)

    def href(self, row: Resident) -> str:
        return reverse("enrollment:resident", args=[row.pk])


class Households(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "家庭")
    search: ClassVar = ("number__startswith", "head__name__startswith", "address__icontains")
    search_hint = gettext_lazy("户号、户主或住址")
    file_name = "households"
    columns: ClassVar = (
        Column(gettext_lazy("户号"), "number"),
        Column(gettext_lazy("户主"), "head.name"),
        Column(gettext_lazy("人数"), "size", "number"),
        Column(gettext_lazy("村（社区）"), "area.name"),
        Column(gettext_lazy("住址"), "address"),
        Column(gettext_lazy("登记日期"), "registered_on", "date"),
    )
    filters: ClassVar = (Filter("area", gettext_lazy("区域"), _areas, lookup="area__path__startswith"),)
    buttons: ClassVar = (Button(gettext_lazy("登记家庭"), "/work/register/", Duty.REGISTER, "person_add"),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Household]:
        found = Household.objects.visible_to(request.user).select_related("area", "head")
        # Counted for the rows that are shown, not for all before they are leafed through.
        size = Resident.objects.filter(household=OuterRef("pk")).order_by().values("household").annotate(n=Count("pk"))
        return found.annotate(size=Subquery(size.values("n"))).order_by("number")

    def href(self, row: Household) -> str:
        return reverse("enrollment:household", args=[row.pk])


class Stretch(NamedTuple):
    """A piece of the cover bar: its colour, its share of the year in percent, and what it is."""

    tone: str
    percent: str
    label: str


def bar(enrollment: Enrollment) -> list[Stretch]:
    """The year of an enrollment as a bar: before benefits, a transition, benefits, after them."""
    first, last = date(enrollment.year, 1, 1), date(enrollment.year, 12, 31)
    if enrollment.benefits_from is None or enrollment.benefits_until is None:
        return [Stretch("hm-c6", "100", _("没有待遇"))]
    since, until, day = max(enrollment.benefits_from, first), enrollment.benefits_until, timedelta(days=1)
    change = enrollment.transition_until
    lowered = min(change, until) if change and change >= since else since - day
    parts = [
        ("hm-c6", first, since - day, _("尚无待遇")),
        ("hm-c4", since, lowered, _("过渡期")),
        ("hm-c3", lowered + day, until, _("享受待遇")),
        ("hm-c6", until + day, last, _("待遇已止")),
    ]
    whole = (last - first).days + 1
    return [
        Stretch(tone, f"{((end - begin).days + 1) * 100 / whole:.2f}", f"{label} {begin} – {end}")
        for tone, begin, end, label in parts
        if end >= begin
    ]


@desk.page(Duty.SEE_RESIDENTS)
def resident_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: facts, household, statuses, and every year with dues, payments, cover and the reasons for it."""
    resident, today = _resident(request, pk), days.today()
    paid = Prefetch("payments", Payment.objects.order_by("paid_on"))
    years = resident.enrollments.select_related("period").prefetch_related("dues", paid).order_by("-year")
    shown = [{"enrollment": e, "tone": STATE_TONES[e.state], "bar": bar(e)} for e in years]
    held = {entry["enrollment"].year for entry in shown}
    context = {
        "title": resident.name,
        "resident": resident,
        "standing": cover.standing(resident, today),
        "today": today,
        "years": shown,
        "statuses": resident.statuses.all(),
        "household": resident.household.members.order_by("pk") if resident.household else [],
        "open_periods": [p for p in periods(request.user, today) if p.year not in held and not resident.ended_on],
        "unmatched": resident.payments.filter(enrollment=None),
        "history": changing.history(resident),
        "merges": merging.of(resident),
    }
    return desk.render(request, "enrollment/resident.html", context)


@require_POST
@desk.page(Duty.SEE_RESIDENTS)
def show_number(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole document number, shown to somebody on their duty: a recorded act."""
    resident = _resident(request, pk)
    audit.record(request.user, "residents.show_number", resident, at=days.now())
    return desk.render(request, "enrollment/_number.html", {"resident": resident})


@require_POST
@desk.page(Duty.REGISTER)
def enroll(request: HttpRequest, pk: int, period_pk: int) -> HttpResponse:
    """Put one person down for a year."""
    resident, period = _resident(request, pk), _period(request, period_pk)
    outcome = collection.enroll([resident], period, by=request.user, on=days.today(), at=days.now())
    for _who, article, message in outcome.undecided:
        messages.error(request, f"{message}（{article}）")
    if outcome.enrolled:
        messages.success(request, _("已登记 %(year)s 年度参保。") % {"year": period.year})
    if outcome.refused:
        messages.warning(request, _("按办法不予参保，原因见下。"))
    return redirect("enrollment:resident", pk)


@desk.page(Duty.REGISTER)
def certify(request: HttpRequest, pk: int) -> HttpResponse:
    """Put down a status that a department certified."""
    resident = _resident(request, pk)
    form = StatusForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            statuses.certify(
                [resident],
                told["group"],
                told["since"],
                told["until"],
                certified_by=told["certified_by"],
                document=told["document"],
                by=request.user,
                on=days.today(),
                at=days.now(),
            )
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("人员身份已登记，未缴费年度的应缴已重算。"))
            return redirect("enrollment:resident", pk)
    return _form(request, _("登记人员身份：%(name)s") % {"name": resident.name}, form, pk)


@desk.page(Duty.REGISTER)
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End somebody's insurance here."""
    resident = _resident(request, pk)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            ended = ending.end([resident], told["reason"], told["ended_on"], by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已登记终止。"))
            for one in ended:
                article = f"（{one.article}）" if one.article else ""
                messages.info(request, f"{one.enrollment.year}：{one.message}{article}")
            return redirect("enrollment:resident", pk)
    return _form(request, _("登记终止：%(name)s") % {"name": resident.name}, form, pk)


@desk.page(Duty.REGISTER)
def id_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The identity card of somebody who was registered under another paper."""
    resident = _resident(request, pk)
    form = IdCardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            registration.take_id_card(resident, form.cleaned_data["id_number"], by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已改为居民身份证登记。"))
            return redirect("enrollment:resident", pk)
    return _form(request, _("补录身份证：%(name)s") % {"name": resident.name}, form, pk)


def _form(request: HttpRequest, title: str, form: Any, pk: int) -> HttpResponse:
    cancel = reverse("enrollment:resident", args=[pk])
    return desk.render(request, "work/form.html", {"title": title, "form": form, "cancel": cancel})


@desk.page(Duty.REGISTER)
def register(request: HttpRequest) -> HttpResponse:
    """Register a household: where it lives, its head, its members; rows left empty are nobody."""
    told = request.POST or None
    place, head = HouseholdForm(told, staff=request.user), PapersForm(told, prefix="head")
    members = Members(told, prefix="members")
    if request.method == "POST" and all([place.is_valid(), head.is_valid(), members.is_valid()]):
        typed = [form for form in members if form.has_changed()]
        try:
            household = registration.register_household(
                place.cleaned_data["area"],
                head.papers(),
                [form.papers() for form in typed],
                by=request.user,
                on=days.today(),
                at=days.now(),
                address=place.cleaned_data["address"],
            )
        except Refusal as refusal:
            _beside(refusal, place, [head, *typed])
        else:
            count = 1 + len(typed)
            messages.success(
                request, _("户 %(number)s 已登记，共 %(count)d 人。") % {"number": household, "count": count}
            )
            return redirect("enrollment:resident", household.head_id)
    context = {
        "title": _("登记家庭"),
        "place": place,
        "head": head,
        "members": members,
        "relations": RELATIONS,
        "shown": max(2, sum(form.has_changed() for form in members)) if told else 2,
    }
    return desk.render(request, "enrollment/register.html", context)


def _beside(refusal: Refusal, place: HouseholdForm, people: list[PapersForm]) -> None:
    """Put a refusal beside the very person whose papers it is about, else above the form."""
    today = days.today()
    for form in people:
        try:
            registration.read(form.papers(), today)
        except Refusal as theirs:
            desk.answer(form, theirs)
            return
    named = next((form for form in people if form.cleaned_data["name"] in refusal.message), None)
    desk.answer(named or place, refusal)


@require_POST
@desk.page(Duty.REGISTER)
def read_number(request: HttpRequest) -> HttpResponse:
    """What a typed identity number says, for the fields beside it: birthday and sex, or what is wrong with it."""
    prefix = request.POST.get("prefix", "")
    number = identity.normal(request.POST.get(f"{prefix}-id_number", ""))
    id_type = request.POST.get(f"{prefix}-id_type", "")
    told: dict[str, Any] = {}
    wrong = ""
    try:
        if number and id_type in Resident.IdType.values:
            read = documents.read(id_type, number, days.today())
            told = {"birth_on": read.birth_on, "sex": read.sex}
        if blind_index(number) in registration.known([blind_index(number)]):
            wrong = _("该证件号码已登记，不能重复登记")
    except Refusal as refusal:
        wrong = str(refusal)
    form = PapersForm(prefix=prefix, initial=told)
    for name, value in told.items():
        if value:  # known: Tab goes on to what has to be typed
            form.fields[name].widget.attrs["tabindex"] = "-1"
    return desk.render(request, "enrollment/_from_number.html", {"form": form, "wrong": wrong})


class Periods(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "缴费期")
    file_name = "periods"
    columns: ClassVar = (
        Column(gettext_lazy("参保年度"), "year"),
        Column(gettext_lazy("统筹地区"), "area.name"),
        Column(gettext_lazy("开始"), "opens_on", "date"),
        Column(gettext_lazy("截止"), "closes_on", "date"),
        Column(gettext_lazy("个人缴费标准"), "individual", "money"),
        Column(gettext_lazy("财政补助标准"), "subsidy", "money"),
        Column(gettext_lazy("文号"), "document"),
    )
    buttons: ClassVar = (Button(gettext_lazy("开设缴费期"), "/work/periods/new/", Duty.COLLECT, "add"),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[CollectionPeriod]:
        return periods(request.user)

    def href(self, row: CollectionPeriod) -> str:
        return reverse("enrollment:period", args=[row.pk])


@desk.page(Duty.COLLECT)
def open_period(request: HttpRequest) -> HttpResponse:
    """Open a year's collection."""
    city = areas.city_of(request.user.area)
    form = PeriodForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            policy = next((code for code in shelf.codes() if shelf.regulation(code).region == city.code), "")
            if not policy:
                raise collection.CannotOpen(_("没有%(area)s的办法") % {"area": city})
            period = collection.open_period(city, policy, **form.cleaned_data, by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("%(year)s 年度缴费期已开设。") % {"year": period.year})
            return redirect("enrollment:period", period.pk)
    context = {"title": _("开设缴费期"), "form": form, "cancel": reverse("enrollment:periods"), "submit": _("开设")}
    return desk.render(request, "work/form.html", context)


@desk.page(Duty.SEE_RESIDENTS)
def period_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One year's collection within the person's area: how far it is, who pays how much, what can be done next."""
    period = _period(request, pk)
    mine = Enrollment.objects.visible_to(request.user).filter(period=period)
    counted = dict(mine.order_by().values_list("state").annotate(Count("pk")))
    owed = Due.objects.filter(enrollment__in=mine).order_by().values_list("payer").annotate(Sum("amount"), Count("pk"))
    context = {
        "title": _("%(year)s 年度缴费期") % {"year": period.year},
        "period": period,
        "states": [(label, STATE_TONES[code], counted.get(code, 0), code) for code, label in Enrollment.State.choices],
        "owed": [(Due.Payer(payer).label, amount, people) for payer, amount, people in owed],
        "by_others": collection.paid_by_others(period, request.user).count(),
        "missing": collection.missing(period, request.user).count(),
    }
    return desk.render(request, "enrollment/period.html", context)


@require_POST
@desk.page(Duty.COLLECT)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm the list of those for whom others pay."""
    period = _period(request, pk)
    told = collection.confirm_paid_by_others(period, by=request.user, on=days.today(), at=days.now())
    messages.success(request, _("已确认 %(count)d 人，今日为其缴费到账日。") % {"count": told.confirmed})
    for left, why in told.left[:10]:
        messages.warning(request, f"{left.resident.name}：{why}")
    return redirect("enrollment:period", pk)


@require_POST
@desk.page(Duty.REGISTER)
def enroll_missing(request: HttpRequest, pk: int) -> HttpResponse:
    """Put down whoever is here and not put down yet: newcomers, and those for whom a figure was missing."""
    period = _period(request, pk)
    found = list(collection.missing(period, request.user)[:MOST])
    outcome = collection.enroll(found, period, by=request.user, on=days.today(), at=days.now())
    messages.success(request, _("已登记参保 %(count)d 人。") % {"count": outcome.enrolled})
    for resident, article, message in outcome.undecided[:10]:
        messages.warning(request, f"{resident.name}：{message}（{article}）")
    return redirect("enrollment:period", pk)


class Enrollments(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = gettext_lazy("参保名单")
    search_hint = gettext_lazy("姓名或拼音首字母")
    file_name = "enrollments"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "resident.name"),
        Column(gettext_lazy("证件号码"), "resident.id_masked"),
        Column(gettext_lazy("村（社区）"), "area.name"),
        Column(gettext_lazy("来源"), "get_origin_display"),
        Column(gettext_lazy("到账日"), "paid_on", "date"),
        Column(gettext_lazy("待遇起"), "benefits_from", "date"),
        Column(gettext_lazy("待遇止"), "benefits_until", "date"),
        Column(gettext_lazy("状态"), "get_state_display", "badge", tone=lambda row: STATE_TONES[row.state]),
    )
    filters: ClassVar = (
        Filter("area", gettext_lazy("区域"), _areas, lookup="area__path__startswith"),
        Filter("state", gettext_lazy("状态"), Enrollment.State.choices),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Enrollment]:
        found = Enrollment.objects.visible_to(request.user).filter(period=_period(request, kwargs["pk"]))
        return found.select_related("resident", "area").order_by("area__path", "pk")

    def found(self, rows: QuerySet[Enrollment], text: str) -> QuerySet[Enrollment]:
        text = identity.normal(text)
        return rows.filter(**{f"resident__{'initials' if text.isascii() else 'name'}__startswith": text})

    def href(self, row: Enrollment) -> str:
        return reverse("enrollment:resident", args=[row.resident_id])


class Payments(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "缴费记录")
    hint = gettext_lazy("未入账的行写明原因；补齐登记后可重新核对。")
    search: ClassVar = ("name__startswith", "receipt__startswith")
    search_hint = gettext_lazy("姓名或完税凭证号")
    file_name = "payments"
    template = "enrollment/payments.html"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "name"),
        Column(gettext_lazy("年度"), "year"),
        Column(gettext_lazy("金额"), "amount", "money"),
        Column(gettext_lazy("到账日"), "paid_on", "date"),
        Column(gettext_lazy("完税凭证号"), "receipt"),
        Column(gettext_lazy("区域"), "area.name"),
        Column(
            gettext_lazy("结果"), "get_state_display", "badge", tone=lambda row: PAYMENT_TONES.get(row.state, "wait")
        ),
        Column(gettext_lazy("原因"), "reason"),
    )
    filters: ClassVar = (
        Filter(
            "state",
            gettext_lazy("结果"),
            [("held", gettext_lazy("全部例外")), *Payment.State.choices],
            apply=lambda rows, value: (
                rows.exclude(state=Payment.State.MATCHED) if value == "held" else rows.filter(state=value)
            ),
        ),
        Filter("year", gettext_lazy("年度"), lambda request: [(p.year, p.year) for p in periods(request.user)]),
        Filter("area", gettext_lazy("区域"), _areas, lookup="area__path__startswith"),
    )
    buttons: ClassVar = (
        Button(gettext_lazy("导入税务缴费文件"), "/work/files/new/payments/", Duty.COLLECT, "upload_file"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Payment]:
        return Payment.objects.visible_to(request.user).select_related("area")

    def href(self, row: Payment) -> str:
        return reverse("enrollment:resident", args=[row.resident_id]) if row.resident_id else ""

    def beside(self, request: HttpRequest, rows: QuerySet[Payment], **kwargs: Any) -> dict[str, Any]:
        held = Payment.objects.visible_to(request.user).exclude(state=Payment.State.MATCHED)
        # Millions are summed by the statements; here only as many as the list can be leafed through.
        short = desk.counted(rows) <= desk.MOST_COUNTED
        return {"sum": rows.aggregate(sum=Sum("amount"))["sum"] if short else None, "held": desk.counted(held)}


@require_POST
@desk.page(Duty.COLLECT)
def rematch(request: HttpRequest) -> HttpResponse:
    """Hold every exception within scope against the tables again."""
    matched = payments.rematch(Payment.objects.visible_to(request.user), by=request.user, at=days.now())
    messages.success(request, _("重新核对完成，新入账 %(count)d 笔。") % {"count": matched})
    return redirect("enrollment:payments")


@desk.page(Duty.COLLECT)
def renewal_page(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The dry run of a renewal, and the way to start it once."""
    known = periods(request.user)
    period = _period(request, pk) if pk else known.first()
    if period is None:
        messages.info(request, _("请先开设缴费期，再办理年度续保。"))
        return redirect("enrollment:periods")
    context = {
        "title": _("续保到 %(year)s 年度") % {"year": period.year},
        "period": period,
        "periods": known,
        "plan": renewal.plan(period, days.today()),
        "job": Job.objects.filter(key=renewal.key(period)).first(),
        "whole": request.user.area.covers(period.area),
    }
    return desk.render(request, "enrollment/renewal.html", context)


@require_POST
@desk.page(Duty.COLLECT)
def start_renewal(request: HttpRequest, pk: int) -> HttpResponse:
    """Start the renewal of the whole city."""
    period = _period(request, pk)
    if not request.user.area.covers(period.area):
        raise Refusal(_("年度续保由市级统一办理。"))
    job = renewal.start(period, by=request.user, on=days.today(), at=days.now())
    return redirect("office:job", job.pk)


LISTS = {
    "renewing": (gettext_lazy("续保人员"), lambda period, on: renewal.renewing(period, on)),
    "new": (gettext_lazy("新参保人员"), lambda period, _on: renewal.new(period)),
    "lapsed": (gettext_lazy("不再续保人员"), lambda period, on: renewal.lapsed(period, on)),
}


class RenewalList(Residents):
    duty = Duty.COLLECT
    buttons: ClassVar = ()
    filters: ClassVar = (Filter("area", gettext_lazy("区域"), _areas, lookup="area__path__startswith"),)
    columns: ClassVar = (
        *Residents.columns[:-1],
        Column(gettext_lazy("终止日期"), "ended_on", "date"),
        Column(gettext_lazy("终止原因"), "get_end_reason_display"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Resident]:
        if kwargs["which"] not in LISTS:
            raise Http404
        _title, rows = LISTS[kwargs["which"]]
        found = rows(_period(request, kwargs["pk"]), days.today()).visible_to(request.user)
        return found.select_related("area", "household").order_by("area__path", "pk")

    def beside(self, request: HttpRequest, rows: QuerySet[Resident], **kwargs: Any) -> dict[str, Any]:
        return {"title": LISTS[kwargs["which"]][0]}
