"""The people who work in the system: one role per duty, one area each."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from office.scope import scoped


class StaffManager(UserManager.from_queryset(scoped("area__path"))):  # type: ignore[misc]
    """Django's user manager with the area scope of every other list."""


class Staff(AbstractUser):
    class Role(models.TextChoices):
        CLERK = "clerk", _("经办员")
        REVIEWER = "reviewer", _("审核员")
        RECHECKER = "rechecker", _("复核员")
        ACCOUNTANT = "accountant", _("基金会计")
        MANAGER = "manager", _("业务主管")
        SYSTEM = "system", _("系统管理员")
        SECURITY = "security", _("安全管理员")
        AUDITOR = "auditor", _("审计员")

    # One column, so nobody holds two roles: who keeps the system, its safety or its trail moves no money.
    role = models.CharField(_("岗位"), max_length=12, choices=Role, default=Role.CLERK)
    area = models.ForeignKey(
        "office.Area", models.PROTECT, null=True, blank=True, related_name="staff", verbose_name=_("管辖区域")
    )
    name = models.CharField(_("姓名"), max_length=60, blank=True)
    is_demo = models.BooleanField(_("演示账号"), default=False)

    objects = StaffManager()

    class Meta:
        verbose_name = _("工作人员")
        verbose_name_plural = pgettext_lazy("many", "工作人员")
        ordering: ClassVar = ["username"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name or self.username
