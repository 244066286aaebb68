"""Insurance physicians: who they are, where they practise, and whether what they prescribe counts."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models.institution import Institution
from office.scope import Scoped, scoped


class Physician(models.Model):
    """A physician by the number of the licence, which is never an identity number."""

    licence = models.CharField(_("执业证书编号"), max_length=30, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    title = models.CharField(_("职称"), max_length=20, blank=True)
    # Who keeps the registration: the area that handles the institution where it was made.
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("经办区域"))
    registered_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("登记人"))
    registered_at = models.DateTimeField(_("登记时间"))

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("医保医师")
        verbose_name_plural = pgettext_lazy("many", "医保医师")
        ordering: ClassVar = ["licence"]

    def __str__(self) -> str:
        return self.name


class Practice(models.Model):
    """Where a physician practises, from a day to a day, both inclusive."""

    physician = models.ForeignKey(Physician, models.PROTECT, related_name="practices", verbose_name=_("医保医师"))
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="practices", verbose_name=_("医疗机构"))
    specialty = models.CharField(_("专业"), max_length=40)
    since = models.DateField(_("起"))
    until = models.DateField(_("止"), null=True, blank=True)

    objects = scoped("institution__area__path").as_manager()

    class Meta:
        verbose_name = _("执业机构")
        verbose_name_plural = pgettext_lazy("many", "执业机构")
        ordering: ClassVar = ["-since", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_practice_ends_after_it_begins", condition=Q(until=None) | Q(until__gte=F("since"))
            ),
            models.UniqueConstraint(
                name="one_open_practice_per_physician_and_institution",
                fields=["physician", "institution"],
                condition=Q(until=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.physician} {self.institution}"


class PhysicianStanding(models.Model):
    """Whether a physician's prescribing counts from a day on; the next row ends it."""

    class State(models.TextChoices):
        ACTIVE = "active", _("正常")
        SUSPENDED = "suspended", _("暂停")
        ENDED = "ended", _("终止")

    physician = models.ForeignKey(Physician, models.PROTECT, related_name="standings", verbose_name=_("医保医师"))
    state = models.CharField(_("状态"), max_length=10, choices=State)
    since = models.DateField(_("起"))
    why = models.CharField(_("原因"), max_length=200)
    stated_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("经办人"))
    stated_at = models.DateTimeField(_("时间"))

    objects = scoped("physician__area__path").as_manager()

    class Meta:
        verbose_name = _("医师状态")
        verbose_name_plural = pgettext_lazy("many", "医师状态")
        ordering: ClassVar = ["-since"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_standing_per_physician_and_day", fields=["physician", "since"]),
            models.CheckConstraint(name="a_standing_says_why", condition=~Q(why="")),
        ]

    def __str__(self) -> str:
        return f"{self.physician} {self.get_state_display()}"
