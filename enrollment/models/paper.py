"""Papers that were seen: of whom, which kind, by whom and when, and the scan that was kept of them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrollment.models.resident import Household, Resident
from office.scope import scoped
from office.secrecy import SealedField, mask


class Paper(models.Model):
    """One paper that a person showed: written once, withdrawn by a dated and reasoned act, never deleted."""

    class Kind(models.TextChoices):
        HOUSEHOLD_BOOK = "household_book", _("户口簿")
        ID_CARD = "id_card", _("居民身份证")
        RESIDENCE_PERMIT = "residence_permit", _("居住证")
        STUDENT = "student", _("在校学生证明")
        BIRTH_CERTIFICATE = "birth_certificate", _("出生医学证明")
        ONLY_CHILD = "only_child", _("独生子女父母光荣证")
        DISABILITY = "disability", _("残疾人证")
        EMPLOYEE_ENDED = "employee_ended", _("职工医保停保证明")
        OTHER = "other", _("其他材料")

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="papers", verbose_name=_("居民"))
    # A paper of the whole household (its book) counts for everybody in it, whoever brought it along.
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="papers", verbose_name=_("全户共用")
    )
    kind = models.CharField(_("材料"), max_length=20, choices=Kind)
    number = SealedField(_("编号"), blank=True, default="")
    remark = models.CharField(_("备注"), max_length=120, blank=True)
    seen_on = models.DateField(_("查验日期"))
    seen_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("查验人"))
    kept_at = models.DateTimeField(_("登记时间"))
    withdrawn_on = models.DateField(_("撤下日期"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("撤下人")
    )
    withdrawn_why = models.CharField(_("撤下原因"), max_length=200, blank=True)

    objects = scoped("resident__area__path").as_manager()

    class Meta:
        verbose_name = _("证件材料")
        verbose_name_plural = pgettext_lazy("many", "证件材料")
        ordering: ClassVar = ["-seen_on", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_paper_is_withdrawn_by_somebody_for_a_reason",
                condition=Q(withdrawn_on=None, withdrawn_by=None, withdrawn_why="")
                | Q(withdrawn_on__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_why=""),
            ),
        ]
        indexes: ClassVar = [models.Index(name="paper_by_household_and_kind", fields=["household", "kind"])]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def number_masked(self) -> str:
        return mask(self.number) if self.number else ""


class Scan(models.Model):
    """The scan of a paper: what it is by its content, how large, its fingerprint. The bytes are its pieces."""

    class Form(models.TextChoices):
        PDF = "pdf", "PDF"
        JPEG = "jpg", "JPEG"
        PNG = "png", "PNG"

    paper = models.OneToOneField(Paper, models.PROTECT, related_name="scan", verbose_name=_("证件材料"))
    form = models.CharField(_("格式"), max_length=4, choices=Form)
    size = models.PositiveIntegerField(_("字节"))
    digest = models.CharField(_("文件指纹"), max_length=64)

    objects = scoped("paper__resident__area__path").as_manager()

    class Meta:
        verbose_name = _("扫描件")
        verbose_name_plural = pgettext_lazy("many", "扫描件")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [models.CheckConstraint(name="a_scan_is_not_empty", condition=Q(size__gt=0))]

    def __str__(self) -> str:
        return f"{self.paper} {self.get_form_display()}"


class ScanPiece(models.Model):
    """A sealed piece of a scan: in the database, so that a backup holds it and every web machine finds it."""

    scan = models.ForeignKey(Scan, models.PROTECT, related_name="pieces", verbose_name=_("扫描件"))
    number = models.PositiveSmallIntegerField(_("序号"))
    content = models.BinaryField(editable=False)

    objects = scoped("scan__paper__resident__area__path").as_manager()

    class Meta:
        verbose_name = _("扫描件分块")
        verbose_name_plural = pgettext_lazy("many", "扫描件分块")
        ordering: ClassVar = ["scan", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_piece_per_scan_and_number", fields=["scan", "number"])
        ]

    def __str__(self) -> str:
        return f"{self.scan_id} {self.number}"
