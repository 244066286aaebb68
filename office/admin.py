"""The office in the admin: areas and accounts are kept here, notices entered and approved, the rest is looked at."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from office import areas, audit, days, duties, jobs, notices, standards_pages, uploads
from office.duties import Duty
from office.models import Area, AuditEvent, Batch, Chunk, Job, Made, Mapping, Notice, Problem, Staff
from office.record_admin import RecordAdmin, RecordInline
from office.refusal import Refusal
from policies import shelf
from policies.regulation import UNTIL

admin.site.unregister(Group)  # rights follow from the one role of a person, not from groups


def _may(request: HttpRequest, *any_of: Duty) -> bool:
    return any(duties.may(request.user, duty) for duty in any_of)


class AreaPicker(AutocompleteSelect):
    """Django looks up whatever was sent, to show it again; what is no key at all finds nothing."""

    def optgroups(self, name: str, value: list[str], attr: dict[str, Any] | None = None) -> list[Any]:
        keys = [key for key in value if str(key).isascii() and str(key).isdigit() and len(str(key)) < 19]
        return super().optgroups(name, keys, attr)


def _picked(model: type[Model], field: str, site: admin.AdminSite) -> AreaPicker:
    return AreaPicker(model._meta.get_field(field), site)


def _sets_up(request: HttpRequest) -> bool:
    """A superuser exists to set a new site up: the first areas and accounts, nothing else."""
    return request.user.is_active and request.user.is_superuser


# --- areas ------------------------------------------------------------------------------------------------------------
class AreaForm(forms.ModelForm):
    """A new area: a city of the division table without a parent, or a county, town or village below another."""

    class Meta:
        model = Area
        fields: ClassVar = ("parent", "code", "name")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "code" in data and "name" in data:
            try:
                areas.refuse_misplaced(data.get("parent"), data["code"], data["name"])
                areas.refuse_taken(data.get("parent"), data["code"], data["name"])
            except Refusal as refusal:
                self.add_error(refusal.field or None, str(refusal))
        return data

    def _post_clean(self) -> None:
        """Level and path are made by `areas.add`; a half-built area has nothing yet for the model to check."""


@admin.register(Area)
class AreaAdmin(RecordAdmin):
    form = AreaForm
    list_display = ("name", "code", "level", "parent")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("name", "code")
    autocomplete_fields = ("parent",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _sets_up(request) or _may(request, *Duty)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _sets_up(request) or _may(request, Duty.KEEP_SYSTEM)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Area]:
        return Area.objects.all() if _sets_up(request) else Area.objects.visible_to(request.user)

    def formfield_for_foreignkey(self, field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if field.name == "parent":
            kwargs["queryset"] = self.get_queryset(request)
            kwargs["required"] = not _sets_up(request)
            kwargs["widget"] = _picked(Area, "parent", self.admin_site)
        return super().formfield_for_foreignkey(field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Area, form: forms.ModelForm, change: bool) -> None:
        parent, code, name = (form.cleaned_data[field] for field in ("parent", "code", "name"))
        by, at = request.user, days.now()
        made = areas.plant(code, by, at) if parent is None else areas.add(parent, code, name, by, at)
        obj.pk = made.pk
        obj.refresh_from_db()


# --- accounts ---------------------------------------------------------------------------------------------------------
@admin.register(Staff)
class StaffAdmin(RecordAdmin, UserAdmin):
    """Accounts are opened, moved and closed by the security administrator, never one's own, within one's area."""

    duty = Duty.KEEP_STAFF
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "name", "role", "area", "is_active", "is_staff", "last_login")
    list_filter = ("role", "is_active", "is_staff")
    list_select_related = ("area",)
    search_fields = ("username", "name")
    filter_horizontal = ()
    autocomplete_fields = ("area",)
    readonly_fields = ("last_login", "date_joined", "is_superuser", "is_demo")
    fieldsets = (
        (None, {"fields": ("username", "password", "name", "role", "area", "is_active", "is_staff")}),
        (gettext_lazy("记录"), {"fields": ("last_login", "date_joined", "is_superuser", "is_demo")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "name", "role", "area", "is_staff", "password1", "password2")}),)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _sets_up(request) or _may(request, Duty.KEEP_STAFF, Duty.AUDIT)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _sets_up(request) or _may(request, Duty.KEEP_STAFF)

    def has_change_permission(self, request: HttpRequest, obj: Staff | None = None) -> bool:
        if obj is not None and (obj.pk == request.user.pk or (obj.is_superuser and not request.user.is_superuser)):
            return False
        return self.has_add_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Staff]:
        return Staff.objects.all() if _sets_up(request) else Staff.objects.visible_to(request.user)

    def formfield_for_foreignkey(self, field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if field.name == "area":
            kwargs["queryset"] = Area.objects.all() if _sets_up(request) else Area.objects.visible_to(request.user)
            kwargs["required"] = True
            kwargs["widget"] = _picked(Staff, "area", self.admin_site)
        return super().formfield_for_foreignkey(field, request, **kwargs)

    def formfield_for_dbfield(self, field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if field.name == "is_staff":
            kwargs |= {"label": _("可进管理后台"), "help_text": _("不勾选则只能进入经办工作台；能看什么仍由岗位决定")}
        return super().formfield_for_dbfield(field, request, **kwargs)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """A new password and its line in the trail are one act."""
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    def log_addition(self, request: HttpRequest, obj: Staff, message: Any) -> Any:
        """Django calls this in the transaction of the saving: the trail learns of every new account."""
        audit.record(request.user, "office.open_account", obj, _account(obj), at=days.now(), area=obj.area)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Staff, message: Any) -> Any:
        """As above, for changed accounts and passwords set."""
        told = _account(obj) | {"changed": message}
        audit.record(request.user, "office.change_account", obj, told, at=days.now(), area=obj.area)
        return super().log_change(request, obj, message)


def _account(staff: Staff) -> dict[str, Any]:
    return {
        "username": staff.username,
        "role": staff.role,
        "area": staff.area.code if staff.area else "",
        "active": staff.is_active,
        "admin": staff.is_staff,
    }


# --- notices ----------------------------------------------------------------------------------------------------------
class NoticeForm(forms.ModelForm):
    """A notice as it is typed in; the regulation says at once whether it can read it."""

    policy = forms.ChoiceField(label=gettext_lazy("办法"), widget=UnfoldAdminSelectWidget)
    key = forms.ChoiceField(label=gettext_lazy("参数"), widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Notice
        fields: ClassVar = ("policy", "key", "tier", "value", "since", "document", "title", "is_sample")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "policy" in self.fields:  # absent on the read-only page
            self.fields["policy"].choices = [(code, shelf.regulation(code).title) for code in shelf.codes()]
            self.fields["key"].choices = sorted(_parameters().items())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if {"policy", "key", "value"} <= data.keys():
            try:
                notices.refuse_unreadable(data["policy"], data["key"], data.get("tier", ""), data["value"])
            except Refusal as refusal:
                raise ValidationError({refusal.field: str(refusal)}) from None
        return data


def _parameters() -> dict[str, str]:
    """Every parameter that a notice may set, over all regulations, as it is called there."""
    figures = [figure for code in shelf.codes() for figure in shelf.regulation(code).figures()]
    until = _("办法有效期止")
    return {f.parameter: f"{f.parameter} · {f.name}" for f in figures} | {UNTIL: f"{UNTIL} · {until}"}


@admin.register(Notice)
class NoticeAdmin(SimpleHistoryAdmin, RecordAdmin):
    """Entered by one person, approved by another; an approved notice is never edited, a later one is added."""

    form = NoticeForm
    whole = True
    list_display = ("regulation", "key", "tier", "value", "since", "document", "entered_by", "approved_by", "is_sample")
    list_filter = ("policy", "is_sample", ("approved_by", admin.EmptyFieldListFilter))
    list_select_related = ("entered_by", "approved_by")
    search_fields = ("key", "document", "title")
    actions = ("approve", "take_back", "export_ticked")
    actions_list = ("see_articles", "see_figures", "see_gaps")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _may(request, Duty.DECIDE_STANDARDS, Duty.CHECK, Duty.AUDIT)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _may(request, Duty.DECIDE_STANDARDS)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Who may approve: the second pair of eyes."""
        return _may(request, Duty.CHECK)

    def get_urls(self) -> list[URLPattern]:
        return [*standards_pages.urls(self.admin_site), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Notice, form: forms.ModelForm, change: bool) -> None:
        entered = notices.enter(**form.cleaned_data, by=request.user, at=days.now())
        obj.pk = entered.pk
        obj.refresh_from_db()

    @admin.display(description=gettext_lazy("办法"), ordering="policy")
    def regulation(self, notice: Notice) -> str:
        """The title of the regulation beside which the notice stands."""
        return shelf.regulation(notice.policy).title

    @admin.action(description=gettext_lazy("批准所选公告"), permissions=("approve",))
    def approve(self, request: HttpRequest, ticked: QuerySet[Notice]) -> None:
        """Put the ticked notices into force; each refusal is told by itself."""
        for notice in ticked:
            self._told(request, notice, lambda notice=notice: notices.approve(notice, by=request.user, at=days.now()))

    @admin.action(description=gettext_lazy("撤回所选未批准公告"), permissions=("add",))
    def take_back(self, request: HttpRequest, ticked: QuerySet[Notice]) -> None:
        """Remove ticked notices that nobody has approved."""
        for notice in ticked:
            self._told(request, notice, lambda notice=notice: notices.take_back(notice, by=request.user, at=days.now()))

    def _told(self, request: HttpRequest, notice: Notice, act: Any) -> None:
        name = str(notice)
        try:
            act()
        except Refusal as refusal:
            self.message_user(request, f"{name}：{refusal}", messages.ERROR)
        else:
            self.message_user(request, _("已办理：%(notice)s") % {"notice": name}, messages.SUCCESS)

    @action(description=gettext_lazy("条文对照"), url_path="see-articles")
    def see_articles(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:office_articles")

    @action(description=gettext_lazy("标准一览"), url_path="see-figures")
    def see_figures(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:office_figures")

    @action(description=gettext_lazy("无规则清单"), url_path="see-gaps")
    def see_gaps(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:office_gaps")


# --- files ------------------------------------------------------------------------------------------------------------
def _kinds_of(request: HttpRequest) -> list[str]:
    """The kinds of files that are this person's duty; whoever audits looks at all."""
    if duties.may(request.user, Duty.AUDIT):
        return Batch.Kind.values
    return [code for code, kind in uploads.offered().items() if duties.may(request.user, kind.duty)]


@admin.register(Batch)
class BatchAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("id", "kind", "file_name", "area", "state", "read", "taken", "refused", "duplicate", "uploaded_at")
    list_filter = ("kind", "state")
    list_select_related = ("area",)
    search_fields = ("file_name", "digest")
    date_hierarchy = "uploaded_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        return super().get_queryset(request).filter(kind__in=_kinds_of(request)).defer("content")


@admin.register(Problem)
class ProblemAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("batch", "line", "field", "message")
    list_select_related = ("batch",)
    search_fields = ("batch__file_name", "field", "message")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Problem]:
        mine = super().get_queryset(request).filter(batch__kind__in=_kinds_of(request))
        return mine.defer("row", "batch__content")


@admin.register(Mapping)
class MappingAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("kind", "source", "area", "said_by", "said_at")
    list_filter = ("kind",)
    list_select_related = ("area", "said_by")
    search_fields = ("source",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mapping]:
        return super().get_queryset(request).filter(kind__in=_kinds_of(request))


@admin.register(Made)
class MadeAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("batch", "table", "count")
    list_select_related = ("batch",)
    search_fields = ("batch__file_name", "table")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Made]:
        return super().get_queryset(request).filter(batch__kind__in=_kinds_of(request)).defer("batch__content")

    @admin.display(description=gettext_lazy("行"))
    def count(self, made: Made) -> int:
        """How many rows one part of the import brought."""
        return len(made.rows)


# --- jobs -------------------------------------------------------------------------------------------------------------
class ChunkInline(RecordInline):
    duty = Duty.SEE_JOBS
    model = Chunk
    fields = ("number", "label", "size", "state", "attempts", "lease_until", "error")


@admin.register(Job)
class JobAdmin(RecordAdmin):
    duty = Duty.SEE_JOBS
    list_display = ("title", "kind", "area", "state", "total", "done", "failed", "heartbeat_at", "finished_at")
    list_filter = ("kind", "state")
    list_select_related = ("area",)
    search_fields = ("title", "key")
    actions = ("retry", "export_ticked")
    inlines: ClassVar = (ChunkInline,)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whoever keeps the system may put any job back to work; others do so on the page of their own job."""
        return _may(request, Duty.KEEP_SYSTEM)

    @admin.action(description=gettext_lazy("重试失败的部分"), permissions=("retry",))
    def retry(self, request: HttpRequest, ticked: QuerySet[Job]) -> None:
        """Put the failed chunks of the ticked jobs back to work."""
        for job in ticked:
            try:
                jobs.retry(job, by=request.user, at=days.now())
            except Refusal as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                self.message_user(request, _("已重新排队：%(job)s") % {"job": job}, messages.SUCCESS)


@admin.register(Chunk)
class ChunkAdmin(RecordAdmin):
    duty = Duty.SEE_JOBS
    list_display = ("job", "number", "label", "size", "state", "attempts", "lease_until", "error")
    list_filter = ("state",)
    list_select_related = ("job",)
    search_fields = ("job__title", "label", "error")


# --- the trail --------------------------------------------------------------------------------------------------------
@admin.register(AuditEvent)
class AuditEventAdmin(RecordAdmin):
    duty = Duty.AUDIT
    list_display = ("number", "at", "actor", "area", "action", "subject", "detail")
    list_filter = (("actor", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("actor", "area")
    search_fields = ("action", "subject", "actor__username", "actor__name")
    date_hierarchy = "at"
    actions_list = ("verify",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        """The acts within one's area, and at the city those of the office as a whole, which lie in no area."""
        rows = AuditEvent.objects.visible_to(request.user)
        of_city = getattr(request.user, "area", None) is not None and request.user.area.level == Area.Level.CITY
        if of_city:
            rows = AuditEvent.objects.filter(Q(pk__in=rows.values("pk")) | Q(area=None))
        return rows.order_by("-number")

    @action(description=gettext_lazy("校验审计链"), url_path="verify")
    def verify(self, request: HttpRequest) -> HttpResponse:
        """Walk the chain of hashes and say whether every link holds."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        verdict = audit.verify()
        if verdict.holds:
            self.message_user(request, _("审计链完整，共 %(n)s 条。") % {"n": verdict.checked}, messages.SUCCESS)
        else:
            self.message_user(request, _("审计链在此断开：%(why)s") % {"why": verdict.why}, messages.ERROR)
        return redirect(reverse("admin:office_auditevent_changelist"))
