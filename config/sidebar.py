"""The sidebars of the work site and of the admin: every page, shown to whom its duty allows."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from office import duties
from office.duties import Duty


def _for(duty: Duty) -> Callable[[HttpRequest], bool]:
    return lambda request: duties.may(request.user, duty)


def _page(title: Any, icon: str, name: str, duty: Duty) -> dict[str, Any]:
    link = reverse_lazy(name)
    return {
        "title": title,
        "icon": icon,
        "link": link,
        "permission": _for(duty),
        "active": lambda request: request.path.startswith(str(link)),
    }


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups and pages in the order of a year's work."""
    return [
        {
            "items": [
                {
                    "title": _("工作台"),
                    "icon": "dashboard",
                    "link": reverse_lazy("funds:dashboard"),
                    "active": _exactly("funds:dashboard"),
                },
                {
                    **_page(_("演示故事"), "auto_stories", "demo:stories", Duty.SEE_RESIDENTS),
                    "permission": lambda request: request.user.is_demo and duties.may(request.user, Duty.SEE_RESIDENTS),
                },
            ]
        },
        {
            "title": _("参保登记"),
            "items": [
                _page(pgettext_lazy("many", "居民"), "person_search", "enrollment:residents", Duty.SEE_RESIDENTS),
                _page(_("登记家庭"), "person_add", "enrollment:register", Duty.REGISTER),
                _page(pgettext_lazy("many", "家庭"), "home", "enrollment:households", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "人员身份"), "badge", "enrollment:statuses", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "居民变更"), "history", "enrollment:changes", Duty.SEE_RESIDENTS),
                _page(_("终止人员"), "person_off", "enrollment:ended", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "疑似重复"), "difference", "enrollment:doubts", Duty.SEE_RESIDENTS),
                _page(_("村名册"), "holiday_village", "enrollment:villages", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "学校"), "school", "enrollment:schools", Duty.SEE_RESIDENTS),
                _page(_("缺证件材料"), "assignment_late", "enrollment:lacking-papers", Duty.SEE_RESIDENTS),
            ],
        },
        {
            "title": _("筹资"),
            "items": [
                _page(pgettext_lazy("many", "缴费期"), "calendar_month", "enrollment:periods", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "缴费记录"), "payments", "enrollment:payments", Duty.SEE_RESIDENTS),
                _page(
                    pgettext_lazy("many", "缴费例外"), "assignment_late", "enrollment:exceptions", Duty.SEE_RESIDENTS
                ),
                _page(
                    pgettext_lazy("many", "银行代扣"), "account_balance_wallet", "enrollment:debits", Duty.SEE_RESIDENTS
                ),
                _page(
                    pgettext_lazy("many", "三方对账"), "compare_arrows", "enrollment:reconciliation", Duty.SEE_RESIDENTS
                ),
                _page(pgettext_lazy("many", "退费"), "currency_exchange", "enrollment:refunds", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "资助参保"), "handshake", "enrollment:sponsors", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "应缴更正"), "edit_note", "enrollment:corrections", Duty.SEE_RESIDENTS),
                _page(_("年度续保"), "autorenew", "enrollment:renewal", Duty.COLLECT),
                _page(_("参保目标与进度"), "flag", "enrollment:targets", Duty.SEE_RESIDENTS),
                _page(_("催缴名单"), "call", "enrollment:unpaid-here", Duty.CALL),
                _page(pgettext_lazy("many", "缴费证明"), "verified", "enrollment:certificates", Duty.SEE_RESIDENTS),
            ],
        },
        {
            "title": _("医疗费用"),
            "items": [
                _page(pgettext_lazy("many", "费用申报"), "receipt_long", "claims:claims", Duty.SEE_CLAIMS),
                _page(_("审核台"), "fact_check", "claims:queue", Duty.REVIEW),
                _page(_("参保事实更正后待核的费用"), "rule", "claims:after-change", Duty.SEE_CLAIMS),
                _page(_("终止后享受待遇"), "event_busy", "claims:after-end", Duty.SEE_CLAIMS),
                _page(_("医保目录"), "medication", "claims:catalogue", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "疾病编码"), "coronavirus", "claims:diseases", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "手术编码"), "surgical", "claims:operations", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "医疗机构"), "local_hospital", "claims:institutions", Duty.SEE_RESIDENTS),
                _page(_("定点名单"), "verified", "claims:designated", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "定点申请"), "assignment_add", "claims:applications", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "协议办理"), "contract_edit", "claims:acts", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "医保医师"), "stethoscope", "claims:physicians", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "接口报文"), "sync_alt", "claims:messages", Duty.SEE_CLAIMS),
                _page(pgettext_lazy("many", "异地备案"), "flight_takeoff", "claims:filings", Duty.SEE_RESIDENTS),
                _page(_("试算"), "calculate", "claims:estimate", Duty.SEE_RESIDENTS),
            ],
        },
        {
            "title": _("基金"),
            "items": [
                _page(pgettext_lazy("many", "机构月结算"), "account_balance", "funds:settlements", Duty.SEE_BOOKS),
                _page(_("补付与追回"), "currency_exchange", "funds:redresses", Duty.SEE_BOOKS),
                _page(pgettext_lazy("many", "记账凭证"), "book_2", "funds:entries", Duty.SEE_BOOKS),
                _page(_("收支"), "monitoring", "funds:statements", Duty.SEE_BOOKS),
                _page(pgettext_lazy("many", "会计月份"), "event_available", "funds:months", Duty.SEE_BOOKS),
            ],
        },
        {
            "title": _("公共"),
            "items": [
                _page(pgettext_lazy("many", "文件导入"), "upload_file", "office:files", Duty.SEE_RESIDENTS),
                _page(pgettext_lazy("many", "任务"), "pending_actions", "office:jobs", Duty.SEE_JOBS),
                {
                    "title": _("后台管理"),
                    "icon": "settings",
                    "link": reverse_lazy("admin:index"),
                    "active": lambda request: False,
                    "permission": lambda request: request.user.is_staff,
                },
            ],
        },
    ]


def admin_navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The admin's sidebar: the regulations first, then every table that this person may see, app by app."""
    rules = [
        {"title": title, "icon": icon, "link": reverse_lazy(name), "active": _exactly(name)}
        for title, icon, name in (
            (_("条文与测试"), "gavel", "admin:office_articles"),
            (_("数字与公告"), "tune", "admin:office_figures"),
            (_("待定事项"), "help", "admin:office_gaps"),
        )
    ]
    tables = [
        {
            "title": app["name"],
            "collapsible": True,
            "items": [
                {
                    "title": model["name"],
                    "link": model["admin_url"],
                    "active": _among(f"admin:{app['app_label']}_{model['object_name'].lower()}_"),
                }
                for model in app["models"]
            ],
        }
        for app in admin.site.get_app_list(request)
    ]
    return [{"title": _("办法"), "items": rules}, *tables]


def _exactly(name: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.resolver_match.view_name == name


def _among(names: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.resolver_match.view_name.startswith(names)
